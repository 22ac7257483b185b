"""Measurements anyone can run again: each prints what it measured beside a rival in the same run."""

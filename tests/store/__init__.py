"""Tests of the stores on disk: what the contract cannot say of every store."""

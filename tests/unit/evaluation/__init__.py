"""Tests of ``bot/evaluation``."""

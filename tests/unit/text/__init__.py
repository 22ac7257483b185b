"""Tests of ``bot/text``."""

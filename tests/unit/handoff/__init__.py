"""Tests of ``bot/handoff``."""

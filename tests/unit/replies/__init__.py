"""Tests of ``bot/replies``."""

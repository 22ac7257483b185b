"""Tests of ``bot/retrieval``."""

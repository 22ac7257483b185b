"""Tests of ``bot/content``."""

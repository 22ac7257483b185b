"""Finds the vetted answers that may fit what a person typed."""

"""Handrail's tests; ``docs/testing.md`` says which kind stands where."""

"""Spelling, corrected only where it is safe.

Measured (research, November 2026): correcting every unknown word damages abstention, since "renal" becomes "rental". So a
word is left alone when an English word list knows it, when it is short, or when it holds a digit.
"""

from collections.abc import Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

MIN_LETTERS = 4
LONG_WORD_LETTERS = 8  # from here on two edits are allowed


class Spelling:
    """Corrects a word to one of the index's own words."""

    def __init__(self, frequencies: Mapping[str, int], english: frozenset[str]) -> None:
        """Take the index's words with how often each occurs, and the English words to leave alone."""
        self._frequencies = frequencies
        self._english = english
        self._by_length: dict[int, list[str]] = {}
        for word in frequencies:
            if len(word) >= MIN_LETTERS and word.isalpha():
                self._by_length.setdefault(len(word), []).append(word)
        self.correct = lru_cache(maxsize=20_000)(self._correct)

    def is_english(self, word: str) -> bool:
        """Whether the English word list knows the word."""
        return word in self._english

    def _correct(self, word: str) -> str:
        if word in self._frequencies or len(word) < MIN_LETTERS or not word.isalpha() or word in self._english:
            return word
        limit = 2 if len(word) >= LONG_WORD_LETTERS else 1
        near = [
            (distance, found[0] != word[0], -self._frequencies[found], found)
            for length in range(len(word) - limit, len(word) + limit + 1)
            for found, distance, _ in process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=limit, limit=5
            )
        ]
        return min(near)[3] if near else word

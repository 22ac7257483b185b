"""Spelling, corrected only where it is safe.

Measured (research, November 2026): correcting every unknown word damages abstention, since "renal" becomes "rental". So a
word is left alone when an English word list knows it, when it is short, or when it holds a digit.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Set
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

MIN_LETTERS = 4
MIN_USES = 4
LONG_WORD_LETTERS = 8  # from here on two edits are allowed


def trusted(frequencies: Mapping[str, int], english: Set[str]) -> dict[str, int]:
    """Return the words that may serve as corrections: English ones, and others that are used several times.

    Editors store phrasings with typos on purpose; "waht" must not become a word by that.
    """
    return {word: count for word, count in frequencies.items() if word in english or count >= MIN_USES}


class Spelling:
    """Corrects a word to one of the index's own words."""

    def __init__(self, frequencies: Mapping[str, int], english: Set[str]) -> None:
        """Take the index's words with how often each occurs, and the English words to leave alone."""
        self._frequencies = frequencies
        self._english = english
        self.correct = lru_cache(maxsize=20_000)(self._correct)

    @cached_property
    def _words(self) -> list[str]:
        """The words that may serve as corrections, shorter ones first; made when the first word needs one."""
        return sorted((word for word in self._frequencies if len(word) >= MIN_LETTERS and word.isalpha()), key=len)

    @cached_property
    def _lengths(self) -> list[int]:
        return [len(word) for word in self._words]

    @cached_property
    def _letters(self) -> NDArray[np.uint32]:
        return np.array([_letters(word) for word in self._words], np.uint32)

    def is_english(self, word: str) -> bool:
        """Whether the English word list knows the word."""
        return word in self._english

    def _correct(self, word: str) -> str:
        if word in self._frequencies or len(word) < MIN_LETTERS or not word.isalpha() or word in self._english:
            return word
        limit = 2 if len(word) >= LONG_WORD_LETTERS else 1
        start = bisect_left(self._lengths, len(word) - limit)
        stop = bisect_right(self._lengths, len(word) + limit)
        # One edit changes at most two of the letters that occur: that rules out most words without measuring a distance.
        changed = np.bitwise_count(self._letters[start:stop] ^ np.uint32(_letters(word)))
        likely = [self._words[start + at] for at in (changed <= 2 * limit).nonzero()[0].tolist()]
        if not likely:
            return word
        from rapidfuzz import process  # 10 ms of every start, and most messages are spelt well enough
        from rapidfuzz.distance import OSA

        near = [
            (distance, found[0] != word[0], -self._frequencies[found], found)
            for found, distance, _ in process.extract(word, likely, scorer=OSA.distance, score_cutoff=limit, limit=None)
        ]
        return min(near)[3] if near else word


def _letters(word: str) -> int:
    """Return which letters occur in a word, a bit each."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits

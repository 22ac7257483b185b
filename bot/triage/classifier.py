"""The learnt half of triage: which kind a message is, from its words and characters; arrays only, nothing is fitted here.

One logistic regression a label over TF-IDF of stems (one and two words) and character n-grams. Terms are hashed to a fixed
number of columns (Weinberger et al. 2009), so that nothing but two arrays has to be loaded before the first message can be
looked at. ``bot/triage/training.py`` fits it on the messages under ``knowledge/safety/training/``.
"""

import hashlib
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from bot.text import Concepts, analyze_words, fold, tokenize
from bot.text.analyzer import character_grams

COLUMNS = 1 << 17  # hashed terms; some share a column, which costs little (Weinberger et al. 2009)
MAX_CHARS = 3_000
MAX_WORDS = 250  # of one piece of text; what stands beyond is read as a piece of its own
_NO_CONCEPTS = Concepts({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierData:
    """All that the classifier is made of; arrays may be memory-mapped and are never written to."""

    labels: tuple[str, ...]  # of the training files ("crisis-self", "human", …), then "severity:high", "language:es", …
    idf: NDArray[np.float32]  # (COLUMNS,)
    weights: NDArray[np.float32]  # (COLUMNS, n_labels)
    bias: NDArray[np.float32]  # (n_labels,)
    thresholds: dict[str, float]  # of the whole message, by kind; ``training.py`` says by which target they were chosen
    part_thresholds: dict[str, float]  # of the loudest sentence of a message that has several; higher, since there are many
    ordinary: NDArray[np.uint64]  # sorted marks of whole messages that an editor stored as ordinary
    words: dict[str, int]  # the words of the messages it learnt from, with how often each occurs; for spelling


class Classifier:
    """Gives each label a probability."""

    def __init__(self, data: ClassifierData) -> None:
        """Take fitted arrays."""
        self.data = data

    def probabilities(self, text: str) -> dict[str, float]:
        """Return the probability of each label for one piece of text, each by itself; all 0 when it holds no word.

        A severity is the chance among messages that state danger, so it means something only beside such a label.
        """
        columns, weights = vector(text, self.data.idf)
        if not columns.size:
            return dict.fromkeys(self.data.labels, 0.0)
        decisions = weights @ self.data.weights[columns] + self.data.bias
        return dict(zip(self.data.labels, (1.0 / (1.0 + np.exp(-decisions))).tolist(), strict=True))

    def is_ordinary(self, text: str) -> bool:
        """Whether an editor stored just these words as an ordinary question or as small talk ("bye")."""
        mark = mark_of(text)
        at = int(np.searchsorted(self.data.ordinary, mark))
        return at < len(self.data.ordinary) and self.data.ordinary[at] == mark


def mark_of(text: str) -> np.uint64:
    """Return 64 bits that stand for the words of a text."""
    words = " ".join(_tokens(text))
    return np.uint64(int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), "big"))


def vector(text: str, idf: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the columns and weights of a text: words and characters each sublinear and of length one, joined."""
    tokens = _tokens(text)
    parts = [_weighed(Counter(word_columns(tokens)), idf), _weighed(Counter(character_columns(tokens)), idf)]
    columns = np.concatenate([part[0] for part in parts])
    return columns, _normalized(np.concatenate([part[1] for part in parts]))


def _tokens(text: str) -> list[str]:
    return [token for token, _ in groupby(tokenize(fold(text[:MAX_CHARS]))[:MAX_WORDS])]  # "no no no" is one "no"


def word_columns(tokens: Sequence[str]) -> list[int]:
    """Return the columns of stems and pairs of stems with sentence marks."""
    return [_column("w " + term) for term in analyze_words(tokens, _NO_CONCEPTS)]


def character_columns(tokens: Iterable[str]) -> list[int]:
    """Return the columns of the character n-grams inside words."""
    return [column for token in tokens for column in _columns_of(token)]


def _weighed(counts: Mapping[int, int], idf: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    columns = np.fromiter(counts, np.int64, len(counts))
    frequencies = np.fromiter(counts.values(), np.float32, len(counts))
    return columns, _normalized(((1.0 + np.log(frequencies)) * idf[columns]).astype(np.float32))


def _normalized(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    norm = math.sqrt(float(weights @ weights)) or 1.0
    return (weights / np.float32(norm)).astype(np.float32, copy=False)


@lru_cache(maxsize=100_000)
def _column(term: str) -> int:
    return zlib.crc32(term.encode()) % COLUMNS


@lru_cache(maxsize=50_000)
def _columns_of(token: str) -> tuple[int, ...]:
    return tuple(_column("c " + gram) for gram in character_grams(token))

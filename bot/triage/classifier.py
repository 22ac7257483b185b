"""The learnt half of triage: what a message is, from its words and characters; arrays only, nothing is fitted here.

Linear models ("heads") over TF-IDF of stems (one, two and three words, and pairs with a gap) and character n-grams. One
head says whether it is danger at all, one a label says which kind, others how grave it is and in which language. Terms are
hashed to a fixed number of columns (Weinberger et al. 2009), so that nothing but two arrays has to be loaded before the
first message can be looked at. ``bot/triage/training.py`` fits it on the messages under ``knowledge/safety/training/``.
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
from bot.text.analyzer import END, START, character_grams, stem

COLUMNS = 1 << 18  # hashed terms; some share a column, which costs little (Weinberger et al. 2009)
MAX_CHARS = 3_000
MAX_WORDS = 250  # of one piece of text; what stands beyond is read as a piece of its own
PATTERN_WEIGHT = 0.7  # of triples and gapped pairs, beside words and characters; found on the development messages
STEEPNESS = 3.0  # of the curve that turns a margin into a strength; it only has to rise
_NO_CONCEPTS = Concepts({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierData:
    """All that the classifier is made of; arrays may be memory-mapped and are never written to."""

    labels: tuple[str, ...]  # of the heads: "danger", the training files' ("human", …), "severity:high", "language:es", …
    idf: NDArray[np.float32]  # (COLUMNS,)
    weights: NDArray[np.float16]  # (COLUMNS, n_labels)
    bias: NDArray[np.float32]  # (n_labels,)
    thresholds: dict[str, float]  # of the whole message, by what is raised; ``training.py`` says by which target
    part_thresholds: dict[str, float]  # of the loudest sentence of a message that has several; higher, since there are many
    ordinary: NDArray[np.uint64]  # sorted marks of whole messages that an editor stored as ordinary
    words: dict[str, int]  # the words of the messages it learnt from, with how often each occurs; for spelling


class Classifier:
    """Gives each head a strength."""

    def __init__(self, data: ClassifierData) -> None:
        """Take fitted arrays."""
        self.data = data

    def strengths(self, text: str) -> dict[str, float]:
        """Return how strongly each head says yes to one piece of text, 0 to 1; all 0 when it holds no word.

        A strength orders messages and is compared with its threshold; it is no probability. A severity means something only
        beside danger, since it is learnt among messages that state some.
        """
        columns, weights = vector(text, self.data.idf)
        if not columns.size:
            return dict.fromkeys(self.data.labels, 0.0)
        margins = weights @ self.data.weights[columns].astype(np.float32) + self.data.bias
        return dict(zip(self.data.labels, strength(margins).tolist(), strict=True))

    def for_one_message(self) -> "Classifier":
        """Return one that remembers what it said of each piece of text; for one message, so that no text outlives it."""
        copy = Classifier(self.data)
        copy.strengths = lru_cache(maxsize=None)(self.strengths)  # type: ignore[method-assign]
        return copy

    def is_ordinary(self, text: str) -> bool:
        """Whether an editor stored just these words as an ordinary question or as small talk ("bye")."""
        mark = mark_of(text)
        at = int(np.searchsorted(self.data.ordinary, mark))
        return at < len(self.data.ordinary) and self.data.ordinary[at] == mark


def strength(margins: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return margins on a scale of 0 to 1, .5 where a head is undecided."""
    steep: NDArray[np.float32] = np.exp(np.float32(-STEEPNESS) * np.clip(margins, -10.0, 10.0))
    return np.float32(1.0) / (np.float32(1.0) + steep)


def mark_of(text: str) -> np.uint64:
    """Return 64 bits that stand for the words of a text."""
    words = " ".join(_tokens(text))
    return np.uint64(int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), "big"))


def vector(text: str, idf: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the columns and weights of a text: words, characters and patterns, each sublinear and of length one, joined."""
    tokens = _tokens(text)
    stems = [START, *map(stem, tokens), END]
    parts = [
        _weighed(Counter(word_columns(tokens)), idf),
        _weighed(Counter(character_columns(tokens)), idf),
        _weighed(Counter(pattern_columns(stems)), idf),
    ]
    columns = np.concatenate([part[0] for part in parts])
    weights = np.concatenate([parts[0][1], parts[1][1], np.float32(PATTERN_WEIGHT) * parts[2][1]])
    return columns, _normalized(weights)


def _tokens(text: str) -> list[str]:
    return [token for token, _ in groupby(tokenize(fold(text[:MAX_CHARS]))[:MAX_WORDS])]  # "no no no" is one "no"


def word_columns(tokens: Sequence[str]) -> list[int]:
    """Return the columns of stems and pairs of stems with sentence marks."""
    return [_column("w " + term) for term in analyze_words(tokens, _NO_CONCEPTS)]


def character_columns(tokens: Iterable[str]) -> list[int]:
    """Return the columns of the character n-grams inside words."""
    return [column for token in tokens for column in _columns_of(token)]


def pattern_columns(stems: Sequence[str]) -> list[int]:
    """Return the columns of three stems in a row, and of two with one or two others between: "want … die", "not … go on"."""
    crc, mask = zlib.crc32, COLUMNS - 1
    triples = [
        crc(f"t {one} {two} {three}".encode()) & mask for one, two, three in zip(stems, stems[1:], stems[2:], strict=False)
    ]
    near = [crc(f"2 {one} {two}".encode()) & mask for one, two in zip(stems, stems[2:], strict=False)]
    return triples + near + [crc(f"3 {one} {two}".encode()) & mask for one, two in zip(stems, stems[3:], strict=False)]


def _weighed(counts: Mapping[int, int], idf: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    columns = np.fromiter(counts, np.int64, len(counts))
    frequencies = np.fromiter(counts.values(), np.float32, len(counts))
    return columns, _normalized(((1.0 + np.log(frequencies)) * idf[columns]).astype(np.float32))


def _normalized(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    norm = math.sqrt(float(weights @ weights)) or 1.0
    return (weights / np.float32(norm)).astype(np.float32, copy=False)


@lru_cache(maxsize=100_000)
def _column(term: str) -> int:
    return zlib.crc32(term.encode()) & (COLUMNS - 1)


@lru_cache(maxsize=50_000)
def _columns_of(token: str) -> tuple[int, ...]:
    return tuple(_column("c " + gram) for gram in character_grams(token))

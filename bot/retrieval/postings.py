"""Adds up what the terms of a query say for every phrasing and every answer, and remembers what each known word adds.

People use the same few thousand words over and over, and most terms of a query are the character n-grams of such words. So
what the n-grams of one word add up to is worked out once. A query adds a row a word, and then the few terms that need their
postings looked up: stems and pairs of them, n-grams that several of its words share, and words that no phrasing uses.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.data import IndexData
from bot.text import Concepts
from bot.text.analyzer import analyze_words, character_grams

FREQUENT_SHARE = 1 / 8  # a term in more phrasings than this is stored as a whole row (benchmarks/query_speed.py)
REMEMBERED_BYTES = 64 << 20  # rows of words: some 800 at 20,000 phrasings, 16,000 at 1,000
MIN_REMEMBERED = 64
MAX_NEW_WORDS = 8  # remembered from one query, so that a long one of rare words costs little more than without
_HALF = math.sqrt(0.5)


@dataclass(frozen=True, slots=True)
class _Word:
    """What the n-grams of one word add, each c idf for c occurrences, before the query's length is divided out."""

    grams: NDArray[np.int32]
    row: NDArray[np.float32]  # (n_columns,): phrasings, then answers and "no answer"
    square: float  # to the squared length of the query


class Sums(NamedTuple):
    """What a query's terms add up to."""

    cosines: NDArray[np.float32]  # (n_phrasings,) each in [0, 1]
    learnt: NDArray[np.float32]  # (n_answers,) the classifier's decisions; empty without one
    background: float  # its decision for "no answer"; 0 without one
    words: tuple[int, ...]  # the words and concepts of the query that the vocabulary knows, each once


class Postings:
    """The TF-IDF vectors of all phrasings, by term, with the classifier's weights beside them."""

    def __init__(self, data: IndexData, concepts: Concepts) -> None:
        """Build the look-up tables that the arrays need."""
        self._data = data
        self._concepts = concepts
        words, grams = data.terms[: data.n_word_terms], data.terms[data.n_word_terms :]
        self.word_ids = dict(zip(words, range(len(words)), strict=True))
        self._gram_ids = dict(zip(grams, range(len(words), len(data.terms)), strict=True))
        self._n_phrasings, self._n_answers = len(data.phrasings), data.classifier.shape[1] if len(data.classifier) else 0
        self._stops = data.indptr[1:]
        self.lengths = np.diff(data.indptr)
        self._n_words = len(words)
        self.idf = data.idf.tolist()  # plain numbers: a query looks up some twenty, and an array gives one in 100 ns
        self._row_of, self._rows = _rows_of_frequent_terms(data)
        self._grams_of = lru_cache(maxsize=50_000)(self._look_up_grams)
        self._remembered: dict[str, _Word] = {}  # least recently used first
        self._n_remembered = max(MIN_REMEMBERED, REMEMBERED_BYTES // (self._rows.itemsize * self._rows.shape[1]))

    def cosines(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosine of a query to every phrasing: shape ``(n_phrasings,)``, each in [0, 1]."""
        return self._add_up(tokens)[0][: self._n_phrasings]

    def sums(self, tokens: Sequence[str]) -> Sums:
        """Return what a query adds up to, the classifier's decisions included."""
        row, rare, weights, words = self._add_up(tokens)
        data, stop = self._data, self._n_phrasings + self._n_answers
        learnt, background = row[self._n_phrasings : stop], 0.0
        if self._n_answers:
            learnt += weights @ data.classifier.take(rare, axis=0)
            learnt += data.bias
        if stop < len(row):
            background = float(row[stop] + weights @ data.background.take(rare) + data.background[-1])
        return Sums(row[: self._n_phrasings], learnt, background, words)

    def _add_up(
        self, tokens: Sequence[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], tuple[int, ...]]:
        """Add up a query's TF-IDF vector: words and characters each sublinear, of length one; joined, of length one again.

        Returns the row, the terms whose part of the classifier is not in it yet with their weights, and all words.

        A term that occurs c times weighs (1 + log c) idf. The rows of words hold idf for each time, so what they hold too
        much of an n-gram that stands in several words is taken off again.
        """
        idf, log = self.idf, math.log
        words = self._words(tokens)
        rows, others = self._split(tokens)
        word_square = 0.0
        of_words: dict[int, float] = {}
        for term, count in words.items():
            of_words[term] = weight = idf[term] if count == 1 else idf[term] * (1.0 + log(count))
            word_square += weight * weight
        row = rows[0].row.copy() if rows else np.zeros(self._rows.shape[1], np.float32)
        for word in rows[1:]:
            row += word.row
        gram_square = sum([word.square for word in rows])
        of_grams: dict[int, float] = {}
        for gram, in_rows, count in self._uneven(rows, others):
            weight, full = idf[gram], 1.0 + log(count)
            gram_square += (full * full - in_rows) * weight * weight
            of_grams[gram] = (full - in_rows) * weight
        word_scale, gram_scale = _scales(word_square, gram_square)
        row *= gram_scale
        row_of = self._row_of
        ids, weights, frequent, row_weights = [], [], [], []
        for terms, scale in ((of_words, word_scale), (of_grams, gram_scale)):
            for term, weight in terms.items():
                if term in row_of:
                    frequent.append(row_of[term])
                    row_weights.append(weight * scale)
                else:
                    ids.append(term)
                    weights.append(weight * scale)
        if frequent:
            row += np.array(row_weights, np.float32) @ self._rows.take(frequent, axis=0)
        rare, rare_weights = np.array(ids, np.int64), np.array(weights, np.float32)
        self._look_up(rare, rare_weights, row)
        return row, rare, rare_weights, tuple(words)

    def _words(self, tokens: Sequence[str]) -> dict[int, int]:
        """Count the words, pairs and concepts that the vocabulary knows."""
        find = self.word_ids.get
        counts: dict[int, int] = {}
        for term in analyze_words(tokens, self._concepts):
            if (found := find(term)) is not None:
                counts[found] = counts.get(found, 0) + 1
        return counts

    def _uneven(self, rows: Sequence[_Word], others: Sequence[str]) -> list[tuple[int, int, int]]:
        """Return the n-grams for which rows do not add up to the weight, with their count in rows and in all."""
        if not rows:
            return [(gram, 0, count) for gram, count in Counter(chain.from_iterable(map(self._grams_of, others))).items()]
        held = np.concatenate([word.grams for word in rows])
        held.sort()
        counts: dict[int, int] = {}  # in rows, of those that stand there more than once
        for gram in held[1:][held[1:] == held[:-1]].tolist():
            counts[gram] = counts.get(gram, 1) + 1
        if not others:
            return [(gram, count, count) for gram, count in counts.items()]
        loose, once = Counter(chain.from_iterable(map(self._grams_of, others))), set(held.tolist())
        in_rows = {gram: counts.get(gram, int(gram in once)) for gram in chain(counts, loose)}
        return [(gram, count, count + loose.get(gram, 0)) for gram, count in in_rows.items()]

    def _split(self, tokens: Sequence[str]) -> tuple[list[_Word], list[str]]:
        """Return the words that are added as rows, each once, and those that are added n-gram by n-gram."""
        rows: dict[str, _Word] = {}
        others: list[str] = []
        n_new = 0
        remembered, known = self._remembered, self._data.token_frequencies
        for token in tokens:
            word = None
            if token not in rows and token in known:
                word = remembered.pop(token, None)
                if word is None and n_new < MAX_NEW_WORDS:
                    word = self._word(token)
                    n_new += 1
            if word is None:
                others.append(token)
            else:
                rows[token] = remembered[token] = word
        while len(remembered) > self._n_remembered:
            del remembered[next(iter(remembered))]
        return list(rows.values()), others

    def _word(self, token: str) -> _Word:
        data, grams = self._data, self._grams_of(token)
        counts = Counter(grams)
        ids = np.fromiter(counts, np.int64, len(counts))
        idf = data.idf.take(ids)
        weights = np.fromiter(counts.values(), np.float32, len(counts)) * idf
        rows = [self._row_of.get(gram, -1) for gram in counts]
        frequent = np.array(rows) >= 0
        row = np.zeros(self._rows.shape[1], np.float32)
        row += weights[frequent] @ self._rows.take([at for at in rows if at >= 0], axis=0)
        rare, rare_weights = ids[~frequent], weights[~frequent]
        self._look_up(rare, rare_weights, row)
        stop = self._n_phrasings + self._n_answers
        if self._n_answers:
            row[self._n_phrasings : stop] += rare_weights @ data.classifier.take(rare, axis=0)
        if stop < len(row):
            row[stop] += rare_weights @ data.background.take(rare)
        return _Word(np.array(grams, np.int32), row, float(weights @ idf))

    def _look_up(self, ids: NDArray[np.int64], weights: NDArray[np.float32], row: NDArray[np.float32]) -> None:
        """Add the postings of some terms to a row, phrasing by phrasing."""
        data = self._data
        lengths = self.lengths.take(ids)
        ends = lengths.cumsum()
        at = (self._stops.take(ids) - ends).repeat(lengths)
        at += np.arange(len(at))
        weighted = data.weights.take(at)
        weighted *= weights.repeat(lengths)
        np.add.at(row, data.docs.take(at), weighted)

    def _look_up_grams(self, token: str) -> tuple[int, ...]:
        ids = self._gram_ids
        return tuple([found for gram in character_grams(token) if (found := ids.get(gram)) is not None])


def _scales(word_square: float, gram_square: float) -> tuple[float, float]:
    """Return what brings words and n-grams each to length one, and both together too."""
    both = _HALF if word_square > 0 and gram_square > 0 else 1.0
    return both / (math.sqrt(word_square) or 1.0), both / (math.sqrt(max(gram_square, 0.0)) or 1.0)


def _rows_of_frequent_terms(data: IndexData) -> tuple[dict[int, int], NDArray[np.float32]]:
    """Return which row each of the frequent terms has, and the rows: what a frequent term weighs for every column.

    A few terms ("the", " wh") stand in so many phrasings that looking up their postings would be most of the work.
    """
    n_phrasings = len(data.phrasings)
    n_answers = data.classifier.shape[1] if len(data.classifier) else 0
    frequent = np.flatnonzero(np.diff(data.indptr) > n_phrasings * FREQUENT_SHARE)
    rows = np.zeros((len(frequent), n_phrasings + n_answers + bool(len(data.background))), np.float32)
    for row, term in zip(rows, frequent, strict=True):
        part = slice(data.indptr[term], data.indptr[term + 1])
        row[data.docs[part]] = data.weights[part]
    if n_answers:
        rows[:, n_phrasings : n_phrasings + n_answers] = data.classifier[frequent]
    if len(data.background):
        rows[:, -1] = data.background[frequent]
    return dict(zip(frequent.tolist(), range(len(frequent)), strict=True)), rows

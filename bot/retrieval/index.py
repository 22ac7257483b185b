"""The index that answers a query: postings, classifier and calibration, read from arrays.

Everything here was fitted by ``bot/retrieval/build.py`` with scikit-learn; nothing here imports it. scikit-learn's own
``transform`` of one query costs more than a whole search here (``benchmarks/query_speed.py``).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.calibration import Calibration, Evidence
from bot.model import AnswerId, Candidate
from bot.text import Analyzer, Concepts, Spelling
from bot.text.analyzer import analyze_words, character_grams, stem

COSINE_WEIGHT = 0.25  # beside the classifier's decision (research/retrieval.md, step 4)
BM25_WEIGHT = 0.5  # for answers with few phrasings; see ``build.few_phrasings_weight``
CANDIDATES = 4
FREQUENT_SHARE = 1 / 8  # a term in more phrasings than this is stored as a whole row (benchmarks/query_speed.py)
VOTERS = 10  # nearest phrasings asked which answer they belong to


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexData:
    """All that an index is made of; arrays may be memory-mapped and are never written to."""

    answer_ids: tuple[AnswerId, ...]
    phrasings: tuple[str, ...]  # ordered by answer
    terms: tuple[str, ...]  # words and concepts first, then character n-grams
    n_word_terms: int
    token_frequencies: dict[str, int]
    english: frozenset[str]
    function_words: frozenset[str]
    concepts: tuple[tuple[str, tuple[str, ...]], ...]
    idf: NDArray[np.float32]  # (n_terms,)
    indptr: NDArray[np.int64]  # (n_terms + 1,)
    docs: NDArray[np.int32]  # (n_postings,)
    weights: NDArray[np.float32]  # (n_postings,)
    answer_starts: NDArray[np.int64]  # (n_answers,) first phrasing of each
    centroid_norms: NDArray[np.float32]  # (n_answers,)
    classifier: NDArray[np.float32]  # (n_terms, n_answers), or (0, n_answers) where the pack is too large for one
    bias: NDArray[np.float32]  # (n_answers,)
    background: NDArray[np.float32]  # (n_terms + 1,) the classifier's "no answer", its bias last; empty without examples
    text_indptr: NDArray[np.int64]  # BM25 postings over question and answer text; empty where no answer needs them
    text_docs: NDArray[np.int32]
    text_weights: NDArray[np.float32]
    calibration: Calibration | None


class Index:
    """Scores queries against every phrasing and every answer."""

    def __init__(self, data: IndexData) -> None:
        """Build the look-up tables that the arrays need."""
        self.data = data
        self.analyzer = Analyzer(Concepts.of(data.concepts), Spelling(data.token_frequencies, data.english))
        words = data.terms[: data.n_word_terms]
        grams = data.terms[data.n_word_terms :]
        self._word_ids = dict(zip(words, range(len(words)), strict=True))
        self._gram_ids = dict(zip(grams, range(len(words), len(data.terms)), strict=True))
        self._lengths = np.diff(data.indptr)
        self._row_of, self._rows = _rows_of_frequent_terms(data)
        self._max_idf = float(data.idf.max(initial=1.0))
        self._counts = np.diff(np.append(data.answer_starts, len(data.phrasings))).astype(np.float32)
        self._grams_of = lru_cache(maxsize=50_000)(self._look_up_grams)
        self._is_content = lru_cache(maxsize=50_000)(self._judge_content)

    def vector(self, tokens: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the TF-IDF vector of a query as term ids and weights.

        Words and characters are each sublinear in their count and of length one, joined, and normalised again.
        """
        find = self._word_ids.get
        words = [found for term in analyze_words(tokens, self.analyzer.concepts) if (found := find(term)) is not None]
        counts = Counter(chain(words, *map(self._grams_of, tokens)))  # words come first, and no gram has a word's id
        n_terms, n_words = len(counts), len(set(words))
        ids = np.fromiter(counts, np.int64, n_terms)
        weights = np.fromiter(counts.values(), np.float32, n_terms)
        weights = (np.log(weights) + np.float32(1.0)) * self.data.idf.take(ids)
        for part in (slice(n_words), slice(n_words, n_terms)):
            if norm := math.sqrt(weights[part] @ weights[part]):
                weights[part] /= norm
        if 0 < n_words < n_terms:
            weights *= _HALF
        return ids, weights

    def scores(self, ids: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[Any]:
        """Return the cosine of a query vector to every phrasing: shape ``(n_phrasings,)``, each in [0, 1].

        A few terms ("the", " wh") stand in so many phrasings that they would be most of the work: theirs are whole rows.
        """
        data = self.data
        rows = self._row_of.take(ids)
        in_rows = rows >= 0
        rare = ids[~in_rows]
        starts, lengths = data.indptr.take(rare), self._lengths.take(rare)
        at = np.arange(lengths.sum()) + np.repeat(starts - lengths.cumsum() + lengths, lengths)
        weighted = data.weights.take(at) * np.repeat(weights[~in_rows], lengths)
        rest = np.bincount(data.docs.take(at), weighted, len(data.phrasings))
        return rest + weights[in_rows] @ self._rows.take(rows[in_rows], axis=0)

    def rank(self, tokens: Sequence[str]) -> "Ranking":
        """Score every answer for one query and weigh the evidence for the best."""
        return self.judge(self.weigh(tokens))

    def weigh(self, tokens: Sequence[str]) -> "Scores":
        """Score every phrasing and every answer for one piece of text."""
        data = self.data
        ids, weights = self.vector(tokens)
        cosines = self.scores(ids, weights)
        best = np.maximum.reduceat(cosines, data.answer_starts)
        decisions = COSINE_WEIGHT * best
        if len(data.classifier):
            decisions += weights @ data.classifier.take(ids, axis=0) + data.bias
        else:
            decisions += best
        if len(data.text_docs):
            decisions += BM25_WEIGHT * self._text_scores(ids[ids < data.n_word_terms])
        background = float(weights @ data.background[ids] + data.background[-1]) if len(data.background) else 0.0
        return Scores(tuple(tokens), cosines, decisions, background, decisions)

    def judge(self, scores: "Scores") -> "Ranking":
        """Rank the answers and weigh the evidence for the best."""
        data, tokens, cosines, decisions = self.data, scores.tokens, scores.cosines, scores.decisions
        best = np.maximum.reduceat(cosines, data.answer_starts)
        n_top = min(CANDIDATES, len(decisions))
        order = (-decisions).argpartition(n_top - 1)[:n_top]
        order = order[(-decisions[order]).argsort(kind="stable")]
        first = int(order[0])
        values = [float(decisions[at]) for at in order]
        values += [values[-1]] * (CANDIDATES - len(values))
        start = int(data.answer_starts[first])
        stop = start + int(self._counts[first])
        own = cosines[start:stop]
        known_mass, mass, shared_mass, unknown, n_content = self._content_mass(tokens, start, stop)
        evidence = Evidence(
            top=values[0],
            part=float(scores.part[first]),
            lead=values[0] - values[1],
            lead_over_third=values[1] - values[3],
            cosine=float(best[first]),
            centroid=float(own.sum() / len(own) / max(float(data.centroid_norms[first]), 1e-6)),
            coverage=known_mass / mass if mass else 0.0,
            unknown=unknown / n_content if n_content else 0.0,
            unknown_words=math.log1p(unknown),
            shared=shared_mass / mass if mass else 0.0,
            length=math.log1p(len(tokens)),
            nearest_lead=float(best[first] - max(best[:first].max(initial=0.0), best[first + 1 :].max(initial=0.0))),
            votes=self._votes(cosines, start, stop),
            background=scores.background,
        )
        return Ranking(
            answers=tuple(data.answer_ids[int(at)] for at in order),
            decisions=tuple(values[:n_top]),
            matched=data.phrasings[start + int(own.argmax())],
            evidence=evidence,
        )

    def exact(self, tokens: Sequence[str]) -> AnswerId | None:
        """Return the answer that holds exactly these words as a phrasing, if one does."""
        data = self.data
        terms = analyze_words(tokens, self.analyzer.concepts)
        known = [found for term in terms if (found := self._word_ids.get(term)) is not None]
        if not tokens or len(known) < len(terms):
            return None
        rarest = min(known, key=self._lengths.__getitem__)  # a phrasing of these words has it, and few others do
        for at in data.docs[data.indptr[rarest] : data.indptr[rarest + 1]]:
            if self.analyzer.tokens(data.phrasings[at]) == list(tokens):
                return data.answer_ids[int(data.answer_starts.searchsorted(at, side="right")) - 1]
        return None

    def owner_of(self, phrasing: str) -> AnswerId | None:
        """Return the answer that holds a phrasing, letter for letter, if one does."""
        if phrasing not in self.data.phrasings:
            return None
        at = int(np.searchsorted(self.data.answer_starts, self.data.phrasings.index(phrasing), side="right")) - 1
        return self.data.answer_ids[at]

    def content_words(self, tokens: Sequence[str]) -> list[str]:
        """Return the words that carry a subject: neither function words nor single letters."""
        return [token for token in tokens if self._is_content(token)]

    def is_known(self, token: str) -> bool:
        """Whether a phrasing uses the word, in any of its forms."""
        return stem(token) in self._word_ids

    def _content_mass(self, tokens: Sequence[str], start: int, stop: int) -> tuple[float, float, float, int, int]:
        known = mass = shared = 0.0
        unknown = n_content = 0
        data = self.data
        for token in dict.fromkeys(tokens):
            if not self._is_content(token):
                continue
            n_content += 1
            term = self._word_ids.get(stem(token))
            if term is None:
                unknown += 1
                mass += self._max_idf
                continue
            idf = float(data.idf[term])
            mass += idf
            known += idf
            low, high = int(data.indptr[term]), int(data.indptr[term + 1])
            at = low + int(data.docs[low:high].searchsorted(start))
            if at < high and data.docs[at] < stop:
                shared += idf
        return known, mass, shared, unknown, n_content

    def _votes(self, cosines: NDArray[np.float64], start: int, stop: int) -> float:
        n_voters = min(VOTERS, len(cosines))
        nearest = cosines.argpartition(len(cosines) - n_voters)[-n_voters:]
        weights = cosines[nearest].tolist()
        own = [weight for at, weight in zip(nearest.tolist(), weights, strict=True) if start <= at < stop]
        return sum(own) / total if (total := sum(weights)) else 0.0

    def _text_scores(self, words: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return BM25 of question and answer text, for answers with few phrasings, scaled to about [0, 1]."""
        data = self.data
        scores = np.zeros(len(data.answer_ids))
        for term in words:
            part = slice(int(data.text_indptr[term]), int(data.text_indptr[term + 1]))
            scores[data.text_docs[part]] += data.text_weights[part]
        return scores / max(1.0, float(scores.max(initial=0.0)))

    def _look_up_grams(self, token: str) -> tuple[int, ...]:
        ids = self._gram_ids
        return tuple(found for gram in character_grams(token) if (found := ids.get(gram)) is not None)

    def _judge_content(self, token: str) -> bool:
        return len(token) > 1 and token not in self.data.function_words and not token.isdigit()


def _rows_of_frequent_terms(data: IndexData) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return which row each term has (-1: none), and the rows: the weight of a frequent term in every phrasing."""
    n_phrasings = len(data.phrasings)
    frequent = np.flatnonzero(np.diff(data.indptr) > n_phrasings * FREQUENT_SHARE)
    row_of = np.full(len(data.terms), -1)
    row_of[frequent] = np.arange(len(frequent))
    rows = np.zeros((len(frequent), n_phrasings), np.float32)
    for row, term in zip(rows, frequent, strict=True):
        part = slice(data.indptr[term], data.indptr[term + 1])
        row[data.docs[part]] = data.weights[part]
    return row_of, rows


_HALF = np.float32(math.sqrt(0.5))


@dataclass(frozen=True, slots=True)
class Scores:
    """What the index makes of one piece of text, or of several put together, before anything is decided."""

    tokens: tuple[str, ...]
    cosines: NDArray[Any]  # (n_phrasings,)
    decisions: NDArray[Any]  # (n_answers,)
    background: float  # decision for "no answer"
    part: NDArray[Any]  # (n_answers,) the highest decision of any part; the same as ``decisions`` where there are no parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What the index says of one query."""

    answers: tuple[AnswerId, ...]  # best first
    decisions: tuple[float, ...]
    matched: str
    evidence: Evidence

    def candidates(self, calibration: Calibration) -> tuple[list[Candidate], float]:
        """Return the candidates with calibrated scores, and the chance that one of the first three is right."""
        row = self.evidence.row()
        first = calibration.right.probability(row)
        among = max(first, calibration.among.probability(row))
        rest = among - first
        falls = [math.exp((value - self.decisions[0]) * 4.0) for value in self.decisions[1:3]]
        scores = [first, *(min(first, rest * fall / (sum(falls) or 1.0)) for fall in falls)]
        return [
            Candidate(answer_id=answer, score=score, matched=self.matched if at == 0 else "")
            for at, (answer, score) in enumerate(zip(self.answers, scores, strict=False))
        ], among

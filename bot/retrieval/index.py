"""The index that answers a query: postings, classifier and calibration, read from arrays.

Everything here was fitted by ``bot/retrieval/build.py`` with scikit-learn; nothing here imports it. scikit-learn's own
``transform`` of one query costs more than a whole search here (``benchmarks/query_speed.py``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.calibration import Calibration, Evidence
from bot.model import AnswerId, Candidate
from bot.retrieval.data import IndexData
from bot.retrieval.postings import Postings
from bot.text import Analyzer, Concepts, Spelling
from bot.text.analyzer import analyze_words, stem

__all__ = ["Index", "IndexData", "Ranking", "Scores"]
COSINE_WEIGHT = 0.25  # beside the classifier's decision (research/retrieval.md, step 4)
BM25_WEIGHT = 0.5  # for answers with few phrasings; see ``build.few_phrasings_weight``
CANDIDATES = 4
VOTERS = 10  # nearest phrasings asked which answer they belong to


class Index:
    """Scores queries against every phrasing and every answer."""

    def __init__(self, data: IndexData) -> None:
        """Build the look-up tables that the arrays need."""
        self.data = data
        self.analyzer = Analyzer(Concepts.of(data.concepts), Spelling(data.token_frequencies, data.english))
        self._postings = Postings(data, self.analyzer.concepts)
        self._word_ids = self._postings.word_ids
        self._max_idf = float(data.idf.max(initial=1.0))
        self._counts = np.diff(np.append(data.answer_starts, len(data.phrasings))).astype(np.float32)
        self._is_content = lru_cache(maxsize=50_000)(self._judge_content)

    def cosines(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosine of a query's TF-IDF vector to every phrasing: shape ``(n_phrasings,)``, each in [0, 1]."""
        return self._postings.cosines(tokens)

    def rank(self, tokens: Sequence[str]) -> "Ranking":
        """Score every answer for one query and weigh the evidence for the best."""
        return self.judge(self.weigh(tokens))

    def weigh(self, tokens: Sequence[str]) -> "Scores":
        """Score every phrasing and every answer for one piece of text."""
        data = self.data
        cosines, learnt, background, words = self._postings.sums(tokens)
        best = np.maximum.reduceat(cosines, data.answer_starts)
        decisions = COSINE_WEIGHT * best + (learnt if len(learnt) else best)
        if len(data.text_docs):
            decisions = decisions + BM25_WEIGHT * self._text_scores(words)
        return Scores(tuple(tokens), cosines, decisions, background, decisions)

    def judge(self, scores: "Scores") -> "Ranking":
        """Rank the answers and weigh the evidence for the best."""
        data, tokens, cosines, decisions = self.data, scores.tokens, scores.cosines, scores.decisions
        n_top = min(CANDIDATES, len(decisions))
        falling = -decisions
        order = falling.argpartition(n_top - 1)[:n_top]
        order = order.take(falling.take(order).argsort(kind="stable"))
        first = int(order[0])
        values = decisions.take(order).tolist()
        values += [values[-1]] * (CANDIDATES - len(values))
        start = int(data.answer_starts[first])
        stop = start + int(self._counts[first])
        own = cosines[start:stop]
        nearest = int(own.argmax())
        best = float(own[nearest])
        best_other = max(float(part.max()) if len(part) else 0.0 for part in (cosines[:start], cosines[stop:]))
        known_mass, mass, shared_mass, unknown, n_content = self._content_mass(tokens, start, stop)
        evidence = Evidence(
            top=values[0],
            part=float(scores.part[first]),
            lead=values[0] - values[1],
            lead_over_third=values[1] - values[3],
            cosine=best,
            centroid=float(own.sum() / len(own) / max(float(data.centroid_norms[first]), 1e-6)),
            coverage=known_mass / mass if mass else 0.0,
            unknown=unknown / n_content if n_content else 0.0,
            unknown_words=math.log1p(unknown),
            shared=shared_mass / mass if mass else 0.0,
            length=math.log1p(len(tokens)),
            nearest_lead=best - best_other,
            votes=self._votes(cosines, start, stop),
            background=scores.background,
        )
        return Ranking(
            answers=tuple([data.answer_ids[at] for at in order.tolist()]),
            decisions=tuple(values[:n_top]),
            matched=data.phrasings[start + nearest],
            evidence=evidence,
        )

    def exact(self, tokens: Sequence[str]) -> AnswerId | None:
        """Return the answer that holds exactly these words as a phrasing, if one does."""
        data = self.data
        terms = analyze_words(tokens, self.analyzer.concepts)
        known = [found for term in terms if (found := self._word_ids.get(term)) is not None]
        if not tokens or len(known) < len(terms):
            return None
        rarest = min(known, key=self._postings.lengths.__getitem__)  # a phrasing of these words has it, and few others do
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

    def rarity(self, token: str) -> float:
        """Return how telling a word is: its inverse document frequency, 0 where no phrasing uses it."""
        term = self._word_ids.get(stem(token))
        return 0.0 if term is None else float(self.data.idf[term])

    def is_known(self, token: str) -> bool:
        """Whether a phrasing uses the word, in any of its forms."""
        return stem(token) in self._word_ids

    def _content_mass(self, tokens: Sequence[str], start: int, stop: int) -> tuple[float, float, float, int, int]:
        known = mass = shared = 0.0
        unknown = n_content = 0
        data, idfs = self.data, self._postings.idf
        for token in dict.fromkeys(tokens):
            if not self._is_content(token):
                continue
            n_content += 1
            term = self._word_ids.get(stem(token))
            if term is None:
                unknown += 1
                mass += self._max_idf
                continue
            idf = idfs[term]
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
        weights = cosines.take(nearest).tolist()
        own = [weight for at, weight in zip(nearest.tolist(), weights, strict=True) if start <= at < stop]
        return sum(own) / total if (total := sum(weights)) else 0.0

    def _text_scores(self, words: Sequence[int]) -> NDArray[np.float64]:
        """Return BM25 of question and answer text, for answers with few phrasings, scaled to about [0, 1]."""
        data = self.data
        scores = np.zeros(len(data.answer_ids))
        for term in words:
            part = slice(int(data.text_indptr[term]), int(data.text_indptr[term + 1]))
            scores[data.text_docs[part]] += data.text_weights[part]
        return scores / max(1.0, float(scores.max(initial=0.0)))

    def _judge_content(self, token: str) -> bool:
        return len(token) > 1 and token not in self.data.function_words and not token.isdigit()


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

"""Microseconds a query, in process, at 1,000, 10,000 and 100,000 phrasings, beside scikit-learn, bm25s and rapidfuzz.

Each query is new and asked of one method only, so that no cache of answers can know it; analysis and, for Handrail, spelling
are included. Words repeat, as they do in life: the first 300 queries warm what Handrail remembers of single words (stem,
n-grams, what these add to the scores of all phrasings), up to fixed limits. The word with the typo is mostly one that it has
not met, and a word of the pack met for the first time is worked out within the time measured. bm25s is given the same warm
analyzer. The methods take turns in one run, twenty queries at a time, in random order; the table holds medians.
The first three rows are Handrail, the next two scikit-learn. To choose the sizes:
``python -m benchmarks.query_speed 1000 10000``.
"""

import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union

from benchmarks.environment import ROOT, console, goal, kernel, show, use_own_kernel
from benchmarks.synthetic import make_corpus, make_queries
from bot.content import Book
from bot.content.loader import load
from bot.model import AnswerId
from bot.retrieval import storage
from bot.retrieval.build import Corpus, build, fit, vectorizers, vectors
from bot.retrieval.index import Index, IndexData
from bot.retrieval.search import Searcher
from bot.text import Concepts, analyze_characters, analyze_words, fold, tokenize

SIZES = (1_000, 10_000, 100_000)
N_WARM, N_ROUNDS, N_IN_A_ROW = 300, 25, 20
BUDGET_S = 15.0  # a method that would take longer over all rounds is asked fewer queries in each
UNRELATED = ("what is the boiling point of tungsten", "zxqv wklp", "who won the cricket", "schreib mir ein gedicht")
RANKED, SCORED, ALONE = "text to ranked answers", "text to scores", "  … words to scores"
SKLEARN, TRANSFORM, BM25S = "transform + X @ q.T", "  … transform alone", "bm25s, same n-grams"
RAPIDFUZZ = "rapidfuzz WRatio"


@dataclass(slots=True)
class Method:
    """One way to find an answer: a text in, its best answer out, and the seconds each query took."""

    find: Callable[[str], tuple[float, int]]  # text -> (seconds, number of the best phrasing; -1 where there is none)
    seconds: list[float] = field(default_factory=list)
    n_right: int = 0
    n_in_a_row: int = N_IN_A_ROW


def main() -> None:
    """Measure each size and print the table, the growth and the goals."""
    sizes = [int(each) for each in sys.argv[1:]] or list(SIZES)
    results: dict[int, dict[str, Method]] = {}
    for size in sizes:
        corpus = make_corpus(size)
        data = _built(corpus) if size >= SIZES[-1] else fit(corpus)
        results[size] = _measure(corpus, data)
    names = list(results[sizes[0]])
    us = {name: [statistics.median(results[size][name].seconds) * 1e6 for size in sizes] for name in names}
    rows = [
        [
            name,
            *(f"{value:,.0f}" for value in us[name]),
            *(
                f"{right / len(results[size][name].seconds):.2f}" if (right := results[size][name].n_right) else ""
                for size in sizes
            ),
            *(f"{later / before:.1f}" for before, later in zip(us[name], us[name][1:], strict=False)),
        ]
        for name in names
    ]
    columns = ["µs of CPU a query, median", *(f"{size:,}" for size in sizes), *(f"right, {size // 1000}k" for size in sizes)]
    columns += [f"{before // 1000}k to {later // 1000}k" for before, later in pairwise(sizes)]
    show(f"Query speed, distinct queries with a word dropped and a typo ({kernel()})", columns, rows)
    _compare(sizes, us)


def _compare(sizes: Sequence[int], us: dict[str, list[float]]) -> None:
    for at, size in enumerate(sizes):
        for name in (SCORED, RANKED):
            times = {rival: us[rival][at] / us[name][at] for rival in (SKLEARN, BM25S, RAPIDFUZZ)}
            console.print(f"{size:>9,}  {name}: " + ", ".join(f"{rival} / {each:.1f}" for rival, each in times.items()))
    console.print("Goals (text to scores is the same work as the rivals'; ranked answers are more):")
    for name in (SCORED, RANKED):
        ratio = us[SKLEARN][0] / us[name][0]
        goal(f"{name}: at least 15 times faster than scikit-learn at {sizes[0]:,}: {ratio:.1f}", met=ratio >= 15)
        for at, size in list(enumerate(sizes))[:2]:
            ratio = us[BM25S][at] / us[name][at]
            goal(f"{name}: not slower than bm25s on the same n-grams at {size:,}: {ratio:.1f} times as fast", met=ratio >= 1)
        for before, later, most, at in zip(sizes, sizes[1:], (4, 10), range(2), strict=False):
            growth = us[name][at + 1] / us[name][at]
            goal(f"{name}: {before:,} to {later:,} grows at most {most} times: {growth:.1f}", met=growth <= most)


def _built(corpus: Corpus) -> IndexData:
    """Build with calibration, save, load and search; print what that cost and how many unrelated questions are answered."""
    book = Book.of(load(ROOT / "tests" / "packs" / "small"))  # whose words are saved beside it makes no difference here
    started = time.perf_counter()
    data = build(corpus)
    built = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "index"
        storage.save(storage.Saved(data, book, None), place)
        saved = time.perf_counter()
        size = sum(path.stat().st_size for path in place.iterdir()) / 2**20
        loaded = storage.load(place).index
        read = time.perf_counter()
        searcher = Searcher(Index(loaded))
        ready = time.perf_counter()
        answered = [_is_answered(searcher, text) for text, _ in make_queries(corpus, 300)]
        unrelated = [_is_answered(searcher, text) for text in UNRELATED]
    console.print(
        f"{len(data.phrasings):,} phrasings of {len(data.answer_ids):,} answers: built and calibrated in "
        f"{built - started:.0f} s, peak {peak:,.0f} MiB; saved ({size:.0f} MiB) in {saved - built:.1f} s, "
        f"loaded and checked in {read - saved:.2f} s, index ready in {ready - read:.2f} s. "
        f"Answered: {sum(answered)} of {len(answered)} queries, {sum(unrelated)} of {len(unrelated)} unrelated."
    )
    return data


def _is_answered(searcher: Searcher, text: str) -> bool:
    return searcher.search(text).best >= searcher.calibration.answer_threshold


def _measure(corpus: Corpus, data: IndexData) -> dict[str, Method]:
    owners = [entry.answer_id for entry in corpus.entries for _ in entry.phrasings]
    index = Index(data)
    calls = _methods(index)
    methods = [Method(find) for find in calls.values()]
    queries = iter(make_queries(corpus, N_WARM + N_ROUNDS * N_IN_A_ROW * len(methods)))
    _check_against_scikit_learn(index, list(islice(queries, 50)))
    for method in methods:
        seconds = statistics.median(method.find(text)[0] for text, _ in islice(queries, 5))
        method.n_in_a_row = max(1, min(N_IN_A_ROW, int(BUDGET_S / N_ROUNDS / seconds)))
    for text, _ in islice(queries, N_WARM - 50 - 5 * len(methods)):
        index.rank(index.analyzer.tokens(text))
    random_ = random.Random(0)
    for _ in range(N_ROUNDS):
        for method in random_.sample(methods, len(methods)):
            for text, answer in islice(queries, method.n_in_a_row):
                seconds, found = method.find(text)
                method.seconds.append(seconds)
                method.n_right += found >= 0 and owners[found] == answer
    return dict(zip(calls, methods, strict=True))


def _methods(index: Index) -> dict[str, Callable[[str], tuple[float, int]]]:
    phrasings = index.data.phrasings
    first_of: dict[AnswerId, int] = dict(zip(index.data.answer_ids, index.data.answer_starts.tolist(), strict=True))
    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32),
    )
    matrix = union.fit_transform(phrasings).tocsr()
    bm25 = bm25s.BM25()
    bm25.index([_terms(text, index) for text in phrasings], show_progress=False)
    clock = time.thread_time  # of the CPU: every method works on one thread and waits for nothing

    def ranked(text: str) -> tuple[float, int]:
        started = clock()
        ranking = index.rank(index.analyzer.tokens(text))
        return clock() - started, first_of[ranking.answers[0]]

    def scored(text: str) -> tuple[float, int]:
        started = clock()
        best = _best(index.cosines(index.analyzer.tokens(text)))
        return clock() - started, best

    def alone(text: str) -> tuple[float, int]:
        tokens = index.analyzer.tokens(text)
        started = clock()
        index.cosines(tokens)
        return clock() - started, -1

    def scikit_learn(text: str) -> tuple[float, int]:
        started = clock()
        best = _best((matrix @ union.transform([text]).T).toarray().ravel())
        return clock() - started, best

    def transform(text: str) -> tuple[float, int]:
        started = clock()
        union.transform([text])
        return clock() - started, -1

    def bm25s_(text: str) -> tuple[float, int]:
        started = clock()
        best = _best(bm25.get_scores(_terms(text, index)))
        return clock() - started, best

    def rapidfuzz(text: str) -> tuple[float, int]:
        started = clock()
        found = process.extract(text, phrasings, scorer=fuzz.WRatio, limit=5)
        return clock() - started, found[0][2]

    return {
        RANKED: ranked,
        SCORED: scored,
        ALONE: alone,
        SKLEARN: scikit_learn,
        TRANSFORM: transform,
        BM25S: bm25s_,
        RAPIDFUZZ: rapidfuzz,
    }


def _best(scores: NDArray[np.floating]) -> int:
    """Return the best of the five best, as a search would."""
    top = np.argpartition(scores, len(scores) - 5)[-5:]
    return int(top[scores[top].argmax()])


def _terms(text: str, index: Index) -> list[str]:
    """Return Handrail's own terms, so that bm25s scores the same n-grams with the same fast analyzer."""
    tokens = tokenize(fold(text))
    return [*analyze_words(tokens, index.analyzer.concepts), *analyze_characters(tokens)]


def _check_against_scikit_learn(index: Index, queries: Sequence[tuple[str, AnswerId]]) -> None:
    """Stop when the fast scores are not the cosines that scikit-learn gives for the same features."""
    both = vectorizers(Concepts.of(index.data.concepts))
    matrix = vectors(both, [index.analyzer.tokens(text) for text in index.data.phrasings], fitting=True)
    worst = 0.0
    for text, _ in queries:
        tokens = index.analyzer.tokens(text)
        expected = (matrix @ vectors(both, [tokens]).T).toarray().ravel()
        worst = max(worst, float(np.abs(index.cosines(tokens) - expected).max()))
    console.print(f"{len(index.data.phrasings):,} phrasings: scores agree with scikit-learn's to {worst:.0e}")
    if worst > 1e-5:
        sys.exit("The fast scores and scikit-learn's differ: nothing below would mean anything.")


if __name__ == "__main__":
    use_own_kernel("benchmarks.query_speed")
    main()

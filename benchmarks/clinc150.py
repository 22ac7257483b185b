"""Matching on CLINC150 (Larson et al. 2019): the train part in, the validation part measured, beside TF-IDF and bm25s.

Handrail calibrates itself on phrasings and whole answers hidden from the index, without one out-of-scope example;
``--with-oos-train`` adds the 100 out-of-scope training questions as logged ones, as a variant. Nothing is fitted on the
validation part.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Sequence

import bm25s
import numpy as np
import Stemmer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score

from benchmarks.environment import ROOT, console, goal, kernel, show, use_own_kernel
from benchmarks.synthetic import SEED, with_typo
from bot.model import AnswerId
from bot.retrieval.build import Corpus, Entry, build
from bot.retrieval.english import english_words
from bot.retrieval.index import Index
from bot.retrieval.search import Searcher

DATA = ROOT.parent / "shared" / "data" / "clinc150_train_val.json"
HANDRAIL, RANKED, TFIDF, BM25S = "Handrail", "  … ranking alone", "scikit-learn TF-IDF, nearest phrasing", "bm25s, stemmed"

Labelled = list[tuple[str, str]]
Matcher = Callable[[str], tuple[str, float]]  # text -> (intent, score)


def main() -> None:
    """Fit, measure, and print the table and the goals."""
    if not DATA.is_file():
        console.print(f"CLINC150 is not at {DATA}: nothing was measured. See research/retrieval.md for where it comes from.")
        return
    parts: dict[str, Labelled] = {
        name: [(text, intent) for text, intent in part] for name, part in json.loads(DATA.read_text()).items()
    }
    random_ = random.Random(SEED)
    inside, outside = parts["val"], [text for text, _ in parts["oos_val"]]
    typos = [(with_typo(text, random_), intent) for text, intent in inside]
    logged = tuple(text for text, _ in parts["oos_train"]) if "--with-oos-train" in sys.argv else ()
    rows, reached = [], {}
    for name, (matcher, fit_s) in {
        **_handrail(parts["train"], logged),
        TFIDF: _tfidf(parts["train"]),
        BM25S: _bm25s(parts["train"]),
    }.items():
        figures = _measure(matcher, inside, typos, outside)
        reached[name] = figures
        rows.append([name, *(f"{100 * each:.1f}" for each in figures), f"{fit_s:.0f}"])
    columns = ["%", "top-1", "top-1, a typo in each", "AUROC in / out", "right at 80 % out recall", "at 90 %", "fit, s"]
    show(
        f"CLINC150: {len({intent for _, intent in parts['train']})} intents, {len(parts['train']):,} phrasings; "
        f"{len(inside):,} questions in scope, {len(outside)} out; {len(logged)} out-of-scope examples ({kernel()})",
        columns,
        rows,
    )
    top, typo, auroc, *_ = reached[HANDRAIL]
    goal(f"top-1 at least 92: {100 * top:.1f}", met=top >= 0.92)
    goal(f"AUROC at least 96: {100 * auroc:.1f}", met=auroc >= 0.96)
    goal(f"top-1 with a typo in each query at least 90: {100 * typo:.1f}", met=typo >= 0.90)


def _measure(matcher: Matcher, inside: Labelled, typos: Labelled, outside: Sequence[str]) -> list[float]:
    found = [matcher(text) for text, _ in inside]
    right = np.array([intent == expected for (intent, _), (_, expected) in zip(found, inside, strict=True)])
    scores = np.array([score for _, score in found])
    foreign = np.array([matcher(text)[1] for text in outside])
    typo_right = [matcher(text)[0] == expected for text, expected in typos]
    labels = np.repeat([1, 0], [len(scores), len(foreign)])
    at_recall = [float((right & (scores > np.quantile(foreign, recall))).mean()) for recall in (0.8, 0.9)]
    auroc = float(roc_auc_score(labels, np.concatenate([scores, foreign])))
    return [float(right.mean()), sum(typo_right) / len(typo_right), auroc, *at_recall]


def _handrail(train: Labelled, logged: tuple[str, ...]) -> dict[str, tuple[Matcher, float]]:
    phrasings: dict[str, list[str]] = {}
    for text, intent in train:
        phrasings.setdefault(intent, []).append(text)
    corpus = Corpus(
        entries=tuple(
            Entry(answer_id=AnswerId(intent), phrasings=tuple(dict.fromkeys(texts)), text=intent.replace("_", " "))
            for intent, texts in phrasings.items()
        ),
        concepts=(),
        out_of_scope=logged,
        english=english_words(),
        answer_risk=0.05,
        clarify_risk=0.3,
        false_answer_risk=0.08,
        smalltalk_risk=0.2,
    )
    started = time.perf_counter()
    index = Index(build(corpus))
    seconds = time.perf_counter() - started
    searcher = Searcher(index)

    def search(text: str) -> tuple[str, float]:
        best = searcher.search(text).candidates
        return (best[0].answer_id, best[0].score) if best else ("", 0.0)

    def rank(text: str) -> tuple[str, float]:
        candidates, _ = index.rank(index.analyzer.tokens(text)).candidates(searcher.calibration)
        return candidates[0].answer_id, candidates[0].score

    return {HANDRAIL: (search, seconds), RANKED: (rank, seconds)}


def _tfidf(train: Labelled) -> tuple[Matcher, float]:
    started = time.perf_counter()
    vectorizer = TfidfVectorizer(sublinear_tf=True)
    matrix = vectorizer.fit_transform(text for text, _ in train)
    seconds = time.perf_counter() - started

    def match(text: str) -> tuple[str, float]:
        scores = (matrix @ vectorizer.transform([text]).T).toarray().ravel()
        best = int(scores.argmax())
        return train[best][1], float(scores[best])

    return match, seconds


def _bm25s(train: Labelled) -> tuple[Matcher, float]:
    stemmer = Stemmer.Stemmer("english")
    started = time.perf_counter()
    tokens = bm25s.tokenize([text for text, _ in train], stopwords=None, stemmer=stemmer, show_progress=False)
    retriever = bm25s.BM25()
    retriever.index(tokens, show_progress=False)
    seconds = time.perf_counter() - started

    def match(text: str) -> tuple[str, float]:
        (words,) = bm25s.tokenize([text], stopwords=None, stemmer=stemmer, show_progress=False, return_ids=False)
        if not words:
            return "", 0.0
        scores = retriever.get_scores(words)
        best = int(scores.argmax())
        return train[best][1], float(scores[best])

    return match, seconds


if __name__ == "__main__":
    use_own_kernel("benchmarks.clinc150")
    main()

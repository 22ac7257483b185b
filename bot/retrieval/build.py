"""Fits an index with scikit-learn: features, classifier, calibration. Runs when the pack or this code changed."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler, normalize
from sklearn.svm import LinearSVC

from bot.calibration import FEATURES, Calibration, Logistic, expand, threshold_for
from bot.model import AnswerId
from bot.retrieval.index import Index, IndexData, Ranking
from bot.retrieval.reading import read
from bot.text import Concepts, Spelling, analyze_characters, analyze_words, fold, tokenize, trusted
from bot.text.analyzer import stem

CLASSIFIER_CELLS = 60_000_000  # terms x answers; past that (240 MB) answers are ranked by cosine alone
FEW_PHRASINGS = 12  # with this many good phrasings BM25 over the answer's text no longer helps (research/retrieval.md)
FOLDS = 4
LEAST_THRESHOLD = 1 / 3  # an answer less likely than that is not served, whatever the targets allow
MIN_OUT_OF_SCOPE = 20  # fewer logged questions teach the classifier nothing general
TWIN_COSINE = 0.9  # phrasings nearer than this are hidden together, or a hidden one would find its own twin
CALIBRATION_QUERIES: Mapping[str, int] = {"phrasing": 3_000, "hidden": 1_200, "substituted": 1_200, "logged": 2_000}
SELDOM_USES = 5  # a word in so few phrasings is not the pack's subject, though the index knows it ("desk")
SUBSTITUTED_SHARE = 0.5  # of the hidden phrasings get their subject replaced, as negatives
HIDDEN_ANSWER_SHARE = 1 / 6
OUT_OF_SCOPE_PRIOR = 0.35  # assumed share of messages that no answer fits; sets the weight of the negatives

# What kinds of messages without an answer are expected. Phrasings of a hidden answer are the hardest, since a neighbour
# often fits them nearly as well; questions that were really asked and had no answer weigh most, where a pack has some.
OUT_OF_SCOPE_SHARES = {"logged": 0.7, "substituted": 0.25, "hidden": 0.05}

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One answer as the index sees it."""

    answer_id: AnswerId
    phrasings: tuple[str, ...]
    text: str  # question and answer, for BM25
    is_smalltalk: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What an index is built from."""

    entries: tuple[Entry, ...]
    concepts: tuple[tuple[str, str], ...]  # (name, phrase)
    out_of_scope: tuple[str, ...]  # questions known to have no answer; may be empty
    english: frozenset[str]
    answer_risk: float  # target share of questions with an answer that may get a wrong one
    false_answer_risk: float  # target share of messages without an answer that may get one
    clarify_risk: float  # target share of "which of these?" that do not hold the right one
    smalltalk_risk: float  # target share of small talk answers given to something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A query whose right answer is known, or known to be absent (``None``)."""

    text: str
    answer_id: AnswerId | None
    origin: str = "phrasing"  # "phrasing", or how it came to have no answer: "hidden", "substituted", "logged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What an index said of a hidden query, and at which place the right answer stood (``None``: it was not there)."""

    ranking: Ranking
    rank: int | None
    origin: str
    is_smalltalk: bool
    ranked_smalltalk: bool  # whether the first candidate is small talk


def build(corpus: Corpus, progress: Progress = lambda _label, _share: None) -> IndexData:
    """Fit the index and calibrate it on phrasings hidden from it.

    Args:
        corpus: the pack's phrasings, concepts and targets.
        progress: called with a label and the share done, 0 to 1.
    """
    progress("Fitting the index", 0.0)
    smalltalk = frozenset(entry.answer_id for entry in corpus.entries if entry.is_smalltalk)
    data = fit(corpus)
    observations: list[Observation] = []
    for number, (held_in, hidden) in enumerate(hide(corpus), start=1):
        progress("Calibrating on hidden questions", number / (FOLDS + 1))
        observations += observe(Index(fit(held_in)), hidden, smalltalk)
    return replace(data, calibration=calibrate(observations, corpus))


def hidden_rankings(corpus: Corpus, progress: Progress) -> Iterator[tuple[Hidden, Ranking]]:
    """Hide every phrasing once, in ``FOLDS`` folds that keep all answers, and yield what the rest makes of it."""
    for fold_number in range(FOLDS):
        progress("Hiding phrasings from the index", fold_number / FOLDS)
        kept, hidden = [], []
        for entry in corpus.entries:
            out = entry.phrasings[fold_number::FOLDS] if len(entry.phrasings) > 1 else ()
            hidden += [Hidden(text=text, answer_id=entry.answer_id) for text in out]
            kept.append(replace(entry, phrasings=tuple(text for text in entry.phrasings if text not in out)))
        index = Index(fit(replace(corpus, entries=tuple(kept))))
        for each in hidden:
            if tokens := index.analyzer.tokens(each.text):
                yield each, index.rank(tokens)


def fit(corpus: Corpus) -> IndexData:
    """Fit vocabulary, weights, postings and classifier, without calibration."""
    entries = corpus.entries
    phrasings = [phrasing for entry in entries for phrasing in entry.phrasings]
    owners = np.repeat(np.arange(len(entries)), [len(entry.phrasings) for entry in entries])
    typed = [tokenize(fold(phrasing)) for phrasing in phrasings]
    spelling = Spelling(trusted(Counter(token for text in typed for token in text), corpus.english), corpus.english)
    texts = [[spelling.correct(token) for token in text] for text in typed]
    pairs = tuple((name, tuple(stem(token) for token in tokenize(fold(phrase)))) for name, phrase in corpus.concepts)
    concepts = Concepts.of([(name, stems) for name, stems in pairs if stems])
    word_vectorizer, gram_vectorizer = vectorizers(concepts)
    matrix = vectors([word_vectorizer, gram_vectorizer], texts, fitting=True)
    words = word_vectorizer.get_feature_names_out()
    grams = gram_vectorizer.get_feature_names_out()
    postings = matrix.tocsc()
    postings.sort_indices()
    outside = vectors(
        [word_vectorizer, gram_vectorizer],
        [[spelling.correct(token) for token in tokenize(fold(text))] for text in corpus.out_of_scope],
    )
    classifier, bias, background = _fit_classifier(matrix, owners, len(entries), outside)
    text_indptr, text_docs, text_weights = _fit_text(entries, word_vectorizer, len(words))
    centroids = (
        sparse.csr_matrix((1.0 / np.bincount(owners)[owners], (owners, np.arange(len(owners)))), dtype=np.float32) @ matrix
    )
    return IndexData(
        answer_ids=tuple(entry.answer_id for entry in entries),
        phrasings=tuple(phrasings),
        terms=(*words.tolist(), *grams.tolist()),
        n_word_terms=len(words),
        token_frequencies=dict(Counter(token for text in texts for token in text)),
        english=corpus.english,
        function_words=FUNCTION_WORDS,
        concepts=tuple((name, stems) for name, stems in pairs if stems),
        idf=np.concatenate([word_vectorizer.idf_, gram_vectorizer.idf_]).astype(np.float32),
        indptr=postings.indptr.astype(np.int64),
        docs=postings.indices.astype(np.int32),
        weights=postings.data.astype(np.float32),
        answer_starts=np.searchsorted(owners, np.arange(len(entries))).astype(np.int64),
        centroid_norms=np.sqrt(np.asarray(centroids.multiply(centroids).sum(axis=1)).ravel()).astype(np.float32),
        classifier=classifier,
        bias=bias,
        background=background,
        text_indptr=text_indptr,
        text_docs=text_docs,
        text_weights=text_weights,
        calibration=None,
    )


def vectorizers(concepts: Concepts) -> tuple[TfidfVectorizer, TfidfVectorizer]:
    """Return scikit-learn's vectorizers for words and for characters; also the reference that tests compare with."""
    shared = {"sublinear_tf": True, "dtype": np.float32, "token_pattern": None, "lowercase": False}
    return (
        TfidfVectorizer(analyzer=lambda tokens: analyze_words(tokens, concepts), **shared),
        TfidfVectorizer(analyzer=analyze_characters, **shared),
    )


def vectors(both: Sequence[TfidfVectorizer], texts: Sequence[Sequence[str]], *, fitting: bool = False) -> sparse.csr_matrix:
    """Return one row a text: each vectorizer's block of length one, joined, of length one again."""
    if not texts:
        return sparse.csr_matrix((0, sum(len(each.vocabulary_) for each in both)), dtype=np.float32)
    blocks = [each.fit_transform(texts) if fitting else each.transform(texts) for each in both]
    return normalize(sparse.hstack(blocks).tocsr())


def few_phrasings_weight(n_phrasings: int) -> float:
    """Return how much BM25 over an answer's text counts: all with one phrasing, nothing from ``FEW_PHRASINGS`` on."""
    return max(0.0, 1.0 - (n_phrasings - 1) / (FEW_PHRASINGS - 1))


def hide(corpus: Corpus) -> list[tuple[Corpus, list[Hidden]]]:
    """Return folds: a smaller corpus, and queries hidden from it.

    Each fold hides whole answers, whose phrasings then have no answer, and clusters of near-identical phrasings of the
    others, which must still find theirs. Some hidden phrasings come a second time with their subject replaced by another
    English word ("how long does a *root canal* take"), as further queries without an answer.
    """
    random_ = random.Random(20261124)  # noqa: S311 - folds, not secrets
    groups = _twin_groups(corpus)
    english = sorted(word for word in corpus.english if len(word) > 3)
    order = list(range(len(corpus.entries)))
    random_.shuffle(order)
    n_hidden = max(1, round(len(order) * HIDDEN_ANSWER_SHARE)) if len(order) > 2 else 0
    folds = []
    for fold_number in range(FOLDS):
        absent = {order[(fold_number * n_hidden + at) % len(order)] for at in range(n_hidden)} if n_hidden else set()
        entries, hidden = [], []
        for number, entry in enumerate(corpus.entries):
            if number in absent:
                hidden += [Hidden(text=text, answer_id=None, origin="hidden") for text in entry.phrasings]
                continue
            out = {at for at, group in enumerate(groups[number]) if group % FOLDS == fold_number}
            kept = tuple(text for at, text in enumerate(entry.phrasings) if at not in out)
            if kept:
                hidden += [Hidden(text=entry.phrasings[at], answer_id=entry.answer_id) for at in sorted(out)]
            entries.append(replace(entry, phrasings=kept or entry.phrasings))
        frequencies = Counter(token for entry in entries for text in entry.phrasings for token in tokenize(fold(text)))
        unknown = [word for word in english if word not in frequencies]
        seldom = sorted(word for word, count in frequencies.items() if count <= SELDOM_USES and word in corpus.english)
        hidden += [
            Hidden(text=changed, answer_id=None, origin="substituted")
            for each in hidden
            if random_.random() < SUBSTITUTED_SHARE
            and (changed := _substitute(each.text, frequencies, random_.choice((unknown, seldom or unknown)), random_))
            is not None
        ]
        hidden += [Hidden(text=text, answer_id=None, origin="logged") for text in corpus.out_of_scope[fold_number::FOLDS]]
        outside = tuple(text for at, text in enumerate(corpus.out_of_scope) if at % FOLDS != fold_number)
        folds.append((replace(corpus, entries=tuple(entries), out_of_scope=outside), _sample(hidden, random_)))
    return folds


def _sample(hidden: Sequence[Hidden], random_: random.Random) -> list[Hidden]:
    """Keep as many queries of each origin as ``CALIBRATION_QUERIES`` has for a fold; more would only take longer."""
    shuffled = random_.sample(hidden, len(hidden))
    by_origin: dict[str, list[Hidden]] = defaultdict(list)
    for each in shuffled:
        if len(by_origin[each.origin]) < CALIBRATION_QUERIES[each.origin] // FOLDS:
            by_origin[each.origin].append(each)
    return [each for kept in by_origin.values() for each in kept]


def observe(index: Index, hidden: Sequence[Hidden], smalltalk: Set[AnswerId] = frozenset()) -> list[Observation]:
    """Ask the index each hidden query."""
    observations = []
    for each in hidden:
        tokens = index.analyzer.tokens(each.text)
        if not tokens:
            continue
        ranking = read(index, each.text, tokens)
        rank = ranking.answers.index(each.answer_id) if each.answer_id in ranking.answers else None
        observations.append(
            Observation(
                ranking=ranking,
                rank=rank,
                origin=each.origin,
                is_smalltalk=each.answer_id in smalltalk,
                ranked_smalltalk=ranking.answers[0] in smalltalk,
            )
        )
    return observations


def calibrate(observations: Sequence[Observation], corpus: Corpus) -> Calibration:
    """Fit the two models and choose the thresholds from the risk/coverage curve."""
    rows = np.array([each.ranking.evidence.row() for each in observations])
    right = np.array([each.rank == 0 for each in observations])
    among = np.array([each.rank is not None and each.rank < 3 for each in observations])
    weights = _weights([each.origin for each in observations])
    model_right, model_among = _fit_logistic(rows, right, weights), _fit_logistic(rows, among, weights)
    score = np.array([model_right.probability(row) for row in rows])
    chance = np.array([model_among.probability(row) for row in rows])
    small = np.array([each.ranked_smalltalk for each in observations])
    answer_threshold = _answer_threshold(score, right, small, np.array([each.origin for each in observations]), corpus)
    unanswered = score < answer_threshold
    clarify_threshold = (
        _weighted_threshold(chance[unanswered], among[unanswered], weights[unanswered], risk=corpus.clarify_risk)
        if unanswered.any()
        else 1.0
    )
    truly_small = np.array([each.is_smalltalk for each in observations])
    smalltalk_threshold = (
        _weighted_threshold(score[small], truly_small[small], weights[small], risk=corpus.smalltalk_risk)
        if small.any()
        else 1.0
    )
    return Calibration(
        right=model_right,
        among=model_among,
        answer_threshold=answer_threshold,
        clarify_threshold=clarify_threshold,
        smalltalk_threshold=min(answer_threshold, smalltalk_threshold),
    )


def _answer_threshold(
    scores: NDArray[np.float64],
    right: NDArray[np.bool_],
    small: NDArray[np.bool_],
    origins: NDArray[np.str_],
    corpus: Corpus,
) -> float:
    """Choose the lowest threshold that keeps both of the pack's promises on hidden queries.

    Of the questions that have an answer, at most ``answer_risk`` get a wrong one; of the messages that have none, at most
    ``false_answer_risk`` get one. Messages that were really asked and had no answer are the measure of the second, where the
    pack has enough; otherwise replaced subjects and hidden answers are, which is stricter.
    """
    asked = origins == "phrasing"
    logged = origins == "logged"
    none = logged if logged.sum() >= MIN_OUT_OF_SCOPE * FOLDS else ~asked
    wrong = scores[asked & ~right & ~small]
    false = scores[none & ~small]
    return max(
        LEAST_THRESHOLD,
        _above(wrong, allowed=int(corpus.answer_risk * asked.sum())),
        _above(false, allowed=int(corpus.false_answer_risk * none.sum())),
    )


def _above(scores: NDArray[np.float64], *, allowed: int) -> float:
    """Return the lowest threshold that at most ``allowed`` of the scores reach."""
    if len(scores) <= allowed:
        return 0.0
    return float(np.nextafter(np.sort(scores)[::-1][allowed], 2.0))


def _weights(origins: Sequence[str]) -> NDArray[np.float64]:
    """Weigh the queries so that each origin has its share; the shares of absent ones go to the rest."""
    counts = Counter(origins)
    shares = {origin: share for origin, share in OUT_OF_SCOPE_SHARES.items() if counts[origin]}
    scale = OUT_OF_SCOPE_PRIOR / sum(shares.values()) if shares else 0.0
    mass = {origin: share * scale for origin, share in shares.items()}
    mass["phrasing"] = 1.0 - sum(mass.values())
    return np.array([mass[origin] / counts[origin] for origin in origins]) * len(origins)


def _weighted_threshold(
    scores: NDArray[np.float64], right: NDArray[np.bool_], weights: NDArray[np.float64], *, risk: float
) -> float:
    """Resample to the assumed share of out-of-scope messages, then read the threshold off the curve."""
    chosen = np.random.default_rng(0).choice(len(scores), size=20_000, p=weights / weights.sum())
    return threshold_for(scores[chosen], right[chosen], risk=risk)


def _fit_classifier(
    matrix: sparse.csr_matrix, owners: NDArray[np.int64], n_answers: int, outside: sparse.csr_matrix
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return weights and bias, one column an answer, and those of "no answer" where there are examples of it."""
    nothing = np.zeros(0, np.float32)
    if n_answers < 2 or matrix.shape[1] * n_answers > CLASSIFIER_CELLS:
        return np.zeros((0, n_answers), np.float32), np.zeros(n_answers, np.float32), nothing
    learns_outside = outside.shape[0] >= MIN_OUT_OF_SCOPE
    rows = sparse.vstack([matrix, outside]).tocsr() if learns_outside else matrix
    labels = np.concatenate([owners, np.full(outside.shape[0], n_answers)]) if learns_outside else owners
    model = LinearSVC(C=1.0, random_state=0).fit(rows, labels)
    weights, bias = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    if len(bias) == 1:  # scikit-learn keeps one row for two classes
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    background = np.append(weights[n_answers], bias[n_answers]) if learns_outside else nothing
    return np.ascontiguousarray(weights[:n_answers].T), bias[:n_answers], background


def _fit_text(
    entries: Sequence[Entry], words: TfidfVectorizer, n_words: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return BM25 postings (Robertson et al. 1994, k1 = 1.2, b = 0.75) over answer text, weighted by need."""
    need = np.array([few_phrasings_weight(len(entry.phrasings)) for entry in entries])
    if not need.any():
        return np.zeros(n_words + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)
    counter = CountVectorizer(analyzer=words.analyzer, vocabulary=words.vocabulary_)
    counts = counter.transform([tokenize(fold(entry.text)) for entry in entries]).astype(np.float64).tocsr()
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    present = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log(1 + (len(entries) - present + 0.5) / (present + 0.5))
    rows = np.repeat(np.arange(len(entries)), np.diff(counts.indptr))
    penalty = 1.2 * (0.25 + 0.75 * lengths[rows] / max(1.0, float(lengths.mean())))
    counts.data = need[rows] * idf[counts.indices] * counts.data * 2.2 / (counts.data + penalty)
    counts.eliminate_zeros()
    postings = counts.tocsc()
    return postings.indptr.astype(np.int64), postings.indices.astype(np.int32), postings.data.astype(np.float32)


def _fit_logistic(rows: NDArray[np.float64], target: NDArray[np.bool_], weights: NDArray[np.float64]) -> Logistic:
    if target.all() or not target.any():  # a pack too small to hide anything: trust the scores' own order
        return _untrained()
    scaler = StandardScaler().fit(rows)
    expanded = np.array([expand(row) for row in scaler.transform(rows).tolist()])
    model = LogisticRegression(C=0.003, max_iter=3000).fit(expanded, target, sample_weight=weights)
    return Logistic(
        mean=tuple(scaler.mean_.tolist()),
        scale=tuple(scaler.scale_.tolist()),
        weights=tuple(model.coef_[0].tolist()),
        bias=float(model.intercept_[0]),
    )


def _untrained() -> Logistic:
    """Return a model that wants a high cosine and known words; used where there is nothing to fit on."""
    wanted = {"cosine": 8.0, "coverage": 4.0}
    n_products = len(expand([0.0] * len(FEATURES))) - len(FEATURES)
    return Logistic(
        mean=tuple({"cosine": 0.6, "coverage": 0.9}.get(name, 0.0) for name in FEATURES),
        scale=(1.0,) * len(FEATURES),
        weights=(*(wanted.get(name, 0.0) for name in FEATURES), *([0.0] * n_products)),
        bias=0.0,
    )


def _twin_groups(corpus: Corpus) -> list[list[int]]:
    """Number each answer's phrasings so that near-identical ones share a number."""
    vectorizer = TfidfVectorizer(analyzer=lambda text: [stem(token) for token in tokenize(fold(text))])
    matrix = vectorizer.fit_transform([text for entry in corpus.entries for text in entry.phrasings])
    groups, start = [], 0
    for entry in corpus.entries:
        block = matrix[start : start + len(entry.phrasings)]
        start += len(entry.phrasings)
        _, labels = connected_components((block @ block.T) > TWIN_COSINE, directed=False)
        groups.append(labels.tolist())
    return groups


def _substitute(text: str, frequencies: Mapping[str, int], words: Sequence[str], random_: random.Random) -> str | None:
    """Put other words in the place of the rarest content words: ones the index does not know, or knows from elsewhere."""
    tokens = tokenize(fold(text))
    content = [token for token in dict.fromkeys(tokens) if token not in FUNCTION_WORDS and len(token) > 2]
    if not content or not words or len(tokens) > MAX_SUBSTITUTED_WORDS:
        return None
    by_rarity = sorted(content, key=lambda token: frequencies.get(token, 0))
    n_replaced = max(1, random_.choice([len(content) // 2, (len(content) + 1) // 2, len(content)]))
    chosen = dict(zip(by_rarity[:n_replaced], random_.choices(words, k=n_replaced), strict=True))
    return " ".join(chosen.get(token, token) for token in tokens)


MAX_SUBSTITUTED_WORDS = 15
FUNCTION_WORDS = frozenset(ENGLISH_STOP_WORDS) | frozenset(
    (
        "im ive id ill youre dont doesnt didnt cant couldnt wont wouldnt isnt arent wasnt whats hows wheres whos thats "
        "its im i'm i've i'd i'll you're don't doesn't didn't can't couldn't won't wouldn't isn't aren't wasn't what's "
        "how's where's who's that's it's there's he's she's they're we're let's please pls hi hey hello thanks just "
        "like really so ok okay um uh u ur r y does did do got get going gonna wanna want wanted know knows tell tells "
        "said say says one thing things way ask asks asked asking question questions think thinking maybe actually "
        "right yes no not"
    ).split()
)

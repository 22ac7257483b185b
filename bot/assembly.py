"""Makes the core ready: its book and index taken from disk, or made anew from the pack, and triage compiled.

What only making them anew needs (the loader, scikit-learn) is imported where that happens: a start with a saved index does
without (``benchmarks/start.py``).
"""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.content import Book
from bot.errors import IndexUnreadable
from bot.model import AnswerId
from bot.policy import SMALLTALK_PREFIX
from bot.retrieval import storage
from bot.retrieval.index import Index, IndexData
from bot.retrieval.search import Searcher
from bot.text import trusted
from bot.triage import ClassifierData, Triage
from bot.triage.kinds import NONE, Example

if TYPE_CHECKING:
    from bot.content.schema import KnowledgeBase
    from bot.retrieval.build import Corpus

Progress = Callable[[str, float], None]
_PERSONAL = re.compile(
    r"\b(?:i|i'm|im|i've|my|me|he|she|his|her|husband|wife|dad|mum|mom|son|daughter|brother|sister)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What answering needs."""

    book: Book
    searcher: Searcher
    triage: Triage
    notes: tuple[str, ...] = ()  # what an operator should know: a damaged index, a folder that can't be written to


def assemble(folder: Path, data_dir: Path, progress: Progress = lambda _label, _share: None) -> Core:
    """Make the core ready from a pack's folder.

    A saved index is used when it was made from just this pack by just this code; otherwise one is fitted and saved. A place
    that cannot be written to costs the saving, not the start.

    Raises:
        ContentError: the pack cannot be used; the message lists every fault.
    """
    notes: list[str] = []
    place = data_dir / "index" / f"index-{storage.key_of(folder)}" if folder.is_dir() else data_dir
    if place.is_dir():
        try:
            return _core(storage.load(place), notes)
        except (IndexUnreadable, ValueError) as error:
            notes.append(f"{error}; it was made again")
    made = _make(folder, progress)
    try:
        storage.save(made, place)
        storage.remove_others(place)
    except OSError as error:
        notes.append(
            f"The index could not be saved in {data_dir} ({error.strerror}), so the next start will fit it again. "
            "Make the folder writable, or name another with HANDRAIL_DATA_DIR."
        )
    return _core(made, notes)


def _core(saved: storage.Saved, notes: list[str]) -> Core:
    triage = triage_of(saved.book, saved.classifier, saved.index.english)
    return Core(book=saved.book, searcher=Searcher(Index(saved.index)), triage=triage, notes=tuple(notes))


def triage_of(book: Book, classifier: ClassifierData | None = None, english: Set[str] = frozenset()) -> Triage:
    """Join the rules of a pack to a classifier; without one the rules stand alone.

    Raises:
        ContentError: a rule's pattern names a slot that is not there.
    """
    return Triage.of(book.safety, classifier, english)


def _make(folder: Path, progress: Progress) -> storage.Saved:
    from bot.content.loader import load
    from bot.content.training import load_training

    knowledge = load(folder)
    training = load_training(folder)
    book = Book.of(knowledge)
    triage_of(book)  # a fault in the safety rules must show before minutes are spent on the index
    index, classifier = _fit(knowledge, training, progress)
    return storage.Saved(index=index, book=book, classifier=classifier)


def _fit(
    knowledge: "KnowledgeBase", training: Sequence[Example], progress: Progress
) -> tuple[IndexData, ClassifierData | None]:
    from bot.retrieval.build import build

    data = build(corpus_of(knowledge), progress)
    return data, fit_triage(knowledge, training, data.english, progress)


def fit_triage(
    knowledge: "KnowledgeBase", training: Sequence[Example], english: Set[str], progress: Progress
) -> ClassifierData | None:
    """Fit the classifier of triage; None where there is nothing to tell apart. ``english`` holds words spelled rightly."""
    labels = {example.label for example in training}
    if NONE not in labels or len(labels) == 1:
        return None
    from bot.triage.training import train

    classifier = train(training, ordinary_messages(knowledge), progress)
    return replace(classifier, words=trusted(classifier.words, english))


def ordinary_messages(knowledge: "KnowledgeBase") -> list[str]:
    """Return what the pack knows of ordinary messages, for triage to learn that they raise nothing.

    Phrasings about who may take part are left out where they speak of one person: those are medical advice when a visitor
    types them.
    """
    phrasings = [
        phrasing
        for answer in knowledge.approved().values()
        for phrasing in answer.phrasings
        if not (answer.topic in knowledge.pack.personal_topics and _PERSONAL.search(phrasing))
    ]
    phrasings += [phrasing for topic in knowledge.smalltalk.values() for phrasing in topic.phrasings]
    return [*phrasings, *knowledge.out_of_scope]


def corpus_of(knowledge: "KnowledgeBase") -> "Corpus":
    """Return what the index of a pack is built from."""
    from bot.retrieval.build import Corpus, Entry
    from bot.retrieval.english import english_words

    entries = [
        Entry(
            answer_id=answer.id,
            phrasings=tuple(dict.fromkeys((answer.question, *answer.phrasings))),
            text=f"{answer.question}\n{answer.text}",
        )
        for answer in knowledge.approved().values()
    ]
    entries += [
        Entry(answer_id=AnswerId(SMALLTALK_PREFIX + name), phrasings=topic.phrasings, text=topic.label, is_smalltalk=True)
        for name, topic in knowledge.smalltalk.items()
    ]
    return Corpus(
        entries=tuple(entries),
        concepts=tuple((name, phrase) for name, phrases in knowledge.concepts.items() for phrase in phrases),
        out_of_scope=knowledge.out_of_scope,
        english=english_words(),
        answer_risk=knowledge.pack.answer_risk,
        false_answer_risk=knowledge.pack.false_answer_risk,
        clarify_risk=knowledge.pack.clarify_risk,
        smalltalk_risk=knowledge.pack.smalltalk_risk,
    )

"""Makes the core ready: the pack read, its index taken from disk or fitted anew, triage compiled."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.content import KnowledgeBase, load
from bot.content.training import load_training
from bot.errors import IndexUnreadable
from bot.model import AnswerId
from bot.policy import SMALLTALK_PREFIX
from bot.retrieval import storage
from bot.retrieval.index import Index, IndexData
from bot.retrieval.search import Searcher
from bot.triage import ClassifierData, Triage
from bot.triage.kinds import NONE, Example

if TYPE_CHECKING:
    from bot.retrieval.build import Corpus

Progress = Callable[[str, float], None]
_PERSONAL = re.compile(
    r"\b(?:i|i'm|im|i've|my|me|he|she|his|her|husband|wife|dad|mum|mom|son|daughter|brother|sister)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What answering needs."""

    knowledge: KnowledgeBase
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
            saved = storage.load(place)
            return _core(KnowledgeBase.model_validate_json(saved.pack_json), saved.index, saved.classifier, notes)
        except (IndexUnreadable, ValueError) as error:
            notes.append(f"{error}; it was made again")
    knowledge = load(folder)
    training = load_training(folder)
    _core_triage(knowledge)  # a fault in the safety rules must show before minutes are spent on the index
    data, classifier = _fit(knowledge, training, progress)
    try:
        storage.save(data, knowledge.model_dump_json(by_alias=True), place, classifier)
        storage.remove_others(place)
    except OSError as error:
        notes.append(
            f"The index could not be saved in {data_dir} ({error.strerror}), so the next start will fit it again. "
            "Make the folder writable, or name another with HANDRAIL_DATA_DIR."
        )
    return _core(knowledge, data, classifier, notes)


def _core(knowledge: KnowledgeBase, data: IndexData, classifier: ClassifierData | None, notes: list[str]) -> Core:
    triage = _core_triage(knowledge, classifier, data)
    return Core(knowledge=knowledge, searcher=Searcher(Index(data)), triage=triage, notes=tuple(notes))


def _core_triage(
    knowledge: KnowledgeBase, classifier: ClassifierData | None = None, data: IndexData | None = None
) -> Triage:
    files = ((file.slots, file.rules) for file in knowledge.safety)
    return Triage.of(files, classifier, data.english) if data is not None else Triage.of(files)


def _fit(
    knowledge: KnowledgeBase, training: Sequence[Example], progress: Progress
) -> tuple[IndexData, ClassifierData | None]:
    from bot.retrieval.build import build  # scikit-learn is slow to import and not needed to answer

    data = build(corpus_of(knowledge), progress)
    labels = {example.label for example in training}
    if NONE not in labels or len(labels) == 1:
        return data, None
    from bot.triage.training import train

    progress("Teaching triage", 0.95)
    return data, train(training, ordinary_messages(knowledge))


def ordinary_messages(knowledge: KnowledgeBase) -> list[str]:
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


def corpus_of(knowledge: KnowledgeBase) -> "Corpus":
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

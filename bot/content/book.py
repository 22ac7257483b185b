"""What the bot may say: the part of a pack that answering needs, as plain values that load in a few milliseconds.

A pack's files are checked by pydantic (``schema.py``) when an index is made from them. What is served is saved beside the
index in this form, so that a start reads neither YAML nor Markdown, nor imports what checks them (``benchmarks/start.py``).
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.model import About, AnswerId, HelpLine, Severity
from bot.triage.rules import triggers_of

if TYPE_CHECKING:
    from bot.content.schema import Answer as AnswerFile
    from bot.content.schema import Help, KnowledgeBase, SafetyFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One approved answer."""

    id: AnswerId
    question: str
    topic: str
    text: str  # without marks, as it is served
    html: str  # the same as HTML, for the page of all answers
    sources: tuple[str, ...]  # ``source#passage``
    reviewed_on: date
    reviewed_by: str
    review_by: date  # the last day on which it holds
    time_bound: bool
    follow_ups: tuple[AnswerId, ...]

    def is_overdue(self, today: date) -> bool:
        """Whether its review date has passed."""
        return today > self.review_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source that answers cite."""

    title: str
    by: str
    date: str  # as precise as it is known
    sections: dict[str, str]  # where each passage stands, by its id; may be empty


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRule:
    """One rule of triage, as its file has it."""

    id: str
    kind: str
    about: About
    severity: Severity | None
    variant: str
    match: tuple[str, ...]
    unless: tuple[str, ...]
    triggers: tuple[str, ...] | None  # see ``bot.triage.rules.triggers_of``


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """The rules of one safety file, with the slots that they name."""

    slots: dict[str, tuple[str, ...]]
    rules: tuple[SafetyRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The bot's own sentences in one language, each with its variants."""

    subject: str
    say: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All that is said, and what triage looks for."""

    title: str
    subject: str
    subject_words: tuple[str, ...]
    default_country: str
    starters: tuple[AnswerId, ...]  # questions offered before the first message
    answers: dict[AnswerId, Answer]  # approved ones only
    sources: dict[str, Source]
    smalltalk: tuple[str, ...]  # its topics
    help_topics: tuple[str, ...]  # those of them below whose sentence the help lines stand
    safety: tuple[Safety, ...]
    help: dict[str, tuple[HelpLine, ...]]  # by country in small letters, or "any"
    locale: str  # the pack's own
    wording: dict[str, Wording]  # by locale, the pack's own among them; each holds every sentence

    @classmethod
    def of(cls, knowledge: "KnowledgeBase") -> "Book":
        """Take from a checked pack what answering needs."""
        pack = knowledge.pack
        return cls(
            title=pack.title,
            subject=pack.subject,
            subject_words=pack.subject_words,
            default_country=pack.default_country,
            starters=pack.starters,
            answers={answer_id: _answer(answer) for answer_id, answer in knowledge.approved().items()},
            sources={
                name: Source(
                    title=source.title,
                    by=source.by,
                    date=source.date,
                    sections={passage: each.section for passage, each in source.passages.items()},
                )
                for name, source in knowledge.sources.items()
            },
            smalltalk=tuple(knowledge.smalltalk),
            help_topics=tuple(name for name, topic in knowledge.smalltalk.items() if topic.shows_help),
            safety=tuple(map(safety_of, knowledge.safety)),
            help={country: tuple(map(_help_line, file.lines)) for country, file in knowledge.help.items()},
            locale=pack.locale,
            wording={
                # What a language lacks is said in the pack's own: a frightened person must never read nothing.
                locale: Wording(
                    subject=wording.subject or pack.subject, say={**knowledge.wording[pack.locale].say, **wording.say}
                )
                for locale, wording in knowledge.wording.items()
            },
        )

    def as_json(self) -> str:
        """Return the book as JSON, for ``from_json``."""
        return json.dumps(asdict(self), ensure_ascii=False, default=date.isoformat)

    @classmethod
    def from_json(cls, text: str) -> "Book":
        """Read what ``as_json`` wrote.

        Raises:
            ValueError, TypeError, KeyError, AttributeError: it is something else.
        """
        given = json.loads(text)
        return cls(
            **{
                **given,
                **{name: tuple(given[name]) for name in ("subject_words", "starters", "smalltalk", "help_topics")},
                "answers": {answer_id: Answer(**_revived(raw)) for answer_id, raw in given["answers"].items()},
                "sources": {name: Source(**raw) for name, raw in given["sources"].items()},
                "wording": {
                    locale: Wording(subject=raw["subject"], say={name: tuple(each) for name, each in raw["say"].items()})
                    for locale, raw in given["wording"].items()
                },
                "safety": tuple(map(_safety, given["safety"])),
                "help": {
                    country: tuple(HelpLine(**_revived(raw)) for raw in lines) for country, lines in given["help"].items()
                },
            }
        )


_DATES = frozenset({"reviewed_on", "review_by", "checked"})


def _revived(raw: dict[str, Any]) -> dict[str, Any]:
    """Return fields with their dates as dates and their lists as tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else date.fromisoformat(value) if name in _DATES else value
        for name, value in raw.items()
    }


def _safety(raw: dict[str, Any]) -> Safety:
    return Safety(
        slots={name: tuple(phrases) for name, phrases in raw["slots"].items()},
        rules=tuple(SafetyRule(**_revived(rule)) for rule in raw["rules"]),
    )


def safety_of(file: "SafetyFile") -> Safety:
    """Take a safety file's rules, and work out which words each can't do without.

    Raises:
        ContentError: a pattern names a slot that is not there.
    """
    rules = tuple(
        SafetyRule(
            id=rule.id,
            kind=rule.kind,
            about=rule.about,
            severity=rule.severity,
            variant=rule.variant,
            match=rule.match,
            unless=rule.unless,
            triggers=triggers_of(rule.match, file.slots, rule.id),
        )
        for rule in file.rules
    )
    return Safety(slots=file.slots, rules=rules)


def _answer(answer: "AnswerFile") -> Answer:
    return Answer(
        id=answer.id,
        question=answer.question,
        topic=answer.topic,
        text=answer.text,
        html=answer.html,
        sources=answer.sources,
        reviewed_on=answer.reviewed_on,
        reviewed_by=answer.reviewed_by,
        review_by=answer.review_by,
        time_bound=answer.time_bound,
        follow_ups=answer.follow_ups,
    )


def _help_line(line: "Help") -> HelpLine:
    return HelpLine(
        name=line.name,
        call=line.call,
        text=line.text,
        chat=line.chat,
        hours=line.hours,
        what=line.what,
        for_=line.for_,
        checked=line.checked,
    )

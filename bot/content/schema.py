"""The shape of a knowledge pack's files, checked when they are read."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from bot.model import About, AnswerId, Severity

Status = Literal["draft", "approved", "retired"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class PackFile(_Part):
    """``pack.yaml``."""

    format: Literal[1]
    title: str
    locale: str
    subject: str
    subject_words: tuple[str, ...] = ()
    personal_topics: tuple[str, ...] = ()  # topics on which a question about one person is medical advice
    starters: tuple[AnswerId, ...] = ()  # questions offered before the first message
    default_country: str = Field(pattern="^[A-Z]{2}$")
    answer_risk: float = Field(0.1, gt=0, lt=0.5)
    false_answer_risk: float = Field(0.08, gt=0, lt=0.5)
    clarify_risk: float = Field(0.45, gt=0, lt=0.9)
    smalltalk_risk: float = Field(0.15, gt=0, lt=0.9)
    min_words: int = 40
    max_words: int = 110
    min_phrasings: int = 25
    max_grade: float = 8.0
    forbidden: tuple["Forbidden", ...] = ()
    watched_names: tuple[str, ...] = ()
    status_line: str = "{reviewed_on}"


class Forbidden(_Part):
    """A claim that no answer may make."""

    pattern: str
    why: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from error
        return pattern


class Passage(_Part):
    """A place in a source, with our own summary of it and the figures it holds."""

    section: str = ""
    says: str
    figures: tuple[str, ...] = ()
    evidence: Literal["primary", "secondary"] | None = None
    note: str = ""


class Source(_Part):
    """A source that answers may cite."""

    title: str
    by: str
    date: Annotated[str, BeforeValidator(str)]  # as precise as it is known: a day, a year, or words
    kind: str
    where: str
    passages: dict[str, Passage]


class FrontMatter(_Part):
    """The head of an answer file."""

    question: str
    topic: str
    status: Status
    sources: tuple[str, ...] = Field(min_length=1)
    reviewed_on: date
    reviewed_by: str
    review_by: date
    time_bound: bool = False
    follow_ups: tuple[AnswerId, ...] = ()
    phrasings: tuple[str, ...] = Field(min_length=1)


class Answer(FrontMatter):
    """One vetted answer: its head and its text."""

    id: AnswerId
    markdown: str
    text: str  # the same without marks, as it is served
    html: str  # the same as HTML, for the page of all answers
    file: str  # relative to the pack, for messages to editors
    heads: dict[str, int] = Field(default_factory=dict)  # line of each key of the front matter

    def is_overdue(self, today: date) -> bool:
        """Whether its review date has passed."""
        return today > self.review_by


class Help(_Part):
    """One line of ``help/<country>.yaml``."""

    name: str
    call: str | None = None
    text: str | None = None
    chat: str | None = None
    hours: str | None = None
    what: str = ""
    for_: tuple[Literal["crisis", "emergency", "veterans", "abuse", "poison", "drugs"], ...] = Field(alias="for")
    source: str = Field(min_length=1)
    checked: date

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Country(_Part):
    """``help/<country>.yaml``."""

    country: str = Field(pattern="^[A-Z]{2}$")
    lines: tuple[Help, ...]


def _variants(say: object) -> object:
    if not isinstance(say, dict):
        return say
    return {name: (text,) if isinstance(text, str) else text for name, text in say.items()}


Variants = Annotated[tuple[str, ...], Field(min_length=1)]


class Wording(_Part):
    """``wording/<locale>.yaml``: the bot's own sentences, by name; a name with several variants takes them in turn."""

    subject: str = ""  # the pack's subject in this language; the pack's own where it is empty
    banned: tuple[str, ...] = ()  # words that no sentence may hold that is said where somebody may be in danger
    say: Annotated[dict[str, Variants], BeforeValidator(_variants)]


class SmallTalkTopic(_Part):
    """One kind of small talk; its sentence stands in the wording under ``smalltalk_<topic>``."""

    label: str
    phrasings: tuple[str, ...]
    shows_help: bool = False  # whether the help lines stand below: somebody asked for a number


class Rule(_Part):
    """One rule of triage: what it looks for, and examples that must and must not match."""

    id: str
    kind: Literal["crisis", "emergency", "distress", "human", "medical_advice", "sourcing"]
    about: About = "self"
    severity: Severity | None = None
    variant: str = ""
    match: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    examples: tuple[str, ...] = Field(min_length=1)
    not_examples: tuple[str, ...] = Field(min_length=1)


class SafetyFile(_Part):
    """``safety/*.yaml``."""

    slots: dict[str, tuple[str, ...]]
    rules: tuple[Rule, ...]


class KnowledgeBase(_Part):
    """A whole pack, ready to serve."""

    pack: PackFile
    answers: dict[AnswerId, Answer]
    sources: dict[str, Source]
    concepts: dict[str, tuple[str, ...]]
    smalltalk: dict[str, SmallTalkTopic]
    out_of_scope: tuple[str, ...]
    safety: tuple[SafetyFile, ...]
    help: dict[str, Country]
    wording: dict[str, Wording]

    def approved(self) -> dict[AnswerId, Answer]:
        """Return the answers that may be served, by id."""
        return {answer_id: answer for answer_id, answer in self.answers.items() if answer.status == "approved"}

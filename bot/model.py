"""The values that travel: a message on its way in, what was decided, and the reply on its way out."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, NewType

AnswerId = NewType("AnswerId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)


class Kind(StrEnum):
    """What became of a message; the word used in JSON, logs, metrics and docs."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    SMALLTALK = "smalltalk"
    ABSTAIN = "abstain"
    CRISIS = "crisis"
    EMERGENCY = "emergency"
    DISTRESS = "distress"
    HUMAN = "human"
    MEDICAL_ADVICE = "medical_advice"
    SOURCING = "sourcing"
    RELAYED = "relayed"


class Owner(StrEnum):
    """Who replies in a conversation now."""

    BOT = "bot"
    QUEUED = "queued"
    PERSON = "person"
    CLOSED = "closed"


class Channel(StrEnum):
    """Where a message came from; the wording depends on it."""

    WEB = "web"
    SLACK = "slack"
    TERMINAL = "terminal"


HandoffOffer = Literal["offered", "opened"]
Severity = Literal["imminent", "high", "moderate"]  # of danger: now, or strong, or hinted at
About = Literal["self", "other", "staff"]  # whom danger threatens: the writer, somebody else, or a case that staff relay


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a visitor, checked for size and shape by the adapter that received it."""

    conversation_id: ConversationId
    message_id: MessageId
    text: str
    at: datetime
    channel: Channel = Channel.WEB
    locale: str = "en"
    country: str | None = None
    edit_of: MessageId | None = None  # the message whose text this one replaces; an edit has an id of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One vetted answer that may fit a query."""

    answer_id: AnswerId
    score: float  # calibrated: the chance that this is the right answer, 0 to 1
    matched: str  # the stored phrasing that scored best; for editors, never shown to visitors


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A turn before, as triage reads it together with the message."""

    text: str
    concern: float = 0.0  # how near it came to being taken for danger by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What triage makes of a message: a kind to act on, or none, and then retrieval goes on."""

    kind: Kind | None = None
    about: About = "self"
    variant: str = ""  # which wording within the kind ("abuse", "harm_others", …)
    severity: Severity | None = None  # of a crisis or an emergency
    language: str = ""  # the language it is written in, as far as triage can tell; "" where it can't
    reason: str = ""  # which rule fired; for editors, never shown to visitors nor logged with the text
    concern: float = 0.0  # how near the message came to being taken for danger, 0 to 1
    failed: tuple[tuple[str, str], ...] = ()  # layers of triage that failed, each with the type of its error


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One vetted answer, or two when two questions were asked."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarified:
    """Two or three answers near each other: ask which."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallTalk:
    """A greeting, thanks, a question about the assistant itself."""

    topic: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstained:
    """Nothing near enough: say so."""

    on_subject: bool
    score: float
    why: str = "no_answer"  # which wording: no_answer, empty, too_long, other_language, many_questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """Triage decided: danger, an emergency, distress, a person wanted, medical advice or sourcing."""

    kind: Kind
    route: Route
    general: Candidate | None = None  # for medical advice: the general fact, if there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """A person owns the conversation; the bot is silent."""


Decision = Answered | Clarified | SmallTalk | Abstained | Escalated | Relayed


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something a visitor can pick instead of typing."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNote:
    """A source as a visitor sees it beside an answer."""

    id: str
    title: str
    by: str
    date: str
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpLine:
    """One service a person can reach, with the date on which its number was checked."""

    name: str
    call: str | None = None
    text: str | None = None
    chat: str | None = None
    hours: str | None = None
    what: str = ""
    for_: tuple[str, ...] = ("crisis",)
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a visitor reads: vetted wording only."""

    text: str
    choices: tuple[Choice, ...] = ()
    sources: tuple[SourceNote, ...] = ()
    help: tuple[HelpLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message with what was decided and said; the unit of the transcript."""

    conversation_id: ConversationId
    message_id: MessageId
    n: int  # 1 for the first turn of a conversation
    at: datetime
    visitor_text: str
    kind: Kind
    answer_ids: tuple[AnswerId, ...]
    score: float
    handoff: HandoffOffer | None
    latched: bool
    reply: Reply
    ms: float
    concern: float = 0.0  # how near the message came to danger; triage adds it up over turns
    severity: Severity | None = None
    about: About = "self"
    variant: str = ""  # of the wording; the latch keeps the lines that belong to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Latch:
    """Danger that a conversation is latched for: its numbers stay in view until a responder clears it."""

    kind: Kind
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """A case passed to a person."""

    conversation_id: ConversationId
    kind: Kind
    opened_at: datetime
    urgent: bool
    severity: Severity | None = None
    about: About = "self"
    message_ids: tuple[MessageId, ...] = field(default=())

"""The values that travel: a message on its way in, what was decided, and the reply on its way out."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, NewType

AnswerId = NewType("AnswerId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
ResponderId = NewType("ResponderId", str)


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


class Happened(StrEnum):
    """A fact about the people in a conversation, as a visitor is told it, with its time."""

    SENT = "sent"  # an alert has left for the team, and its receiver took it
    SEEN = "seen"  # a responder opened the conversation
    HERE = "here"  # a responder took it over, by name
    WAITING = "waiting"  # the responder who was there put it back into the queue
    BACK = "back"  # the assistant answers again
    CLOSED = "closed"


HandoffOffer = Literal["offered", "opened"]
Verdict = Literal["real", "false_alarm", "missed", "test"]  # of a responder, when a conversation is closed
Role = Literal["responder", "editor", "admin"]
Severity = Literal["imminent", "high", "moderate"]  # of danger: now, or strong, or hinted at
SEVERITIES: tuple[Severity, ...] = ("imminent", "high", "moderate")  # gravest first
DANGER = frozenset({Kind.EMERGENCY, Kind.CRISIS, Kind.DISTRESS})
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSaid:
    """What a responder wrote to a visitor."""

    conversation_id: ConversationId
    message_id: MessageId
    n: int = 0  # given by the store; turns, replies of people and facts of a conversation are counted together
    at: datetime
    responder: ResponderId
    name: str  # as the visitor reads it
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to a handoff and that the visitor is told."""

    conversation_id: ConversationId
    n: int
    at: datetime
    what: Happened
    name: str = ""  # of the responder, where one is meant


Entry = Turn | PersonSaid | Fact  # what a conversation consists of, by n


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Someone on the team, as far as a conversation is concerned."""

    id: ResponderId
    name: str  # the name that the responder chose for visitors to read


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who owns a conversation, and how far its handoff is."""

    owner: Owner = Owner.BOT
    since: datetime | None = None  # since when that is so
    handoff: Handoff | None = None  # the gravest that is open
    responder: Responder | None = None  # who has it, while a person owns it
    told_at: datetime | None = None  # when the first alert arrived
    seen_at: datetime | None = None  # when a responder first looked
    raised_at: datetime | None = None  # when danger was raised, or it was handed over, with no reaction since
    cleared_at: datetime | None = None  # when a responder cleared the crisis last


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What is known of a conversation besides its words."""

    id: ConversationId
    token_hash: bytes = b""  # SHA-256 of the token that opens it; empty where the channel knows its people otherwise
    locale: str = "en"
    country: str | None = None
    channel: Channel = Channel.WEB
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the store holds of a conversation when a message comes in."""

    known: Turn | None = None  # of this very message, when it was handled before
    turns: tuple[Turn, ...] = ()  # oldest first
    standing: Standing = Standing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conversation as a responder finds it in the queue."""

    conversation: Conversation
    standing: Standing
    last_at: datetime
    last_n: int
    delivered_n: int = 0  # up to which entry the visitor's own page said it has shown
    contact: str = ""  # what the visitor left in the form meant for it
    verdict: "Verdict | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The receipt of an erasure: no content."""

    conversation_id: ConversationId
    at: datetime
    turns: int
    token_hash: bytes = b""  # so that whoever held the conversation can ask for its receipt again


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The next step of a ladder that runs until somebody replies, releases or closes; a claim puts it off."""

    conversation_id: ConversationId
    generation: int  # a new one each time the ladder is begun again
    step: int  # 0 for the first
    due_at: datetime
    started_at: datetime
    why: Literal["opened", "raised", "unanswered"]
    tries: int  # of this step, before this one
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to reach somebody."""

    conversation_id: ConversationId
    at: datetime
    step: int
    channel: str  # its name in the settings, such as "2: mailto"; never its address
    outcome: Literal["delivered", "failed"]
    error: str = ""  # the type of the error, without its words

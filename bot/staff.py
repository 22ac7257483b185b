"""The people behind the bot as the desk knows them, and what they leave behind: accounts, looks, notes, verdicts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.model import ConversationId, MessageId, Responder, ResponderId, Role, Severity, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who may use the desk."""

    id: ResponderId  # the log-in name: lower case, no spaces
    name: str  # what visitors read: "Dana"
    role: Role
    password_hash: str = ""  # empty until the one-time link was used
    is_active: bool = True

    @property
    def responder(self) -> Responder:
        """The account as a conversation knows it."""
        return Responder(id=self.id, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSession:
    """A log-in that has not ended."""

    token_hash: bytes  # SHA-256 of what the browser holds
    account: Account
    csrf: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One line of the audit trail: who did or saw what, and when; never what was said."""

    at: datetime
    by: ResponderId
    did: str  # "claimed", "looked", "spoke", "logged_in", …
    conversation_id: ConversationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An internal note of a responder; it is kept apart from what was said, and no visitor ever reads it."""

    conversation_id: ConversationId
    at: datetime
    by: ResponderId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """What a visitor said of a reply."""

    conversation_id: ConversationId
    n: int
    at: datetime
    verdict: Literal["up", "down"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that was not answered, or hardly, for an editor to look at."""

    conversation_id: ConversationId
    message_id: MessageId
    at: datetime
    text: str
    kind: str
    score: float
    rated_down: str = ""  # the reason, where the visitor said the answer was no good


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A verdict with the message it is about, for triage to learn from."""

    text: str
    verdict: Verdict
    label: str | None
    severity: Severity | None
    locale: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What the retention job erased, or would erase."""

    ordinary: int  # conversations
    crisis: int  # conversations in which danger was raised
    turns: int

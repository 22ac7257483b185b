"""What the core needs from outside, as small Protocols; ``bot/memory/`` has each one in memory."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.handoff import Action
from bot.model import (
    Alert,
    Attempt,
    Case,
    Conversation,
    ConversationId,
    Entry,
    Erased,
    Handoff,
    MessageId,
    PersonSaid,
    Record,
    ResponderId,
    Standing,
    Turn,
)
from bot.staff import Account, Audited, DeskSession, Expired, Lesson, Note, Question, Rated


class Transcript(Protocol):
    """The record of what was said."""

    async def start(self, conversation: Conversation) -> None:
        """Record that a conversation begins; a second time for the same id changes nothing.

        Raises:
            StoreUnavailable: nothing was recorded.
        """
        ...

    async def conversation(self, conversation_id: ConversationId) -> Conversation | None:
        """Return what is known of a conversation; None when there is none, or it was erased."""
        ...

    async def record(self, conversation_id: ConversationId, message_id: MessageId) -> Record:
        """Return all that is needed to decide on a message, from one reading.

        Where the message was handled before, only ``known`` is filled in. A conversation that is not known has an empty one.
        """
        ...

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Record a turn, what it makes of the ownership, the handoff it opens and the alert, in one commit.

        Once per message id. The store numbers the turn: the ``n`` that comes in is not read. A conversation that was not
        started is started. ``bot.handoff.after`` says in the commit whether the turn still fits the owner.

        Returns:
            The turn as recorded: the first one with this message id in this conversation.

        Raises:
            OwnerChanged: it was decided for another owner; nothing was recorded.
            ConversationUnknown: the conversation was erased; nothing more is recorded in it.
            StoreUnavailable: nothing was recorded.
        """
        ...

    async def of(self, conversation_id: ConversationId) -> list[Turn]:
        """Return the turns of a conversation, oldest first; empty when there are none."""
        ...

    async def entries(self, conversation_id: ConversationId, after: int = 0) -> list[Entry]:
        """Return turns, replies of people and facts with an ``n`` greater than ``after``, in order."""
        ...

    async def erase(self, conversation_id: ConversationId, at: datetime) -> Erased:
        """Erase all that was said and all that hangs on it, and keep the receipt; a second time gives the first receipt.

        What stays besides is the audit trail, which holds no content.
        """
        ...

    async def receipt(self, conversation_id: ConversationId) -> Erased | None:
        """Return the receipt of a conversation that was erased."""
        ...


class Handoffs(Protocol):
    """The cases passed to a person."""

    async def opened(self, conversation_id: ConversationId) -> list[Handoff]:
        """Return the handoffs of a conversation, oldest first."""
        ...

    async def standing(self, conversation_id: ConversationId) -> Standing:
        """Return who owns a conversation now."""
        ...

    async def act(self, conversation_id: ConversationId, action: Action, at: datetime) -> Standing:
        """Run ``bot.handoff.after`` on a conversation and record what comes of it, in one commit.

        Raises:
            HandoffError: the action does not fit; nothing was recorded.
            ConversationUnknown: there is no such conversation.
            StoreUnavailable: nothing was recorded.
        """
        ...

    async def say(self, said: PersonSaid) -> PersonSaid:
        """Record what a responder wrote to the visitor, once per message id, numbered by the store.

        Raises:
            HandoffError: the responder does not own the conversation; nothing was recorded.
            ConversationUnknown: there is no such conversation.
            StoreUnavailable: nothing was recorded.
        """
        ...

    async def cases(self) -> list[Case]:
        """Return the conversations that wait or that a person owns, the gravest first, and of those the longest waiting."""
        ...

    async def case(self, conversation_id: ConversationId) -> Case | None:
        """Return one conversation as a responder sees it, whoever owns it; None when there is none."""
        ...

    async def delivered(self, conversation_id: ConversationId, n: int) -> None:
        """Note that the visitor's page has shown everything up to ``n``; it never goes back."""
        ...

    async def leave_contact(self, conversation_id: ConversationId, contact: str) -> None:
        """Keep what a visitor left in the form meant for it, apart from the transcript; empty takes it back.

        Raises:
            ConversationUnknown: there is no such conversation.
        """
        ...


class Outbox(Protocol):
    """The alerts that are due: one running ladder for each conversation that waits, in the database with it."""

    async def due(self, now: datetime, leased_until: datetime, limit: int = 20) -> list[Alert]:
        """Return the alerts that are due, those in danger first, and lease them: nobody else gets them before then.

        Of conversations alike in that, the one due longest comes first. A worker that dies with a lease loses nothing: the
        alert is due again when the lease ends.
        """
        ...

    async def next_due(self) -> datetime | None:
        """Return when the next alert is due; None when no ladder runs."""
        ...

    async def tried(self, alert: Alert, attempts: Sequence[Attempt], *, step: int, tries: int, due_at: datetime) -> None:
        """Record attempts, and when the ladder goes on: with which step, and how often that was tried before.

        Attempts are kept in any case. Where the ladder was ended or begun again meanwhile, that stands.
        """
        ...

    async def attempts(self, conversation_id: ConversationId) -> list[Attempt]:
        """Return every attempt to reach somebody about a conversation, oldest first."""
        ...


class Desk(Protocol):
    """What responders and editors leave behind."""

    async def audit(self, entry: Audited) -> None:
        """Add a line to the audit trail, which is only ever added to. What ``Handoffs`` records adds its own lines."""
        ...

    async def audited(self, limit: int = 200, conversation_id: ConversationId | None = None) -> list[Audited]:
        """Return the newest lines, newest first, of one conversation or of all."""
        ...

    async def add_note(self, note: Note) -> None:
        """Keep an internal note, and a line ("noted") in the audit trail.

        Raises:
            ConversationUnknown: there is no such conversation.
        """
        ...

    async def notes(self, conversation_id: ConversationId) -> list[Note]:
        """Return the notes on a conversation, oldest first."""
        ...

    async def rate(self, rated: Rated) -> None:
        """Keep what a visitor said of a reply; a second time for the same reply replaces the first."""
        ...

    async def questions(self, below: float, limit: int = 200) -> list[Question]:
        """Return questions, newest first, that were abstained from, or answered with a score below, or rated down.

        Those that an editor settled are left out.
        """
        ...

    async def settle(self, conversation_id: ConversationId, message_id: MessageId) -> None:
        """Take a question off that list."""
        ...

    async def lessons(self) -> list[Lesson]:
        """Return the verdicts of responders with the messages they are about, oldest first."""
        ...

    async def expire(self, *, ordinary_before: datetime, crisis_before: datetime, at: datetime, dry_run: bool) -> Expired:
        """Erase conversations whose last entry is older; those that wait or that a person owns stay.

        A conversation is of the crisis class once an urgent handoff was opened in it. Each erased one leaves its receipt.
        """
        ...


class Accounts(Protocol):
    """Who may use the desk, and who is logged in."""

    async def invite(self, account: Account, link_hash: bytes, until: datetime) -> None:
        """Add an account, or let a known one choose a new password, with a link that can be used once until then.

        A known account keeps its password until the link is used, and takes the new name and role.
        """
        ...

    async def invited(self, link_hash: bytes, now: datetime) -> Account | None:
        """Return whose link it is; None when it is unknown, used or past its time."""
        ...

    async def accept(self, link_hash: bytes, password_hash: str, now: datetime) -> Account | None:
        """Use a link: set the password, end the account's sessions; None as for ``invited``. Of two at once one wins."""
        ...

    async def account(self, account_id: ResponderId) -> Account | None:
        """Return an account."""
        ...

    async def accounts(self) -> list[Account]:
        """Return all accounts, by their log-in name."""
        ...

    async def deactivate(self, account_id: ResponderId) -> bool:
        """Shut an account out and end its sessions; False when there is none."""
        ...

    async def open_session(self, session: DeskSession) -> None:
        """Record a log-in."""
        ...

    async def session(self, token_hash: bytes, now: datetime) -> DeskSession | None:
        """Return a log-in that has not ended, of an account that is active."""
        ...

    async def end_session(self, token_hash: bytes) -> None:
        """Record a log-out."""
        ...


class Store(Transcript, Handoffs, Outbox, Desk, Accounts, Protocol):
    """All in one database, since a turn, its handoff and its alert are one commit."""

    async def check(self) -> None:
        """See that something can be written now.

        Raises:
            StoreUnavailable: it cannot; the message says why.
        """
        ...


class Changes(Protocol):
    """Wakes whoever waits for something new in a conversation. A hint: what is new is read from the store."""

    def notify(self, conversation_id: ConversationId) -> None:
        """Say that there is something new in a conversation, or in the queue."""
        ...

    def watch(self, conversation_id: ConversationId | None, wake: Callable[[], None]) -> AbstractContextManager[None]:
        """Call ``wake`` on each change of a conversation, or of any for None, while the block lasts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whether a person can be reached, as a visitor is told it."""

    can_be_told: bool = True  # some way to alert the team is set
    is_open: bool = True  # by the opening hours; True where none are set
    back_at: datetime | None = None  # when they open next, in the team's own time zone; None when open, or not known


class Team(Protocol):
    """The people behind the bot, as far as the bot knows."""

    def reach(self, at: datetime) -> Reach:
        """Return whether somebody can be reached."""
        ...


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...

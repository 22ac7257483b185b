"""What a conversation's row says, as far as changes need it, and how they are written: within one transaction."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from adapters.store.codec import (
    NOTHING,
    Form,
    decode_entry,
    decode_standing,
    encode_entry,
    encode_handoff,
    encode_standing,
    form_of,
    micros,
    moment,
)
from adapters.store.sqlite.queries import load
from bot.errors import ConversationUnknown
from bot.handoff import Step
from bot.handoff.ownership import UNANSWERED_AFTER
from bot.model import Conversation, ConversationId, Entry, Fact, Handoff, MessageId, PersonSaid, Standing, Turn
from bot.staff import Audited

_SQL = load("heads")


@dataclass(slots=True)
class Head:
    """A conversation's row, as far as changes need it."""

    conversation_id: ConversationId
    ref: int
    written: str  # the standing, as it stands in the row
    last_n: int
    turns: int
    is_crisis: int
    last_at: int = 0  # microseconds

    @property
    def standing(self) -> Standing:
        """Who owns the conversation."""
        return decode_standing(self.written, conversation_id=self.conversation_id)

    def not_before(self, at: datetime) -> datetime:
        """Return the time, or that of the last entry where the clock was set back: what is cleared was said before."""
        return max(at, moment(self.last_at)) if self.last_n else at


def head_of(connection: sqlite3.Connection, conversation_id: ConversationId) -> Head | None:
    """Return the row of a conversation."""
    row = connection.execute(_SQL["head"], (conversation_id,)).fetchone()
    return Head(conversation_id, *row) if row else None


def known(connection: sqlite3.Connection, conversation_id: ConversationId) -> Head:
    """Return the row of a conversation that must be there.

    Raises:
        ConversationUnknown: it is not.
    """
    head = head_of(connection, conversation_id)
    if head is None:
        raise ConversationUnknown
    return head


def begin(connection: sqlite3.Connection, conversation: Conversation) -> Head:
    """Record that a conversation begins, unless it has begun."""
    written = connection.execute(
        _SQL["start"],
        (
            conversation.id,
            conversation.token_hash,
            conversation.locale,
            conversation.country,
            conversation.channel,
            micros(conversation.started_at),
        ),
    )
    if written.rowcount == 1 and written.lastrowid is not None:
        return Head(conversation.id, written.lastrowid, NOTHING, 0, 0, 0)
    return known(connection, conversation.id)


def entry_by_message(
    connection: sqlite3.Connection, head: Head, form: Form, message_id: MessageId
) -> Turn | PersonSaid | None:
    """Return what was recorded under a message id."""
    row = connection.execute(_SQL["known"], (head.ref, form, message_id)).fetchone()
    if row is None:
        return None
    found = decode_entry(form, row[1], conversation_id=head.conversation_id, n=row[0])
    assert not isinstance(found, Fact)  # noqa: S101 - facts have no message id
    return found


def record(
    connection: sqlite3.Connection,
    head: Head,
    step: Step,
    at: datetime,
    *,
    begins: datetime,
    entry: Turn | PersonSaid | None = None,
    handoff: Handoff | None = None,
) -> None:
    """Write an entry, what it or an action made of the ownership, the facts, the handoff and the alert.

    ``begins`` is what the clock says, for the alerts go by it; ``at`` keeps the order where the clock was set back.
    """
    last_at = None
    for each in (*([entry] if entry else []), *_facts(head, step, at, head.last_n + bool(entry))):
        last_at = _add(connection, head, each)
    if handoff is not None:
        connection.execute(_SQL["add_handoff"], (head.ref, encode_handoff(handoff)))
        head.is_crisis = int(head.is_crisis or handoff.urgent)
    head.written = encode_standing(step.standing)
    connection.execute(
        _SQL["move_on"],
        (head.ref, step.standing.owner, head.written, head.last_n, last_at, head.turns, head.is_crisis),
    )
    _alert(connection, head, step, begins)


def audit(connection: sqlite3.Connection, line: Audited) -> None:
    """Add a line to the audit trail."""
    connection.execute(_SQL["audit"], (micros(line.at), line.by, line.did, line.conversation_id))


def _facts(head: Head, step: Step, at: datetime, last_n: int) -> list[Entry]:
    return [
        Fact(conversation_id=head.conversation_id, n=n, at=at, what=what, name=name)
        for n, (what, name) in enumerate(step.facts, start=last_n + 1)
    ]


def _add(connection: sqlite3.Connection, head: Head, entry: Entry) -> int:
    at = micros(entry.at)
    message_id = None if isinstance(entry, Fact) else entry.message_id
    kind, score = (entry.kind, entry.score) if isinstance(entry, Turn) else (None, None)
    connection.execute(
        _SQL["add_entry"], (head.ref, entry.n, form_of(entry), message_id, at, kind, score, encode_entry(entry))
    )
    head.last_n = entry.n
    head.turns += isinstance(entry, Turn)
    return at


def _alert(connection: sqlite3.Connection, head: Head, step: Step, begins: datetime) -> None:
    if step.alert == "keep":
        return
    runs = step.alert != "later" and connection.execute(_SQL["stop_alert"], (head.ref,)).rowcount > 0
    later = micros(begins + UNANSWERED_AFTER)
    if step.alert == "start":
        connection.execute(_SQL["start_alert"], (head.ref, micros(begins), step.why))
    elif step.alert == "later":
        connection.execute(_SQL["start_alert_unless_one_runs"], (head.ref, later, step.why))
    elif step.alert == "put_off" and runs:
        connection.execute(_SQL["start_alert"], (head.ref, later, step.why))

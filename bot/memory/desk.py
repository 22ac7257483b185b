"""What responders and editors leave behind, in memory."""

from datetime import datetime

from bot.errors import ConversationUnknown
from bot.memory.store import ConversationsInMemory, Kept
from bot.model import ConversationId, Kind, MessageId, Owner
from bot.staff import Audited, Expired, Lesson, Note, Question, Rated

_NO_ANSWER = frozenset({Kind.ABSTAIN, Kind.CLARIFY})
_SCORED = _NO_ANSWER | {Kind.ANSWER}


class DeskInMemory(ConversationsInMemory):
    """``Desk`` beside the conversations it is about."""

    async def audit(self, entry: Audited) -> None:
        """Add a line to the audit trail."""
        self._audit.append(entry)

    async def audited(self, limit: int = 200, conversation_id: ConversationId | None = None) -> list[Audited]:
        """Return the newest lines, newest first."""
        lines = [each for each in self._audit if conversation_id in {None, each.conversation_id}]
        return lines[::-1][:limit]

    async def add_note(self, note: Note) -> None:
        """Keep an internal note."""
        self._known(note.conversation_id).notes.append(note)
        self._audit.append(Audited(at=note.at, by=note.by, did="noted", conversation_id=note.conversation_id))

    async def notes(self, conversation_id: ConversationId) -> list[Note]:
        """Return the notes on a conversation."""
        kept = self._kept.get(conversation_id)
        return list(kept.notes) if kept else []

    async def rate(self, rated: Rated) -> None:
        """Keep what a visitor said of a reply."""
        kept = self._kept.get(rated.conversation_id)
        if kept is None:
            raise ConversationUnknown
        kept.ratings[rated.n] = rated

    async def questions(self, below: float, limit: int = 200) -> list[Question]:
        """Return questions that were not answered, or hardly."""
        found = [each for kept in self._kept.values() for each in _questions(kept, below)]
        return sorted(found, key=lambda each: each.at, reverse=True)[:limit]

    async def settle(self, conversation_id: ConversationId, message_id: MessageId) -> None:
        """Take a question off that list."""
        if (kept := self._kept.get(conversation_id)) is not None:
            kept.settled.add(message_id)

    async def lessons(self) -> list[Lesson]:
        """Return the verdicts of responders."""
        found = [each for kept in self._kept.values() for each in _lessons(kept)]
        return sorted(found, key=lambda each: each.at)

    async def expire(self, *, ordinary_before: datetime, crisis_before: datetime, at: datetime, dry_run: bool) -> Expired:
        """Erase conversations that are older."""
        old: dict[bool, list[Kept]] = {False: [], True: []}
        for kept in self._kept.values():
            is_crisis = any(handoff.urgent for handoff in kept.handoffs)
            last_at = kept.entries[-1].at if kept.entries else kept.conversation.started_at
            is_done = kept.standing.owner in {Owner.BOT, Owner.CLOSED}
            if is_done and last_at < (crisis_before if is_crisis else ordinary_before):
                old[is_crisis].append(kept)
        found = Expired(
            ordinary=len(old[False]),
            crisis=len(old[True]),
            turns=sum(len(kept.turns) for each in old.values() for kept in each),
        )
        for kept in [] if dry_run else [*old[False], *old[True]]:
            await self.erase(kept.conversation.id, at)
        return found


def _questions(kept: Kept, below: float) -> list[Question]:
    return [
        Question(
            conversation_id=turn.conversation_id,
            message_id=turn.message_id,
            at=turn.at,
            text=turn.visitor_text,
            kind=turn.kind.value,
            score=turn.score,
            rated_down=reason,
        )
        for turn in kept.turns.values()
        if turn.message_id not in kept.settled
        and ((reason := _down(kept, turn.n)) or turn.kind in _NO_ANSWER or (turn.kind in _SCORED and turn.score < below))
    ]


def _down(kept: Kept, n: int) -> str:
    rated = kept.ratings.get(n)
    return (rated.reason or "other") if rated is not None and rated.verdict == "down" else ""


def _lessons(kept: Kept) -> list[Lesson]:
    return [
        Lesson(
            text=kept.turns[message_id].visitor_text,
            verdict=closing.action.verdict,
            label=closing.action.label,
            severity=closing.action.severity,
            locale=kept.conversation.locale.partition("-")[0],
            at=closing.at,
        )
        for closing in kept.closings
        for message_id in dict.fromkeys(closing.message_ids)
        if closing.action.verdict is not None and message_id in kept.turns
    ]

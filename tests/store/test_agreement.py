"""Whatever is called in whatever order, the store on disk answers as the one in memory does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.store.sqlite import open_store
from bot.errors import BotError
from bot.handoff import Action, Claimed, Cleared, Closed, Released, Requeued, Seen, TakenOver, Told, Transferred
from bot.memory import MemoryStore
from bot.model import Attempt, Channel, Conversation, ConversationId, Handoff, Kind, MessageId, PersonSaid, Severity
from bot.ports import Store
from bot.staff import Account, Audited, DeskSession, Note, Rated
from tests.conftest import DANA, NOON, SAM, a_turn

CONVERSATIONS = [ConversationId("c-1"), ConversationId("c-2")]
KINDS = [Kind.ANSWER, Kind.RELAYED, Kind.HUMAN, Kind.CRISIS, Kind.ABSTAIN, Kind.CLARIFY]
SEVERITIES: list[Severity | None] = [None, "high", "imminent"]
TEXTS = ["", "plain", "\x00 \u202e \U0001f642 \u0441\u0430\u043c"]
ACTIONS: list[Action] = [
    Told(),
    Seen(by=DANA),
    Claimed(by=DANA),
    Claimed(by=SAM),
    TakenOver(by=SAM),
    Transferred(by=DANA, to=SAM),
    Requeued(by=DANA),
    Released(by=DANA),
    Released(by=SAM, clear=True),
    Cleared(by=DANA),
    Closed(by=DANA, verdict="real", label="self_harm", severity="high"),
    Closed(by=SAM, verdict="false_alarm", message_id=MessageId("m-1")),
    Closed(by=SAM),
]
Pick = tuple[int, int]
Call = Callable[[Store, ConversationId, Pick, datetime], Awaitable[object]]


async def append(store: Store, here: ConversationId, pick: Pick, at: datetime) -> object:
    """A visitor writes."""
    one, two = pick
    kind = KINDS[one % len(KINDS)]
    turn = replace(
        a_turn(f"m-{two % 5}", here, kind=kind), at=at, visitor_text=TEXTS[two % 3], score=one / 16, latched=one > 8
    )
    opens = kind in {Kind.HUMAN, Kind.CRISIS} or (kind is Kind.ABSTAIN and two % 2)
    severity = SEVERITIES[two % 3] if kind is Kind.CRISIS else None
    handoff = Handoff(
        conversation_id=here,
        kind=kind,
        opened_at=at,
        urgent=kind is Kind.CRISIS,
        severity=severity,
        message_ids=(turn.message_id,),
    )
    return await store.append(turn, handoff if opens else None)


async def say(store: Store, here: ConversationId, pick: Pick, at: datetime) -> object:
    """A responder writes."""
    by = DANA if pick[0] % 2 else SAM
    said = PersonSaid(
        conversation_id=here,
        message_id=MessageId(f"m-{pick[1] % 4}"),
        at=at,
        responder=by.id,
        name=by.name,
        text=TEXTS[pick[0] % 3],
    )
    return await store.say(said)


async def alert(store: Store, here: ConversationId, pick: Pick, at: datetime) -> object:
    """The worker takes what is due, and moves on some of it."""
    found = await store.due(at, at + timedelta(seconds=20))
    for each in found:
        attempt = Attempt(conversation_id=each.conversation_id, at=at, step=each.step, channel="1: json", outcome="failed")
        if each.conversation_id == here or pick[0] % 2:
            stale = replace(each, generation=each.generation - pick[1] % 2)
            await store.tried(stale, [attempt], step=each.step + 1, tries=0, due_at=at + timedelta(seconds=pick[0]))
    return sorted(found, key=lambda each: each.conversation_id)


async def account(store: Store, _here: ConversationId, pick: Pick, at: datetime) -> object:
    """Somebody is invited, comes in, or is shut out."""
    one, two = pick
    whose = Account(id=DANA.id if one % 2 else SAM.id, name=f"name {two % 3}", role="editor")
    link, token = bytes([one % 3]), bytes([two % 3])
    match two % 5:
        case 0:
            await store.invite(whose, link, at + timedelta(seconds=one))
        case 1:
            return await store.accept(link, f"hash {one}", at)
        case 2:
            return await store.deactivate(whose.id)
        case 3:
            session = DeskSession(token_hash=token, account=whose, csrf="x", until=at + timedelta(seconds=2 * one))
            await store.open_session(session)
        case _:
            await store.end_session(token)
    return None


CALLS: dict[str, Call] = {
    "append": append,
    "append again": append,
    "say": say,
    "alert": alert,
    "account": account,
    "start": lambda store, here, pick, at: store.start(
        Conversation(id=here, token_hash=bytes(pick), locale="de-AT", country="AT", channel=Channel.SLACK, started_at=at)
    ),
    "act": lambda store, here, pick, at: store.act(here, ACTIONS[pick[0] % len(ACTIONS)], at),
    "act again": lambda store, here, pick, at: store.act(here, ACTIONS[pick[1] % len(ACTIONS)], at),
    "delivered": lambda store, here, pick, _at: store.delivered(here, pick[0]),
    "contact": lambda store, here, pick, _at: store.leave_contact(here, TEXTS[pick[0] % 3]),
    "note": lambda store, here, pick, at: store.add_note(
        Note(conversation_id=here, at=at, by=DANA.id, text=TEXTS[pick[0] % 3])
    ),
    "rate": lambda store, here, pick, at: store.rate(
        Rated(conversation_id=here, n=pick[0], at=at, verdict="down" if pick[1] % 2 else "up", reason=TEXTS[pick[1] % 2])
    ),
    "settle": lambda store, here, pick, _at: store.settle(here, MessageId(f"m-{pick[0] % 5}")),
    "audit": lambda store, here, pick, at: store.audit(
        Audited(at=at, by=SAM.id, did="logged_in", conversation_id=here if pick[0] % 2 else None)
    ),
    "erase": lambda store, here, _pick, at: store.erase(here, at),
    "expire": lambda store, _here, pick, at: store.expire(
        ordinary_before=at - timedelta(seconds=pick[0]),
        crisis_before=at - timedelta(seconds=pick[1]),
        at=at,
        dry_run=pick[0] % 2 == 0,
    ),
}


async def came_of(call: Awaitable[object]) -> object:
    """What a call gives, or what it raises."""
    try:
        return await call
    except BotError as error:
        return type(error), str(error)


async def seen_of(store: Store, at: datetime) -> dict[str, object]:
    """All that a store tells."""
    found: dict[str, object] = {
        "cases": await store.cases(),
        "next due": await store.next_due(),
        "audited": await store.audited(),
        "questions": await store.questions(0.4),
        "lessons": await store.lessons(),
        "accounts": await store.accounts(),
    }
    for here in CONVERSATIONS:
        records = [await store.record(here, MessageId(f"m-{n}")) for n in range(6)]
        found[here] = [
            await store.conversation(here),
            records,
            await store.of(here),
            await store.entries(here),
            await store.entries(here, after=2),
            await store.receipt(here),
            await store.opened(here),
            await store.standing(here),
            await store.case(here),
            await store.attempts(here),
            await store.notes(here),
            await store.audited(5, here),
        ]
    for key in (bytes([0]), bytes([1]), bytes([2])):
        found[f"key {key.hex()}"] = [await store.invited(key, at), await store.session(key, at)]
    return found


steps = st.tuples(
    st.sampled_from(sorted(CALLS)),
    st.sampled_from(CONVERSATIONS),
    st.tuples(st.integers(0, 15), st.integers(0, 15)),
    st.sampled_from([1.0, 1.0, 1.0, 7.0, 301.0, -3600.5]),  # seconds until the next call; clocks are set back, too
)


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(st.lists(steps, max_size=40))
def test_the_store_on_disk_agrees_with_the_one_in_memory(calls: list[tuple[str, ConversationId, Pick, float]]) -> None:
    """Each call gives or raises the same, and all that can be read afterwards is the same."""

    async def compare(folder: Path) -> None:
        memory, at = MemoryStore(), NOON
        async with open_store(folder / "handrail.db", synchronous="normal") as disk:
            for name, here, pick, seconds in calls:
                at += timedelta(seconds=seconds)
                wanted, found = [await came_of(CALLS[name](store, here, pick, at)) for store in (memory, disk)]
                assert found == wanted, name
                if name in {"append again", "act again", "expire"}:
                    assert await seen_of(disk, at) == await seen_of(memory, at), name
            assert await seen_of(disk, at) == await seen_of(memory, at)

    with TemporaryDirectory() as folder:
        asyncio.run(compare(Path(folder)))

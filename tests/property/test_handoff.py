"""No order of messages, actions, retries, failures and restarts gives two owners, loses a word, or lets the bot butt in.

A machine of rules does to one conversation what visitors, responders, the worker of the alerts, the clock and a disk may do.
What the conversation must be then is kept by hand (``Expected``), from what was committed and in that order.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot.assembly import Core
from bot.conversation import latch_of
from bot.errors import HandoffError, StoreUnavailable
from bot.handoff import (
    Action,
    Claimed,
    Cleared,
    Closed,
    Released,
    Requeued,
    Seen,
    TakenOver,
    Told,
    Transferred,
)
from bot.memory import FixedClock, MemoryStore
from bot.model import (
    Attempt,
    Fact,
    Happened,
    MessageId,
    Owner,
    PersonSaid,
    Responder,
    ResponderId,
    Turn,
)
from bot.ports import Store
from tests.conftest import DANA, NOON, SAM, a_message
from tests.property.handoffs import HERE, URGENT, Expected, TroubledStore, conversations_on

Opener = Callable[[], AbstractAsyncContextManager[Store]]
_Result = TypeVar("_Result")
ANA = Responder(id=ResponderId("ana"), name="Ana")
TEAM = st.sampled_from([DANA, SAM, ANA])
ORDINARY = ("late fees", "opening times", "thanks", "i can't cope", "should i stop my medication")
DANGER = ("i want to kill myself", "i can't breathe", "my husband hits me")
TEXTS = st.sampled_from([*ORDINARY, *DANGER, "can i talk to a person"])
VERDICTS = st.sampled_from([None, "real", "false_alarm", "missed", "test"])


def in_memory() -> Opener:
    """A way to open one and the same store in memory, again and again."""
    kept = MemoryStore()

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        yield kept

    return opened


STORES: dict[str, Callable[[], Opener]] = {"memory": in_memory}


class OneConversation(RuleBasedStateMachine):
    """A visitor, three responders, the worker of the alerts, a clock that jumps, and a store that fails now and then."""

    def __init__(self, core: Core, opener: Opener) -> None:
        """Open the store."""
        super().__init__()
        self.core = core
        self.opener = opener
        self.loop = asyncio.new_event_loop()
        self.clock = FixedClock(NOON)
        self.expected = Expected()
        self.ids: list[str] = []
        self.acknowledged: dict[str, Turn | PersonSaid] = {}
        self.taken = 0
        self.start()

    def start(self) -> None:
        """Open the store, and begin with a new process."""
        self.open = AsyncExitStack()
        self.store = TroubledStore(self.run(self.open.enter_async_context(self.opener())), self.clock)
        self.conversations = conversations_on(self.core, self.store, self.clock)

    def run(self, awaited: Awaitable[_Result]) -> _Result:
        """Wait for something, and take in what was committed by it."""

        async def bounded() -> _Result:
            async with asyncio.timeout(10):
                return await awaited

        return self.loop.run_until_complete(bounded())

    def take_in(self) -> None:
        """Let what was committed since count."""
        for done in self.store.done:
            self.expected.take(done)
        self.store.done.clear()

    def teardown(self) -> None:
        """Close the store."""
        self.run(self.open.aclose())
        self.loop.close()

    @rule(text=TEXTS)
    def the_visitor_writes(self, text: str) -> None:
        """Something new."""
        self.ids.append(f"v-{len(self.ids)}")
        self.send(text, self.ids[-1])

    @precondition(lambda self: self.ids)
    @rule(text=TEXTS, data=st.data())
    def the_visitor_sends_it_again(self, text: str, data: st.DataObject) -> None:
        """With the same id, whatever the text is by now."""
        self.send(text, data.draw(st.sampled_from(self.ids)))

    @precondition(lambda self: self.ids)
    @rule(text=TEXTS, data=st.data())
    def the_visitor_edits(self, text: str, data: st.DataObject) -> None:
        """An edit has an id of its own."""
        edited = data.draw(st.sampled_from(self.ids))
        self.ids.append(f"v-{len(self.ids)}")
        was_owned, n_before = self.expected.owner is Owner.PERSON, len(self.expected.words)
        turn = self.send(text, self.ids[-1], edit_of=edited)
        if turn.n and was_owned:
            assert turn.visitor_text == text, "who owns the conversation does not read what was edited"
        assert len(self.expected.words) - n_before == (turn.message_id == self.ids[-1] and turn.n > 0)

    def send(self, text: str, message_id: str, edit_of: str | None = None) -> Turn:
        """Send a message, and look at the reply."""
        known = self.acknowledged.get(message_id)
        fails = self.store.fails
        message = a_message(text, message_id=message_id)
        turn = self.run(self.conversations.handle(replace(message, edit_of=MessageId(edit_of) if edit_of else None)))
        self.take_in()
        if turn.n:
            assert known in {None, turn}
            self.acknowledged[turn.message_id] = turn
        else:
            assert fails
            assert turn.reply.text
        if text in DANGER and turn.message_id == message_id and known is None and turn.visitor_text == text:
            assert turn.kind in URGENT
            assert "999" in turn.reply.text
        return turn

    @precondition(lambda self: self.expected.words)
    @rule(
        by=TEAM,
        text=st.sampled_from(["hello", "are you safe?"]),
        number=st.integers(0, 5),
    )
    def a_responder_speaks(self, by: Responder, text: str, number: int) -> None:
        """Something new, or the same again."""
        message_id = MessageId(f"{by.id}-{number}")
        said = PersonSaid(
            conversation_id=HERE, message_id=message_id, at=self.clock.now(), responder=by.id, name=by.name, text=text
        )
        may = self.expected.owner is Owner.PERSON and self.expected.who == by
        known = next((each for each in self.expected.words if each.message_id == message_id), None)
        try:
            recorded = self.run(self.store.say(said))
            assert may or known is not None
            assert known in {None, recorded}
            self.acknowledged[message_id] = recorded
        except HandoffError:
            assert not may
            assert known is None
        except StoreUnavailable:
            pass
        self.take_in()

    def act(self, action: Action) -> None:
        """Do something to the ownership: it is done or refused as the rules say."""
        allowed = self.expected.allows(action)
        try:
            self.run(self.store.act(action))
            assert allowed, f"{action} was not refused"
        except HandoffError:
            assert not allowed, f"{action} was refused"
        except StoreUnavailable:
            pass
        self.take_in()

    @precondition(lambda self: self.expected.words)
    @rule(by=TEAM, what=st.sampled_from([Claimed, Claimed, TakenOver, Requeued, Cleared, Seen]))
    def a_responder_acts(self, by: Responder, what: type[Claimed]) -> None:
        """Claim, take over, put back, clear, look."""
        self.act(what(by=by))

    @precondition(lambda self: self.expected.words)
    @rule(by=TEAM, to=TEAM)
    def a_responder_transfers(self, by: Responder, to: Responder) -> None:
        """Hand it to a colleague."""
        self.act(Transferred(by=by, to=to))

    @precondition(lambda self: self.expected.words)
    @rule(by=TEAM, clear=st.booleans())
    def a_responder_releases(self, by: Responder, *, clear: bool) -> None:
        """Hand it back to the assistant."""
        self.act(Released(by=by, clear=clear))

    @precondition(lambda self: self.expected.words)
    @rule(by=TEAM, verdict=VERDICTS, clear=st.booleans())
    def a_responder_closes(self, by: Responder, verdict: None, *, clear: bool) -> None:
        """With each verdict and none."""
        self.act(Closed(by=by, verdict=verdict, clear=clear))

    @precondition(lambda self: self.expected.words)
    @rule()
    def the_worker_alerts(self) -> None:
        """Whatever is due is sent, recorded, and told; nothing is due where nothing may be."""
        now = self.clock.now()
        for alert in self.run(self.store.inner.due(now, now + timedelta(seconds=30))):
            assert self.expected.alerts
            sent = Attempt(conversation_id=HERE, at=now, step=alert.step, channel="1: test", outcome="delivered")
            later = now + timedelta(minutes=2)
            self.run(self.store.inner.tried(alert, [sent], step=alert.step + 1, tries=0, due_at=later))
            self.act(Told())

    @rule(by=st.sampled_from([timedelta(seconds=5), timedelta(minutes=6), timedelta(hours=1), -timedelta(hours=1)]))
    def the_clock_moves(self, by: timedelta) -> None:
        """On, or set."""
        self.clock.at += by

    @rule(when=st.sampled_from(["before", "after"]))
    def the_store_will_fail(self, when: str) -> None:
        """Once, before it commits or when it just has."""
        self.store.fails = "before" if when == "before" else "after"

    @rule()
    def the_process_restarts(self) -> None:
        """Everything but the store is new."""
        self.run(self.open.aclose())
        self.start()

    @precondition(lambda self: len(self.expected.words) > 3)
    @rule(sure=st.sampled_from([False, False, True]))
    def the_visitor_erases(self, *, sure: bool) -> None:
        """All of it, and may write again."""
        if sure:
            self.run(self.store.inner.erase(HERE, self.clock.now()))
            self.expected, self.acknowledged, self.taken = Expected(), {}, 0

    @invariant()
    def it_has_the_owner_that_was_agreed(self) -> None:
        """One owner: the one of who succeeded last."""
        standing = self.run(self.store.inner.standing(HERE))
        assert (standing.owner, standing.responder) == (self.expected.owner, self.expected.who)
        listed = [case.standing for case in self.run(self.store.inner.cases())]
        assert listed == ([standing] if standing.owner in {Owner.QUEUED, Owner.PERSON} else [])

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        """Entries are numbered without gaps, and words stand in the order in which they were acknowledged."""
        entries = self.run(self.store.inner.entries(HERE))
        assert [each.n for each in entries] == list(range(1, len(entries) + 1))
        words = [each for each in entries if not isinstance(each, Fact)]
        assert words == self.expected.words
        assert all(each in words for each in self.acknowledged.values())
        here = [each.name for each in entries if isinstance(each, Fact) and each.what is Happened.HERE]
        assert here == self.expected.taken_by

    @invariant()
    def the_latch_holds_until_it_is_cleared(self) -> None:
        """And no longer."""
        record = self.run(self.store.inner.record(HERE, MessageId("new")))
        assert bool(latch_of(record)) == self.expected.latched

    @invariant()
    def somebody_is_told_while_somebody_waits(self) -> None:
        """A ladder runs just where one must."""
        runs = self.run(self.store.inner.next_due()) is not None
        assert runs == self.expected.alerts
        assert runs or self.expected.owner is not Owner.QUEUED
        assert runs or self.expected.unseen is None


@pytest.mark.parametrize("opened", STORES.values(), ids=STORES)
def test_whatever_happens_in_whatever_order(small_core: Core, opened: Callable[[], Opener]) -> None:
    """All that the invariants say holds after each step of each history."""
    run_state_machine_as_test(
        lambda: OneConversation(small_core, opened()),  # type: ignore[arg-type]
        settings=settings(max_examples=60, stateful_step_count=40),
    )

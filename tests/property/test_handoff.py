"""No order of messages, actions, retries, failures and restarts gives two owners, loses a word, or lets the bot butt in.

A machine of rules does to one conversation what visitors, responders, the worker of the alerts, the clock and a disk may do.
What the conversation must be then is kept by hand (``Expected``), from what was committed and in that order.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from adapters.store.sqlite import open_store
from bot.assembly import Core
from bot.errors import ConversationUnknown, HandoffError, StoreUnavailable
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
from bot.handoff.latch import latch_of
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
    Verdict,
)
from bot.ports import Store
from tests.conftest import DANA, NOON, SAM, a_message
from tests.property.handoffs import HERE, URGENT, Expected, TroubledStore, conversations_on

Opener = Callable[[], AbstractAsyncContextManager[Store]]
_Result = TypeVar("_Result")
ANA = Responder(id=ResponderId("ana"), name="Ana")
TEAM = (DANA, SAM, ANA)
WHO = st.integers(0, 7)  # from three on: who has the conversation
ORDINARY = ("late fees", "opening times", "thanks", "i can't cope", "should i stop my medication")
DANGER = ("i want to kill myself", "i can't breathe", "my husband hits me")
TEXTS = st.sampled_from([*ORDINARY, *DANGER, "can i talk to a person"])
VERDICTS = st.sampled_from([None, "real", "false_alarm", "missed", "test"])


def in_memory(_file: Path) -> Opener:
    """A way to open one and the same store in memory, again and again."""
    kept = MemoryStore()

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        yield kept

    return opened


def on_sqlite(file: Path) -> Opener:
    """A way to open one and the same file; what is in it comes back after each restart."""
    return lambda: open_store(file, synchronous="normal")


STORES: dict[str, Callable[[Path], Opener]] = {"memory": in_memory, "sqlite": on_sqlite}


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
        self.is_erased = False  # then it takes no more
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

    @initialize(
        text=st.sampled_from(["late fees", "can i talk to a person", "my husband hits me"]), is_claimed=st.booleans()
    )
    def begin(self, text: str, *, is_claimed: bool) -> None:
        """Let the conversation be the bot's, or in the queue, or a person's."""
        self.the_visitor_writes(text)
        if is_claimed:
            self.act(Claimed(by=DANA))

    @rule(text=TEXTS)
    def the_visitor_writes(self, text: str) -> None:
        """Something new."""
        self.ids.append(f"v-{len(self.ids)}")
        self.send(text, self.ids[-1])

    @rule(text=TEXTS, back=st.integers(1, 3), is_edit=st.booleans())
    def the_visitor_sends_it_again(self, text: str, back: int, *, is_edit: bool) -> None:
        """With the same id, whatever the text is by now; or as an edit, which has an id of its own."""
        before = self.ids[-min(back, len(self.ids))]
        if is_edit:
            self.edit(text, before)
        else:
            self.send(text, before)

    def edit(self, text: str, edited: str) -> None:
        """Put a text in the place of another one: who owns the conversation reads it, and danger counts."""
        self.ids.append(f"v-{len(self.ids)}")
        was_owned, n_before = self.expected.owner is Owner.PERSON, len(self.expected.words)
        turn = self.send(text, self.ids[-1], edit_of=edited)
        assert not turn.n or not was_owned or turn.visitor_text == text
        assert not turn.n or len(self.expected.words) - n_before == (turn.message_id == self.ids[-1])

    def send(self, text: str, message_id: str, edit_of: str | None = None) -> Turn:
        """Send a message, and look at the reply."""
        known = self.acknowledged.get(message_id)
        fails = self.store.fails
        message = replace(a_message(text, message_id=message_id), edit_of=MessageId(edit_of) if edit_of else None)
        try:
            turn = self.run(self.conversations.handle(message))
        except ConversationUnknown:
            assert self.is_erased
            assert text not in DANGER
            turn = self.conversations.unrecorded(message)
        self.take_in()
        if turn.n:
            assert known in {None, turn}
            self.acknowledged[turn.message_id] = turn
        else:
            assert fails or self.is_erased
            assert turn.reply.text
        if text in DANGER and turn.message_id == message_id and known is None and turn.visitor_text == text:
            assert turn.kind in URGENT
            assert "999" in turn.reply.text
        return turn

    def someone(self, who: int) -> Responder:
        """Return a responder: mostly who has the conversation."""
        return TEAM[who] if who < len(TEAM) else self.expected.who or DANA

    @rule(who=WHO, text=st.sampled_from(["hello", "are you safe?"]), number=st.integers(0, 5))
    def a_responder_speaks(self, who: int, text: str, number: int) -> None:
        """Something new, or the same again."""
        by = self.someone(who)
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
        except ConversationUnknown:
            assert not self.expected.words
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
        except ConversationUnknown:
            assert not self.expected.words
        except StoreUnavailable:
            pass
        self.take_in()

    @rule(who=WHO, what=st.sampled_from([Claimed, Claimed, Claimed, TakenOver, Requeued, Cleared, Seen]))
    def a_responder_acts(self, who: int, what: type[Claimed]) -> None:
        """Claim, take over, put back, clear, look."""
        self.act(what(by=self.someone(who)))

    @rule(who=WHO, other=WHO)
    def a_responder_transfers(self, who: int, other: int) -> None:
        """Hand it to a colleague."""
        self.act(Transferred(by=self.someone(who), to=self.someone(other)))

    @rule(who=WHO, clear=st.booleans(), verdict=VERDICTS, is_release=st.booleans())
    def a_responder_ends_it(self, who: int, verdict: Verdict | None, *, clear: bool, is_release: bool) -> None:
        """Hand it back to the assistant, or close it with each verdict and none."""
        by = self.someone(who)
        self.act(Released(by=by, clear=clear) if is_release else Closed(by=by, verdict=verdict, clear=clear))

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

    @rule(what=st.sampled_from(["fails before", "fails after", "fails after", "restarts", "is erased"]))
    def something_goes_wrong(self, what: str) -> None:
        """The store will fail once, before it commits or just after; the process restarts; or the visitor erases all."""
        match what:
            case "fails before":
                self.store.fails = "before"
            case "fails after":
                self.store.fails = "after"
            case "restarts":
                self.run(self.open.aclose())
                self.start()
            case _ if len(self.expected.words) > 5:
                self.run(self.store.inner.erase(HERE, self.clock.now()))
                self.expected, self.acknowledged, self.is_erased = Expected(), {}, True

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


@pytest.mark.parametrize("name", STORES)
def test_whatever_happens_in_whatever_order(small_core: Core, tmp_path: Path, name: str) -> None:
    """All that the invariants say holds after each step of each history."""
    files = (tmp_path / f"{number}.db" for number in count())
    run_state_machine_as_test(
        lambda: OneConversation(small_core, STORES[name](next(files))),  # type: ignore[arg-type]
        settings=settings(max_examples=150 if name == "memory" else 40, stateful_step_count=40),  # a disk takes longer
    )

"""The ladder: when each step leaves, whom it reaches, and that nothing but a person ends it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.alerts import LadderWorker
from adapters.alerts.ladder import LEASE
from bot.errors import StoreUnavailable
from bot.handoff import Action, Claimed, Closed, Ladder, Ladders, Released, Requeued, Transferred
from bot.memory import MemoryStore, SystemClock
from bot.model import Alert, Attempt, Fact, Happened, Kind, MessageId, PersonSaid, Standing, Turn
from tests.alerts.conftest import DESK, HERE, FakeChannel, Stage, a_case, a_stage, at_work
from tests.conftest import DANA, NOON, SAM, a_turn


def keys(channel: FakeChannel) -> list[int]:
    """The steps that a channel was told, as its keys say."""
    return [int(notice.key.rpartition("-")[2]) for notice in channel.taken]


async def test_steps_leave_at_their_minutes_and_never_end() -> None:
    """At once, after 2, 5 and 10 minutes, and then every ten for as long as nobody claims."""
    stage = a_stage(channel := FakeChannel("1: json"))
    await stage.opens()
    left = [half_minute / 2 for half_minute in range(125) if await stage.at(half_minute / 2)]
    assert left == [0, 2, 5, 10, 20, 30, 40, 50, 60]
    assert keys(channel) == list(range(9))
    assert await stage.due_in() == 70
    for minutes in range(70, 70 + 10 * 200, 10):
        assert await stage.at(minutes) == 1


async def test_each_step_is_wider() -> None:
    """A step tells all channels of the steps before it too, once each."""
    channels = [FakeChannel("1: json", 0), FakeChannel("2: ntfy", 1), FakeChannel("3: mailto", 2)]
    stage = a_stage(*channels)
    await stage.opens()
    for minutes in (0, 2, 5, 10):
        await stage.at(minutes)
    assert [keys(channel) for channel in channels] == [[0, 1, 2, 3], [1, 2, 3], [2, 3]]


async def test_a_severity_has_its_own_ladder() -> None:
    """Imminent danger may be told of more often than a hint."""
    ladders = Ladders(imminent=Ladder.read("0 1 +1"), moderate=Ladder.read("3 +30"))
    for severity, due_in in (("imminent", 1), ("moderate", 3), ("high", 2)):
        stage = a_stage(FakeChannel("1: json"), ladders=ladders)
        await stage.opens(severity=severity)  # type: ignore[arg-type]
        await stage.at(0)
        assert await stage.due_in() == (33 if severity == "moderate" else due_in)


@pytest.mark.parametrize(
    ("actions", "goes_on"),
    [
        ([Claimed(by=DANA)], False),
        ([Claimed(by=DANA), Released(by=DANA)], False),
        ([Closed(by=DANA, verdict="real")], False),
        ([Claimed(by=DANA), Requeued(by=DANA)], True),
        ([Claimed(by=DANA), Transferred(by=DANA, to=SAM)], True),
    ],
)
async def test_only_a_person_ends_it(actions: list[Action], *, goes_on: bool) -> None:
    """A claim, a release and a closing end the ladder; a conversation put back or handed on begins a new one."""
    stage = a_stage(channel := FakeChannel("1: json"))
    await stage.opens()
    await stage.at(0)
    for action in actions:
        await stage.store.act(HERE, action, NOON + timedelta(minutes=1))
    assert await stage.at(1) == int(goes_on)
    assert keys(channel) == ([0, 0] if goes_on else [0])


async def test_a_reply_of_a_person_ends_it() -> None:
    """Whoever was handed a conversation and writes in it has reacted."""
    stage = a_stage(FakeChannel("1: json"))
    await stage.opens()
    await stage.store.act(HERE, Claimed(by=DANA), NOON)
    await stage.store.act(HERE, Transferred(by=DANA, to=SAM), NOON)
    said = PersonSaid(
        conversation_id=HERE, message_id=MessageId("p-1"), at=NOON, responder=SAM.id, name=SAM.name, text="I am here."
    )
    await stage.store.say(said)
    assert await stage.at(60) == 0


async def test_an_erased_conversation_ends_it() -> None:
    """Nobody is told of what is not there any more, also when it goes while the alert is under way."""
    stage = a_stage(channel := FakeChannel("1: json", hold=asyncio.Event()))
    await stage.opens()
    sending = asyncio.create_task(stage.at(0))
    async with asyncio.timeout(5):
        await channel.asked.wait()
    await stage.store.erase(HERE, NOON)
    assert channel.hold is not None
    channel.hold.set()
    assert await sending == 1
    assert await stage.due_in() is None


async def test_raised_danger_begins_again() -> None:
    """When it becomes graver the ladder starts from its first step, at once."""
    stage = a_stage(first := FakeChannel("1: json", 0), second := FakeChannel("2: ntfy", 1))
    await stage.opens(Kind.HUMAN)
    await stage.at(0)
    stage.clock.at = NOON + timedelta(minutes=7)
    await stage.opens(Kind.CRISIS, "high", "m-2")
    await stage.at(7)
    assert await stage.due_in() == 9
    assert (keys(first), keys(second)) == ([0, 0], [])
    assert [notice.urgent for notice in first.taken] == [False, True]
    assert "graver" in first.taken[1].body
    assert first.taken[0].thread != first.taken[1].thread


async def test_the_visitor_is_told_once_that_the_team_was_told() -> None:
    """The first delivery is a fact for the visitor, and whoever shows the conversation is woken."""
    stage = a_stage(FakeChannel("1: json"), FakeChannel("2: ntfy"))
    await stage.opens()
    woken: list[bool] = []
    with stage.changes.watch(HERE, lambda: woken.append(True)):
        for minutes in (0, 2, 5):
            await stage.at(minutes)
    facts = [each.what for each in await stage.store.entries(HERE) if isinstance(each, Fact)]
    assert (facts, woken) == ([Happened.SENT], [True])


async def test_the_visitor_need_not_wait_for_the_slowest_channel() -> None:
    """The fact is there as soon as one receiver has taken the alert."""
    slow = FakeChannel("2: mailto", hold=asyncio.Event())
    stage = a_stage(FakeChannel("1: json"), slow)
    await stage.opens()
    told = asyncio.Event()
    with stage.changes.watch(HERE, told.set):
        sending = asyncio.create_task(stage.at(0))
        async with asyncio.timeout(5):
            await told.wait()
        assert (await stage.store.standing(HERE)).told_at == NOON
        assert slow.hold is not None
        slow.hold.set()
        await sending


async def test_a_failure_is_tried_again_with_back_off() -> None:
    """The same step comes back after 5, 10, 20, 40 and then 60 seconds; the next step comes when it is due."""
    stage = a_stage(channel := FakeChannel("1: json", fault=OSError("secret")))
    await stage.opens()
    pauses, at = [], 0.0
    for _ in range(5):
        await stage.at(at)
        due_in = await stage.due_in()
        assert due_in is not None
        pauses.append(round((due_in - at) * 60))
        at = due_in
    assert pauses == [5, 10, 20, 40, 45]
    assert at == 2
    channel.fault = None
    await stage.at(at)
    assert keys(channel) == [1]
    assert await stage.due_in() == 5
    standing = await stage.store.standing(HERE)
    assert standing.told_at == NOON + timedelta(minutes=2)


async def test_retries_are_spread() -> None:
    """Many alerts that failed together do not all come back together."""
    for jitter, due_in in ((-1.0, 4.0), (1.0, 6.0)):
        stage = a_stage(FakeChannel("1: json", fault=OSError()), jitter=lambda jitter=jitter: jitter)
        await stage.opens()
        await stage.at(0)
        assert await stage.due_in() == pytest.approx(due_in / 60)


async def test_a_dead_first_channel_is_reported_through_the_second() -> None:
    """Whoever can be told learns of a channel that fails: at once, and once until it works again."""
    dead, alive = FakeChannel("1: mailto", fault=OSError("secret")), FakeChannel("2: ntfy")
    stage = a_stage(dead, alive)
    await stage.opens()
    for minutes in (0, 2):
        await stage.at(minutes)
    titles = [notice.title for notice in alive.taken]
    assert titles[1] == "Handrail: the alert channel 1: mailto failed"
    assert [title.partition(":")[0] for title in titles] == ["URGENT", "Handrail", "URGENT"]
    assert "The channel 1: mailto failed at 2026-11-24 12:00 UTC" in alive.taken[2].body
    assert "secret" not in str(alive.taken)
    dead.fault = None
    await stage.at(5)
    await stage.at(10)
    assert "failed" not in alive.taken[-1].body
    dead.fault = OSError()
    await stage.at(20)
    assert sum(notice.title.startswith("Handrail: the alert channel") for notice in alive.taken) == 2


async def test_where_the_first_step_reaches_nobody_the_next_one_is_told_at_once() -> None:
    """Danger does not wait two minutes for a mail server that is down; the second step hears of it, and why."""
    dead, alive, last = FakeChannel("1: mailto", fault=OSError()), FakeChannel("2: ntfy", 1), FakeChannel("3: json", 2)
    stage = a_stage(dead, alive, last)
    await stage.opens()
    await stage.at(0)
    assert keys(alive)[0] == 0
    assert "The channel 1: mailto failed" in alive.taken[0].body
    assert last.taken == []
    assert await stage.due_in() == 2


async def test_where_two_steps_reach_nobody_the_third_is_told_soon() -> None:
    """Each try of a step that reached nobody goes one step further."""
    dead = [FakeChannel("1: mailto", 0, OSError()), FakeChannel("2: ntfy", 1, OSError())]
    stage = a_stage(*dead, last := FakeChannel("3: json", 2))
    await stage.opens()
    await stage.at(0)
    assert last.taken == []
    await stage.at(5 / 60)
    assert keys(last)[0] == 0


async def test_an_ordinary_case_waits_for_its_own_channels() -> None:
    """A question without an answer wakes nobody of the next step because a mail server is down."""
    stage = a_stage(FakeChannel("1: mailto", fault=OSError()), on_call := FakeChannel("2: pagerduty", 1))
    await stage.opens(Kind.HUMAN)
    await stage.at(0)
    assert on_call.tried == 0
    assert await stage.due_in() == pytest.approx(5 / 60)


async def test_every_attempt_is_recorded() -> None:
    """The record says step, channel and outcome of each, and of an error its type alone."""
    stage = a_stage(FakeChannel("1: mailto", fault=OSError("MARKED words")), FakeChannel("2: ntfy"))
    await stage.opens()
    await stage.at(0)
    assert await stage.outcome() == [(0, "1: mailto", "failed"), (0, "2: ntfy", "delivered")]
    assert [each.error for each in await stage.store.attempts(HERE)] == ["OSError", ""]
    assert stage.outcomes.count("failed") == 1


async def test_no_channel_keeps_the_row_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """Without any way to tell the team each step is noted once, logged, and counted; the visitor is told nothing."""
    stage = a_stage()
    await stage.opens()
    for minutes in (0, 1, 2, 3):
        await stage.at(minutes)
    assert await stage.outcome() == [(0, "none", "failed"), (1, "none", "failed")]
    assert stage.outcomes == ["nobody", "nobody"]
    assert await stage.due_in() == 5
    assert [record.getMessage() for record in caplog.records] == ["nobody can be told: there is no alert channel"] * 2
    assert (await stage.store.standing(HERE)).told_at is None


async def test_steps_that_none_of_the_first_belong_to_go_to_the_first_that_there_are() -> None:
    """Where every address of the first step is faulty, the next ones are told from the beginning."""
    stage = a_stage(second := FakeChannel("2: ntfy", 1))
    await stage.opens()
    await stage.at(0)
    assert keys(second) == [0]


async def test_after_an_outage_one_step_leaves_not_five() -> None:
    """Whoever comes back after 61 minutes tells everybody once, and goes on from there."""
    channels = [FakeChannel("1: json", 0), FakeChannel("2: ntfy", 1), FakeChannel("3: mailto", 2)]
    stage = a_stage(*channels)
    await stage.opens()
    assert [await stage.at(minutes) for minutes in (61, 61.5, 62)] == [1, 0, 0]
    assert [keys(channel) for channel in channels] == [[8], [8], [8]]
    assert await stage.due_in() == 70


async def test_a_clock_that_was_set_back_sends_nothing_twice() -> None:
    """The step that is written down is never gone back on."""
    stage = a_stage(channel := FakeChannel("1: json"))
    await stage.opens()
    await stage.at(0)
    assert [await stage.at(minutes) for minutes in (-60, -58, 1, 2)] == [0, 0, 0, 1]
    assert keys(channel) == [0, 1]


HOURS = "Mo-Fr 09:00-17:00; PH off"  # noon, where these tests begin, is on a Tuesday


async def test_ordinary_alerts_past_the_first_wait_for_opening_hours() -> None:
    """Whoever asks for a person at eleven at night is told of then, and again at nine in the morning."""
    stage = a_stage(first := FakeChannel("1: json", 0), second := FakeChannel("2: ntfy", 1), hours=HOURS)
    stage.clock.at = NOON + timedelta(hours=11)
    await stage.opens(Kind.HUMAN)
    await stage.at(11 * 60)
    assert await stage.due_in() == 21 * 60
    assert await stage.at(21 * 60) == 1
    assert (keys(first), keys(second)) == ([0, 1], [1])
    assert await stage.due_in() == 25 * 60


async def test_an_ordinary_alert_that_was_late_waits_too() -> None:
    """A step that was due by day and comes up by night, after an outage, goes out in the morning."""
    stage = a_stage(channel := FakeChannel("1: json"), hours=HOURS)
    await stage.opens(Kind.HUMAN)
    await stage.at(0)
    assert await stage.at(9 * 60) == 1
    assert keys(channel) == [0]
    assert await stage.due_in() == 21 * 60


async def test_danger_waits_for_no_hours() -> None:
    """Urgent steps leave by night as by day."""
    stage = a_stage(channel := FakeChannel("1: json"), hours=HOURS)
    stage.clock.at = NOON + timedelta(hours=11)
    await stage.opens(Kind.CRISIS)
    for minutes in (0, 2, 5):
        await stage.at(11 * 60 + minutes)
    assert keys(channel) == [0, 1, 2]


async def test_where_nobody_is_ever_there_ordinary_alerts_leave_all_the_same() -> None:
    """Hours that never come hold nothing back for ever."""
    stage = a_stage(channel := FakeChannel("1: json"), hours="off")
    await stage.opens(Kind.HUMAN)
    for minutes in (0, 60):
        await stage.at(minutes)
    assert keys(channel) == [0, 1]


async def test_two_workers_deliver_each_step_once() -> None:
    """A step that one has leased is not seen by the other."""
    one = a_stage(channel := FakeChannel("1: json"))
    two = a_stage(channel, store=one.store)
    await one.opens()
    for minutes in (0, 2, 5, 10, 20):
        two.clock.at = NOON + timedelta(minutes=minutes)
        await asyncio.gather(one.at(minutes), two.worker.once(two.clock.at))
    assert keys(channel) == [0, 1, 2, 3, 4]


async def test_a_worker_that_dies_while_it_sends_loses_nothing() -> None:
    """What was leased is sent again by whoever comes next, when the lease has ended, and not before."""
    dying = a_stage(FakeChannel("1: json", hold=asyncio.Event()))
    await dying.opens()
    task = asyncio.create_task(dying.at(0))
    channel = dying.worker._switchboard.up_to(0)[0]
    assert isinstance(channel, FakeChannel)
    async with asyncio.timeout(5):
        await channel.asked.wait()
    task.cancel()
    await asyncio.wait([task], timeout=5)
    next_one = a_stage(working := FakeChannel("1: json"), store=dying.store)
    assert await next_one.at(LEASE.total_seconds() / 60 - 0.01) == 0
    assert await next_one.at(LEASE.total_seconds() / 60) == 1
    assert keys(working) == [0]


class FailingStore(MemoryStore):
    """A store that refuses what it is told to refuse."""

    def __init__(self) -> None:
        """Begin in order."""
        super().__init__()
        self.refuses: set[str] = set()
        self.refused = asyncio.Event()

    def _look(self, name: str) -> None:
        if name in self.refuses:
            self.refused.set()
            raise StoreUnavailable

    async def tried(self, alert: Alert, attempts: Sequence[Attempt], *, step: int, tries: int, due_at: datetime) -> None:
        """Record attempts, or not."""
        self._look("tried")
        await super().tried(alert, attempts, step=step, tries=tries, due_at=due_at)

    async def act(self, conversation_id: object, action: Action, at: datetime) -> Standing:
        """Record an action, or not."""
        self._look("act")
        return await super().act(conversation_id, action, at)  # type: ignore[arg-type]

    async def of(self, conversation_id: object) -> list[Turn]:
        """Read the turns, or not."""
        self._look("of")
        return await super().of(conversation_id)  # type: ignore[arg-type]

    async def next_due(self) -> datetime | None:
        """Read when something is due, or not."""
        self._look("next_due")
        return await super().next_due()


@pytest.mark.parametrize("refused", ["tried", "act"])
async def test_what_was_sent_and_not_stored_is_sent_again_with_the_same_key(refused: str) -> None:
    """A death, or a full disk, between the delivery and its record doubles an alert at most, and loses none."""
    store = FailingStore()
    stage = a_stage(channel := FakeChannel("1: json"), store=store)
    await stage.opens()
    store.refuses = {refused, "tried"}
    await stage.at(0)
    store.refuses = set()
    await stage.at(0.5)
    assert len({notice.key for notice in channel.taken}) == 1
    assert len(channel.taken) == 2
    assert (await store.standing(HERE)).told_at is not None
    assert await stage.due_in() == 2


async def test_a_transcript_that_cannot_be_read_does_not_hold_an_alert_up() -> None:
    """The alert goes out, says less, and claims nothing about which danger it is."""
    store = FailingStore()
    stage = a_stage(channel := FakeChannel("1: json"), store=store, may_quote=True)
    await stage.opens()
    store.refuses = {"of"}
    await stage.at(0)
    assert channel.taken[0].title == "URGENT: danger, about the writer, high, just now"
    assert "MARKED" not in channel.taken[0].body


async def test_an_alert_quotes_only_where_that_is_allowed() -> None:
    """Text leaves the server only by the operator's choice."""
    for may_quote in (False, True):
        stage = a_stage(channel := FakeChannel("1: json"), may_quote=may_quote)
        await stage.opens()
        await stage.at(0)
        assert ("MARKED words" in channel.taken[0].body) is may_quote
        assert "MARKED" not in channel.taken[0].title
        assert f"{DESK}/desk/conversations/{HERE}" in channel.taken[0].body


def running(*channels: FakeChannel, store: MemoryStore | None = None) -> Stage:
    """A worker by the machine's clock."""
    stage = a_stage(*channels, store=store, clock=SystemClock())
    stage.clock.at = SystemClock().now()
    return stage


async def arrives(channel: FakeChannel) -> None:
    """Wait until a channel is asked to send."""
    async with asyncio.timeout(5):
        await channel.asked.wait()


async def test_a_worker_at_work_is_woken_by_a_change() -> None:
    """A case leaves at once, not with the next look at the store."""
    stage = running(channel := FakeChannel("1: json"))
    async with at_work(stage.worker):
        await stage.opens()
        stage.changes.notify(HERE)
        await arrives(channel)


async def test_a_channel_that_hangs_holds_up_no_other_alert() -> None:
    """While one alert is being sent, the next one leaves."""
    stage = running(channel := FakeChannel("1: json", hold=asyncio.Event()))
    async with at_work(stage.worker):
        await stage.opens()
        stage.changes.notify(HERE)
        await arrives(channel)
        channel.asked.clear()
        other = a_turn("m-1", "c-2", kind=Kind.CRISIS)
        now = SystemClock().now()
        await stage.store.append(
            replace(other, at=now), replace(a_case(), conversation_id=other.conversation_id, opened_at=now)
        )
        stage.changes.notify(HERE)
        await arrives(channel)


async def test_a_store_that_is_away_is_waited_for() -> None:
    """The worker outlives it, and sends when it is back."""
    store = FailingStore()
    store.refuses = {"next_due"}
    stage = running(channel := FakeChannel("1: json"), store=store)
    async with at_work(stage.worker) as task:
        await stage.opens()
        stage.changes.notify(HERE)
        async with asyncio.timeout(5):
            await store.refused.wait()
        store.refuses = set()
        assert not task.done()
        stage.changes.notify(HERE)
        await arrives(channel)


async def test_a_fault_of_our_own_ends_neither_the_worker_nor_the_ladder(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong with one alert, it is tried again when its lease ends."""

    def broken() -> float:
        raise RuntimeError("MARKED")

    stage = a_stage(channel := FakeChannel("1: json", fault=OSError()), jitter=broken)
    await stage.opens()
    assert await stage.at(0) == 1
    assert "MARKED" not in caplog.text
    channel.fault = None
    await stage.at(0.5)
    assert keys(channel) == [0]


async def test_a_worker_stops_when_it_is_told_to() -> None:
    """Cancelled in the middle of a send, it is gone, and leaves nothing running."""
    stage = running(channel := FakeChannel("1: json", hold=asyncio.Event()))
    async with at_work(stage.worker):
        await stage.opens()
        stage.changes.notify(HERE)
        await arrives(channel)
    assert isinstance(stage.worker, LadderWorker)
    assert stage.worker._sending == set()
    assert len(asyncio.all_tasks()) == 1

"""Who owns a conversation after each action, row by row."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from bot.errors import HandoffError, NothingWaits, NotReactedTo, NotYours, OwnerChanged, TakenByAnother
from bot.handoff import (
    Action,
    Claimed,
    Cleared,
    Closed,
    Released,
    Requeued,
    Seen,
    Spoke,
    TakenOver,
    Told,
    Transferred,
    TurnSaid,
    after,
    audited_as,
    graver_handoff,
)
from bot.handoff.ownership import gravity
from bot.model import Handoff, Happened, Kind, Owner, Responder, Standing, Verdict
from tests.conftest import DANA, NOON, SAM
from tests.unit.handoff.cases import (
    ASKED,
    BOT,
    CLOSED,
    CRISIS,
    EARLIER,
    EMERGENCY,
    HINTED,
    NOW,
    QUEUED,
    owned,
    queued,
)

ANSWER, RELAYED = TurnSaid(kind=Kind.ANSWER), TurnSaid(kind=Kind.RELAYED)
DISTRESS = TurnSaid(kind=Kind.DISTRESS)
ASKS, DANGER = TurnSaid(kind=Kind.HUMAN, handoff=ASKED), TurnSaid(kind=Kind.CRISIS, handoff=CRISIS)
BY_DANA, BY_SAM = Claimed(by=DANA), Claimed(by=SAM)
HERE, SENT, SEEN = (Happened.HERE, "Dana"), (Happened.SENT, ""), (Happened.SEEN, "")
PERSON, IN_QUEUE = Owner.PERSON, Owner.QUEUED


@pytest.mark.parametrize(
    ("before", "action", "owner", "who", "facts", "alert"),
    [
        (BOT, ANSWER, Owner.BOT, None, (), "keep"),
        (BOT, DISTRESS, Owner.BOT, None, (), "keep"),
        (BOT, ASKS, IN_QUEUE, None, (), "start"),
        (BOT, DANGER, IN_QUEUE, None, (), "start"),
        (CLOSED, ANSWER, Owner.BOT, None, (), "keep"),
        (CLOSED, DANGER, IN_QUEUE, None, (), "start"),
        (QUEUED, ANSWER, IN_QUEUE, None, (), "keep"),
        (QUEUED, ASKS, IN_QUEUE, None, (), "keep"),
        (QUEUED, DANGER, IN_QUEUE, None, (), "start"),
        (queued(CRISIS), DANGER, IN_QUEUE, None, (), "keep"),
        (queued(CRISIS), ASKS, IN_QUEUE, None, (), "keep"),
        (queued(HINTED), DANGER, IN_QUEUE, None, (), "start"),
        (queued(None), ASKS, IN_QUEUE, None, (), "keep"),
        (owned(), RELAYED, PERSON, DANA, (), "later"),
        (owned(), DISTRESS, PERSON, DANA, (), "later"),
        (owned(), DANGER, PERSON, DANA, (), "start"),
        (BOT, Told(), Owner.BOT, None, (), "keep"),
        (QUEUED, Told(), IN_QUEUE, None, (SENT,), "keep"),
        (queued(told=True), Told(), IN_QUEUE, None, (), "keep"),
        (owned(), Told(), PERSON, DANA, (), "keep"),
        (CLOSED, Told(), Owner.CLOSED, None, (), "keep"),
        (BOT, Seen(by=SAM), Owner.BOT, None, (), "keep"),
        (QUEUED, Seen(by=SAM), IN_QUEUE, None, (SEEN,), "keep"),
        (queued(seen=True), Seen(by=SAM), IN_QUEUE, None, (), "keep"),
        (owned(), Seen(by=SAM), PERSON, DANA, (), "keep"),
        (BOT, BY_DANA, PERSON, DANA, (HERE,), "put_off"),
        (QUEUED, BY_DANA, PERSON, DANA, (HERE,), "put_off"),
        (CLOSED, BY_DANA, PERSON, DANA, (HERE,), "put_off"),
        (owned(), BY_DANA, PERSON, DANA, (), "put_off"),
        (owned(raised_s=60), BY_DANA, PERSON, DANA, (), "put_off"),
        (QUEUED, TakenOver(by=DANA), PERSON, DANA, (HERE,), "put_off"),
        (owned(SAM), TakenOver(by=DANA), PERSON, DANA, (HERE,), "put_off"),
        (owned(), TakenOver(by=DANA), PERSON, DANA, (), "put_off"),
        (owned(SAM), Transferred(by=SAM, to=DANA), PERSON, DANA, (HERE,), "start"),
        (owned(), Requeued(by=DANA), IN_QUEUE, None, ((Happened.WAITING, ""),), "start"),
        (owned(), Spoke(by=DANA), PERSON, DANA, (), "stop"),
        (owned(raised_s=60), Spoke(by=DANA), PERSON, DANA, (), "stop"),
        (owned(), Released(by=DANA), Owner.BOT, None, ((Happened.BACK, ""),), "stop"),
        (BOT, Cleared(by=DANA), Owner.BOT, None, (), "keep"),
        (QUEUED, Cleared(by=DANA), IN_QUEUE, None, (), "keep"),
        (owned(), Cleared(by=DANA), PERSON, DANA, (), "keep"),
        (CLOSED, Cleared(by=DANA), Owner.CLOSED, None, (), "keep"),
        (QUEUED, Closed(by=DANA), Owner.CLOSED, None, ((Happened.CLOSED, ""),), "stop"),
        (owned(), Closed(by=DANA), Owner.CLOSED, None, ((Happened.CLOSED, ""),), "stop"),
    ],
)
def test_each_action_has_its_outcome(
    *,
    before: Standing,
    action: Action,
    owner: Owner,
    who: Responder | None,
    facts: tuple[tuple[Happened, str], ...],
    alert: str,
) -> None:
    """Who owns the conversation then, what the visitor is told, and what becomes of the alerts."""
    step = after(before, action, NOON)
    assert (step.standing.owner, step.standing.responder, step.facts, step.alert) == (owner, who, facts, alert)
    assert step.standing.since == (before.since if (owner, who) == (before.owner, before.responder) else NOON)


@pytest.mark.parametrize(
    ("before", "action", "error"),
    [
        (BOT, RELAYED, OwnerChanged),
        (QUEUED, RELAYED, OwnerChanged),
        (CLOSED, RELAYED, OwnerChanged),
        (owned(), ANSWER, OwnerChanged),
        (owned(), ASKS, OwnerChanged),
        (owned(), TurnSaid(kind=Kind.DISTRESS, answers=True), OwnerChanged),
        (owned(), BY_SAM, TakenByAnother),
        (owned(), Transferred(by=SAM, to=SAM), TakenByAnother),
        (owned(), Requeued(by=SAM), TakenByAnother),
        (owned(), Spoke(by=SAM), TakenByAnother),
        (owned(), Released(by=SAM), TakenByAnother),
        (owned(), Cleared(by=SAM), TakenByAnother),
        (owned(), Closed(by=SAM), TakenByAnother),
        *((free, Transferred(by=DANA, to=SAM), NotYours) for free in (BOT, QUEUED, CLOSED)),
        *((free, Requeued(by=DANA), NotYours) for free in (BOT, QUEUED, CLOSED)),
        *((free, Spoke(by=DANA), NotYours) for free in (BOT, QUEUED, CLOSED)),
        *((free, Released(by=DANA), NotYours) for free in (BOT, QUEUED, CLOSED)),
        (BOT, Closed(by=DANA), NothingWaits),
        (CLOSED, Closed(by=DANA), NothingWaits),
        (owned(raised_s=60), Released(by=DANA), NotReactedTo),
        (owned(raised_s=60), Closed(by=DANA), NotReactedTo),
        (owned(raised_s=60), Closed(by=SAM), TakenByAnother),
        (replace(queued(), raised_at=EARLIER), Closed(by=DANA), NotReactedTo),
    ],
)
def test_what_does_not_fit_is_refused(before: Standing, action: Action, error: type[HandoffError]) -> None:
    """Each refusal has its own error, and who was too late learns of whom."""
    with pytest.raises(error) as caught:
        after(before, action, NOON)
    assert error is not TakenByAnother or str(caught.value) == "Dana has this conversation."


def test_no_action_is_left_out() -> None:
    """Each action can be done to each state or is refused with an error of the handoff."""
    actions = [
        ANSWER,
        Told(),
        Transferred(by=DANA, to=SAM),
        *(kind(by=DANA) for kind in (Seen, Claimed, TakenOver, Requeued, Spoke, Released, Cleared, Closed)),
    ]
    assert {type(action) for action in actions} == set(get_args(Action))
    for before in (BOT, QUEUED, owned(), owned(SAM), CLOSED):
        for action in actions:
            try:
                step = after(before, action, NOON)
            except HandoffError:
                continue
            assert (step.standing.owner is PERSON) == (step.standing.responder is not None)
            assert step.alert != "keep" or step.standing.owner is before.owner or step.standing.owner is Owner.BOT


@pytest.mark.parametrize("verdict", [None, "real", "missed", "false_alarm", "test"])
@pytest.mark.parametrize("clear", [False, True])
def test_a_false_alarm_and_a_test_clear_the_crisis(verdict: Verdict | None, *, clear: bool) -> None:
    """Other verdicts leave it latched, unless the responder says so."""
    ended = after(owned(), Closed(by=DANA, verdict=verdict, clear=clear), NOON).standing
    assert ended.cleared_at == (NOON if clear or verdict in {"false_alarm", "test"} else None)


def test_releasing_clears_the_crisis_only_when_it_says_so() -> None:
    """What was cleared before stays cleared."""
    before = replace(owned(), cleared_at=EARLIER)
    assert after(before, Released(by=DANA), NOON).standing.cleared_at == EARLIER
    assert after(before, Released(by=DANA, clear=True), NOON).standing.cleared_at == NOON


@pytest.mark.parametrize("owner", [BOT, CLOSED])
def test_a_new_case_begins_with_a_clean_sheet(owner: Standing) -> None:
    """Nothing of an earlier case is left but when it was cleared."""
    queued_again = after(replace(owner, cleared_at=EARLIER), ASKS, NOON).standing
    assert queued_again == Standing(owner=IN_QUEUE, since=NOON, handoff=ASKED, cleared_at=EARLIER)


def test_who_is_put_back_is_told_and_seen_anew() -> None:
    """The case stays as grave as it was, and a visitor learns again when it was sent and seen."""
    back = after(owned(handoff=CRISIS, raised_s=60), Requeued(by=DANA), NOON).standing
    assert back == Standing(owner=IN_QUEUE, since=NOON, handoff=CRISIS)


def test_danger_in_the_queue_is_told_and_seen_anew() -> None:
    """That the team saw a wish for a person says nothing of the danger that came after it."""
    raised = after(replace(queued(ASKED, told=True), seen_at=EARLIER), DANGER, NOON).standing
    assert (raised.handoff, raised.raised_at, raised.told_at, raised.seen_at) == (CRISIS, NOON, None, None)
    seen = after(raised, Seen(by=DANA), NOON)
    assert (seen.facts, seen.standing.raised_at) == ((SEEN,), None)


@pytest.mark.parametrize("action", [BY_DANA, TakenOver(by=DANA), Spoke(by=DANA)])
def test_who_reacts_to_danger_may_end_the_case(action: Action) -> None:
    """A claim again says that it was seen; then the case can be closed."""
    reacted = after(owned(raised_s=60), action, NOON).standing
    assert after(reacted, Closed(by=DANA), NOON).standing.owner is Owner.CLOSED


@pytest.mark.parametrize(("seconds", "alert"), [(0.2, "keep"), (9.9, "keep"), (10, "stop"), (60, "stop"), (-3600, "stop")])
def test_a_reply_that_crossed_danger_is_no_reaction_to_it(seconds: float, alert: str) -> None:
    """What arrives in the seconds after was begun before; a clock that was set back keeps no alarm running."""
    step = after(owned(raised_s=seconds), Spoke(by=DANA), NOON)
    assert (step.alert, step.standing.raised_at is None) == (alert, alert == "stop")


def test_danger_that_was_decided_before_a_clearing_is_decided_again() -> None:
    """The clearing must not unlatch what the responder had not read."""
    cleared = replace(owned(), cleared_at=NOON)
    with pytest.raises(OwnerChanged):
        after(cleared, DANGER, NOON)
    assert after(cleared, DANGER, NOON + timedelta.resolution).alert == "start"
    assert after(cleared, RELAYED, NOON).alert == "later"


@pytest.mark.parametrize(("new", "kept"), [(NOW, NOW), (CRISIS, CRISIS), (HINTED, CRISIS), (EMERGENCY, EMERGENCY)])
def test_the_gravest_case_stays(new: Handoff, kept: Handoff) -> None:
    """Danger raised while a person owns the conversation never makes it look less grave; the newest of equals counts."""
    raised = after(owned(handoff=CRISIS), TurnSaid(kind=new.kind, handoff=new), NOON)
    assert (raised.standing.handoff, raised.standing.raised_at, raised.why) == (kept, NOON, "raised")


def test_gravity_orders_the_queue() -> None:
    """Danger comes first, by severity; where that is not known it counts as high, as for the alerts."""
    ordered = [NOW, CRISIS, HINTED, ASKED, None]
    assert sorted([None, ASKED, HINTED, CRISIS, NOW], key=gravity) == ordered
    assert gravity(EMERGENCY) == gravity(CRISIS)
    assert graver_handoff(EMERGENCY, CRISIS) is EMERGENCY
    assert graver_handoff(None, HINTED) is HINTED
    assert graver_handoff(None, None) is None


def test_a_transfer_alerts_until_the_new_owner_reacts() -> None:
    """Nobody is left with somebody who does not know of it."""
    given = after(owned(), Transferred(by=DANA, to=SAM), NOON).standing
    assert (given.responder, given.raised_at) == (SAM, NOON)
    assert after(given, BY_SAM, NOON).standing.raised_at is None


def test_each_action_of_a_responder_has_a_word_of_its_own_in_the_trail() -> None:
    """What nobody did has none."""
    people = [kind(by=DANA) for kind in (Seen, Claimed, TakenOver, Requeued, Spoke, Released, Cleared, Closed)]
    words = [audited_as(action) for action in (*people, Transferred(by=DANA, to=SAM))]
    assert len(set(words)) == len(words)
    assert all(words)
    assert audited_as(ANSWER) == audited_as(Told()) == ""

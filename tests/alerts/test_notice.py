"""What an alert says, and what it leaves out."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.alerts.notice import MAX_QUOTED_CHARS, Context, Notice, alert_notice, failure_notice, trial_notice
from bot.model import About, Alert, Handoff, Kind, MessageId, Owner, Severity, Standing, Turn
from tests.alerts.conftest import DESK, HERE, a_case
from tests.conftest import DANA, NOON, a_turn

NEW_YORK = ZoneInfo("America/New_York")


def an_alert(handoff: Handoff | None, **changed: Any) -> Alert:
    """A step of a ladder that began at noon."""
    alert = Alert(
        conversation_id=HERE,
        generation=1,
        step=0,
        due_at=NOON,
        started_at=NOON,
        why="opened",
        tries=0,
        standing=Standing(owner=Owner.QUEUED, since=NOON, handoff=handoff),
    )
    return replace(alert, **changed)


def notice(alert: Alert, *, minutes: float = 0, turn: Turn | None = None, step: int = 0, **context: Any) -> Notice:
    """What is sent so many minutes after noon."""
    given = Context(**{"base_url": DESK, "zone": NEW_YORK, "turn": turn, "failing": {}, **context})
    return alert_notice(alert, step=step, now=NOON + timedelta(minutes=minutes), context=given)


def a_danger(variant: str = "", message_id: str = "m-1") -> Turn:
    """The turn in which danger was found."""
    return replace(a_turn(message_id, kind=Kind.CRISIS), variant=variant, visitor_text="MARKED words")


def test_an_alert_says_what_since_when_why_and_where() -> None:
    """All that a responder needs to act stands in five lines, and nothing of what was said."""
    sent = notice(an_alert(a_case()), minutes=5.5, turn=a_danger(), step=2)
    assert sent.title == "URGENT: danger to self, high, waiting 5 min"
    assert sent.body.splitlines() == [
        "Danger to self, high.",
        "https://help.clinic.example/desk/conversations/c-1",
        "Since 2026-11-24 12:00 UTC (Tue 07:00 America/New_York). Nobody has claimed it.",
        "Step 3 of the ladder. It goes on until somebody replies or closes the conversation.",
    ]
    assert sent.urgent


@pytest.mark.parametrize(
    ("kind", "about", "severity", "variant", "says"),
    [
        (Kind.CRISIS, "self", "imminent", "", "danger to self, imminent"),
        (Kind.CRISIS, "self", "high", "harm_others", "danger to others, high"),
        (Kind.CRISIS, "self", "moderate", "abuse", "abuse, moderate"),
        (Kind.CRISIS, "self", None, "something new", "danger, about the writer"),
        (Kind.CRISIS, "other", "high", "", "danger, about somebody else, high"),
        (Kind.CRISIS, "staff", None, "", "danger, about a case that staff relay"),
        (Kind.EMERGENCY, "other", None, "", "medical emergency of somebody else"),
        (Kind.HUMAN, "self", None, "", "somebody asks for a person"),
        (Kind.MEDICAL_ADVICE, "self", None, "", "a medical question of their own"),
        (Kind.ABSTAIN, "self", None, "", "a question without an answer"),
        (Kind.SOURCING, "self", None, "", "sourcing"),
    ],
)
def test_what_it_is_about(kind: Kind, about: About, severity: Severity | None, variant: str, says: str) -> None:
    """Kind, whom it is about and how grave it is, in words."""
    case = replace(a_case(kind), about=about, severity=severity)
    urgent = kind in {Kind.CRISIS, Kind.EMERGENCY}
    prefix = "URGENT" if urgent else "Handrail"
    assert notice(an_alert(case), turn=a_danger(variant)).title == f"{prefix}: {says}, just now"


@pytest.mark.parametrize("turn", [None, a_danger(message_id="m-9")])
def test_nothing_is_claimed_about_a_danger_that_cannot_be_read(turn: Turn | None) -> None:
    """Whether it is danger to oneself or to others stands in the turn; another turn does not tell it."""
    assert notice(an_alert(a_case()), turn=turn).title == "URGENT: danger, about the writer, high, just now"


def test_a_case_that_is_not_known_is_told_all_the_same() -> None:
    """Somebody waits, whatever it is about."""
    assert notice(an_alert(None)).title == "Handrail: a visitor waits, just now"


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        (-60, "just now"),
        (0.9, "just now"),
        (1, "waiting 1 min"),
        (119, "waiting 119 min"),
        (120, "waiting 2 h"),
        (47 * 60, "waiting 47 h"),
        (49 * 60, "waiting 2 days"),
    ],
)
def test_how_long_somebody_waits(minutes: float, says: str) -> None:
    """In minutes, then hours, then days; a clock that was set back does not confuse it."""
    assert notice(an_alert(a_case()), minutes=minutes).title.endswith(f", {says}")


def test_why_it_is_sent() -> None:
    """It tells apart who waits in the queue, who waits for a person, and a person who does not react."""
    has_it = Standing(owner=Owner.PERSON, since=NOON, handoff=a_case(), responder=DANA, raised_at=NOON)
    assert "became graver" in notice(an_alert(a_case(), why="raised")).body
    assert "has not reacted" in notice(an_alert(a_case(), why="raised", standing=has_it)).body
    unanswered = notice(an_alert(a_case(), why="unanswered", standing=has_it), minutes=1)
    assert "has had no answer" in unanswered.body
    assert unanswered.title.endswith("waiting 6 min")  # such a ladder begins five minutes after the visitor wrote
    assert "Dana" not in unanswered.title + unanswered.body


def test_the_wait_is_counted_from_the_beginning() -> None:
    """A ladder that began anew does not make the wait shorter."""
    later = NOON + timedelta(minutes=30)
    assert notice(an_alert(a_case(), started_at=later), minutes=31).title.endswith("waiting 31 min")


def test_text_is_quoted_only_where_allowed_and_cut() -> None:
    """The message stands below all the rest, and a long one not whole."""
    turn = replace(a_danger(), visitor_text="MARKED " * 200)
    assert "MARKED" not in notice(an_alert(a_case()), turn=turn).body
    quoted = notice(an_alert(a_case()), turn=turn, may_quote=True).body.splitlines()[-1]
    assert quoted.startswith("They wrote: MARKED")
    assert len(quoted) < MAX_QUOTED_CHARS + 30


def test_channels_that_fail_are_named() -> None:
    """Whoever reads an alert learns which channel did not take it."""
    assert notice(an_alert(a_case()), failing={"1: mailto": NOON}).body.splitlines()[-1] == (
        "The channel 1: mailto failed at 2026-11-24 12:00 UTC (Tue 07:00 America/New_York)."
    )
    failed = failure_notice("1: mailto", NOON, "OSError", ZoneInfo("UTC"))
    assert failed.title == "Handrail: the alert channel 1: mailto failed"
    assert "failed at 2026-11-24 12:00 UTC (OSError)" in failed.body
    assert not failed.urgent


def test_a_key_tells_steps_apart_and_gives_nothing_away() -> None:
    """The same step has the same key; another step, ladder, conversation or database has another."""
    base = an_alert(a_case())
    again = [base, replace(base, tries=3), replace(base, due_at=datetime.max.replace(tzinfo=NOON.tzinfo))]
    others = [replace(base, generation=2), replace(base, started_at=NOON + timedelta(seconds=1))]
    assert len({notice(each).key for each in again}) == 1
    assert len({notice(each).key for each in [base, *others]}) == 3
    assert notice(base, step=1).key != notice(base).key
    assert notice(base, step=1).thread == notice(base).thread
    assert str(HERE) not in notice(base).key


def test_a_test_says_that_it_is_one() -> None:
    """Nobody takes a test for an alert, and no receiver takes it for a repetition of the last one."""
    one, two = trial_notice("1: json", 0), trial_notice("1: json", 0)
    assert one.title.startswith("TEST")
    assert not one.urgent
    assert one.key != two.key


def test_the_message_of_the_case_is_meant() -> None:
    """A case that was raised is about the message that raised it."""
    case = replace(a_case(), message_ids=(MessageId("m-2"),))
    assert "danger to others" in notice(an_alert(case), turn=a_danger("harm_others", "m-2")).title

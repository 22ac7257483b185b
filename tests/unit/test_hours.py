"""When the team is there."""

from datetime import UTC, datetime

import pytest

from bot.hours import Hours, read_zone

OFFICE = "Mo-Fr 09:00-17:00; PH off; Dec 24 off"


def hours(text: str = OFFICE, time_zone: str = "Europe/London", country: str | None = "GB") -> Hours:
    """Hours of a team."""
    return Hours.read(text, time_zone=time_zone, country=country)


def utc(text: str) -> datetime:
    """A time in UTC, as "2026-11-24 12:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opens(found: Hours, at: str) -> str | None:
    """When a team is there next, with the offset of its zone."""
    back_at = found.next_open(utc(at))
    return back_at.isoformat(" ", "minutes") if back_at else None


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-24 09:00", True),
        ("2026-11-24 08:59", False),
        ("2026-11-24 16:59", True),
        ("2026-11-24 17:00", False),
        ("2026-11-28 12:00", False),
        ("2026-12-24 12:00", False),
        ("2026-12-23 12:00", True),
    ],
)
def test_weekdays_and_single_dates(at: str, *, is_open: bool) -> None:
    """A day counts from its first minute to before its last, and a date can be off."""
    assert hours().is_open(utc(at)) is is_open


@pytest.mark.parametrize(
    ("country", "day", "is_open"),
    [
        ("GB", "2026-12-25", False),
        ("GB", "2026-05-25", False),
        ("GB", "2026-11-26", True),
        ("US", "2026-11-26", False),
        ("US", "2026-07-03", False),
        ("US", "2026-04-03", True),
        ("GB", "2026-04-03", False),
    ],
)
def test_public_holidays_are_those_of_the_country(country: str, day: str, *, is_open: bool) -> None:
    """Thanksgiving closes a team in the US, Good Friday one in Britain."""
    assert hours(country=country).is_open(utc(f"{day} 12:00")) is is_open


def test_holidays_of_a_part_of_a_country_can_be_written() -> None:
    """The calendar of Britain holds what all its parts share; England's other days are written as dates."""
    england = hours("Mo-Fr 09:00-17:00; PH off; Jan 01 off; easter +1 day off; Aug Mo[-1] off")
    closed = ["2026-01-01", "2026-04-06", "2026-08-31", "2026-12-25"]
    assert [england.is_open(utc(f"{day} 12:00")) for day in closed] == [False] * 4
    assert all(hours().is_open(utc(f"{day} 12:00")) for day in closed[:3])


def test_next_opening_is_told_in_the_teams_zone() -> None:
    """On a Friday evening people are back on Monday morning, by their own clock."""
    assert opens(hours(), "2026-11-27 18:00") == "2026-11-30 09:00+00:00"
    assert opens(hours(time_zone="America/New_York", country="US"), "2026-11-25 23:00") == "2026-11-27 09:00-05:00"


def test_next_opening_while_open_is_now() -> None:
    """Whoever is there needs no next time."""
    assert opens(hours(), "2026-11-24 12:34") == "2026-11-24 12:34+00:00"


def test_a_long_closure_is_passed_over() -> None:
    """Holidays in a row are skipped in one go."""
    found = hours("Mo-Fr 09:00-17:00; Dec 21-Jan 03 off; PH off")
    assert opens(found, "2026-12-18 17:30") == "2027-01-04 09:00+00:00"


def test_hours_may_go_across_midnight() -> None:
    """A night shift belongs to the evening on which it begins."""
    night = hours("Mo-Fr 22:00-06:00")
    assert night.is_open(utc("2026-11-28 05:59"))
    assert not night.is_open(utc("2026-11-23 05:59"))
    assert opens(night, "2026-11-28 06:00") == "2026-11-30 22:00+00:00"


@pytest.mark.parametrize(
    ("zone", "before", "at", "opening"),
    [
        ("Europe/London", "2026-03-29 00:00", "2026-03-29 01:00", "2026-03-29 02:00+01:00"),
        ("America/New_York", "2026-03-08 06:00", "2026-03-08 07:00", "2026-03-08 03:00-04:00"),
    ],
)
def test_a_time_that_does_not_exist(zone: str, before: str, at: str, opening: str) -> None:
    """Hours that begin in the hour which the clock leaps over begin right after the leap."""
    begins = "01:30" if zone == "Europe/London" else "02:30"
    found = hours(f"{begins}-05:00", time_zone=zone)
    assert opens(found, before) == opening
    assert found.is_open(utc(at))


@pytest.mark.parametrize(
    ("zone", "window", "before", "opening"),
    [
        ("Europe/London", "01:15-01:45", "2026-03-29 00:00", "2026-03-30 01:15+01:00"),
        ("America/New_York", "02:15-02:45", "2026-03-08 06:00", "2026-03-09 02:15-04:00"),
    ],
)
def test_a_window_that_does_not_exist_is_no_opening(zone: str, window: str, before: str, opening: str) -> None:
    """Hours that lie within the leap are not there on that day."""
    assert opens(hours(window, time_zone=zone), before) == opening


@pytest.mark.parametrize(
    ("zone", "before", "first", "second"),
    [
        ("Europe/London", "2026-10-24 23:00", "2026-10-25 00:30", "2026-10-25 01:30"),
        ("America/New_York", "2026-11-01 04:00", "2026-11-01 05:30", "2026-11-01 06:30"),
    ],
)
def test_a_time_that_exists_twice(zone: str, before: str, first: str, second: str) -> None:
    """A team that opens in the hour that comes twice opens the first time, and is open by the wall clock both times."""
    found = hours("01:30-02:00", time_zone=zone)
    opening = found.next_open(utc(before))
    assert opening is not None
    assert opening.astimezone(UTC) == utc(first)
    assert found.is_open(utc(first))
    assert found.is_open(utc(second))


@pytest.mark.parametrize(("zone", "summer", "winter"), [("Europe/London", 8, 9), ("America/New_York", 13, 14)])
def test_office_hours_follow_the_wall_clock(zone: str, summer: int, winter: int) -> None:
    """Nine o'clock is another moment in summer than in winter."""
    found = hours("Mo-Fr 09:00-17:00", time_zone=zone)
    for month, hour in ((7, summer), (12, winter)):
        day = datetime(2026, month, 7 if month == 7 else 8, hour, tzinfo=UTC)
        assert found.is_open(day)
        assert not found.is_open(day.replace(hour=hour - 1, minute=59))


def test_always_and_never() -> None:
    """A team may be there at all times, or at none."""
    always, never = hours("24/7"), hours("off")
    assert always.is_open(utc("2026-12-25 03:00"))
    assert opens(always, "2026-12-25 03:00") == "2026-12-25 03:00+00:00"
    assert not never.is_open(utc("2026-11-24 12:00"))
    assert opens(never, "2026-11-24 12:00") is None
    assert opens(hours("2020 Mo-Fr 09:00-17:00"), "2026-11-24 12:00") is None


@pytest.mark.parametrize("text", ["nonsense", "", "Mo-Fr 9-17", "Mo-Fr 25:00-27:00", "monday 9am"])
def test_nonsense_is_refused_with_an_example(text: str) -> None:
    """Whoever writes hours wrongly reads how to write them."""
    with pytest.raises(ValueError, match="Mo-Fr 09:00-17:00"):
        hours(text)


@pytest.mark.parametrize("text", ["sunrise-sunset", "Mo-Fr 09:00-17:00; SH off"])
def test_times_that_nobody_knows_are_refused(text: str) -> None:
    """The sun's times need a place and school holidays a calendar; the library would guess, unseen."""
    with pytest.raises(ValueError, match="cannot be used"):
        hours(text)


def test_public_holidays_need_a_country() -> None:
    """Without one no day would count as a holiday, and visitors would be told that people are there."""
    with pytest.raises(ValueError, match="HANDRAIL_COUNTRY"):
        hours(country=None)
    assert hours("Mo-Fr 09:00-17:00", country=None).is_open(utc("2026-12-25 12:00"))


def test_a_country_that_is_not_known_is_refused() -> None:
    """A code that stands for no country is named."""
    with pytest.raises(ValueError, match="XX"):
        hours(country="XX")


@pytest.mark.parametrize("name", ["Nowhere/Town", "Europe", "../etc", "", " "])
def test_a_zone_that_is_not_known_is_refused(name: str) -> None:
    """Neither an unknown name, nor a folder of zones, nor a path is a zone."""
    with pytest.raises(ValueError, match="Europe/London"):
        hours(time_zone=name)
    with pytest.raises(ValueError, match="Europe/London"):
        read_zone(name)

"""When the team is there: opening hours by weekday and date, with public holidays, in the team's own time zone."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from opening_hours import OpeningHours

HOW = 'Write them as in OpenStreetMap, such as "Mo-Fr 09:00-17:00; PH off; Dec 24 off".'
LOOK_AHEAD_DAYS = 366  # a next opening beyond that is not looked for; unbounded, a text that names a past year costs 250 ms
_UNKNOWABLE = re.compile(r"\b(?:SH|sunrise|sunset|dawn|dusk)\b")
_HOLIDAYS = re.compile(r"\bPH\b")


class Hours:
    """Opening hours that were read and understood."""

    __slots__ = ("_expression", "zone")

    def __init__(self, expression: "OpeningHours", zone: ZoneInfo) -> None:
        """Take hours that the library has read for this zone."""
        self._expression = expression
        self.zone = zone

    @classmethod
    def read(cls, text: str, *, time_zone: str, country: str | None) -> "Hours":
        """Read opening hours in OpenStreetMap's notation; ``PH`` are the public holidays of the country.

        Raises:
            ValueError: the text, the zone or the country cannot be used; the message says how to write it.
        """
        from opening_hours import OpeningHours, validate  # most starts have no hours

        zone = read_zone(time_zone)
        if not validate(text):
            raise ValueError(f"These are no opening hours. {HOW}")
        if found := _UNKNOWABLE.search(text):
            raise ValueError(f"{found[0]} cannot be used: it is not known when that is. Write times and dates. {HOW}")
        if country is None and _HOLIDAYS.search(text):
            # Without a country the library takes no day for a holiday, and visitors would be told that people are there.
            raise ValueError("PH needs to know whose public holidays: set HANDRAIL_COUNTRY, such as GB.")
        try:
            expression = OpeningHours(text, timezone=zone, country=country, max_interval_days=LOOK_AHEAD_DAYS)
        except Exception as error:  # the library's own type for this is not declared, and the text is valid by now
            raise ValueError(f"The public holidays of {country} are not known. Leave HANDRAIL_COUNTRY or PH out.") from error
        return cls(expression, zone)

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at a time, given aware in any zone."""
        return self._expression.is_open(at.astimezone(self.zone))

    def next_open(self, at: datetime) -> datetime | None:
        """Return when somebody is there next, in the team's zone: the time itself if they are; None if not within a year."""
        here: datetime | None = at.astimezone(self.zone)
        while here is not None and not self._expression.is_open(here):
            # A change need not be an opening: a window that the clock leaps over in spring changes nothing.
            here = _first(self._expression.next_change(here), after=here)
        return here


def read_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises:
        ValueError: there is no such zone; the message says how to write it.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f'"{name}" is no time zone. Write it like Europe/London.') from error


def _first(change: datetime | None, *, after: datetime) -> datetime | None:
    """Return the first of two moments, where the clock shows a time twice in autumn; the library gives the second."""
    if change is None or not change.fold:
        return change
    earlier = change.replace(fold=0)
    return earlier if earlier.astimezone(UTC) > after.astimezone(UTC) else change

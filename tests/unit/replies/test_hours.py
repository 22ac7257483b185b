"""When people are back, said in five languages by the calendar of the team."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.content import Book
from bot.ports import Reach
from bot.replies import Replies
from tests.unit.replies.conftest import CRISIS, FRIDAY_NIGHT, HERE, HUMAN, LANGUAGES, LONDON, UNTIL, by

LOS_ANGELES, NEW_YORK, AUCKLAND = map(ZoneInfo, ("America/Los_Angeles", "America/New_York", "Pacific/Auckland"))
NOWS = {
    "today": (FRIDAY_NIGHT, FRIDAY_NIGHT.replace(hour=21, minute=30)),
    "tomorrow": (FRIDAY_NIGHT, FRIDAY_NIGHT.replace(day=28, hour=9)),
    "in two days": (FRIDAY_NIGHT, FRIDAY_NIGHT.replace(day=29, hour=9)),
    "in six days": (FRIDAY_NIGHT, datetime(2026, 12, 3, 9, tzinfo=LONDON)),
    "in a week": (FRIDAY_NIGHT, datetime(2026, 12, 4, 9, tzinfo=LONDON)),
    "over new year": (datetime(2026, 12, 24, 18, tzinfo=LONDON), datetime(2027, 1, 4, 13, tzinfo=LONDON)),
}
BACK = {
    "today": ("today at 9:30 PM", "hoy a las 21:30", "aujourd'hui à 21:30", "heute um 21:30 Uhr", "hoje às 21:30"),
    "tomorrow": ("tomorrow at 9:00 AM", "mañana a las 9:00", "demain à 09:00", "morgen um 09:00 Uhr", "amanhã às 09:00"),
    "in two days": (
        "on Sunday at 9:00 AM",
        "el domingo a las 9:00",
        "dimanche à 09:00",
        "am Sonntag um 09:00 Uhr",
        "domingo às 09:00",
    ),
    "in six days": (
        "on Thursday at 9:00 AM",
        "el jueves a las 9:00",
        "jeudi à 09:00",
        "am Donnerstag um 09:00 Uhr",
        "quinta-feira às 09:00",
    ),
    "in a week": (
        "on Friday, December 4, at 9:00 AM",
        "el viernes 4 de diciembre a las 9:00",
        "vendredi 4 décembre à 09:00",
        "am Freitag, 4. Dezember, um 09:00 Uhr",
        "sexta-feira, 4 de dezembro, às 09:00",
    ),
    "over new year": (
        "on Monday, January 4, at 1:00 PM",
        "el lunes 4 de enero a las 13:00",
        "lundi 4 janvier à 13:00",
        "am Montag, 4. Januar, um 13:00 Uhr",
        "segunda-feira, 4 de janeiro, às 13:00",
    ),
}


@pytest.mark.parametrize("when", BACK)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_time_people_are_back_is_said_as_people_say_it(replies: Replies, language: str, when: str) -> None:
    """Today, tomorrow, a day of the week, or a date where that could be misread, each in the language of the card."""
    now, back_at = NOWS[when]
    setting = replace(by(Reach(is_open=False, back_at=back_at), language), now=now.astimezone(UTC))
    text = replies.of(HUMAN, setting).text.replace("\u202f", " ")
    assert re.search(rf" {BACK[when][LANGUAGES.index(language)]}( wieder da)?\.", text)


@pytest.mark.parametrize(
    ("now", "back_at", "said"),
    [
        # the night in which the clock goes forward in London, and the one in which it goes back in New York
        (datetime(2027, 3, 27, 23, 30, tzinfo=UTC), datetime(2027, 3, 28, 9, tzinfo=LONDON), "tomorrow at 9:00 AM"),
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 3, 28, 9, tzinfo=LONDON), "today at 9:00 AM"),
        (datetime(2026, 11, 1, 3, 30, tzinfo=UTC), datetime(2026, 11, 1, 9, tzinfo=NEW_YORK), "tomorrow at 9:00 AM"),
        (datetime(2026, 11, 1, 4, 30, tzinfo=UTC), datetime(2026, 11, 1, 9, tzinfo=NEW_YORK), "today at 9:00 AM"),
        (datetime(2026, 11, 1, 4, 30, tzinfo=UTC), datetime(2026, 11, 1, 1, fold=1, tzinfo=NEW_YORK), "today at 1:00 AM"),
        # by Greenwich it is the next day already, or still the day before
        (datetime(2026, 12, 1, 1, 30, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=LOS_ANGELES), "tomorrow at 9:00 AM"),
        (datetime(2026, 11, 30, 13, 0, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=AUCKLAND), "today at 9:00 AM"),
        (datetime(2026, 12, 1, 6, tzinfo=UTC), datetime(2026, 12, 8, 20, tzinfo=LOS_ANGELES), "December 8, at 8:00 PM"),
    ],
)
def test_days_are_counted_in_the_zone_of_the_team(replies: Replies, now: datetime, back_at: datetime, said: str) -> None:
    """The day on which the clock changes is a day like any other, and midnight is the team's."""
    setting = replace(by(Reach(is_open=False, back_at=back_at)), now=now)
    assert said in replies.of(HUMAN, setting).text.replace("\u202f", " ")


def test_without_the_time_of_now_the_day_is_named_in_full(replies: Replies) -> None:
    """Nothing is then said to be today or tomorrow."""
    assert "on Monday, November 30, at 9:00" in replies.of(HUMAN, replace(by(UNTIL), now=None)).text


@pytest.mark.parametrize("locale", ["tlh", "not a locale"])
def test_a_language_without_dates_says_that_people_are_away(book: Book, locale: str) -> None:
    """A pack may be in any language; one whose dates nobody wrote down must not cost anybody their card."""
    replies = Replies(replace(book, locale=locale, wording={locale: book.wording["en"]}))
    assert replies.say("away_danger", HERE) in replies.of(CRISIS, by(UNTIL, locale)).text

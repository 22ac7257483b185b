"""The words of the real pack on a Friday night, when the team is there, away, or cannot be told."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.content import Book
from bot.content.loader import load
from bot.model import Abstained, Escalated, Kind, Route
from bot.ports import Reach
from bot.replies import Replies, Setting
from tests.conftest import ROOT

LANGUAGES = ("en", "es", "fr", "de", "pt")
LONDON = ZoneInfo("Europe/London")
FRIDAY_NIGHT = datetime(2026, 11, 27, 20, 0, tzinfo=LONDON)
MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=LONDON)
OPEN, NOBODY, AWAY = Reach(), Reach(can_be_told=False), Reach(is_open=False)
UNTIL = Reach(is_open=False, back_at=MONDAY)
HERE = Setting(today=date(2026, 11, 27), now=FRIDAY_NIGHT.astimezone(UTC), site_country="US")
CRISIS = Escalated(kind=Kind.CRISIS, route=Route(kind=Kind.CRISIS, severity="high"))
HUMAN = Escalated(kind=Kind.HUMAN, route=Route(kind=Kind.HUMAN))
ABSTAINED = Abstained(on_subject=True, score=0.0)


@pytest.fixture(scope="session")
def book() -> Book:
    """The real pack."""
    return Book.of(load(ROOT / "knowledge"))


@pytest.fixture(scope="session")
def replies(book: Book) -> Replies:
    """The words of the real pack."""
    return Replies(book)


def by(reach: Reach, language: str = "en", nth: int = 0) -> Setting:
    """Where people are as ``reach`` says."""
    return replace(HERE, reach=reach, locale=language, nth=nth)

"""The ways a message is read: what a disguise hides shows in one of them."""

import pytest

from bot.text import Spelling
from bot.triage.views import Views

WORDS = dict.fromkeys(
    "i want to kill myself die self harm pills knife don't know suicide tonight really cutting again".split(), 9
)


@pytest.fixture
def views() -> Views:
    """Views that know a few words."""
    return Views(Spelling(WORDS, frozenset(WORDS)), WORDS)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("i want to s3lf h@rm", "i want to self harm"),
        ("su1c1de", "suicide"),
        ("k i l l myself", "kill myself"),
        ("k.i.l.l myself", "kill myself"),
        ("i want to diiiie", "i want to die"),
        ("iwanttokillmyself", "i want to kill myself"),
        ("tonight \U0001f48a", "tonight  pills"),
        ("i want to kill myself tonigth", "i want to kill myself tonight"),
    ],
)
def test_a_disguise_is_taken_off(views: Views, text: str, shown: str) -> None:
    """Figures for letters, gaps, repeats, words run together, pictures and slips of the thumb."""
    assert any(shown in " ".join(view.split("\n")).strip() for view in views.of(text))


@pytest.mark.parametrize("text", ["i want to know", "mp3 player", "room 101", "a b c", "", "!!!"])
def test_what_is_no_disguise_is_left_alone(views: Views, text: str) -> None:
    """The message itself is always the first view, and nothing is made of what hides nothing."""
    assert views.of(text)[0] == text
    assert len(views.of(text)) == 1


def test_a_long_text_is_no_disguise(views: Views) -> None:
    """Past the limit only spelling is corrected, so that a megabyte costs no more than it must."""
    assert len(views.of("s3lf " * 2_000)) == 1

"""Spelling, corrected only where it is safe."""

import pytest

from bot.text import Spelling

KNOWN = {"session": 9, "therapy": 5, "rental": 2, "cost": 7, "legal": 3}


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    """A small vocabulary, and a word list that knows ``renal``."""
    return Spelling(KNOWN, frozenset({"renal", "cast"}))


@pytest.mark.parametrize(
    ("typed", "corrected"),
    [("sesion", "session"), ("threapy", "therapy"), ("leagl", "legal"), ("sessssion", "session")],
)
def test_a_typo_becomes_the_word(spelling: Spelling, typed: str, corrected: str) -> None:
    """One edit in a short word, two in a long one, swaps counted as one."""
    assert spelling.correct(typed) == corrected


@pytest.mark.parametrize("word", ["renal", "cast", "cos", "ses1on", "zzzzzz", "session", ""])
def test_a_word_that_may_be_meant_is_left_alone(spelling: Spelling, word: str) -> None:
    """English words, short words, words with digits and words far from all others stay."""
    assert spelling.correct(word) == word


def test_the_more_frequent_word_wins_a_tie() -> None:
    """Of two words equally near, the one that the pack uses more often is taken."""
    spelling = Spelling({"planes": 1, "planet": 8}, frozenset())
    assert spelling.correct("planex") == "planet"


def test_the_first_letter_is_trusted() -> None:
    """A word that begins alike is nearer than one that does not."""
    spelling = Spelling({"boat": 9, "coal": 1}, frozenset())
    assert spelling.correct("coat") == "coal"

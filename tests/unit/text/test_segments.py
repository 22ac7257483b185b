"""A long message taken apart."""

import time

import pytest

from bot.text import clauses, sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("first line\nsecond line", ["first line", "second line"]),
        ("a thing - another thing", ["a thing", "another thing"]),
        ("so\u2026 how long is it", ["so", "how long is it"]),
        ("it costs 3.50 today", ["it costs 3.50 today"]),
        ("", []),
        ("   ", []),
    ],
)
def test_sentences_end_where_people_end_them(text: str, parts: list[str]) -> None:
    """Marks, line breaks, dashes and dots end a sentence; a decimal point does not."""
    assert sentences(text) == parts


def test_clauses_begin_at_commas_and_joining_words() -> None:
    """A new thought after a comma, ``but`` or ``and`` with a question word is a clause."""
    assert clauses("my wife is ill, she sleeps badly but how long does it take and is it legal") == [
        "my wife is ill",
        "she sleeps badly",
        "how long does it take",
        "is it legal",
    ]


def test_and_between_two_things_does_not_split() -> None:
    """``and`` that joins two nouns leaves them together."""
    assert clauses("books and films for children") == ["books and films for children"]


def test_a_single_word_is_no_clause() -> None:
    """What is left of one word is too little to ask anything."""
    assert clauses("well, how long is it") == ["how long is it"]


@pytest.mark.parametrize("filler", [" " * 20_000, "\n" * 20_000, "\t" * 20_000, " \n" * 10_000, "," * 20_000])
def test_runs_of_white_space_are_read_in_linear_time(filler: str) -> None:
    """A message full of white space is taken apart as fast as any other."""
    started = time.perf_counter()
    sentences(f"how{filler}long")
    clauses(f"how{filler}long is it")
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize("space", [" ", "  ", "\t", " \t", "\u00a0", "\r\f"])
def test_any_white_space_on_one_line_is_one_space(space: str) -> None:
    """A tab or a run of blanks neither ends a sentence nor stays in it."""
    assert sentences(f"is it{space}legal") == ["is it legal"]


@pytest.mark.parametrize("space", ["\n", "\r\n", "\t\n", " \n\n\t"])
def test_white_space_with_a_line_break_ends_a_sentence(space: str) -> None:
    """Whatever stands around the break."""
    assert sentences(f"is it legal{space}how long") == ["is it legal", "how long"]

"""Folding and splitting: what people type becomes comparable."""

import time

import pytest

from bot.text import fold, tokenize


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("How LONG?", "how long?"),
        ("don\u2019t", "don't"),
        ("don\u00b4t", "don't"),
        ("don`t", "don't"),
        ("na\u00efve caf\u00e9", "naive cafe"),
        ("\uff28\uff49", "hi"),
        ("stra\u00dfe", "strasse"),
        ("1,000 people", "1000 people"),
        ("10_000", "10000"),
        ("one, two", "one, two"),
    ],
)
def test_one_text_has_one_form(typed: str, folded: str) -> None:
    """Case, width, accents, apostrophes and thousands marks make no difference."""
    assert fold(typed) == folded


@pytest.mark.parametrize(
    "mark", ["\u200b", "\u200d", "\u00ad", "\ufeff", "\u202e", "\u2066", "\u034f", "\ufe0f", "\u3164", "\U000e0101"]
)
def test_an_invisible_mark_inside_a_word_falls_away(mark: str) -> None:
    """A word with an invisible mark in it is the word."""
    assert fold(f"kill{mark} my{mark}self") == "kill myself"


def test_tags_are_not_words() -> None:
    """Markup around and inside a sentence does not become part of it."""
    assert tokenize(fold('<p class="x">is it <b>safe</b></p>')) == ["is", "it", "safe"]


def test_a_tag_hidden_by_a_full_width_bracket_goes_too() -> None:
    """Brackets that only look different are brackets."""
    assert tokenize(fold("\uff1cscript\uff1ehow long")) == ["how", "long"]


def test_control_characters_separate_words() -> None:
    """A null byte or a line break stands between words."""
    assert tokenize(fold("how\x00long\nis\tit")) == ["how", "long", "is", "it"]


def test_other_scripts_keep_their_letters() -> None:
    """What has no ASCII form stays readable and gives no tokens."""
    folded = fold("\u041f\u0440\u0438\u0432\u0435\u0442")
    assert folded == "\u043f\u0440\u0438\u0432\u0435\u0442"
    assert tokenize(folded) == []


def test_an_apostrophe_inside_a_word_stays() -> None:
    """Contractions are one word; quotation marks are none."""
    assert tokenize("don't 'quote' it's") == ["don't", "quote", "it's"]


def test_nested_brackets_fold_in_linear_time() -> None:
    """Brackets in brackets are folded at once, not layer by layer."""
    started = time.perf_counter()
    fold("<" * 50_000 + ">" * 50_000)
    assert time.perf_counter() - started < 2.0

"""A long list of words, looked into on disk."""

import numpy as np
import pytest

from bot.retrieval.words import Words

GIVEN = frozenset({"a", "able", "don't", "zebra", "naïve"})


@pytest.fixture
def words() -> Words:
    """A few words."""
    return Words(Words.array_of(GIVEN))


def test_it_holds_what_was_put_in(words: Words) -> None:
    """Read as a set, it is the set it was made from."""
    assert set(words) == GIVEN
    assert len(words) == len(GIVEN)


@pytest.mark.parametrize("other", ["", "b", "abl", "ables", "zebras", "a" * 10_000, "\ud800", 7])
def test_it_holds_nothing_else(words: Words, other: object) -> None:
    """Neither the beginning of a word, nor a longer one, nor what is no word at all."""
    assert other not in words


def test_an_empty_list_holds_nothing() -> None:
    """A pack for which no word list was made has none."""
    assert "a" not in Words(Words.array_of([]))
    assert Words.array_of([]).dtype.kind == np.dtype("S").kind

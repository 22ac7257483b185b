"""What the postings remember of words."""

import numpy as np
import pytest

from bot.assembly import Core
from bot.retrieval import postings
from bot.retrieval.postings import Postings


@pytest.fixture
def fresh(small_core: Core) -> Postings:
    """The small pack's postings, with nothing remembered."""
    index = small_core.searcher.index
    return Postings(index.data, index.analyzer.concepts)


def test_a_word_met_before_adds_the_same(fresh: Postings) -> None:
    """What is remembered changes no score."""
    tokens = ["can", "i", "renew", "a", "book"]
    first = fresh.cosines(tokens)
    assert np.array_equal(fresh.cosines(tokens), first)
    assert "renew" in fresh._remembered


def test_only_known_words_are_remembered(fresh: Postings) -> None:
    """What a visitor types that no phrasing holds is not kept."""
    fresh.cosines(["zxqv", "book"])
    assert list(fresh._remembered) == ["book"]


def test_a_long_query_fills_the_memory_slowly(fresh: Postings) -> None:
    """Few new words are worked out in one query, whatever its length; its scores are the same without them."""
    tokens = list(fresh._data.token_frequencies)[:40]
    first = fresh.cosines(tokens)
    assert len(fresh._remembered) == postings.MAX_NEW_WORDS
    for _ in range(5):
        later = fresh.cosines(tokens)
    assert len(fresh._remembered) == len(tokens)
    assert np.abs(later - first).max() < 1e-5


def test_the_words_used_longest_ago_are_forgotten_first(fresh: Postings) -> None:
    """The memory has a limit."""
    fresh._n_remembered = 2
    for token in ("book", "late", "book", "renew"):
        fresh.cosines([token])
    assert list(fresh._remembered) == ["book", "renew"]

"""The tree of errors."""

import pytest

from bot.errors import BotError, IndexUnreadable, StoreUnavailable


@pytest.mark.parametrize("error", [BotError, *BotError.__subclasses__()])
def test_each_error_has_a_sentence_of_its_own(error: type[BotError]) -> None:
    """The docstring is what is said when nothing else is."""
    assert str(error()) == (error.__doc__ or "").strip()
    assert str(error()).endswith(".")


def test_a_message_takes_the_place_of_the_default() -> None:
    """What happened here is more useful than what happens in general."""
    assert str(StoreUnavailable("The disk is full.")) == "The disk is full."


def test_every_error_is_a_bot_error() -> None:
    """One class catches them all."""
    assert issubclass(IndexUnreadable, BotError)

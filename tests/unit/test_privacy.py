"""What a log line may hold of a conversation."""

import string

from bot.model import ConversationId
from bot.privacy import REF_CHARS, reference


def test_a_reference_is_the_same_for_the_same_key() -> None:
    """Lines of one conversation can be told to belong together."""
    one = reference(ConversationId("c-1"), b"key")
    assert one == reference(ConversationId("c-1"), b"key")
    assert one != reference(ConversationId("c-2"), b"key")


def test_a_reference_ends_with_its_key() -> None:
    """Another key gives another reference, so that old lines lead nowhere."""
    assert reference(ConversationId("c-1"), b"key") != reference(ConversationId("c-1"), b"other")


def test_a_reference_is_short_and_plain() -> None:
    """Twelve hexadecimal digits that do not hold the id."""
    found = reference(ConversationId("c-1"), b"key")
    assert len(found) == REF_CHARS
    assert set(found) <= set(string.hexdigits)

"""Reading a conversation, taking it along, and having it erased."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

from bot.model import ConversationId
from tests.web.sites import Site, Visitor

NOON = "2026-11-24T12:00:00+00:00"


async def test_a_new_conversation_has_an_empty_transcript(visitor: Visitor) -> None:
    """Before the first message there are no turns."""
    assert (await visitor.get("transcript")).json == {"turns": []}


async def test_a_transcript_says_who_said_what_and_when(visitor: Visitor) -> None:
    """Each turn stands there as the visitor's words and the bot's, oldest first."""
    said = await visitor.say("is it legal")

    assert (await visitor.get("transcript")).json["turns"] == [
        {"n": 1, "author": "visitor", "text": "is it legal", "at": NOON},
        {"n": 1, "author": "bot", "text": said["text"], "at": NOON},
    ]


async def test_a_transcript_for_people_is_a_text_file(visitor: Visitor) -> None:
    """``?format=txt`` is plain text to keep, in words that a person reads easily."""
    said = await visitor.say("is it legal")
    got = await visitor.get("transcript?format=txt")

    assert got.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert got.headers["Content-Disposition"] == 'attachment; filename="conversation.txt"'
    assert got.text == (f"You, 2026-11-24 12:00 UTC\nis it legal\n\nAssistant, 2026-11-24 12:00 UTC\n{said['text']}\n")


async def test_a_transcript_has_no_third_form(visitor: Visitor) -> None:
    """Another format is refused by name."""
    got = await visitor.get("transcript?format=pdf")

    assert (got.status, got.json["detail"]) == (422, "format: is neither json nor txt.")


async def test_erasing_gives_a_receipt_without_content(visitor: Visitor) -> None:
    """The receipt says which conversation, when, and how many turns."""
    await visitor.say("is it legal")
    got = await visitor.call("DELETE", visitor.path())

    assert (got.status, got.json) == (200, {"id": visitor.id, "erased_at": NOON, "turns": 1})


async def test_what_was_erased_is_gone(visitor: Visitor) -> None:
    """After erasing, every call is 404, but for the receipt, which who held the conversation can ask for again."""
    await visitor.say("is it legal")
    receipt = await visitor.call("DELETE", visitor.path())

    assert (await visitor.get("transcript")).status == 404
    assert (await visitor.call("DELETE", visitor.path())).json == receipt.json
    assert (await visitor.call("DELETE", visitor.path(), Authorization="Bearer another")).status == 404
    assert (await visitor.post("messages", {"message_id": str(uuid.uuid4()), "text": "again"})).status == 404


async def test_erasing_twice_at_once_gives_one_receipt(visitor: Visitor) -> None:
    """Two calls that arrive together, or a call that is sent again, are told of one erasure."""
    got = await asyncio.gather(*(visitor.call("DELETE", visitor.path()) for _ in range(2)))

    assert [each.status for each in got] == [200, 200]
    assert got[0].json == got[1].json


async def test_a_message_on_its_way_while_the_conversation_is_erased_is_not_recorded(visitor: Visitor, site: Site) -> None:
    """What could never be erased again, because its conversation is gone, is not written down."""

    async def body() -> AsyncIterator[bytes]:  # read once the server has let the message in
        assert (await visitor.call("DELETE", visitor.path())).status == 200
        yield json.dumps({"message_id": str(uuid.uuid4()), "text": "is it legal"}).encode()

    headers = {"Authorization": f"Bearer {visitor.token}"}
    url = site.url + visitor.path("messages")
    async with visitor.client.post(url, data=body(), headers=headers, expect100=True) as response:
        assert response.status == 404

    assert await site.store.of(ConversationId(visitor.id)) == []


async def test_another_conversation_is_untouched_by_erasing(visitor: Visitor, stranger: Visitor) -> None:
    """Erasing one conversation leaves the next as it was."""
    await stranger.say("is it legal")
    await visitor.call("DELETE", visitor.path())

    assert len((await stranger.get("transcript")).json["turns"]) == 2

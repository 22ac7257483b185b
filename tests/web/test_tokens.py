"""Who may speak in a conversation: the holder of its token."""

import pytest

from tests.web.sites import Visitor

CALLS = [
    ("POST", "messages"),
    ("POST", "handoff"),
    ("POST", "feedback"),
    ("GET", "transcript"),
    ("GET", "events"),
    ("DELETE", ""),
]


@pytest.mark.parametrize(("method", "what"), CALLS)
async def test_without_a_token_every_call_is_refused(visitor: Visitor, method: str, what: str) -> None:
    """No token is 401 with ``WWW-Authenticate: Bearer``."""
    got = await visitor.call(method, visitor.path(what), Authorization="")

    assert got.status == 401
    assert got.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "what"), CALLS)
async def test_a_token_of_another_conversation_opens_nothing(
    visitor: Visitor, stranger: Visitor, method: str, what: str
) -> None:
    """Another's token is 404, word for word as if there were no such conversation."""
    wrong = await visitor.call(method, visitor.path(what), {}, Authorization=f"Bearer {stranger.token}")
    absent = await visitor.call(method, f"/api/v1/conversations/none/{what}".rstrip("/"), {})

    assert wrong.status == absent.status == 404
    assert wrong.text == absent.text


@pytest.mark.parametrize("given", ["Bearer", "Bearer  ", "Basic dXNlcjpwYXNz", "token", "Bearer\t"])
async def test_what_is_no_bearer_token_is_none(visitor: Visitor, given: str) -> None:
    """Another scheme, or a scheme without a token, is no token."""
    assert (await visitor.call("GET", visitor.path("transcript"), Authorization=given)).status == 401


async def test_the_word_bearer_may_be_written_either_way(visitor: Visitor) -> None:
    """The scheme is not case-sensitive (RFC 9110)."""
    assert (await visitor.call("GET", visitor.path("transcript"), Authorization=f"bearer {visitor.token}")).status == 200


async def test_a_refused_message_leaves_no_trace(visitor: Visitor, stranger: Visitor) -> None:
    """A message under a wrong token is in nobody's transcript."""
    body = {"message_id": "00000000-0000-4000-8000-000000000001", "text": "is it legal"}
    await visitor.call("POST", visitor.path("messages"), body, Authorization=f"Bearer {stranger.token}")

    assert (await visitor.get("transcript")).json == (await stranger.get("transcript")).json == {"turns": []}

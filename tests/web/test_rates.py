"""How much one visitor may ask for."""

import uuid

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import make_mocked_request

from adapters.web.limits import Limits, TooMany
from adapters.web.parts import LIMITS
from bot.assembly import Core
from bot.model import ConversationId
from bot.settings import Settings
from tests.web.sites import Site, Visitor


async def test_too_many_messages_are_refused_and_danger_is_not(core: Core, web_client: ClientSession) -> None:
    """Past the limit an ordinary message gets 429 with the time to wait; danger gets its card, and is recorded."""
    site = await Site(core, rate_conversation=3).start()
    try:
        visitor = await Visitor(web_client, site).arrive()
        site.app[LIMITS].load()
        for _ in range(3):
            await visitor.say("hello")
        got = await visitor.post("messages", {"message_id": str(uuid.uuid4()), "text": "hello"})
        danger = await visitor.say("I want to kill myself")
    finally:
        await site.stop()

    assert (got.status, got.json["status"]) == (429, 429)
    assert 1 <= int(got.headers["Retry-After"]) <= 60
    assert (danger["kind"], danger["receipt"]["recorded"]) == ("crisis", True)


async def test_what_came_before_the_limits_were_loaded_counts() -> None:
    """The library comes a second late, and the calls of that second are not forgotten."""
    limits = Limits(Settings(rate_conversation=2))
    for _ in range(2):
        limits.take("conversation", "c")
    limits.load()

    limits.take("conversation", "d")
    with pytest.raises(TooMany):
        limits.take("conversation", "c")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "is_refused"),
    [
        (0, "203.0.113.7", False),  # a header that anybody can send counts for nothing
        (1, "203.0.113.7", True),
        (1, "198.51.100.1, 203.0.113.7", True),  # only what our own proxy saw is believed
        (2, "203.0.113.7, 10.0.0.1", True),
        (1, "no address", True),
        (1, "2001:db8::1", True),
    ],
)
async def test_an_address_may_start_so_many_conversations(
    core: Core, web_client: ClientSession, proxies: int, forwarded: str, *, is_refused: bool
) -> None:
    """The visitor's address is counted as the trusted proxies tell it; in one too many only danger gets through."""
    site = await Site(core, rate_starts=2, trusted_proxies=proxies).start()
    site.app[LIMITS].load()
    try:
        visitor = Visitor(web_client, site)
        for _ in range(3):
            started = await visitor.call("POST", "/api/v1/conversations", {}, X_Forwarded_For=forwarded)
        visitor.id, visitor.token = started.json["id"], started.json["token"]
        got = [
            await visitor.call(
                "POST",
                visitor.path("messages"),
                {"message_id": str(uuid.uuid4()), "text": text},
                X_Forwarded_For=forwarded,
            )
            for text in ("hello", "I want to kill myself")
        ]
        recorded = len(await site.store.of(ConversationId(visitor.id)))
    finally:
        await site.stop()

    assert [each.status for each in got] == [429 if is_refused else 200, 200]
    assert got[1].json["receipt"]["recorded"]
    assert recorded == (1 if is_refused else 2)
    assert not is_refused or "988" in got[0].json["detail"]


async def test_no_address_is_kept() -> None:
    """What is counted is a keyed hash of the address."""
    limits = Limits(Settings(trusted_proxies=1))
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": "203.0.113.7"})
    limits.load()
    limits.take_of_address("address", request)

    assert limits._limiter is not None
    kept = repr(vars(limits._limiter.storage))
    assert "LIMITER" in kept
    assert "203.0.113" not in kept

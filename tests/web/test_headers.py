"""What every response says about itself, and which other sites may read it."""

import pytest

from tests.web.conftest import FRIEND
from tests.web.sites import Visitor

STRANGERS = ["https://evil.example", "null", "https://clinic.example.evil.example", "http://clinic.example", FRIEND + "/"]


@pytest.mark.parametrize("path", ["/", "/faq", "/static/page.js", "/healthz", "/nowhere", "/api/v1/nothing"])
async def test_every_response_is_sealed(visitor: Visitor, path: str) -> None:
    """No response is sniffed, tells where it came from, or says which software made it; each has a policy."""
    headers = (await visitor.call("GET", path)).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "aiohttp" not in headers["Server"].lower()


@pytest.mark.parametrize("path", ["/", "/faq"])
async def test_a_page_may_run_only_its_own_files(visitor: Visitor, path: str) -> None:
    """The policy of a page names no other host, nothing inline, no form target, and no foreign frame."""
    policy = (await visitor.call("GET", path)).headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "http" not in policy
    assert "form-action 'none'" in policy
    assert "frame-ancestors 'self'" in policy


async def test_no_answer_of_the_api_is_kept_by_a_browser(visitor: Visitor) -> None:
    """Turns, transcripts, receipts and errors alike carry ``no-store``."""
    got = [
        await visitor.post("handoff", {}),
        await visitor.get("transcript"),
        await visitor.get("transcript?format=pdf"),
        await visitor.call("DELETE", visitor.path()),
    ]

    assert {each.headers["Cache-Control"] for each in got} == {"no-store"}


async def test_an_allowed_site_may_call_and_read(visitor: Visitor) -> None:
    """Its origin is given back on answers and on errors, so that its script can read both."""
    good = await visitor.call("GET", visitor.path("transcript"), Origin=FRIEND)
    bad = await visitor.call("GET", visitor.path("transcript?format=pdf"), Origin=FRIEND)

    assert (good.status, bad.status) == (200, 422)
    assert good.headers["Access-Control-Allow-Origin"] == bad.headers["Access-Control-Allow-Origin"] == FRIEND
    assert good.headers["Vary"] == "Origin"


async def test_an_allowed_site_may_follow_the_stream(visitor: Visitor) -> None:
    """The event stream, which begins before its handler ends, carries the origin too."""
    headers = {"Authorization": f"Bearer {visitor.token}", "Origin": FRIEND}
    async with visitor.client.get(visitor.site.url + visitor.path("events"), headers=headers) as response:
        assert response.headers["Access-Control-Allow-Origin"] == FRIEND


async def test_an_allowed_site_is_told_what_it_may_send(visitor: Visitor) -> None:
    """The browser's question beforehand is answered for the token, JSON, and resuming a stream."""
    got = await visitor.call("OPTIONS", visitor.path("messages"), Origin=FRIEND, Access_Control_Request_Method="POST")

    assert got.status == 204
    assert got.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, Last-Event-ID"
    assert got.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE, OPTIONS"


@pytest.mark.parametrize("origin", STRANGERS)
@pytest.mark.parametrize("method", ["OPTIONS", "POST", "DELETE"])
async def test_any_other_site_is_refused(visitor: Visitor, origin: str, method: str) -> None:
    """A page of another origin gets 403 without leave to read it, whatever it asks, and nothing happens."""
    path = visitor.path("messages") if method != "DELETE" else visitor.path()
    got = await visitor.call(method, path, {"message_id": "7"}, Origin=origin)

    assert got.status == 403
    assert "Access-Control-Allow-Origin" not in got.headers
    assert (await visitor.get("transcript")).json == {"turns": []}


async def test_the_page_itself_is_no_other_site(visitor: Visitor) -> None:
    """The server's own origin, which browsers send along, needs no leave."""
    got = await visitor.call("GET", visitor.path("transcript"), Origin=visitor.site.url)

    assert got.status == 200


async def test_no_site_is_told_that_it_may_send_cookies(visitor: Visitor) -> None:
    """There are none to send: no response sets one or allows one."""
    got = await visitor.call("POST", "/api/v1/conversations", {}, Origin=FRIEND)

    assert "Set-Cookie" not in got.headers
    assert "Access-Control-Allow-Credentials" not in got.headers

"""Errors are problem documents (RFC 9457) that say what was wrong and what to do."""

import gzip
import json

import pytest

from adapters.web.server import MAX_BODY_BYTES
from tests.web.sites import Got, Site, Visitor

UUID = "00000000-0000-4000-8000-000000000001"


def assert_problem(got: Got, status: int) -> None:
    """Assert that an answer is a problem document of this status."""
    assert got.status == status
    assert got.headers["Content-Type"].startswith("application/problem+json")
    assert set(got.json) == {"type", "title", "status", "detail"}
    assert (got.json["type"], got.json["status"]) == ("about:blank", status)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "The body is not JSON. Send one JSON object."),
        (b"is it legal", "The body is not JSON. Send one JSON object."),
        (b"[" * 200_000, "The body is not JSON. Send one JSON object."),
        (b'{"n": ' + b"1" * 10_000 + b"}", "The body is not JSON. Send one JSON object."),
        (b'{"text": "\xff"}', "The body is not UTF-8 (byte 10)."),
        ('{"text": "x"}'.encode("utf-16"), "The body is not UTF-8 (byte 0)."),
        (b"", "message_id: Field required; text: Field required"),
        (b"[]", "body: Input should be a valid dictionary"),
        (b"null", "body: Input should be a valid dictionary"),
    ],
    ids=["cut", "text", "deep", "number", "latin", "utf16", "empty", "list", "null"],
)
async def test_a_body_that_cannot_be_read_is_refused_in_words(visitor: Visitor, raw: bytes, said: str) -> None:
    """What is not a JSON object in UTF-8 is 422, and the document says which of these it is not."""
    got = await visitor.call("POST", visitor.path("messages"), raw=raw)

    assert_problem(got, 422)
    assert got.json["detail"] == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message_id": UUID}, "text: Field required"),
        ({"message_id": UUID, "text": 7}, "text: Input should be a valid string"),
        ({"message_id": UUID, "text": None}, "text: Input should be a valid string"),
        ({"message_id": "7", "text": "x"}, "message_id: Input should be a UUID"),
        ({"message_id": 7, "text": "x"}, "message_id: Input should be a UUID"),
    ],
)
async def test_a_field_of_the_wrong_type_is_named(visitor: Visitor, body: dict[str, object], said: str) -> None:
    """The document names the field and what it should be."""
    got = await visitor.post("messages", body)

    assert_problem(got, 422)
    assert got.json["detail"].startswith(said)


async def test_half_a_character_is_refused(visitor: Visitor) -> None:
    """A lone surrogate, which is no text, is refused like any other wrong type."""
    raw = b'{"message_id": "%b", "text": "\\ud83d"}' % UUID.encode()

    assert_problem(await visitor.call("POST", visitor.path("messages"), raw=raw), 422)


@pytest.mark.parametrize(
    "body", [{"locale": 1}, {"country": "GBR"}, {"country": "1!"}, {"page": ["x"]}, {"locale": "x" * 21}]
)
async def test_a_start_of_the_wrong_form_is_refused(visitor: Visitor, body: dict[str, object]) -> None:
    """Each field of a start is checked, and the one that is wrong is named."""
    got = await visitor.call("POST", "/api/v1/conversations", body)

    assert_problem(got, 422)
    assert got.json["detail"].startswith(f"{next(iter(body))}: ")


async def test_fields_that_are_not_known_are_passed_over(visitor: Visitor) -> None:
    """A newer client may send more than this server knows."""
    got = await visitor.post("messages", {"message_id": UUID, "text": "hello", "mood": "curious"})

    assert got.status == 200


async def test_a_body_that_is_too_large_is_refused(visitor: Visitor) -> None:
    """Past the limit it is 413 with the limit named, and the next message works."""
    got = await visitor.post("messages", {"message_id": UUID, "text": "x" * MAX_BODY_BYTES})

    assert_problem(got, 413)
    assert "1,500,000 bytes" in got.json["detail"]
    assert (await visitor.say("is it legal"))["kind"] == "answer"


async def test_a_small_body_that_unpacks_to_a_large_one_is_refused(visitor: Visitor) -> None:
    """A few kilobytes of gzip that hold ten megabytes are 413."""
    packed = gzip.compress(json.dumps({"message_id": UUID, "text": "x" * 10_000_000}).encode())
    got = await visitor.call("POST", visitor.path("messages"), raw=packed, Content_Encoding="gzip")

    assert_problem(got, 413)


async def test_a_body_in_another_encoding_than_it_says_is_refused(visitor: Visitor) -> None:
    """Bytes that are not what ``Content-Encoding`` names are 422, not a fault."""
    got = await visitor.call("POST", visitor.path("messages"), raw=b"not packed at all", Content_Encoding="gzip")

    assert_problem(got, 422)


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1/nothing", "/api/v2/conversations", "/static/server.py", "/static/../x"]
)
async def test_an_address_that_is_not_there_is_404(visitor: Visitor, path: str) -> None:
    """An unknown route says that there is nothing."""
    got = await visitor.call("GET", path)

    assert_problem(got, 404)
    assert got.json["detail"] == "There is nothing at this address."


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/v1/conversations", "POST"),
        ("PUT", "/api/v1/conversations/x", "DELETE"),
        ("HEAD", "/api/v1/conversations/x/events", "GET"),
        ("POST", "/faq", "GET,HEAD"),
    ],
)
async def test_a_wrong_method_is_405_and_names_the_right_one(visitor: Visitor, method: str, path: str, allowed: str) -> None:
    """``Allow`` lists what the address takes; a stream is never opened for its head alone."""
    got = await visitor.call(method, path)

    assert got.status == 405
    assert got.headers["Allow"] == allowed


async def test_a_fault_of_ours_is_500_and_says_nothing_about_itself(visitor: Visitor, site: Site) -> None:
    """An error nobody foresaw gives a document without its text, and the way to help."""
    site.store._kept = None  # type: ignore[assignment]
    got = await visitor.get("transcript")

    assert_problem(got, 500)
    assert got.json["detail"] == "Please try again. If you need help now, call your emergency number."

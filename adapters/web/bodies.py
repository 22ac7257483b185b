"""What may be sent to the API: each body with its checks, and the reading of one."""

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from aiohttp import web
from pydantic_core import ErrorDetails, ValidationError
from pydantic_core.core_schema import (
    bool_schema,
    int_schema,
    literal_schema,
    no_info_before_validator_function,
    nullable_schema,
    str_schema,
    uuid_schema,
)

from bot.checked import Checker
from bot.errors import MessageRejected

MAX_TEXT_CHARS = 1_200_000  # far past what is read: a pasted file gets a plain reply, not an error
MAX_CONTACT_CHARS = 200
REASONS = ["wrong", "outdated", "incomplete", "unclear", "unkind", "other"]
BODY_S = 30.0  # for a whole body to arrive; a phone on a poor line sends a long message in less
_Body = TypeVar("_Body")


def _whole(value: object) -> object:
    """Take 2.0 for 2: JSON has one kind of number, and its schemas call both integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Body of ``POST conversations``."""

    locale: Annotated[str, str_schema(max_length=20, strict=True)] = "en"
    country: Annotated[str | None, nullable_schema(str_schema(pattern="^[A-Za-z]{2}$", strict=True))] = None
    page: Annotated[str | None, nullable_schema(str_schema(max_length=2_000, strict=True))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Body of ``POST conversations/{id}/messages``."""

    message_id: Annotated[uuid.UUID, uuid_schema()]
    text: Annotated[str, str_schema(max_length=MAX_TEXT_CHARS, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Body of ``POST conversations/{id}/handoff``."""

    message_id: Annotated[uuid.UUID | None, nullable_schema(uuid_schema())] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Body of ``POST conversations/{id}/feedback``."""

    n: Annotated[int, no_info_before_validator_function(_whole, int_schema(ge=1, le=10**9, strict=True))]
    verdict: Annotated[Literal["up", "down"], literal_schema(["up", "down"])]
    reason: Annotated[str | None, nullable_schema(literal_schema(REASONS))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Body of ``POST conversations/{id}/presence``."""

    typing: Annotated[bool | None, nullable_schema(bool_schema(strict=True))] = None
    shown: Annotated[
        int | None,
        nullable_schema(no_info_before_validator_function(_whole, int_schema(ge=0, le=10**9, strict=True))),
    ] = None
    left: Annotated[bool | None, nullable_schema(bool_schema(strict=True))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Body of ``POST conversations/{id}/contact``; empty takes back what was left."""

    contact: Annotated[str, str_schema(max_length=MAX_CONTACT_CHARS, strict=True)]


START, POST, ASK, FEEDBACK = Checker(Start), Checker(Post), Checker(Ask), Checker(Feedback)
PRESENCE_NOTE, CONTACT = Checker(Presence), Checker(Contact)


async def body_of(request: web.Request, checker: Checker[_Body]) -> _Body:
    """Read the body of a request.

    Raises:
        MessageRejected: with every fault, none of which quotes what was sent.
        HTTPRequestTimeout: it did not arrive in time.
    """
    try:
        async with asyncio.timeout(BODY_S):
            raw = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except web.RequestPayloadError as error:
        raise MessageRejected("The body is not in the encoding that Content-Encoding names.") from error
    try:
        given = json.loads(raw.decode("utf-8")) if raw.strip() else {}
    except UnicodeDecodeError as error:
        raise MessageRejected(f"The body is not UTF-8 (byte {error.start}).") from error
    except (ValueError, RecursionError) as error:
        raise MessageRejected("The body is not JSON. Send one JSON object.") from error
    try:
        return checker.read(given)
    except ValidationError as error:
        raise MessageRejected("; ".join(map(_said_of, error.errors(include_url=False, include_input=False)))) from error


def _said_of(fault: ErrorDetails) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "body"
    # Pydantic quotes a character of what was sent when it is not a UUID; nothing that was sent is ever said again.
    return f"{where}: {'Input should be a UUID' if fault['type'].startswith('uuid') else fault['msg']}"

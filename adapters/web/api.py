"""The HTTP API under ``/api/v1``; ``docs/openapi.yaml`` describes it."""

import asyncio
import contextlib
import json
import re
import uuid
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response
from pydantic_core import ErrorDetails, ValidationError
from pydantic_core.core_schema import (
    int_schema,
    literal_schema,
    no_info_before_validator_function,
    nullable_schema,
    str_schema,
    uuid_schema,
)

from adapters.web.metrics import Metrics
from adapters.web.sessions import Session, Sessions, Stream, events_of
from bot.checked import Checker
from bot.conversation import Conversations
from bot.errors import MessageRejected
from bot.model import Channel, ConversationId, Message, MessageId, Turn
from bot.ports import Clock, Transcript
from bot.turns import as_json, help_as_json

CONVERSATIONS = web.AppKey("conversations", Conversations)
TRANSCRIPT: web.AppKey[Transcript] = web.AppKey("transcript")
SESSIONS = web.AppKey("sessions", Sessions)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
METRICS = web.AppKey("metrics", Metrics)
SITE_COUNTRY: web.AppKey[str | None] = web.AppKey("site_country")
UNDER_WAY: web.AppKey[set[asyncio.Task[Turn]]] = web.AppKey("under_way")

MAX_TEXT_CHARS = 1_200_000  # far past what is read: a pasted file gets a plain reply, not an error
REASONS = ["wrong", "outdated", "incomplete", "unclear", "unkind", "other"]
BODY_S = 30.0  # for a whole body to arrive; a phone on a poor line sends a long message in less
routes = web.RouteTableDef()
_EVENT_ID = re.compile(r"[0-9]{1,9}")
_AUTHORS = {"visitor": "You", "bot": "Assistant", "person": "Person on the team"}  # in the text for people
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

    n: Annotated[int, no_info_before_validator_function(_whole, int_schema(ge=1, strict=True))]
    verdict: Annotated[str, literal_schema(["up", "down"])]
    reason: Annotated[str | None, nullable_schema(literal_schema(REASONS))] = None


START, POST, ASK, FEEDBACK = Checker(Start), Checker(Post), Checker(Ask), Checker(Feedback)


@routes.post("/api/v1/conversations")
async def start(request: web.Request) -> web.Response:
    """Start a conversation."""
    body = await _body(request, START)
    country = body.country.upper() if body.country else None
    conversation_id, token = request.app[SESSIONS].start(locale=body.locale, country=country)
    request.app[METRICS].started()
    greeting = request.app[CONVERSATIONS].replies.hello()
    return web.json_response({"id": conversation_id, "token": token, "greeting": greeting}, status=201)


@routes.post("/api/v1/conversations/{id}/messages")
async def post_message(request: web.Request) -> web.Response:
    """Handle a message; the same ``message_id`` twice gives the first turn again."""
    conversation_id, session = _session(request)
    body = await _body(request, POST)
    return web.json_response(await _handle(request, conversation_id, session, str(body.message_id), body.text))


@routes.post("/api/v1/conversations/{id}/handoff")
async def ask_for_person(request: web.Request) -> web.Response:
    """Ask for a person, as a button does."""
    conversation_id, session = _session(request)
    body = await _body(request, ASK)
    text = request.app[CONVERSATIONS].replies.say("ask_person")
    message_id = str(body.message_id or uuid.uuid4())
    return web.json_response(await _handle(request, conversation_id, session, message_id, text))


@routes.post("/api/v1/conversations/{id}/feedback")
async def feedback(request: web.Request) -> web.Response:
    """Say whether a reply helped; counted by answer, without the conversation."""
    conversation_id, _ = _session(request)
    body = await _body(request, FEEDBACK)
    turns = await request.app[TRANSCRIPT].of(conversation_id)
    if body.n > len(turns):
        raise MessageRejected(f"n: there is no turn {body.n} in this conversation.")
    for answer_id in turns[body.n - 1].answer_ids or ("none",):
        request.app[METRICS].rated(answer_id, body.verdict, body.reason or "none")
    return web.json_response({"n": body.n, "verdict": body.verdict})


@routes.get("/api/v1/conversations/{id}/transcript")
async def transcript(request: web.Request) -> web.Response:
    """Return what was said, as JSON or, with ``?format=txt``, for people."""
    conversation_id, _ = _session(request)
    wanted = request.query.get("format", "json")
    if wanted not in {"json", "txt"}:
        raise MessageRejected("format: is neither json nor txt.")
    said = _said(await request.app[TRANSCRIPT].of(conversation_id))
    if wanted == "json":
        return web.json_response({"turns": said})
    entries = [f"{_AUTHORS[each['author']]}, {each['at'][:16].replace('T', ' ')} UTC\n{each['text']}\n" for each in said]
    headers = {"Content-Disposition": 'attachment; filename="conversation.txt"'}
    return web.Response(text="\n".join(entries), headers=headers)


@routes.delete("/api/v1/conversations/{id}")
async def erase(request: web.Request) -> web.Response:
    """Erase a conversation; the receipt says when and how much, and holds no content."""
    conversation_id, session = _session(request)
    async with Sessions.turn_in(session):
        receipt = await request.app[TRANSCRIPT].erase(conversation_id, request.app[CLOCK].now())
        request.app[SESSIONS].end(conversation_id)
    return web.json_response({"id": conversation_id, "erased_at": receipt.at.isoformat(), "turns": receipt.turns})


@routes.get("/api/v1/conversations/{id}/events", allow_head=False)
async def events(request: web.Request) -> web.StreamResponse:
    """Stream turns as they happen; ``Last-Event-ID`` resumes after the turn with that number."""
    conversation_id, session = _session(request)
    given = request.headers.get("Last-Event-ID", "0")
    if not _EVENT_ID.fullmatch(given):
        raise MessageRejected("Last-Event-ID: is not the number of a turn.")
    with Sessions.listen(session) as stream:
        turns = await request.app[TRANSCRIPT].of(conversation_id)
        async with sse_response(request) as response:
            with contextlib.suppress(ConnectionError, TimeoutError):  # the reader left, or reads no more; it may resume
                await _stream(response, stream, turns, int(given))
        return response


async def _stream(response: EventSourceResponse, stream: Stream, turns: list[Turn], last: int) -> None:
    for turn in turns:
        if turn.n > last:
            await response.send(json.dumps(_turn(turn)), event="turn", id=str(turn.n))
    sent = len(turns)
    async for event in events_of(stream):
        number = event["data"].get("n")
        if number is None:
            await response.send(json.dumps(event["data"]), event=event["event"])
        elif number > sent:  # what was recorded between listening and reading comes both ways
            await response.send(json.dumps(event["data"]), event=event["event"], id=str(number))


async def _handle(
    request: web.Request, conversation_id: ConversationId, session: Session, message_id: str, text: str
) -> dict[str, Any]:
    app = request.app
    message = Message(
        conversation_id=conversation_id,
        message_id=MessageId(message_id),
        text=text,
        at=app[CLOCK].now(),
        channel=Channel.WEB,
        locale=session.locale,
        country=session.country,
    )
    # Shielded: a visitor who leaves while the reply is being made must not lose the record of what they said.
    task = asyncio.create_task(_in_order(app, session, message))
    app[UNDER_WAY].add(task)
    task.add_done_callback(app[UNDER_WAY].discard)
    return _turn(await asyncio.shield(task))


async def _in_order(app: web.Application, session: Session, message: Message) -> Turn:
    async with Sessions.turn_in(session):
        turn = await app[CONVERSATIONS].handle(message)
        if session.is_new(turn.n):
            app[METRICS].observe(turn)
            Sessions.publish(session, {"event": "turn", "data": _turn(turn)})
        return turn


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.message_id,  # as ``ask --jsonl`` gives back the id of its line
        **as_json(turn),
        "message_id": turn.message_id,
        "n": turn.n,
        "help": [help_as_json(line) for line in turn.reply.help],
        "receipt": {"recorded": turn.n > 0, "at": turn.at.isoformat()},
    }


def _said(turns: list[Turn]) -> list[dict[str, Any]]:
    said = []
    for turn in turns:
        said.append({"n": turn.n, "author": "visitor", "text": turn.visitor_text, "at": turn.at.isoformat()})
        if turn.reply.text:
            said.append({"n": turn.n, "author": "bot", "text": turn.reply.text, "at": turn.at.isoformat()})
    return said


def _session(request: web.Request) -> tuple[ConversationId, Session]:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
    conversation_id = ConversationId(request.match_info["id"])
    return conversation_id, request.app[SESSIONS].of(conversation_id, token.strip())


async def _body(request: web.Request, checker: Checker[_Body]) -> _Body:
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

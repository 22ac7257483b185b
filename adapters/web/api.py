"""The HTTP API under ``/api/v1``; ``docs/openapi.yaml`` describes it."""

import asyncio
import json
import uuid
from typing import Annotated, Any, Literal, TypeVar

from aiohttp import web
from aiohttp_sse import sse_response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.web.metrics import Metrics
from adapters.web.sessions import Session, Sessions, events_of
from bot.conversation import Conversations
from bot.errors import ConversationUnknown, MessageRejected
from bot.model import Channel, ConversationId, Message, MessageId, Turn
from bot.ports import Clock, Transcript
from bot.replies import Setting
from bot.turns import as_json, help_as_json

CONVERSATIONS = web.AppKey("conversations", Conversations)
TRANSCRIPT: web.AppKey[Transcript] = web.AppKey("transcript")
SESSIONS = web.AppKey("sessions", Sessions)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
METRICS = web.AppKey("metrics", Metrics)
SITE_COUNTRY: web.AppKey[str | None] = web.AppKey("site_country")

MAX_TEXT_CHARS = 1_200_000  # far past what is read: a pasted file gets a plain reply, not an error
routes = web.RouteTableDef()
_Body = TypeVar("_Body", bound=BaseModel)


class _Given(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class Start(_Given):
    """Body of ``POST conversations``."""

    locale: Annotated[str, Field(max_length=20)] = "en"
    country: Annotated[str, Field(pattern="^[A-Za-z]{2}$")] | None = None
    page: Annotated[str, Field(max_length=2_000)] | None = None


class Post(_Given):
    """Body of ``POST conversations/{id}/messages``."""

    message_id: Annotated[uuid.UUID, Field(strict=False)]
    text: Annotated[str, Field(max_length=MAX_TEXT_CHARS)]


class Ask(_Given):
    """Body of ``POST conversations/{id}/handoff``."""

    message_id: Annotated[uuid.UUID, Field(strict=False)] | None = None


class Feedback(_Given):
    """Body of ``POST conversations/{id}/feedback``."""

    n: Annotated[int, Field(ge=1)]
    verdict: Literal["up", "down"]
    reason: Literal["wrong", "outdated", "incomplete", "unclear", "unkind", "other"] | None = None


@routes.post("/api/v1/conversations")
async def start(request: web.Request) -> web.Response:
    """Start a conversation."""
    body = await _body(request, Start)
    country = body.country.upper() if body.country else None
    conversation_id, token = request.app[SESSIONS].start(locale=body.locale, country=country)
    request.app[METRICS].conversations.inc()
    replies = request.app[CONVERSATIONS].replies
    setting = Setting(today=request.app[CLOCK].now().date(), country=country, site_country=request.app[SITE_COUNTRY])
    given = {"id": conversation_id, "token": token, "greeting": replies.hello(), "footer": replies.footer(setting)}
    return web.json_response(given, status=201, headers={"Cache-Control": "no-store"})


@routes.post("/api/v1/conversations/{id}/messages")
async def post_message(request: web.Request) -> web.Response:
    """Handle a message; the same ``message_id`` twice gives the first turn again."""
    conversation_id, session = _session(request)
    body = await _body(request, Post)
    return web.json_response(await _handle(request, conversation_id, session, str(body.message_id), body.text))


@routes.post("/api/v1/conversations/{id}/handoff")
async def ask_for_person(request: web.Request) -> web.Response:
    """Ask for a person, as a button does."""
    conversation_id, session = _session(request)
    body = await _body(request, Ask)
    text = request.app[CONVERSATIONS].replies.say("ask_person")
    message_id = str(body.message_id or uuid.uuid4())
    return web.json_response(await _handle(request, conversation_id, session, message_id, text))


@routes.post("/api/v1/conversations/{id}/feedback")
async def feedback(request: web.Request) -> web.Response:
    """Say whether a reply helped; counted by answer, without the conversation."""
    conversation_id, _ = _session(request)
    body = await _body(request, Feedback)
    turns = await request.app[TRANSCRIPT].of(conversation_id)
    if body.n > len(turns):
        raise MessageRejected(f"n: there is no turn {body.n} in this conversation.")
    for answer_id in turns[body.n - 1].answer_ids or ("none",):
        request.app[METRICS].feedback.labels(answer_id, body.verdict, body.reason or "none").inc()
    return web.json_response({"n": body.n, "verdict": body.verdict})


@routes.get("/api/v1/conversations/{id}/transcript")
async def transcript(request: web.Request) -> web.Response:
    """Return what was said, as JSON or, with ``?format=txt``, for people."""
    conversation_id, _ = _session(request)
    wanted = request.query.get("format", "json")
    if wanted not in {"json", "txt"}:
        raise MessageRejected("format: is neither json nor txt.")
    said = _said(await request.app[TRANSCRIPT].of(conversation_id))
    if wanted == "txt":
        lines = [f"{each['author']} ({each['at'][:16].replace('T', ' ')} UTC)\n{each['text']}\n" for each in said]
        headers = {"Content-Disposition": 'attachment; filename="conversation.txt"', "Cache-Control": "no-store"}
        return web.Response(text="\n".join(lines), headers=headers)
    return web.json_response({"turns": said}, headers={"Cache-Control": "no-store"})


@routes.delete("/api/v1/conversations/{id}")
async def erase(request: web.Request) -> web.Response:
    """Erase a conversation; the receipt says when and how much, and holds no content."""
    conversation_id, session = _session(request)
    async with session.lock:
        turns = await request.app[TRANSCRIPT].erase(conversation_id)
        request.app[SESSIONS].end(conversation_id)
    at = request.app[CLOCK].now().isoformat()
    return web.json_response({"id": conversation_id, "erased_at": at, "turns": turns})


@routes.get("/api/v1/conversations/{id}/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Stream turns as they happen; ``Last-Event-ID`` resumes after the turn with that number."""
    conversation_id, session = _session(request)
    try:
        last = int(request.headers.get("Last-Event-ID", "0"))
    except ValueError:
        raise MessageRejected("Last-Event-ID: is not a number.") from None
    with Sessions.listen(session) as stream:
        missed = [turn for turn in await request.app[TRANSCRIPT].of(conversation_id) if turn.n > last]
        async with sse_response(request, headers={"Cache-Control": "no-store"}) as response:
            for turn in missed:
                await response.send(json.dumps(_turn(turn)), event="turn", id=str(turn.n))
            sent = max((turn.n for turn in missed), default=last)
            async for event in events_of(stream):
                number = int(event["data"].get("n", 0))
                if event["event"] == "turn" and number <= sent:
                    continue
                await response.send(json.dumps(event["data"]), event=event["event"], id=str(number) if number else None)
        return response


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
    turn = await asyncio.shield(_in_order(app, session, message))
    return _turn(turn)


async def _in_order(app: web.Application, session: Session, message: Message) -> Turn:
    async with session.lock:
        before = await app[TRANSCRIPT].find(message.conversation_id, message.message_id)
        turn = await app[CONVERSATIONS].handle(message)
        if before is None:
            app[METRICS].observe(turn)
            Sessions.publish(session, {"event": "turn", "data": _turn(turn)})
        return turn


def _turn(turn: Turn) -> dict[str, Any]:
    return {
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


async def _body(request: web.Request, model: type[_Body]) -> _Body:
    raw = await request.read()
    try:
        given = json.loads(raw.decode("utf-8")) if raw.strip() else {}
    except UnicodeDecodeError as error:
        raise MessageRejected(f"The body is not UTF-8 (byte {error.start}).") from error
    except (ValueError, RecursionError) as error:
        raise MessageRejected("The body is not JSON. Send one JSON object.") from error
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        said = "; ".join(f"{'.'.join(str(part) for part in each['loc']) or 'body'}: {each['msg']}" for each in problems)
        raise MessageRejected(said) from error


__all__ = ["CLOCK", "CONVERSATIONS", "METRICS", "SESSIONS", "SITE_COUNTRY", "TRANSCRIPT", "ConversationUnknown", "routes"]

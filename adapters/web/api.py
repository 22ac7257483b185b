"""The HTTP API under ``/api/v1``; ``docs/openapi.yaml`` describes it."""

import asyncio
import contextlib
import uuid
from typing import Any

from aiohttp import web

from adapters.web.bodies import ASK, CONTACT, FEEDBACK, POST, PRESENCE_NOTE, START, body_of
from adapters.web.limits import TooMany
from adapters.web.parts import (
    CLOCK,
    CONVERSATIONS,
    LIMITS,
    METRICS,
    PRESENCE,
    SESSIONS,
    STORE,
    UNDER_WAY,
)
from adapters.web.shapes import as_said, turn_as_json
from adapters.web.stream import stream
from bot.errors import ConversationUnknown, MessageRejected, StoreUnavailable
from bot.model import Channel, Conversation, ConversationId, Message, MessageId, Turn
from bot.staff import Rated

routes = web.RouteTableDef()
_AUTHORS = {"visitor": "You", "bot": "Assistant", "person": "{name}, a person on the team"}  # in the text for people


@routes.post("/api/v1/conversations")
async def start(request: web.Request) -> web.Response:
    """Start a conversation."""
    body = await body_of(request, START)
    is_held = False
    try:
        request.app[LIMITS].take_of_address("starts", request)
    except TooMany:  # nobody knows yet what will be said in it: danger must get through
        is_held = True
    country = body.country.upper() if body.country else None
    conversation_id, token = await request.app[SESSIONS].start(locale=body.locale, country=country, is_held=is_held)
    request.app[METRICS].started()
    greeting = request.app[CONVERSATIONS].replies.hello()
    return web.json_response({"id": conversation_id, "token": token, "greeting": greeting}, status=201)


@routes.post("/api/v1/conversations/{id}/messages")
async def post_message(request: web.Request) -> web.Response:
    """Handle a message; the same ``message_id`` twice gives the first turn again."""
    conversation = await _perhaps(request)
    body = await body_of(request, POST)
    return await _handled(request, conversation, str(body.message_id), body.text)


@routes.post("/api/v1/conversations/{id}/handoff")
async def ask_for_person(request: web.Request) -> web.Response:
    """Ask for a person, as a button does."""
    conversation = await _perhaps(request)
    body = await body_of(request, ASK)
    text = request.app[CONVERSATIONS].replies.say("ask_person")
    return await _handled(request, conversation, str(body.message_id or uuid.uuid4()), text)


@routes.post("/api/v1/conversations/{id}/feedback")
async def feedback(request: web.Request) -> web.Response:
    """Say whether a reply helped; counted by answer, and kept with the reply for editors."""
    conversation = await _conversation(request)
    body = await body_of(request, FEEDBACK)
    _take(request, conversation.id)
    turns = await request.app[STORE].of(conversation.id)
    turn = next((turn for turn in turns if turn.n == body.n), None)
    if turn is None:
        raise MessageRejected(f"n: there is no turn {body.n} in this conversation.")
    at = request.app[CLOCK].now()
    await request.app[STORE].rate(
        Rated(conversation_id=conversation.id, n=body.n, at=at, verdict=body.verdict, reason=body.reason or "")
    )
    for answer_id in turn.answer_ids or ("none",):
        request.app[METRICS].rated(answer_id, body.verdict, body.reason or "none")
    return web.json_response({"n": body.n, "verdict": body.verdict})


@routes.post("/api/v1/conversations/{id}/presence")
async def presence(request: web.Request) -> web.Response:
    """Say that the visitor types, how far their page has shown what came, or that they leave."""
    conversation = await _conversation(request)
    body = await body_of(request, PRESENCE_NOTE)
    request.app[LIMITS].take_of_address("address", request)
    if body.shown is not None:
        await request.app[STORE].delivered(conversation.id, body.shown)
    if body.typing is not None:
        request.app[PRESENCE].visitor_types(conversation.id, is_typing=body.typing)
    if body.left:
        request.app[PRESENCE].left(conversation.id)
    return web.json_response({})


@routes.post("/api/v1/conversations/{id}/contact")
async def leave_contact(request: web.Request) -> web.Response:
    """Keep how a visitor wants to be reached, apart from what was said; empty takes it back."""
    conversation = await _conversation(request)
    body = await body_of(request, CONTACT)
    _take(request, conversation.id)
    await request.app[SESSIONS].record(conversation.id)
    await request.app[STORE].leave_contact(conversation.id, body.contact.strip())
    return web.json_response({"kept": bool(body.contact.strip())})


@routes.get("/api/v1/conversations/{id}/transcript")
async def transcript(request: web.Request) -> web.Response:
    """Return what was said, as JSON or, with ``?format=txt``, for people."""
    conversation = await _conversation(request)
    wanted = request.query.get("format", "json")
    if wanted not in {"json", "txt"}:
        raise MessageRejected("format: is neither json nor txt.")
    request.app[LIMITS].take_of_address("address", request)
    said = as_said(await request.app[STORE].entries(conversation.id))
    if wanted == "json":
        return web.json_response({"turns": said})
    headers = {"Content-Disposition": 'attachment; filename="conversation.txt"'}
    return web.Response(text="\n".join(map(_for_people, said)), headers=headers)


@routes.delete("/api/v1/conversations/{id}")
async def erase(request: web.Request) -> web.Response:
    """Erase a conversation; the receipt says when and how much, and holds no content. A second call gives it again."""
    conversation_id, token = _named(request)
    try:
        await request.app[SESSIONS].of(conversation_id, token)
        # Shielded: what somebody wanted erased is erased, also when they have left before it is done.
        await asyncio.shield(request.app[CONVERSATIONS].erase(conversation_id))
    except ConversationUnknown:
        if not await request.app[SESSIONS].may_ask_for_receipt(conversation_id, token):
            raise
    receipt = await request.app[STORE].receipt(conversation_id)
    request.app[SESSIONS].forget(conversation_id)
    request.app[PRESENCE].forget(conversation_id)
    at = receipt.at if receipt else request.app[CLOCK].now()
    turns = receipt.turns if receipt else 0
    return web.json_response({"id": conversation_id, "erased_at": at.isoformat(), "turns": turns})


@routes.get("/api/v1/conversations/{id}/events", allow_head=False)
async def events(request: web.Request) -> web.StreamResponse:
    """Stream entries as they happen; ``Last-Event-ID`` resumes after the entry with that number."""
    conversation = await _conversation(request)
    request.app[LIMITS].take_of_address("address", request)
    return await stream(request, conversation.id)


async def _handled(request: web.Request, conversation: Conversation | None, message_id: str, text: str) -> web.Response:
    app, (conversation_id, _) = request.app, _named(request)
    message = Message(
        conversation_id=conversation_id,
        message_id=MessageId(message_id),
        text=text,
        at=app[CLOCK].now(),
        channel=Channel.WEB,
        locale=conversation.locale if conversation else "en",
        country=conversation.country if conversation else None,
    )
    if conversation is None:  # whose it is cannot be told while the store is away: nothing is read or recorded
        return web.json_response(turn_as_json(app[CONVERSATIONS].unrecorded(message)))
    try:
        if app[SESSIONS].is_held(conversation_id):
            app[LIMITS].take_of_address("starts", request)
        app[LIMITS].take("conversation", conversation_id)
        app[LIMITS].take_of_address("address", request)
    except TooMany as error:
        if not app[CONVERSATIONS].raises(text):
            raise TooMany(app[CONVERSATIONS].slow_down(message), wait_s=error.wait_s) from None
    app[SESSIONS].let_go(conversation_id)
    # Shielded: a visitor who leaves while the reply is being made must not lose the record of what they said.
    task = asyncio.create_task(_recorded(app, message))
    app[UNDER_WAY].add(task)
    task.add_done_callback(app[UNDER_WAY].discard)
    return web.json_response(turn_as_json(await asyncio.shield(task)))


async def _recorded(app: web.Application, message: Message) -> Turn:
    await app[SESSIONS].record(message.conversation_id)
    return await app[CONVERSATIONS].handle(message)


def _for_people(each: dict[str, Any]) -> str:
    author = _AUTHORS[each["author"]].format(name=each.get("name", ""))
    return f"{author}, {each['at'][:16].replace('T', ' ')} UTC\n{each['text']}\n"


def _take(request: web.Request, conversation_id: ConversationId) -> None:
    """Count a call that changes something in a conversation.

    Raises:
        TooMany: there were too many before.
    """
    request.app[LIMITS].take("conversation", conversation_id)
    request.app[LIMITS].take_of_address("address", request)


def _named(request: web.Request) -> tuple[ConversationId, str]:
    """Return which conversation is meant, and the token that came with it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
    return ConversationId(request.match_info["id"]), token.strip()


async def _perhaps(request: web.Request) -> Conversation | None:
    """Return the conversation of a message; None where the store is away, so that it cannot be told whose it is."""
    with contextlib.suppress(StoreUnavailable):
        return await _conversation(request)
    return None


async def _conversation(request: web.Request) -> Conversation:
    return await request.app[SESSIONS].of(*_named(request))

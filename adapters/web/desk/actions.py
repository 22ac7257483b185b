"""What responders do with a conversation: claim, reply, note, hand on, hand back, close."""

import uuid
from typing import cast

from aiohttp import web

from adapters.web.desk.conversation import ConversationView, may_take_over
from adapters.web.desk.gate import RESPONDERS, field, for_roles, see_other, wants_json
from adapters.web.desk.parts import PARTS, Parts
from bot.errors import HandoffError, MessageRejected
from bot.handoff import Action, Claimed, Cleared, Closed, Released, Requeued, TakenOver, Transferred
from bot.model import SEVERITIES, ConversationId, MessageId, Owner, PersonSaid, Responder, ResponderId, Severity, Verdict
from bot.staff import DeskSession, Note
from bot.triage.kinds import KINDS

MAX_REPLY_CHARS, MAX_NOTE_CHARS = 10_000, 10_000
VERDICTS = frozenset({"real", "false_alarm", "missed", "test"})
LABELLED = frozenset({"real", "missed"})  # verdicts that say what it was
TO_QUEUE = frozenset({"put-back", "hand-back", "close", "transfer"})  # after which there is nothing left to do here
_ACTS = "claim|take-over|put-back|hand-back|clear|transfer|close"
routes = web.RouteTableDef()


@routes.post(f"/conversations/{{id}}/{{act:{_ACTS}}}")
@for_roles(RESPONDERS)
async def act(request: web.Request, me: DeskSession) -> web.Response:
    """Do what one of the buttons says."""
    parts, conversation_id = request.app[PARTS], ConversationId(request.match_info["id"])
    action = await _action(request, me)

    async def done() -> None:
        await parts.store.act(conversation_id, action, parts.clock.now())
        parts.presence.responder_types(conversation_id, is_typing=False)
        parts.changes.notify(conversation_id)

    await parts.finish(done())
    if request.match_info["act"] in TO_QUEUE:
        return web.json_response({"to": "/desk"}) if wants_json(request) else see_other("/desk")
    return await _answer(request, me, conversation_id)


@routes.post("/conversations/{id}/reply")
@for_roles(RESPONDERS)
async def reply(request: web.Request, me: DeskSession) -> web.Response:
    """Say something to the visitor; the same message id twice is said once."""
    parts, conversation_id = request.app[PARTS], ConversationId(request.match_info["id"])
    said = PersonSaid(
        conversation_id=conversation_id,
        message_id=await _message_id(request),
        at=parts.clock.now(),
        responder=me.account.id,
        name=me.account.name,
        text=await _text(request, MAX_REPLY_CHARS),
    )

    async def done() -> None:
        await parts.store.say(said)
        parts.presence.responder_types(conversation_id, is_typing=False)
        parts.changes.notify(conversation_id)

    await parts.finish(done())
    return await _answer(request, me, conversation_id)


@routes.post("/conversations/{id}/note")
@for_roles(RESPONDERS)
async def note(request: web.Request, me: DeskSession) -> web.Response:
    """Keep a note for the team, which no visitor ever reads."""
    parts, conversation_id = request.app[PARTS], ConversationId(request.match_info["id"])
    text = await _text(request, MAX_NOTE_CHARS)

    async def done() -> None:
        await parts.store.add_note(Note(conversation_id=conversation_id, at=parts.clock.now(), by=me.account.id, text=text))
        parts.changes.notify(conversation_id)

    await parts.finish(done())
    return await _answer(request, me, conversation_id)


@routes.post("/conversations/{id}/typing")
@for_roles(RESPONDERS)
async def typing(request: web.Request, me: DeskSession) -> web.Response:
    """Let the visitor see that the person who has the conversation types."""
    parts, conversation_id = request.app[PARTS], ConversationId(request.match_info["id"])
    standing = await parts.store.standing(conversation_id)
    if standing.owner is Owner.PERSON and standing.responder is not None and standing.responder.id == me.account.id:
        parts.presence.responder_types(conversation_id, is_typing=await field(request, "is_typing") == "yes")
    return web.Response(status=204)


async def _answer(request: web.Request, me: DeskSession, conversation_id: ConversationId) -> web.Response:
    """Give desk.js the parts of the page that this changed, and a browser without it the page again."""
    if not wants_json(request):
        return see_other(f"/desk/conversations/{conversation_id}")
    return web.json_response({"parts": await ConversationView(request.app[PARTS], me, conversation_id).parts()})


async def _action(request: web.Request, me: DeskSession) -> Action:
    by = me.account.responder
    match request.match_info["act"]:
        case "claim":
            return Claimed(by=by)
        case "take-over":
            return TakenOver(by=by)
        case "put-back":
            return Requeued(by=by)
        case "hand-back":
            return Released(by=by, clear=await field(request, "clear") == "yes")
        case "clear":
            return Cleared(by=by)
        case "transfer":
            return Transferred(by=by, to=await _colleague(request.app[PARTS], await field(request, "to")))
        case _:
            return await _closing(request, by)


async def _colleague(parts: Parts, account_id: str) -> Responder:
    account = await parts.store.account(ResponderId(account_id))
    if account is None or not may_take_over(account):
        raise HandoffError("Choose somebody who may take conversations.")
    return account.responder


async def _closing(request: web.Request, by: Responder) -> Closed:
    """Return how a conversation is closed.

    Raises:
        MessageRejected: the verdict is missing, or what it needs.
    """
    verdict, message_id = await field(request, "verdict"), await field(request, "message_id")
    label, severity = await field(request, "label"), await field(request, "severity")
    if verdict not in VERDICTS | {"none"}:
        raise MessageRejected("Say first what it was.")
    if verdict not in LABELLED:
        label = severity = ""
    elif label not in KINDS:
        raise MessageRejected("Say which kind it was.")
    is_danger = label.startswith(("crisis", "emergency"))
    if is_danger and severity not in SEVERITIES:
        raise MessageRejected("Say how grave it was.")
    return Closed(
        by=by,
        verdict=None if verdict == "none" else cast(Verdict, verdict),
        clear=await field(request, "clear") == "yes",
        message_id=MessageId(message_id) if message_id else None,
        label=label or None,
        severity=cast(Severity, severity) if is_danger else None,
    )


async def _text(request: web.Request, at_most: int) -> str:
    text = (await field(request, "text", at_most)).replace("\r\n", "\n").strip()
    if not text:
        raise MessageRejected("There is nothing to send yet. Type something first.")
    return text


async def _message_id(request: web.Request) -> MessageId:
    try:
        return MessageId(str(uuid.UUID(await field(request, "message_id"))))
    except ValueError as error:
        raise MessageRejected("The page is out of date. Load it again; what you typed stays.") from error

"""What visitors asked that had no answer, or hardly one, so that an editor sees what is missing."""

from aiohttp import web

from adapters.web.desk import words
from adapters.web.desk.gate import ANYBODY, RESPONDERS, field, for_roles, see_other, wants_json
from adapters.web.desk.parts import PARTS
from adapters.web.desk.queue import common
from adapters.web.desk.views import moment
from bot.errors import ConversationUnknown
from bot.model import ConversationId, Kind, MessageId
from bot.staff import DeskSession

LOW_SCORE = 0.75  # an answer below it was served with little to spare
# Kinds of which an editor may read the message. What was said in danger is for responders alone.
FOR_EDITORS = frozenset({Kind.ABSTAIN, Kind.CLARIFY, Kind.ANSWER, Kind.SMALLTALK})
RATED = {
    "wrong": "it is wrong",
    "outdated": "it is out of date",
    "incomplete": "something is missing",
    "unclear": "it is hard to understand",
    "unkind": "it is unkind",
    "other": "no reason given",
}
routes = web.RouteTableDef()


@routes.get("/questions")
@for_roles(ANYBODY)
async def questions_page(request: web.Request, me: DeskSession) -> web.Response:
    """List the questions, newest first."""
    parts = request.app[PARTS]
    await parts.audit(me, "looked at the questions")
    found = [each for each in await parts.store.questions(LOW_SCORE) if each.kind in FOR_EDITORS]
    shown = [
        {
            "at": moment(parts, each.at),
            "question": each,
            "kind": words.KINDS[Kind(each.kind)],
            "rated": RATED.get(each.rated_down, each.rated_down),
        }
        for each in found
    ]
    cases = await parts.store.cases() if me.account.role in RESPONDERS else []
    return parts.templates.page("questions.html", me=me, questions=shown, **common(parts, cases))


@routes.post("/questions/settle")
@for_roles(ANYBODY)
async def settle(request: web.Request, me: DeskSession) -> web.Response:
    """Take a question off the list."""
    parts = request.app[PARTS]
    conversation_id = ConversationId(await field(request, "conversation", 200))
    if await parts.store.conversation(conversation_id) is None:
        raise ConversationUnknown  # nothing that a form says gets into the audit trail, which is kept for ever
    await parts.store.settle(conversation_id, MessageId(await field(request, "message", 200)))
    await parts.audit(me, "settled a question", conversation_id)
    return web.json_response({"gone": True}) if wants_json(request) else see_other("/desk/questions")

"""Texts that somebody has vetted, for responders to put into a reply: the pack's answers, and the numbers of a country."""

from collections.abc import Iterator

from aiohttp import web

from adapters.web.desk.gate import RESPONDERS, for_roles
from adapters.web.desk.parts import PARTS, Parts
from bot.model import Conversation, ConversationId, HelpLine
from bot.replies import ANYWHERE, Setting
from bot.staff import DeskSession

routes = web.RouteTableDef()


@routes.get("/conversations/{id}/vetted")
@for_roles(RESPONDERS)
async def vetted(request: web.Request, _me: DeskSession) -> web.Response:
    """Return the texts: for whom, what about, and as the visitor would read them."""
    parts = request.app[PARTS]
    conversation = await parts.store.conversation(ConversationId(request.match_info["id"]))
    return web.json_response({"texts": [*_numbers(parts, conversation), *_answers(parts)]})


def _answers(parts: Parts) -> Iterator[dict[str, str]]:
    """Yield the approved answers, without those that are past their date and said to age."""
    today = parts.clock.now().date()
    for answer in parts.book.answers.values():
        if not (answer.time_bound and answer.is_overdue(today)):
            overdue = " (due for a new check)" if answer.is_overdue(today) else ""
            yield {"title": answer.question + overdue, "topic": answer.topic, "text": answer.text}


def _numbers(parts: Parts, conversation: Conversation | None) -> Iterator[dict[str, str]]:
    """Yield the help lines of the visitor's country, as a card would list them."""
    setting = Setting(today=parts.clock.now().date(), locale=conversation.locale if conversation else "")
    for line in help_lines(parts, conversation.country if conversation else None):
        yield {"title": line.name, "topic": "Numbers", "text": parts.replies.described(line, setting)}


def help_lines(parts: Parts, country: str | None) -> tuple[HelpLine, ...]:
    """Return the lines of the visitor's country; where it is not known, those of the site or the pack, and of anywhere."""
    known = [
        each.lower()
        for each in (country, parts.settings.country, parts.book.default_country)
        if each and each.lower() in parts.book.help
    ]
    is_sure = country is not None and country.lower() in parts.book.help
    files = known[:1] if is_sure else [*known[:1], ANYWHERE]
    return tuple(line for name in files for line in parts.book.help.get(name, ()))

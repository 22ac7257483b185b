"""One conversation: what was said, why it is here, who has it; and it stays true while it is open."""

import contextlib
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from adapters.web.desk import words
from adapters.web.desk.gate import RESPONDERS, for_roles, is_still_in
from adapters.web.desk.live import follow
from adapters.web.desk.parts import PARTS, Parts
from adapters.web.desk.queue import common, common_parts, store_away
from adapters.web.desk.views import Shown, moment, shown, visitor_of
from adapters.web.desk.why import Why, explain, opening, others
from bot.errors import ConversationUnknown, StoreUnavailable
from bot.handoff import Seen
from bot.handoff.latch import latch_of
from bot.model import SEVERITIES, Case, ConversationId, Entry, Handoff, MessageId, Owner, Record, Turn
from bot.staff import Account, DeskSession

PARTS_OF_PAGE = ("state", "presence", "why", "acts", "about", "notes")
routes = web.RouteTableDef()


@routes.get("/conversations/{id}")
@for_roles(RESPONDERS)
async def conversation_page(request: web.Request, me: DeskSession) -> web.Response:
    """Show a conversation; that somebody looked is recorded first, or nothing is shown."""
    parts, conversation_id = request.app[PARTS], ConversationId(request.match_info["id"])
    await look(parts, me, conversation_id)
    parts.looks.note(me.token_hash, conversation_id, parts.clock.now())
    view = await ConversationView(parts, me, conversation_id).values()
    cases = await parts.store.cases()
    return parts.templates.page("conversation.html", message_id=str(uuid.uuid4()), **common(parts, cases), **view)


@routes.get("/conversations/{id}/events", allow_head=False)
@for_roles(RESPONDERS)
async def conversation_events(request: web.Request, me: DeskSession) -> web.StreamResponse:
    """Keep an open conversation true; to follow one that was not opened just before is a look of its own."""
    parts, conversation_id = request.app[PARTS], ConversationId(request.match_info["id"])
    if not parts.looks.is_known(me.token_hash, conversation_id, parts.clock.now()):
        with contextlib.suppress(ConversationUnknown):  # the stream itself says so, to a page that is still open
            await look(parts, me, conversation_id)
    view = ConversationView(parts, me, conversation_id)

    async def render() -> Mapping[str, str] | None:
        try:
            if not await is_still_in(request, RESPONDERS):
                return None
            return {**common_parts(parts, await parts.store.cases()), **await view.parts()}
        except StoreUnavailable:
            return {"reach": store_away(parts)}
        except ConversationUnknown:
            return {"state": parts.templates.text("parts/gone.html")}

    return await follow(request, parts.streams, me.token_hash, parts.changes, render)


async def look(parts: Parts, me: DeskSession, conversation_id: ConversationId) -> None:
    """Record that a responder looks at a transcript; the visitor of a waiting one is told.

    Raises:
        ConversationUnknown: there is none.
        StoreUnavailable: it could not be recorded.
    """
    await parts.store.act(conversation_id, Seen(by=me.account.responder), parts.clock.now())
    parts.changes.notify(conversation_id)


class ConversationView:
    """What stands on the page of one conversation."""

    def __init__(self, parts: Parts, me: DeskSession, conversation_id: ConversationId) -> None:
        """Take whose page it is; nothing is read yet."""
        self._parts, self._me, self._id = parts, me, conversation_id
        self._entries: dict[int, str] = {}
        self._why: tuple[MessageId, Why] | None = None  # worked out once for a page: triage takes a few milliseconds

    async def parts(self) -> dict[str, str]:
        """Return the live parts of the page by name.

        Raises:
            ConversationUnknown: it was erased.
        """
        values = await self.values()
        text = self._parts.templates.text
        found = {name: text(f"parts/{name}.html", **values) for name in PARTS_OF_PAGE}
        for entry in values["entries"]:
            found[f"entry-{entry.n}"] = self._rendered(entry)
            if entry.mark:
                found[f"mark-{entry.n}"] = text("parts/mark.html", entry=entry)
        return found

    def _rendered(self, entry: Shown) -> str:
        """Render an entry once for a page: what was said does not change, and its mark is a part of its own."""
        if entry.n not in self._entries:
            self._entries[entry.n] = self._parts.templates.text("parts/entry.html", entry=entry)
        return self._entries[entry.n]

    async def values(self) -> dict[str, Any]:
        """Return all that the templates need.

        Raises:
            ConversationUnknown: there is no such conversation.
        """
        parts, store = self._parts, self._parts.store
        case = await store.case(self._id)
        if case is None:
            raise ConversationUnknown
        entries = await store.entries(self._id)
        turns = [entry for entry in entries if isinstance(entry, Turn)]
        opened = await store.opened(self._id)
        why = await self._explained(case, turns, opened)
        return {
            "me": self._me,
            "id": self._id,
            "case": case,
            "entries": shown(parts, case, entries),
            "messages": [(turn.message_id, f"{turn.n}: {_cut(turn.visitor_text)}") for turn in turns],
            "why": why,
            "opened": others(parts, opened, turns, why),
            "visitor": visitor_of(parts, case),
            "started": moment(parts, case.conversation.started_at),
            "language": words.language_of(case.conversation.locale),
            "country": words.country_of(case.conversation.country),
            "contact": case.contact,
            "attempts": [(moment(parts, each.at), each) for each in await store.attempts(self._id)][-8:],
            "notes": [(moment(parts, note.at), note) for note in await store.notes(self._id)],
            "colleagues": await self._colleagues(),
            **self._state(case, turns, entries),
            **_choices(why),
        }

    def _state(self, case: Case, turns: list[Turn], entries: list[Entry]) -> dict[str, Any]:
        standing = case.standing
        has_it = standing.responder if standing.owner is Owner.PERSON else None
        is_mine = has_it is not None and has_it.id == self._me.account.id
        subject, more = words.subject_of(standing.handoff)
        return {
            "state": "mine" if is_mine else "others" if has_it is not None else standing.owner.value,
            "said": words.standing_in_words(standing, self._me.account.id),
            "since": moment(self._parts, standing.since or case.conversation.started_at),
            "who": has_it.name if has_it else "",
            "subject": subject,
            "more": more,
            "gravity": words.gravity_of(standing.handoff),
            "is_raised": standing.raised_at is not None,
            "is_latched": bool(latch_of(Record(turns=tuple(turns), standing=standing))),
            "verdict": words.VERDICTS.get(case.verdict or "", ""),
            "last_n": entries[-1].n if entries else 0,
        }

    async def _explained(self, case: Case, turns: list[Turn], opened: list[Handoff]) -> Why | None:
        handoff = case.standing.handoff or (opened[-1] if opened else None)
        turn = opening(handoff, turns)
        if handoff is None or turn is None:
            return None
        if self._why is None or self._why[0] != turn.message_id:
            self._why = turn.message_id, await explain(self._parts, handoff, turn, turns)
        return self._why[1]

    async def _colleagues(self) -> list[Account]:
        return [
            each for each in await self._parts.store.accounts() if may_take_over(each) and each.id != self._me.account.id
        ]


def may_take_over(account: Account) -> bool:
    """Whether a conversation may be given to an account."""
    return account.is_active and bool(account.password_hash) and account.role in RESPONDERS


def _choices(why: Why | None) -> dict[str, Any]:
    return {
        "labels": words.LABELS,
        "severities": {each: words.SEVERITIES[each] for each in SEVERITIES},
        "verdicts": {
            "real": ("Real", "It was what triage said."),
            "false_alarm": ("False alarm", "There was no such thing in it. Clears the crisis."),
            "missed": ("Missed", "It was danger, or graver, and triage did not say so."),
            "test": ("Test", "Somebody tried it out. Clears the crisis."),
        },
        "likely_label": why.label if why else "",
    }


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:60] + "…"

"""What responders do with a case from Slack: buttons on it, and words in its thread."""

import json
import logging
from collections.abc import Mapping
from typing import Any, cast

from slack_sdk.models.blocks import InputBlock, Option, RadioButtonsElement, StaticSelectElement
from slack_sdk.models.views import View

from adapters.slack.asked import Asked
from adapters.slack.blocks import Post, plain
from adapters.slack.keys import Keys
from adapters.slack.poster import Poster
from bot.errors import ConversationUnknown, HandoffError, StoreUnavailable
from bot.handoff import Action, Claimed, Closed, Released, Requeued, TakenOver
from bot.model import SEVERITIES, ConversationId, Owner, PersonSaid, Responder, ResponderId, Severity, Verdict
from bot.ports import Changes, Clock, Store
from bot.relays import Carried, Relays
from bot.staff import Note
from bot.triage.kinds import KINDS

VIEW = "close_case"
BUTTONS = ("claim", "take_over", "false_alarm", "release", "release_clear", "put_back")
NOTE = "note:"
NOTED = "memo"
NO_FILES = "Not sent: files and pictures can't be passed on to a visitor. Nothing of that message was sent. Please write it."
NOT_TAKEN = "Not sent: nobody has this conversation. Click Claim first. (Begin with note: to keep a note for the team.)"
NOT_YOURS = "Not sent: {name} has this conversation. Click Take over if you want to reply yourself."
NOT_UNDONE = (
    "What was sent to the visitor can't be undone or changed: they may have read it. Write a new message to put it right."
)
GONE = "This conversation is not there any more."
AWAY = "That could not be recorded, so nothing was done. Please try again."
VERDICTS = {"real": "Real", "false_alarm": "False alarm", "missed": "Missed: graver than triage said", "test": "A test"}
LABELLED = frozenset({"real", "missed"})

log = logging.getLogger("handrail")


class Responders:
    """Brings what responders do to the store; the store says whether it may be done."""

    def __init__(self, *, store: Store, relays: Relays, changes: Changes, poster: Poster, keys: Keys, clock: Clock) -> None:
        """Take the ports."""
        self._store, self._relays, self._changes = store, relays, changes
        self._poster, self._keys, self._clock = poster, keys, clock
        self._names: dict[str, str] = {}

    async def act(self, user: str, channel: str, conversation_id: ConversationId, what: str) -> None:
        """Do what a button says; tell who clicked why it cannot be done, where it can't."""
        by = await self._responder(user)
        actions: dict[str, Action] = {
            "claim": Claimed(by=by),
            "take_over": TakenOver(by=by),
            "false_alarm": Closed(by=by, verdict="false_alarm"),
            "release": Released(by=by),
            "release_clear": Released(by=by, clear=True),
            "put_back": Requeued(by=by),
        }
        await self._do(user, channel, conversation_id, actions[what])

    async def ask_verdict(self, trigger_id: str, channel: str, conversation_id: str) -> None:
        """Ask what it was, before a case is closed."""
        labels = [Option(value=each, text=each.replace("-", ", ")) for each in KINDS]
        severities = [Option(value=each, text=each) for each in SEVERITIES]
        verdicts = [Option(value=name, text=label) for name, label in VERDICTS.items()]
        view = View(
            type="modal",
            callback_id=VIEW,
            title="Close the case",
            submit="Close it",
            close="Back",
            private_metadata=json.dumps({"c": conversation_id, "channel": channel}),
            blocks=[
                InputBlock(
                    block_id="verdict",
                    label="What was it?",
                    element=RadioButtonsElement(action_id="verdict", options=verdicts),
                ),
                InputBlock(
                    block_id="label",
                    label="Which kind (for Real and Missed)",
                    optional=True,
                    element=StaticSelectElement(action_id="label", options=labels),
                ),
                InputBlock(
                    block_id="severity",
                    label="How grave (for crisis and emergency)",
                    optional=True,
                    element=StaticSelectElement(action_id="severity", options=severities),
                ),
            ],
        )
        await self._poster.client.views_open(trigger_id=trigger_id, view=view)

    @staticmethod
    def faults(view: Mapping[str, Any]) -> dict[str, str]:
        """Return what is missing in a verdict, by the field it belongs to."""
        verdict, label, severity = (_chosen(view, name) for name in ("verdict", "label", "severity"))
        if verdict in LABELLED and label not in KINDS:
            return {"label": "Say which kind it was."}
        if verdict in LABELLED and _is_danger(label) and severity not in SEVERITIES:
            return {"severity": "Say how grave it was."}
        return {}

    async def close(self, user: str, view: Mapping[str, Any]) -> None:
        """Close a case with the verdict that was given."""
        given = json.loads(view["private_metadata"])
        verdict, label, severity = (_chosen(view, name) for name in ("verdict", "label", "severity"))
        is_labelled = verdict in LABELLED
        closed = Closed(
            by=await self._responder(user),
            verdict=cast(Verdict, verdict) if verdict in VERDICTS else None,
            label=label if is_labelled else None,
            severity=cast(Severity, severity) if is_labelled and _is_danger(label) else None,
        )
        await self._do(user, str(given["channel"]), ConversationId(str(given["c"])), closed)

    async def said(self, asked: Asked) -> None:
        """Take what a responder typed in a case's thread: a note, or words for the visitor of whoever has it."""
        place = await self._relays.place_at("team", asked.channel, asked.thread)
        if place is None:
            return
        here = place.conversation_id
        if asked.has_files:
            await self._whisper(asked, NO_FILES)
        elif asked.text.lower().startswith(NOTE):
            await self._note(asked, here)
        elif asked.text:
            await self._pass_on(asked, here)

    async def unknown(self, asked: Asked) -> None:
        """Say that words in a thread of ours went nowhere: its conversation was erased, or is not noted yet."""
        await self._whisper(asked, f"Not sent. {GONE}")

    async def changed(self, channel: str, thread: str, ts: str, user: str) -> None:
        """Say that what was passed on can't be undone, when somebody edits or deletes it."""
        place = await self._relays.place_at("team", channel, thread)
        if place is None:
            return
        if any(each.ts == ts for each in await self._relays.carried(place.conversation_id)):
            await self._poster.whisper(channel, user, plain(NOT_UNDONE)[0], thread=thread)

    async def _note(self, asked: Asked, here: ConversationId) -> None:
        by = await self._responder(asked.user)
        text = asked.text[len(NOTE) :].strip()
        await self._store.add_note(Note(conversation_id=here, at=self._clock.now(), by=by.id, text=text))
        await self._poster.react(asked.channel, asked.ts, NOTED)
        self._changes.notify(here)

    async def _pass_on(self, asked: Asked, here: ConversationId) -> None:
        by = await self._responder(asked.user)
        standing = await self._store.standing(here)
        if standing.owner is not Owner.PERSON or standing.responder is None:
            await self._whisper(asked, NOT_TAKEN)
            return
        if standing.responder.id != by.id:
            await self._whisper(asked, NOT_YOURS.format(name=standing.responder.name))
            return
        message_id = self._keys.message(asked.channel, asked.ts)
        said = PersonSaid(
            conversation_id=here,
            message_id=message_id,
            at=self._clock.now(),
            responder=by.id,
            name=by.name,
            text=asked.text,
        )
        try:
            recorded = await self._store.say(said)
        except (HandoffError, ConversationUnknown) as error:
            await self._whisper(asked, f"Not sent. {error}")
            return
        await self._relays.carry(Carried(conversation_id=here, channel=asked.channel, ts=asked.ts, n=recorded.n))
        self._changes.notify(here)

    async def _do(self, user: str, channel: str, here: ConversationId, action: Action) -> None:
        try:
            await self._store.act(here, action, self._clock.now())
        except HandoffError as error:
            await self._poster.whisper(channel, user, Post(text=str(error)))
        except ConversationUnknown:
            await self._poster.whisper(channel, user, Post(text=GONE))
        except StoreUnavailable:
            await self._poster.whisper(channel, user, Post(text=AWAY))
        self._changes.notify(here)

    async def _whisper(self, asked: Asked, text: str) -> None:
        await self._poster.whisper(asked.channel, asked.user, plain(text)[0], thread=asked.thread)

    async def _responder(self, user: str) -> Responder:
        """Return who somebody of Slack is here: by the name they show there, under an id that is not Slack's."""
        if user not in self._names:
            try:
                profile = (await self._poster.client.users_info(user=user))["user"]
                shown = profile.get("profile") or {}
                name = shown.get("display_name") or shown.get("first_name") or profile.get("real_name")
                self._names[user] = str(name or "Someone on the team")
            except Exception as error:  # noqa: BLE001 - a case must not wait for a name
                log.warning("a responder's name could not be looked up", extra={"error": type(error).__name__})
                return Responder(id=self._id_of(user), name="Someone on the team")
        return Responder(id=self._id_of(user), name=self._names[user])

    def _id_of(self, user: str) -> ResponderId:
        return ResponderId(f"slack-{self._keys.of('responder', user)[:12]}")


def _chosen(view: Mapping[str, Any], name: str) -> str:
    option = view["state"]["values"].get(name, {}).get(name, {}).get("selected_option") or {}
    return str(option.get("value") or "")


def _is_danger(label: str) -> bool:
    return label.startswith(("crisis", "emergency"))

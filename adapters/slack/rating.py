"""Thumbs below an answer, and the reason for one that points down."""

import json
from collections.abc import Mapping
from typing import Any

from slack_sdk.models.blocks import InputBlock, Option, RadioButtonsElement
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.model import ConversationId
from bot.ports import Clock, Store
from bot.staff import Rated

VIEW = "rating_reason"
REASONS = {
    "wrong": "It is wrong",
    "outdated": "It is out of date",
    "incomplete": "Something is missing",
    "unclear": "It is hard to understand",
    "unkind": "It is not kind",
    "other": "Something else",
}


class Rating:
    """Keeps what staff say of an answer."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take where it is kept."""
        self._store, self._clock = store, clock

    async def rate(self, value: Mapping[str, Any], reason: str = "") -> None:
        """Keep a thumb, and the reason where there is one."""
        await self._store.rate(
            Rated(
                conversation_id=ConversationId(str(value["c"])),
                n=int(value["n"]),
                at=self._clock.now(),
                verdict="down" if value["v"] == "down" else "up",
                reason=reason,
            )
        )

    async def ask_why(self, client: AsyncWebClient, trigger_id: str, value: Mapping[str, Any]) -> None:
        """Ask for the reason; the thumb itself is kept already."""
        options = [Option(value=name, text=label) for name, label in REASONS.items()]
        view = View(
            type="modal",
            callback_id=VIEW,
            title="What was not helpful?",
            submit="Send",
            close="Skip",
            private_metadata=json.dumps(dict(value)),
            blocks=[
                InputBlock(
                    block_id="reason",
                    label="The editors read this together with the question.",
                    element=RadioButtonsElement(action_id="reason", options=options),
                )
            ],
        )
        await client.views_open(trigger_id=trigger_id, view=view)

    async def keep_reason(self, view: Mapping[str, Any]) -> None:
        """Keep the reason that was chosen."""
        chosen = view["state"]["values"]["reason"]["reason"]["selected_option"]["value"]
        await self.rate(json.loads(view["private_metadata"]), str(chosen) if chosen in REASONS else "other")

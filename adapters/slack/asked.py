"""What somebody asked in Slack, as one value, whichever way they did."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from adapters.slack.text import typed

Way = Literal["mention", "direct", "thread", "edit", "private", "share", "responder"]
_ORDINARY = frozenset({None, "", "file_share", "thread_broadcast"})  # subtypes that people's own messages have


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One message for the bot."""

    way: Way
    team: str
    channel: str
    user: str
    text: str
    ts: str  # of the message; for buttons and commands what is unique to the click
    thread: str = ""  # in which it is answered; empty in a direct message without threads
    edited: str = ""  # when it was edited
    response_url: str = ""  # where a private answer goes
    conversation: str = ""  # given by buttons: the conversation that they belong to
    is_shared: bool = False  # Slack says that other organisations read the channel
    is_direct: bool = False
    n: int = 0  # which turn to share
    has_files: bool = False

    def as_json(self) -> str:
        """Return it as text, for ``from_json``."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Asked":
        """Read what ``as_json`` wrote."""
        return cls(**json.loads(text))


def asked_in_event(body: Mapping[str, Any]) -> Asked | None:
    """Return what an event asks; None for what people did not type, and for what is not for the bot."""
    event = body.get("event") or {}
    is_edit = event.get("subtype") == "message_changed"
    message = event.get("message") or {} if is_edit else event
    if message.get("bot_id") or message.get("subtype") not in _ORDINARY or not message.get("user"):
        return None
    if is_edit and (event.get("previous_message") or {}).get("text") == message.get("text"):
        return None  # a link was unfolded, or a reply counted
    bot = bot_of(body)
    is_mention = event.get("type") == "app_mention" or (bool(bot) and f"<@{bot}>" in message.get("text", ""))
    is_direct = event.get("channel_type") == "im"
    thread, ts = str(message.get("thread_ts") or ""), str(message["ts"])
    way: Way | None = (
        "edit" if is_edit else "direct" if is_direct else "mention" if is_mention else "thread" if thread else None
    )
    if way is None or event.get("type") not in {"message", "app_mention"}:
        return None
    return Asked(
        way=way,
        team=str(body.get("team_id") or ""),
        channel=str(event["channel"]),
        user=str(message["user"]),
        text=typed(str(message.get("text") or ""), bot=bot),
        ts=ts,
        thread=thread if is_direct else thread or ts,
        edited=str((message.get("edited") or {}).get("ts") or event.get("event_ts") or "") if is_edit else "",
        is_shared=bool(body.get("is_ext_shared_channel")),
        is_direct=is_direct,
        has_files=bool(message.get("files")),
    )


def asked_by_command(body: Mapping[str, Any]) -> Asked:
    """Return what ``/ask`` asks; only the asker sees the answer."""
    return Asked(
        way="private",
        team=str(body.get("team_id") or ""),
        channel=str(body["channel_id"]),
        user=str(body["user_id"]),
        text=typed(str(body.get("text") or "")),
        ts=str(body["trigger_id"]),
        response_url=str(body["response_url"]),
        is_direct=str(body["channel_id"]).startswith("D"),
    )


def asked_by_shortcut(body: Mapping[str, Any]) -> Asked:
    """Return what to say to a message that somebody chose; only they see the answer."""
    return Asked(
        way="private",
        team=str((body.get("team") or {}).get("id") or ""),
        channel=str(body["channel"]["id"]),
        user=str(body["user"]["id"]),
        text=typed(str(body["message"].get("text") or "")),
        ts=str(body["trigger_id"]),
        response_url=str(body["response_url"]),
        is_direct=str(body["channel"]["id"]).startswith("D"),
    )


def asked_by_button(body: Mapping[str, Any], value: Mapping[str, Any], text: str, way: Way) -> Asked:
    """Return what a button asks, in the conversation and the place in which it stands."""
    container, channel = body.get("container") or {}, str(body["channel"]["id"])
    message = body.get("message") or {}
    stands_at = str(container.get("message_ts") or message.get("ts") or "")
    is_direct = channel.startswith("D")
    thread = str(message.get("thread_ts") or container.get("thread_ts") or "")
    is_private = bool(container.get("is_ephemeral"))
    return Asked(
        way="private" if is_private and way != "share" else way,
        team=str((body.get("team") or {}).get("id") or ""),
        channel=channel,
        user=str(body["user"]["id"]),
        text=text,
        ts=f"{stands_at} {text} {body['user']['id']}",  # the same button clicked twice by the same person is one question
        thread=thread if is_direct or is_private else thread or stands_at,
        response_url=str(body.get("response_url") or "") if is_private else "",
        conversation=str(value["c"]),
        is_direct=is_direct,
        n=int(value.get("n") or 0),
    )


def bot_of(body: Mapping[str, Any]) -> str:
    """Return the id of our bot's user, which stands in every event."""
    authorizations = body.get("authorizations") or [{}]
    return str(authorizations[0].get("user_id") or "")

"""A reply as Slack shows it: text in sections, sources, buttons, and always the same in plain text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextActionsBlock,
    ContextBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    MarkdownTextObject,
    SectionBlock,
)

from adapters.slack.text import shown, split
from bot.model import Kind, SourceNote, Turn

SECTIONS = 4  # in one message: with 2,900 characters each they stay below the 12,000 that Slack takes in all
LABEL_CHARS, VALUE_CHARS, FALLBACK_CHARS, CONTEXT_CHARS = 75, 2_000, 3_500, 2_900
MAX_CHOICES = 5
RATED = frozenset({Kind.ANSWER, Kind.CLARIFY, Kind.ABSTAIN, Kind.MEDICAL_ADVICE})
PRIVATE = frozenset({Kind.CRISIS, Kind.EMERGENCY, Kind.DISTRESS})  # never in front of others


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One message to Slack."""

    text: str  # for notifications, screen readers, and where blocks can't be shown
    blocks: tuple[dict[str, Any], ...] = ()


def posts_of(turn: Turn, *, can_share: bool = False) -> list[Post]:
    """Return a turn's reply as messages, the last of them with its sources and buttons; none where there is no text."""
    pieces = split(turn.reply.text)
    groups = [pieces[n : n + SECTIONS] for n in range(0, len(pieces), SECTIONS)]
    last = len(groups) - 1
    return [_post(group, _below(turn, can_share=can_share) if n == last else []) for n, group in enumerate(groups)]


def plain(text: str) -> list[Post]:
    """Return a text as messages without anything below it."""
    pieces = split(text)
    return [_post(pieces[n : n + SECTIONS], []) for n in range(0, len(pieces), SECTIONS)]


def section(text: str) -> SectionBlock:
    """Return one section of text that is already in Slack's markup."""
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def button(label: str, action: str, value: object, *, style: str | None = None, url: str | None = None) -> ButtonElement:
    """Return a button whose value comes back as JSON."""
    return ButtonElement(text=cut(label, LABEL_CHARS), action_id=action, value=json.dumps(value), style=style, url=url)


def cut(text: str, most: int) -> str:
    """Return a text, or its beginning where it is longer."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def as_dicts(blocks: Sequence[Block]) -> tuple[dict[str, Any], ...]:
    """Return blocks as they are sent.

    Raises:
        SlackObjectFormationError: one breaks a limit of Slack's.
    """
    return tuple(block.to_dict() for block in blocks)


def _post(pieces: Sequence[str], below: Sequence[Block]) -> Post:
    blocks = [*(section(shown(piece)) for piece in pieces), *below]
    return Post(text=cut(shown("\n\n".join(pieces)), FALLBACK_CHARS), blocks=as_dicts(blocks))


def _below(turn: Turn, *, can_share: bool) -> list[Block]:
    blocks: list[Block] = []
    if turn.reply.sources:
        listed = "\n".join(f"Source: {shown(_source(source))}" for source in turn.reply.sources)
        blocks.append(ContextBlock(elements=[MarkdownTextObject(text=cut(listed, CONTEXT_CHARS), verbatim=True)]))
    buttons = [
        button(choice.label, f"choice_{n}", {"c": turn.conversation_id, "q": cut(choice.label, VALUE_CHARS // 4)})
        for n, choice in enumerate(turn.reply.choices[:MAX_CHOICES])
    ]
    if can_share and turn.n and turn.kind not in PRIVATE:
        buttons.append(button("Share in channel", "share", {"c": turn.conversation_id, "n": turn.n}))
    if turn.handoff != "opened":
        buttons.append(button("Pass to a person", "person", {"c": turn.conversation_id}))
    if buttons:
        blocks.append(ActionsBlock(elements=buttons))
    if turn.n and turn.kind in RATED:
        blocks.append(_feedback(turn))
    return blocks


def _feedback(turn: Turn) -> Block:
    def thumb(verdict: str, label: str, said: str) -> FeedbackButtonObject:
        value = json.dumps({"c": turn.conversation_id, "n": turn.n, "v": verdict})
        return FeedbackButtonObject(text=label, accessibility_label=said, value=value)

    return ContextActionsBlock(
        elements=[
            FeedbackButtonsElement(
                action_id="feedback",
                positive_button=thumb("up", "Helpful", "This answer was helpful"),
                negative_button=thumb("down", "Not helpful", "This answer was not helpful; you can say why"),
            )
        ]
    )


def _source(source: SourceNote) -> str:
    where = f" ({'; '.join(source.sections)})" if source.sections else ""
    return f"{source.title}, {source.by}, {source.date}{where}"

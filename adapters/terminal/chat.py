"""``ask`` without a text: a conversation in the terminal, with sources, numbered choices and a history of what was typed."""

import uuid
from collections.abc import Callable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bot.conversation import Conversations
from bot.model import Channel, ConversationId, Message, MessageId, Turn
from bot.ports import Clock

QUIT = frozenset({"/quit", "/exit", "/q"})
_HELP = "Type a question, the number of a choice, /new for a new conversation, or /quit to leave."


async def chat(conversations: Conversations, clock: Clock, console: Console, read: Callable[[str], str]) -> None:
    """Talk until the person leaves with ``/quit``, Ctrl-D or Ctrl-C."""
    console.print(conversations.replies.hello(), highlight=False)
    console.print(Text(_HELP, style="dim"))
    conversation_id = ConversationId(str(uuid.uuid4()))
    while True:
        try:
            text = read("\nyou> ")
        except (EOFError, KeyboardInterrupt):
            console.print()
            return
        if text.strip().lower() in QUIT:
            return
        if text.strip().lower() == "/new":
            conversation_id = ConversationId(str(uuid.uuid4()))
            console.print(Text("A new conversation.", style="dim"))
            continue
        show(await once(conversations, clock, text, conversation_id), console)


async def once(conversations: Conversations, clock: Clock, text: str, conversation_id: ConversationId | None = None) -> Turn:
    """Handle one message typed in the terminal."""
    return await conversations.handle(typed(text, clock, conversation_id))


def typed(text: str, clock: Clock, conversation_id: ConversationId | None = None) -> Message:
    """Return what was typed in the terminal as a message, of a new conversation unless one is named."""
    return Message(
        conversation_id=conversation_id or ConversationId(str(uuid.uuid4())),
        message_id=MessageId(str(uuid.uuid4())),
        text=text,
        at=clock.now(),
        channel=Channel.TERMINAL,
    )


def show(turn: Turn, console: Console) -> None:
    """Print a reply with its sources and choices; nothing in it is read as markup."""
    console.print(Padding(Text(turn.reply.text), (1, 0, 0, 2)))
    for source in turn.reply.sources:
        sections = f" ({', '.join(source.sections)})" if source.sections else ""
        console.print(Padding(Text(f"Source: {source.title}{sections}. {source.by}, {source.date}", style="dim"), (0, 2)))
    for number, choice in enumerate(turn.reply.choices, start=1):
        console.print(Padding(Text(f"{number}. {choice.label}", style="bold"), (0, 2)))
    note = f"{turn.kind.value}, {turn.score:.2f}" + (f", person {turn.handoff}" if turn.handoff else "")
    console.print(Padding(Text(f"[{note}]", style="dim"), (0, 2)))

"""A case as responders see it in Slack. It is read by staff, in English."""

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ContextBlock, HeaderBlock, MarkdownTextObject

from adapters.slack.blocks import Post, as_dicts, button, cut, section
from adapters.slack.text import SECTION_CHARS, shown
from bot.model import Case, Channel, Entry, Fact, Handoff, Happened, Owner, PersonSaid, Turn

LAST_TURNS = 3
QUOTED_CHARS, BOT_CHARS = 2_000, 300
KINDS = {
    "crisis": "Crisis",
    "emergency": "Medical emergency",
    "human": "Asks for a person",
    "medical_advice": "Asks for medical advice",
    "abstain": "Question without an answer",
}
ABOUT = {"self": "about themselves", "other": "about somebody else", "staff": "a case that staff relay"}
FACTS = {
    Happened.WAITING: "Put back into the queue",
    Happened.BACK: "Handed back to the assistant",
    Happened.CLOSED: "Closed",
}


def head_of(case: Case, entries: Sequence[Entry], *, base_url: str, mention: str = "") -> Post:
    """Return the message that opens a case's thread; it is edited as the case moves on."""
    handoff, now = case.standing.handoff, state_of(case)
    what = what_of(handoff)
    since = case.standing.since or case.conversation.started_at
    told = [
        f"Since {_moment(since)}",
        f"language: {shown(case.conversation.locale)}",
        f"country: {shown(case.conversation.country or 'unknown')}",
        *(["asked in Slack"] if case.conversation.channel is Channel.SLACK else []),
    ]
    blocks: list[Block] = [
        HeaderBlock(text=cut(what, 150)),
        section(f"{mention} *{shown(now)}*".strip()),
        ContextBlock(elements=[MarkdownTextObject(text=" · ".join(told), verbatim=True)]),
    ]
    turns = [entry for entry in entries if isinstance(entry, Turn)][-LAST_TURNS:]
    blocks += [section(_turn(turn, 700)) for turn in turns]
    blocks.append(ActionsBlock(elements=buttons_of(case, base_url)))
    return Post(text=f"{mention} {shown(what)}. {shown(now)}".strip(), blocks=as_dicts(blocks))


def buttons_of(case: Case, base_url: str) -> list[ButtonElement]:
    """Return what can be done with a case now."""
    value = {"c": case.conversation.id}
    desk = button("Open in desk", "open_desk", value, url=f"{base_url}/desk/conversations/{case.conversation.id}")
    match case.standing.owner:
        case Owner.QUEUED:
            return [
                button("Claim", "claim", value, style="primary"),
                desk,
                button("False alarm", "false_alarm", value, style="danger"),
                button("Close …", "close", value),
            ]
        case Owner.PERSON:
            return [
                button("Release", "release", value),
                button("Release and clear", "release_clear", value),
                button("Put back", "put_back", value),
                button("Take over", "take_over", value),
                button("False alarm", "false_alarm", value, style="danger"),
                button("Close …", "close", value),
                desk,
            ]
        case _:
            return [desk]


def entry_in_thread(entry: Entry) -> Post | None:
    """Return an entry as a message in its thread; None for what responders need not read there."""
    if isinstance(entry, Turn):
        return _post(_turn(entry, QUOTED_CHARS))
    if isinstance(entry, PersonSaid):
        return _post(f"*{shown(entry.name)}* (at the desk): {shown(cut(entry.text, QUOTED_CHARS))}")
    return _fact(entry)


def reminder(title: str, mention: str) -> Post:
    """Return what is said when a case still waits."""
    return _post(f"{mention} {shown(title)}".strip())


def what_of(handoff: Handoff | None) -> str:
    """Return what a case is: "Crisis, imminent, about themselves"."""
    if handoff is None:
        return "Conversation"
    parts = [KINDS.get(handoff.kind.value, handoff.kind.value), handoff.severity or ""]
    return ", ".join(part for part in [*parts, ABOUT[handoff.about] if handoff.urgent else ""] if part)


def state_of(case: Case) -> str:
    """Return who has a case, in one sentence."""
    standing = case.standing
    match standing.owner:
        case Owner.QUEUED:
            return "Waiting: nobody has this conversation yet."
        case Owner.PERSON:
            return f"{standing.responder.name if standing.responder else 'Somebody'} has this conversation."
        case Owner.CLOSED:
            return "Closed."
        case Owner.BOT:
            return "The assistant has this conversation."


def _fact(entry: Fact) -> Post | None:
    if entry.what is Happened.HERE:
        return _post(f"_{shown(entry.name)} took over. What they write here reaches the visitor._")
    return _post(f"_{FACTS[entry.what]}._") if entry.what in FACTS else None


def _turn(turn: Turn, most: int) -> str:
    said = f"*Visitor*, {_moment(turn.at)}: {shown(cut(turn.visitor_text, most)) or '(no text)'}"
    if not turn.reply.text:
        return said
    return f"{said}\n*Assistant* ({turn.kind.value}): {shown(cut(' '.join(turn.reply.text.split()), BOT_CHARS))}"


def _post(text: str) -> Post:
    text = text if len(text) <= SECTION_CHARS else cut(text, SECTION_CHARS)
    return Post(text=text, blocks=as_dicts([section(text)]))


def _moment(at: datetime) -> str:
    """Return a time that Slack shows in the reader's own time zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"

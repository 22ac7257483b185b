"""``ask --jsonl``: one JSON object a line in, one a line out, in order, flushed per line; a bad line never ends the run."""

import json
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.terminal.explain import explanation
from bot.conversation import Conversations
from bot.model import Channel, ConversationId, Message, MessageId
from bot.ports import Clock
from bot.turns import as_json

MAX_LINE_BYTES = 2_000_000
_SKIPPED_AT_ONCE = 65_536  # of a line that is too long


class Line(BaseModel):
    """One line of input."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str | int
    text: str
    conversation: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    channel: Channel = Field(Channel.TERMINAL, strict=False)
    locale: Annotated[str, Field(max_length=20)] = "en"


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a stream; of one over ``MAX_LINE_BYTES`` only the beginning is kept, so that memory is bounded."""
    while line := stream.readline(MAX_LINE_BYTES + 2):
        ended = line.endswith(b"\n")
        yield line
        while not ended:
            rest = stream.readline(_SKIPPED_AT_ONCE)
            ended = not rest or rest.endswith(b"\n")


async def answer_lines(
    lines: Iterable[bytes], conversations: Conversations, clock: Clock, *, explain: bool = False
) -> AsyncIterator[str]:
    """Yield one line of JSON for each line of input; blank lines are passed over.

    Args:
        lines: what was read.
        conversations: who answers.
        clock: what time it is.
        explain: whether each object says under ``explain`` why triage decided so.
    """
    for number, raw in enumerate(lines, start=1):
        if raw.strip():
            yield _as_line(await _answer(raw, number, conversations, clock.now(), explain=explain))


def _as_line(reply: dict[str, Any]) -> str:
    line = json.dumps(reply, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate in an id
        return json.dumps(reply)
    return line


async def _answer(raw: bytes, number: int, conversations: Conversations, now: datetime, *, explain: bool) -> dict[str, Any]:
    if len(raw.rstrip(b"\r\n")) > MAX_LINE_BYTES:
        return {"error": f"line {number} is over {MAX_LINE_BYTES:,} bytes; send a shorter one"}
    try:
        given = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return {"error": f"line {number} is not UTF-8 (byte {error.start})"}
    except (ValueError, RecursionError):
        return {"error": f'line {number} is not JSON; write one object a line, like {{"id": "1", "text": "what is it"}}'}
    given_id = given.get("id") if isinstance(given, dict) else None
    known = {"id": given_id} if isinstance(given_id, str | int) and not isinstance(given_id, bool) else {}
    try:
        line = Line.model_validate(given)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the line"
        return {**known, "error": f"line {number}: {where}: {problem['msg']}"}
    message = Message(
        conversation_id=ConversationId(line.conversation or f"line-{uuid.uuid4()}"),
        message_id=MessageId(str(uuid.uuid4())),
        text=line.text,
        at=now,
        channel=line.channel,
        locale=line.locale,
    )
    try:
        why = {"explain": explanation(await conversations.explain(message))} if explain else {}
        turn = await conversations.handle(message)
    except Exception as error:  # noqa: BLE001 - one line must not end the run
        return {"id": line.id, "error": f"line {number} could not be answered ({type(error).__name__})"}
    return {"id": line.id, **as_json(turn), **why}

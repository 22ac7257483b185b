"""Runs the dialogs under ``tests/dialogs/``, whole conversations that an editor can read and add to.

A file holds dialogs separated by a line ``---``; each is a conversation of its own. Lines that begin with ``#`` are
comments. The rest:

    country: GB                                  where the site is (US when it is not said)
    visitor: how long is a session               what the visitor types; an indented line below goes on on a new line
    visitor: <choice side-effects>               presses the button of that answer
    visitor: <number of side-effects>            types its number
    bot: [answer session-length] 6 to 8 hours    what the reply must be: kind, answer ids, and words that must be in it
    bot: 988                                     more words that must be in the same reply
    not: you should take                         words that must not be in it

In the brackets stands the kind (or several with ``|`` between them), then answer ids: those served, in any order; for
``clarify`` those that must be among the choices; for ``smalltalk`` the topic. After a comma may stand ``latched``,
``not latched``, ``opened``, ``offered`` (a handoff), or ``help first`` (a number before everything else).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.assembly import Core
from bot.memory import FixedClock, MemoryStore
from bot.model import Kind, Turn
from tests.conftest import NOON, ROOT, a_message, conversations_of

FOLDER = ROOT / "tests" / "dialogs"
_EXPECTED = re.compile(r"\[(?P<kinds>[a-z_|]+)(?P<ids>(?: [a-z0-9-]+)*)(?P<notes>(?:, [a-z ]+)*)\]")
_PRESSED = re.compile(r"<(?P<how>choice|number of) (?P<id>[a-z0-9-]+)>")
_WITH_ANSWERS = frozenset({Kind.ANSWER, Kind.SMALLTALK, Kind.MEDICAL_ADVICE})
FIRST_CHARS = 400  # what is seen before scrolling on a phone


@dataclass
class Check:
    """One line that says something of a reply."""

    line: int
    who: str  # "bot" or "not"
    text: str


@dataclass
class Exchange:
    """One message of the visitor and what must be true of the reply."""

    line: int
    visitor: str
    checks: list[Check] = field(default_factory=list)


@dataclass
class Dialog:
    """One conversation."""

    file: str
    line: int
    country: str = "US"
    exchanges: list[Exchange] = field(default_factory=list)


class DialogError(ValueError):
    """A line of a dialog cannot be read."""


def read_dialogs(path: Path) -> Iterator[Dialog]:
    """Read the dialogs of a file; a line that is none of the known ones is an error with its number."""
    dialog = Dialog(path.name, 1)
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if raw.startswith("#") or not raw.strip():
            continue
        if raw.strip() == "---":
            if dialog.exchanges:
                yield dialog
            dialog = Dialog(path.name, number + 1)
        else:
            _read_line(dialog, number, raw)
    if dialog.exchanges:
        yield dialog


def _read_line(dialog: Dialog, number: int, raw: str) -> None:
    word, colon, text = raw.partition(":")
    last = dialog.exchanges[-1] if dialog.exchanges else None
    if raw.startswith(" ") and last is not None and not last.checks:
        last.visitor += "\n" + raw.strip()
    elif word == "country" and colon:
        dialog.country = text.strip()
    elif word == "visitor" and colon:
        dialog.exchanges.append(Exchange(number, text.strip()))
    elif word in {"bot", "not"} and colon and last is not None:
        last.checks.append(Check(number, word, text.strip()))
    else:
        raise DialogError(f"{dialog.file}:{number}: write visitor:, bot:, not:, country:, --- or # at the beginning")


def faults_in(check: Check, turn: Turn) -> list[str]:
    """Say what a reply lacks."""
    said = turn.reply.text.casefold()
    if check.who == "not":
        return [f"must not hold {check.text!r}"] if check.text.casefold() in said else []
    faults: list[str] = []
    words = check.text
    if expected := _EXPECTED.match(check.text):
        words = check.text[expected.end() :].strip()
        kinds, ids = expected["kinds"].split("|"), set(expected["ids"].split())
        if turn.kind.value not in kinds:
            faults.append(f"kind {' or '.join(kinds)}, got {turn.kind.value}")
        elif turn.kind is Kind.CLARIFY:
            lacking = ids - {choice.id for choice in turn.reply.choices}
            faults += [f"choice {each} is not offered" for each in sorted(lacking)]
        elif ids and turn.kind in _WITH_ANSWERS and ids != {each.removeprefix("smalltalk/") for each in turn.answer_ids}:
            faults.append(f"answers {' '.join(sorted(ids))}, got {' '.join(turn.answer_ids) or 'none'}")
        faults += [fault for note in expected["notes"].split(", ")[1:] if (fault := _note_fault(note, turn))]
    if words.casefold() not in said:
        faults.append(f"words {words!r} are not in the reply")
    return faults


def _note_fault(note: str, turn: Turn) -> str | None:
    match note:
        case "latched" | "not latched":
            return None if turn.latched == (note == "latched") else f"{note}, got latched={turn.latched}"
        case "opened" | "offered":
            return None if turn.handoff == note else f"handoff {note}, got {turn.handoff}"
        case "help first":
            ways = [way for line in turn.reply.help for way in (line.call, line.text, line.chat) if way]
            is_first = any(way in turn.reply.text[:FIRST_CHARS] for way in ways)
            return None if is_first else f"no number in the first {FIRST_CHARS} characters"
        case _:
            return f"the note {note!r} is not known"


def _typed(exchange: Exchange, last: Turn | None, dialog: Dialog) -> str:
    pressed = _PRESSED.fullmatch(exchange.visitor)
    if pressed is None:
        return exchange.visitor
    choices = last.reply.choices if last else ()
    for number, choice in enumerate(choices, start=1):
        if choice.id == pressed["id"]:
            return choice.label if pressed["how"] == "choice" else str(number)
    offered = ", ".join(choice.id for choice in choices) or "nothing"
    pytest.fail(f"{dialog.file}:{exchange.line}: there is no choice {pressed['id']}; offered: {offered}", pytrace=False)


DIALOGS = [dialog for path in sorted(FOLDER.glob("*.txt")) for dialog in read_dialogs(path)]


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: f"{dialog.file.removesuffix('.txt')}:{dialog.line}")
async def test_dialog(core: Core, dialog: Dialog) -> None:
    """The conversation goes as it is written."""
    conversations = conversations_of(core, MemoryStore(), FixedClock(NOON), country=dialog.country)
    turn: Turn | None = None
    problems: list[str] = []
    for exchange in dialog.exchanges:
        text = _typed(exchange, turn, dialog)
        turn = await conversations.handle(a_message(text))
        for check in exchange.checks:
            for fault in faults_in(check, turn):
                choices = ", ".join(choice.id for choice in turn.reply.choices)
                problems.append(
                    f"{dialog.file}:{check.line}: expected {fault}\n"
                    f"    visitor: {text[:200]}\n"
                    f"    bot: [{turn.kind.value} {' '.join(turn.answer_ids)}] ({turn.score:.2f}) {turn.reply.text[:300]!r}"
                    + (f"\n    choices: {choices}" if choices else "")
                )
    if problems:
        pytest.fail("\n" + "\n".join(problems), pytrace=False)


def test_there_are_dialogs_enough() -> None:
    """At least 25 conversations are written, and each checks something after every message."""
    assert len(DIALOGS) >= 25
    unchecked = [f"{each.file}:{line.line}" for each in DIALOGS for line in each.exchanges if not line.checks]
    assert unchecked == []


def test_every_answer_named_in_a_dialog_is_there(core: Core) -> None:
    """A dialog names answers and topics that the pack has."""
    known = {*core.book.answers, *core.book.smalltalk}
    named = {
        (f"{dialog.file}:{check.line}", name)
        for dialog in DIALOGS
        for exchange in dialog.exchanges
        for check in exchange.checks
        if (found := _EXPECTED.match(check.text))
        for name in found["ids"].split()
    }
    assert sorted(place for place in named if place[1] not in known) == []


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    """A line that cannot be read says where it stands and what may stand there."""
    (tmp_path / "odd.txt").write_text("visitor: hi\nbott: hello\n", encoding="utf-8")
    with pytest.raises(DialogError, match=r"odd\.txt:2: write visitor:"):
        list(read_dialogs(tmp_path / "odd.txt"))

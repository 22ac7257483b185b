"""``ask --explain``: why triage decided as it did, for editors and responders; never shown to visitors, never logged."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.model import Kind
from bot.triage import Judgement
from bot.triage.kinds import URGENCY, URGENT

MAX_SHOWN_CHARS = 300  # of a view or a sentence in the terminal; JSON holds all of it
_LAYERS = {
    "rule": "a rule over words",
    "classifier": "the classifier",
    "conversation": "this message together with the turns before",
    "": "none",
}


def explanation(judged: Judgement) -> dict[str, Any]:
    """Return a judgement as the ``explain`` object of ``ask --jsonl --explain``."""
    route = judged.route
    return {
        "kind": route.kind.value if route.kind else None,
        "layer": judged.layer or None,
        "reason": route.reason or None,
        "about": route.about,
        "variant": route.variant or None,
        "severity": route.severity,
        "language": route.language or None,
        "concern": round(route.concern, 3),
        "rules": [
            {
                "rule": hit.route.reason,
                "kind": hit.route.kind.value if hit.route.kind else None,
                "sentence": hit.sentence,
                "held_back": hit.held,
            }
            for hit in judged.hits
        ],
        "shares": {name: round(share, 3) for name, share in judged.shares},
        "heads": {name: round(strength, 3) for name, strength in judged.labels},
        "part": judged.part or None,
        "views": list(judged.views),
    }


def show_explanation(judged: Judgement, console: Console) -> None:
    """Print a judgement in plain words; nothing in it is read as markup or as a command of the terminal."""
    table = Table.grid(padding=(0, 2))
    for name, lines in _sections(judged):
        for number, line in enumerate(lines):
            table.add_row(Text("" if number else name, style="bold"), Text(_printable(line)))
    console.print(Padding(table, (1, 2, 0, 2)))


def _sections(judged: Judgement) -> Iterator[tuple[str, Sequence[str]]]:
    route = judged.route
    yield "Triage", [f"raised {route.kind.value}" if route.kind else "raised nothing; the answers were searched"]
    reason = route.reason.removeprefix(f"{judged.layer}: ")
    yield "Layer", [_LAYERS.get(judged.layer, judged.layer) + (f": {reason}" if reason else "")]
    if route.kind:
        about = {"self": "the writer", "other": "somebody else", "staff": "a case that staff relay"}[route.about]
        yield "About", [about + (f" ({route.variant})" if route.variant else "")]
    if route.severity:
        yield "Severity", [route.severity]
    yield "Language", [route.language or "not clear"]
    yield "Rules", _rules(judged)
    yield "Classifier", _shares(judged)
    if judged.labels:
        yield "Heads", [", ".join(f"{name} {strength:.2f}" for name, strength in judged.labels)]
    if judged.part:
        yield "Loudest", [_quoted(judged.part)]
    yield "Read as", [_quoted(view) for view in judged.views] or ["nothing"]


def _rules(judged: Judgement) -> list[str]:
    lines = [
        f"{hit.route.reason} ({hit.route.kind}) {'was held back by an exception on' if hit.held else 'matched'} "
        f"{_quoted(hit.sentence)}"
        for hit in judged.hits
    ]
    fired = next((hit for hit in judged.hits if not hit.held), None)
    if fired and judged.layer == "rule" and judged.route.kind is Kind.DISTRESS and fired.route.kind in URGENT:
        lines.append("The classifier hears too little danger in it to bear the rule out, so it gets the card for distress.")
    return lines or ["none matched"]


def _shares(judged: Judgement) -> list[str]:
    if not judged.shares:
        return ["not asked: a single word, a message that the pack holds as ordinary, or a pack without training messages"]
    shares = sorted(judged.shares, key=lambda each: -each[1])
    return [
        "share of the threshold; 1 or more is raised: "
        + ", ".join(f"{'crisis or emergency' if name == URGENCY else name} {share:.2f}" for name, share in shares)
    ]


def _quoted(text: str) -> str:
    return f'"{text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "…"}"'


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)

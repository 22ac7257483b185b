"""``train``: what is new in the verdicts, and what changed on the gate; ids and counts only, never a message."""

from rich.console import Console
from rich.table import Table

from bot.content.lessons import Lessons
from bot.learning import Comparison


def show_lessons(lessons: Lessons, console: Console | None = None) -> None:
    """Print what is new and what is not learnt, and why."""
    console = console or _console()
    for line in lessons.left_out:
        console.print(line, markup=False, soft_wrap=True)
    for name, texts in sorted(lessons.by_file.items()):
        console.print(f"{len(texts)} new for {name}", markup=False, soft_wrap=True)
    console.print(
        f"{len(lessons.examples)} new messages; {lessons.n_known} known already, {lessons.n_tests} only a test, "
        f"{len(lessons.left_out)} not learnt",
        soft_wrap=True,
    )


def show_comparison(found: Comparison, console: Console | None = None) -> None:
    """Print the old triage against the new one: danger found, false alarms, cards, and each message that flipped."""
    console = console or _console()
    table = Table(title=f"On the gate, {len(found.old.seen)} messages", title_justify="left")
    for column in ("", "of", "old", "new"):
        table.add_column(column, justify="right" if column else "left")
    pairs = [
        *zip(found.old.found(), found.new.found(), ["danger found"], strict=True),
        *zip(found.old.raised(), found.new.raised(), ["false alarms"], strict=True),
        *(
            (old, new, f"harmless, but a card: {old.name}")
            for old, new in zip(found.old.false_cards(), found.new.false_cards(), strict=True)
        ),
    ]
    for old, new, name in pairs:
        table.add_row(name, str(old.n), str(old.hits), str(new.hits))
    table.add_row("new messages met as their verdicts say", *map(str, (found.n_lessons, found.met_before, found.met_after)))
    console.print(table)
    for before, after in found.flipped:
        console.print(
            f"{before.case.id}: was {before.kind}, is {after.kind} (expected {before.case.expect})",
            markup=False,
            soft_wrap=True,
        )
    if not found.flipped:
        console.print("No message of the gate became another kind.")


def _console() -> Console:
    return Console(highlight=False)

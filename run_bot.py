"""Handrail's command line, and the one place that builds things: it reads the settings and joins adapters to the core.

Exit codes: 0 done; 1 the pack or the questions have faults; 2 the command was not understood, or a setting is wrong;
3 something it needs could not be had (a port in use, a file that can't be read).
"""

import gc
import os

if __name__ == "__main__":
    # Measured (benchmarks/start.py): collecting garbage while all this is imported and made costs a sixth of the start, and
    # BLAS threads, which products this small never use, a tenth.
    gc.set_threshold(200_000, 20, 50)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import asyncio
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.errors import BotError, ContentError, EvaluationError
from bot.memory import MemoryStore, SystemClock
from bot.settings import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from bot.assembly import Core
    from bot.content.schema import KnowledgeBase
    from bot.conversation import Conversations
    from bot.ports import Clock

EXIT_FAULTS, EXIT_USAGE, EXIT_UNAVAILABLE = 1, 2, 3

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Handrail answers questions from a pack of vetted answers, and brings in a person when one is needed.\n\n"
    "Examples:\n\n  python run_bot.py                      serve the page on http://127.0.0.1:8080/\n\n"
    '  python run_bot.py ask "is it legal"    one answer\n\n'
    "  python run_bot.py ask                  a chat in the terminal\n\n"
    "  python run_bot.py check                look for faults in the pack\n\n"
    "Exit codes: 0 done, 1 faults found, 2 not understood, 3 something needed is missing.",
)
KnowledgeOption = Annotated[
    Path | None, typer.Option("--knowledge", metavar="DIR", help="Folder of the knowledge pack.", show_default="knowledge")
]


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Serve when no command is named."""
    if context.invoked_subcommand is None:
        serve()


@app.command(epilog="Example: python run_bot.py serve --port 8081")
def serve(
    knowledge: KnowledgeOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.", show_default="8080")] = None,
) -> None:
    """Serve the page, the list of all answers, and the HTTP API, until Ctrl-C."""
    settings = _settings(knowledge=knowledge, host=host, port=port)
    core = _core(settings)
    from adapters.web.server import PortInUse, run

    store, clock = MemoryStore(settings.max_conversations), SystemClock()
    conversations = _conversations(core, settings, store, clock)
    try:
        asyncio.run(run(core, conversations, store, clock, settings, say=typer.echo))
    except PortInUse as error:
        _fail(str(error), EXIT_UNAVAILABLE)
    except KeyboardInterrupt:
        typer.echo("Stopped.")


@app.command(
    epilog='Examples: python run_bot.py ask "how long is one session" | '
    "python run_bot.py ask --jsonl < questions.jsonl > replies.jsonl"
)
def ask(
    text: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]", help="The question; without it, a chat.")] = None,
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read and write one JSON object a line.")] = False,
    knowledge: KnowledgeOption = None,
) -> None:
    """Ask one question, chat in the terminal, or answer a file of questions."""
    if jsonl and text:
        _fail("--jsonl reads its questions from standard input. Leave the text out, or leave --jsonl out.", EXIT_USAGE)
    settings = _settings(knowledge=knowledge)
    core = _core(settings)
    conversations = _conversations(core, settings, MemoryStore(settings.max_conversations), SystemClock())
    if jsonl:
        asyncio.run(_ask_lines(conversations))
    elif text:
        asyncio.run(_ask_once(conversations, " ".join(text)))
    else:
        asyncio.run(_chat(conversations))


@app.command(epilog="Example: python run_bot.py check --knowledge my-pack")
def check(
    knowledge: KnowledgeOption = None,
    *,
    reach: Annotated[
        bool, typer.Option(help="Also hide each phrasing from the index and see whether its answer is found.")
    ] = True,
) -> None:
    """Look for faults in the pack; exit 1 when there is one."""
    settings = _settings(knowledge=knowledge)
    from adapters.terminal.progress import bar
    from bot.content.checks import check_pack
    from bot.content.reach import check_reach

    with bar() as progress:
        try:
            kb = _load(settings)
            faults = check_pack(kb, settings.knowledge)
            if reach:
                faults += check_reach(kb, progress)
        except ContentError as error:
            typer.echo(str(error))
            _fail(f"{len(str(error).splitlines())} faults", EXIT_FAULTS)
    for fault in faults:
        typer.echo(str(fault))
    errors = sum(fault.is_error for fault in faults)
    phrasings = sum(len(answer.phrasings) for answer in kb.answers.values())
    typer.echo(
        f"{len(kb.approved())} approved answers, {phrasings} phrasings, {len(kb.concepts)} concepts: "
        f"{errors} errors, {len(faults) - errors} notes"
    )
    raise typer.Exit(EXIT_FAULTS if errors else 0)


@app.command(name="eval", epilog="Example: python run_bot.py eval tests/eval/*.jsonl --html report.html")
def evaluate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Labelled questions, one JSON object a line.")],
    knowledge: KnowledgeOption = None,
    html: Annotated[
        Path | None, typer.Option(help="Where to write the page with plots.", show_default="var/eval.html")
    ] = None,
) -> None:
    """Measure the answers on labelled questions: a table here, and a page with plots."""
    settings = _settings(knowledge=knowledge)
    core = _core(settings)
    from adapters.terminal.progress import bar
    from bot.evaluation import evaluate as run_evaluation
    from bot.evaluation import print_report, read_questions, write_page

    try:
        questions = read_questions(files, core.book.answers)
        with bar() as progress:
            report = asyncio.run(run_evaluation(core, questions, progress))
    except EvaluationError as error:
        _fail(str(error), EXIT_FAULTS)
    print_report(report)
    page = html or settings.data_dir / "eval.html"
    try:
        write_page(report, page)
    except OSError as error:
        _fail(
            f"The page could not be written to {page} ({error.strerror}). Name another place with --html.", EXIT_UNAVAILABLE
        )
    typer.echo(f"Page with plots: {page}")


def _settings(**overrides: object) -> Settings:
    try:
        return read_settings(**overrides)
    except SettingsError as error:
        _fail(str(error), EXIT_USAGE)


def _core(settings: Settings) -> "Core":
    from adapters.terminal.progress import bar
    from bot.assembly import assemble

    try:
        with bar() as progress:
            core = assemble(settings.knowledge, settings.data_dir, progress)
    except ContentError as error:
        typer.echo(str(error), err=True)
        _fail("The knowledge pack cannot be used. Mend the lines above, then run `python run_bot.py check`.", EXIT_FAULTS)
    for note in core.notes:
        typer.echo(note, err=True)
    gc.set_threshold(50_000, 20, 50)
    gc.freeze()  # what the start made lives as long as the process: later collections need not look at it again
    return core


def _load(settings: Settings) -> "KnowledgeBase":
    from bot.content.loader import load

    return load(settings.knowledge)


def _conversations(core: "Core", settings: Settings, store: "MemoryStore", clock: "Clock") -> "Conversations":
    from functools import partial

    from bot.conversation import Conversations, Site
    from bot.privacy import reference

    key = settings.token_secret.reveal().encode() if settings.token_secret else secrets.token_bytes(32)
    return Conversations(
        book=core.book,
        searcher=core.searcher,
        triage=core.triage,
        transcript=store,
        handoffs=store,
        clock=clock,
        site=Site(country=settings.country, contact=settings.contact_email),
        reference=partial(reference, key=key),
    )


async def _ask_lines(conversations: "Conversations") -> None:
    from adapters.terminal.jsonl import answer_lines, lines_of

    try:
        async for line in answer_lines(lines_of(sys.stdin.buffer), conversations, SystemClock()):
            sys.stdout.buffer.write(f"{line}\n".encode())  # UTF-8 whatever the locale says
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left; nothing more to say


async def _ask_once(conversations: "Conversations", text: str) -> None:
    from rich.console import Console

    from adapters.terminal.chat import once, show

    show(await once(conversations, SystemClock(), text), Console(highlight=False))


async def _chat(conversations: "Conversations") -> None:
    import contextlib

    from rich.console import Console

    from adapters.terminal.chat import chat

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - gives `input` a history and arrow keys
    await chat(conversations, SystemClock(), Console(highlight=False), input)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


if __name__ == "__main__":
    try:
        app()
    except BotError as error:
        typer.echo(str(error), err=True)
        sys.exit(EXIT_UNAVAILABLE)

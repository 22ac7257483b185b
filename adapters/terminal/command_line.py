"""The command line, read by Typer: what may be typed, its help, and which action it asks for."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

KnowledgeOption = Annotated[
    Path | None, typer.Option("--knowledge", metavar="DIR", help="Folder of the knowledge pack.", show_default="knowledge")
]


def command_line(
    *,
    serve: Callable[..., None],
    ask: Callable[..., None],
    check: Callable[..., None],
    evaluate: Callable[..., None],
    train: Callable[..., None],
) -> typer.Typer:
    """Return what reads the arguments and does what they ask for; it ends the process with 2 where they make no sense.

    Args:
        serve: called with ``knowledge``, ``host`` and ``port``, each None when it was left out.
        ask: called with the words of the question, ``jsonl``, ``explain`` and ``knowledge``.
        check: called with ``knowledge`` and ``reach``.
        evaluate: called with the files, ``safety``, ``knowledge`` and ``html``.
        train: called with ``knowledge``, ``verdicts``, the files of the ``gate``, and ``dry_run``.
    """
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="Handrail answers questions from a pack of vetted answers, and brings in a person when one is needed.\n\n"
        "Examples:\n\n  python run_bot.py                      serve the page on http://127.0.0.1:8080/\n\n"
        '  python run_bot.py ask "is it legal"    one answer\n\n'
        "  python run_bot.py ask                  a chat in the terminal\n\n"
        "  python run_bot.py check                look for faults in the pack\n\n"
        "  python run_bot.py train --dry-run      what responders' verdicts would teach triage\n\n"
        "Exit codes: 0 done, 1 faults found, 2 not understood, 3 something needed is missing.",
    )

    @app.callback(invoke_without_command=True)
    def main(context: typer.Context) -> None:
        """Serve when no command is named."""
        if context.invoked_subcommand is None:
            serve()

    @app.command("serve", epilog="Example: python run_bot.py serve --port 8081")
    def serve_command(
        knowledge: KnowledgeOption = None,
        host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
        port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.", show_default="8080")] = None,
    ) -> None:
        """Serve the page, the list of all answers, and the HTTP API, until Ctrl-C."""
        serve(knowledge=knowledge, host=host, port=port)

    @app.command(
        "ask",
        epilog='Examples: python run_bot.py ask "how long is one session" | '
        'python run_bot.py ask --explain "i cannot go on" | '
        "python run_bot.py ask --jsonl < questions.jsonl > replies.jsonl",
    )
    def ask_command(
        text: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]", help="The question; without it, a chat.")] = None,
        *,
        jsonl: Annotated[bool, typer.Option("--jsonl", help="Read and write one JSON object a line.")] = False,
        explain: Annotated[
            bool,
            typer.Option(
                "--explain",
                help="Also say why triage decided so, for editors and responders; with TEXT or --jsonl.",
            ),
        ] = False,
        knowledge: KnowledgeOption = None,
    ) -> None:
        """Ask one question, chat in the terminal, or answer a file of questions."""
        ask(text or [], jsonl=jsonl, explain=explain, knowledge=knowledge)

    @app.command("check", epilog="Example: python run_bot.py check --knowledge my-pack")
    def check_command(
        knowledge: KnowledgeOption = None,
        *,
        reach: Annotated[
            bool, typer.Option(help="Also hide each phrasing from the index and see whether its answer is found.")
        ] = True,
    ) -> None:
        """Look for faults in the pack; exit 1 when there is one."""
        check(knowledge=knowledge, reach=reach)

    @app.command(
        "eval",
        epilog="Examples: python run_bot.py eval tests/eval/*.jsonl --html report.html | "
        "python run_bot.py eval --safety tests/safety/dev_*.jsonl",
    )
    def evaluate_command(
        files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Labelled questions, one JSON object a line.")],
        *,
        safety: Annotated[
            bool,
            typer.Option("--safety", help="The files hold labelled messages for triage: measure what it finds and misses."),
        ] = False,
        knowledge: KnowledgeOption = None,
        html: Annotated[
            Path | None,
            typer.Option(help="Where to write the page with plots.", show_default="var/eval.html or var/safety.html"),
        ] = None,
    ) -> None:
        """Measure the answers on labelled questions, or triage on labelled messages: tables here, and a page with plots."""
        evaluate(files, safety=safety, knowledge=knowledge, html=html)

    @app.command(
        "train",
        epilog="Examples: python run_bot.py train --dry-run | "
        "python run_bot.py train --verdicts var/verdicts.jsonl --gate my-messages.jsonl",
    )
    def train_command(
        more: Annotated[list[Path] | None, typer.Argument(metavar="FILE…", help="More files of the gate.")] = None,
        *,
        verdicts: Annotated[
            Path | None, typer.Option(metavar="FILE", help="What responders said.", show_default="var/verdicts.jsonl")
        ] = None,
        gate: Annotated[
            list[Path] | None,
            typer.Option(
                metavar="FILE",
                help="Labelled messages, as for eval --safety, on which the new triage may not be worse.",
                show_default="safety/gate/*.jsonl of the pack",
            ),
        ] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure and print; write nothing.")] = False,
        knowledge: KnowledgeOption = None,
    ) -> None:
        """Teach triage what responders said of handoffs; where that makes it worse, write nothing and exit with 1."""
        if more and not gate:
            raise typer.BadParameter(f"{more[0]}: name the files of the gate with --gate, and verdicts with --verdicts.")
        train(knowledge=knowledge, verdicts=verdicts, gate=[*(gate or ()), *(more or ())], dry_run=dry_run)

    return app

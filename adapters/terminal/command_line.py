"""The command line, read by Typer: what may be typed, its help, and which action it asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

KnowledgeOption = Annotated[
    Path | None, typer.Option("--knowledge", metavar="DIR", help="Folder of the knowledge pack.", show_default="knowledge")
]


@dataclass(frozen=True, kw_only=True)
class Actions:
    """What the commands do; each is called with the options of its command, None for those that were left out."""

    serve: Callable[..., None]  # knowledge, host, port
    ask: Callable[..., None]  # the words of the question, jsonl, explain, knowledge
    check: Callable[..., None]  # knowledge, reach
    evaluate: Callable[..., None]  # the files, safety, knowledge, html
    train: Callable[..., None]  # knowledge, verdicts, the files of the gate, dry_run
    desk: Callable[..., None]  # act, account, role, shown
    test_alerts: Callable[[], None]
    backup: Callable[[Path], None]
    restore: Callable[[Path], None]
    expire: Callable[..., None]  # dry_run


def command_line(actions: Actions) -> typer.Typer:
    """Return what reads the arguments and does what they ask for; it ends the process with 2 where they make no sense."""
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
        "  python run_bot.py desk add dana        a link with which Dana gets into the desk\n\n"
        "  python run_bot.py alerts test          a test through every way to tell the team\n\n"
        "Exit codes: 0 done, 1 faults found, 2 not understood, 3 something needed is missing.",
    )

    @app.callback(invoke_without_command=True)
    def main(context: typer.Context) -> None:
        """Serve when no command is named."""
        if context.invoked_subcommand is None:
            actions.serve()

    @app.command("serve", epilog="Example: python run_bot.py serve --port 8081")
    def serve_command(
        knowledge: KnowledgeOption = None,
        host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
        port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.", show_default="8080")] = None,
    ) -> None:
        """Serve the page, the list of all answers, and the HTTP API, until Ctrl-C."""
        actions.serve(knowledge=knowledge, host=host, port=port)

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
        actions.ask(text or [], jsonl=jsonl, explain=explain, knowledge=knowledge)

    @app.command("check", epilog="Example: python run_bot.py check --knowledge my-pack")
    def check_command(
        knowledge: KnowledgeOption = None,
        *,
        reach: Annotated[
            bool, typer.Option(help="Also hide each phrasing from the index and see whether its answer is found.")
        ] = True,
    ) -> None:
        """Look for faults in the pack; exit 1 when there is one."""
        actions.check(knowledge=knowledge, reach=reach)

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
        actions.evaluate(files, safety=safety, knowledge=knowledge, html=html)

    @app.command(
        "train",
        epilog="Examples: python run_bot.py train --dry-run | "
        "python run_bot.py train --verdicts var/verdicts.jsonl --gate my-messages.jsonl",
    )
    def train_command(
        more: Annotated[list[Path] | None, typer.Argument(metavar="FILE…", help="More files of the gate.")] = None,
        *,
        verdicts: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE",
                help="What responders said, in a file.",
                show_default="those of the desk, and var/verdicts.jsonl",
            ),
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
        actions.train(knowledge=knowledge, verdicts=verdicts, gate=[*(gate or ()), *(more or ())], dry_run=dry_run)

    _add_store_commands(app, actions)
    app.add_typer(_desk_commands(actions), name="desk")
    app.add_typer(_alert_commands(actions), name="alerts")
    return app


def _add_store_commands(app: typer.Typer, actions: Actions) -> None:
    @app.command("backup", epilog="Example: python run_bot.py backup handrail-2026-11-25.db")
    def backup_command(target: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")]) -> None:
        """Copy the database to a new file, while it is in use or not."""
        actions.backup(target)

    @app.command("restore", epilog="Example: python run_bot.py restore handrail-2026-11-25.db")
    def restore_command(source: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` made.")]) -> None:
        """Put a back-up in the place of the database; a damaged one is refused, and the former database is kept."""
        actions.restore(source)

    @app.command("expire", epilog="Example: python run_bot.py expire --dry-run")
    def expire_command(
        *,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many there are.")] = False,
    ) -> None:
        """Erase conversations that are past their days, as the server does every hour."""
        actions.expire(dry_run=dry_run)


def _desk_commands(actions: Actions) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help="Who may use the desk at /desk.")

    @app.command("add", epilog="Example: python run_bot.py desk add dana --shown Dana --role responder")
    def add_command(
        name: Annotated[str, typer.Argument(metavar="NAME", help="The log-in name; known or new.")],
        *,
        role: Annotated[
            str | None,
            typer.Option(help="responder, editor or admin; the first account is an admin.", show_default="responder"),
        ] = None,
        shown: Annotated[str | None, typer.Option(help="The name that visitors read.", show_default="NAME")] = None,
    ) -> None:
        """Print a link, good once for 48 hours, with which somebody chooses a password."""
        actions.desk(act="add", account=name, role=role, shown=shown)

    @app.command("list")
    def list_command() -> None:
        """List who may use the desk."""
        actions.desk(act="list", account="", role=None, shown=None)

    @app.command("remove", epilog="Example: python run_bot.py desk remove dana")
    def remove_command(name: Annotated[str, typer.Argument(metavar="NAME", help="The log-in name.")]) -> None:
        """Shut somebody out, and log them out everywhere."""
        actions.desk(act="remove", account=name, role=None, shown=None)

    return app


def _alert_commands(actions: Actions) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help="How the team is told.")

    @app.callback()
    def alerts() -> None:
        """How the team is told."""

    @app.command("test", epilog="Example: python run_bot.py alerts test")
    def test_command() -> None:
        """Send a marked test through every channel of every step, and say what became of each."""
        actions.test_alerts()

    return app

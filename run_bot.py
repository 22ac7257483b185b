"""Handrail's command line, and the one place that builds things: it reads the settings and joins adapters to the core.

Exit codes: 0 done; 1 the pack or a file has faults, or what was learnt is worse; 2 the command was not understood, or a
setting is wrong; 3 something it needs could not be had (a port in use, a place that can't be written to).
"""

import gc
import os

if __name__ == "__main__":
    # Measured (benchmarks/start.py): collecting garbage while all this is imported and made costs a sixth of the start, and
    # BLAS threads, which products this small never use, a tenth.
    gc.set_threshold(200_000, 20, 50)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import asyncio
import logging
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from bot.errors import BotError, ContentError, EvaluationError, LessonsNotKept, StoreUnavailable, VerdictsUnreadable
from bot.memory import FixedTeam, LocalChanges, MemoryStore, SystemClock
from bot.settings import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from adapters.slack import SlackService
    from adapters.store.sqlite import SqliteStore
    from adapters.web.presence import Presence
    from bot.assembly import Core
    from bot.content.schema import KnowledgeBase
    from bot.content.verdicts import Recorded
    from bot.conversation import Conversations
    from bot.hours import Hours
    from bot.model import Turn
    from bot.ports import Clock, Team, Transcript

T = TypeVar("T")
log = logging.getLogger("handrail")
AGAIN_S = 1.0  # after which background work that failed is begun again
EXIT_FAULTS, EXIT_USAGE, EXIT_UNAVAILABLE = 1, 2, 3

PLAIN_OPTIONS = frozenset({"--host", "--port", "--knowledge"})


def app(arguments: Sequence[str] | None = None) -> None:
    """Do what the arguments ask for, the process's own where none are given."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    plain = _plain_serve(given)
    if plain is None:
        from adapters.terminal.command_line import Actions, command_line

        actions = Actions(
            serve=serve,
            ask=ask,
            check=check,
            evaluate=evaluate,
            train=train,
            desk=desk,
            test_alerts=test_alerts,
            backup=backup,
            restore=restore,
            expire=expire,
        )
        command_line(actions)(given)
        return
    try:
        serve(**plain)
    except KeyboardInterrupt:
        _fail("Aborted!", EXIT_FAULTS)  # as Typer says when Ctrl-C comes before the server runs


def _plain_serve(given: Sequence[str]) -> dict[str, str] | None:
    """Return the options of a `serve` that leaves nothing to explain; None for help, mistakes and other commands.

    Those are Typer's. It reads options with pydantic, which costs 40 ms, a seventh of the start (``benchmarks/start.py``).
    """
    command, *rest = given or ["serve"]
    names, values = rest[::2], rest[1::2]
    options = dict(zip(names, values, strict=False))
    is_plain = (
        command == "serve"
        and len(names) == len(values)
        and options.keys() <= PLAIN_OPTIONS
        and not any(value.startswith("-") or not value for value in values)
        and options.get("--port", "0").isdecimal()
    )
    return {name.removeprefix("--"): value for name, value in options.items()} if is_plain else None


def serve(**options: object) -> None:
    """Serve until Ctrl-C; ``knowledge``, ``host`` and ``port`` go before the settings of the same names."""
    settings = _settings(**options)
    with ThreadPoolExecutor(1) as beside:
        # To import aiohttp is to read the system's certificates, which needs no Python: the index is read meanwhile.
        beside.submit(import_module, "aiohttp.web")
        core = _core(settings)
    from adapters.web.logs import set_up_logs
    from adapters.web.server import PortInUse

    set_up_logs(settings.log_level, settings.log_format)
    hours, zone = _hours(settings)
    try:
        asyncio.run(_serve(core, settings, hours, zone))
    except PortInUse as error:
        _fail(str(error), EXIT_UNAVAILABLE)
    except KeyboardInterrupt:
        print("Stopped.")


async def _serve(core: "Core", settings: Settings, hours: "Hours | None", zone: "ZoneInfo") -> None:
    """Open the store, join the parts and run them until the process is told to stop."""
    from adapters.alerts import AlertedTeam, Channel, LadderWorker, make_alerts
    from adapters.store.sqlite import open_store
    from adapters.web.metrics import Metrics
    from adapters.web.parts import Parts
    from adapters.web.presence import Presence
    from adapters.web.server import run
    from bot.retention import Retention, keep_expiring

    changes, clock, metrics = LocalChanges(), SystemClock(), Metrics()
    channels, faults = make_alerts(settings)
    for fault in faults:
        print(fault, file=sys.stderr)
    ways: list[Channel] = list(channels)
    team = AlertedTeam(hours, lambda: bool(ways))
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(
                settings.database, synchronous=settings.sqlite_synchronous, changes=changes, on_fault=_say_store_is_away
            )
        )
        metrics.store_queue = lambda: store.waiting
        retention = Retention(days=settings.keep_days, crisis_days=settings.keep_crisis_days)
        await stack.enter_async_context(beside("retention", partial(keep_expiring, store, clock, retention)))
        conversations = _conversations(core, settings, store, clock, team, observe=metrics.observe)
        presence = Presence(changes, clock)
        slack = _slack(core, settings, store, conversations=conversations, changes=changes, clock=clock, presence=presence)
        if slack is not None:
            ways += slack.alerts
            stack.push_async_callback(slack.close)
            await stack.enter_async_context(beside("slack", slack.run))
        worker = LadderWorker(
            outbox=store,
            handoffs=store,
            transcript=store,
            channels=ways,
            ladders=settings.ladders,
            hours=hours,
            clock=clock,
            changes=changes,
            base_url=settings.base_url,
            zone=zone,
            may_quote=settings.alert_text,
            on_attempt=metrics.alerted,
        )
        for channel in channels:
            stack.callback(channel.close)
        await stack.enter_async_context(beside("alerts", worker.run))
        parts = Parts(
            core=core,
            conversations=conversations,
            store=store,
            changes=changes,
            team=team,
            clock=clock,
            settings=settings,
            metrics=metrics,
            presence=presence,
            routes=slack.routes if slack else (),
        )
        await run(parts, say=_say)


def _slack(
    core: "Core",
    settings: Settings,
    store: "SqliteStore",
    *,
    conversations: "Conversations",
    changes: LocalChanges,
    clock: "Clock",
    presence: "Presence",
) -> "SlackService | None":
    """Return Slack where it is set, and say why it is off where only a part of it is."""
    if not (settings.slack_bot_token or settings.slack_signing_secret or settings.slack_app_token):
        return None
    from adapters.slack import Parts, SlackService, why_not

    if reason := why_not(settings):
        print(reason, file=sys.stderr)
        return None
    parts = Parts(
        settings=settings,
        conversations=conversations,
        book=core.book,
        store=store,
        changes=changes,
        clock=clock,
        has_left=lambda conversation_id: presence.visitor(conversation_id).left_at is not None,
    )
    return SlackService(parts)


def _hours(settings: Settings) -> "tuple[Hours | None, ZoneInfo]":
    from bot.hours import Hours, read_zone

    try:
        zone = read_zone(settings.time_zone)
        text = settings.opening_hours
        return (Hours.read(text, time_zone=settings.time_zone, country=settings.country) if text else None), zone
    except ValueError as error:
        _fail(f"HANDRAIL_OPENING_HOURS, HANDRAIL_TIME_ZONE: {error}", EXIT_USAGE)


@asynccontextmanager
async def beside(name: str, work: Callable[[], Coroutine[object, object, None]]) -> AsyncIterator[None]:
    """Do something for as long as the block lasts, begun again whenever it fails: alerts must not end by a fault."""

    async def kept_going() -> None:
        while True:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - the edge of a task
                log.error("background work failed", extra={"work": name, "error": type(error).__name__})
                await asyncio.sleep(AGAIN_S)
            else:
                return

    task = asyncio.create_task(kept_going())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _say_store_is_away(error: BotError) -> None:
    print(
        f"{error} Conversations cannot be recorded; visitors are told so, and danger still gets its numbers.",
        file=sys.stderr,
        flush=True,
    )


def ask(text: Sequence[str], *, jsonl: bool, knowledge: Path | None, explain: bool = False) -> None:
    """Ask one question, chat in the terminal, or answer a file of questions; ``explain`` adds why triage decided so."""
    if jsonl and text:
        _fail("--jsonl reads its questions from standard input. Leave the text out, or leave --jsonl out.", EXIT_USAGE)
    if explain and not jsonl and not text:
        _fail('--explain needs a message. Write `ask --explain "TEXT"`, or add --jsonl.', EXIT_USAGE)
    settings = _settings(knowledge=knowledge)
    core = _core(settings)
    conversations = _conversations(core, settings, MemoryStore(settings.max_conversations), SystemClock(), FixedTeam())
    if jsonl:
        asyncio.run(_ask_lines(conversations, explain=explain))
    elif text:
        asyncio.run(_ask_once(conversations, " ".join(text), explain=explain))
    else:
        asyncio.run(_chat(conversations))


def check(*, knowledge: Path | None, reach: bool) -> None:
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
            print(str(error))
            _fail(f"{len(str(error).splitlines())} faults", EXIT_FAULTS)
    for fault in faults:
        print(str(fault))
    errors = sum(fault.is_error for fault in faults)
    phrasings = sum(len(answer.phrasings) for answer in kb.answers.values())
    print(
        f"{len(kb.approved())} approved answers, {phrasings} phrasings, {len(kb.concepts)} concepts: "
        f"{errors} errors, {len(faults) - errors} notes"
    )
    sys.exit(EXIT_FAULTS if errors else 0)


def evaluate(files: Sequence[Path], *, knowledge: Path | None, html: Path | None, safety: bool = False) -> None:
    """Measure the answers on labelled questions, or triage on labelled messages: tables here, and a page with plots."""
    settings = _settings(knowledge=knowledge)
    try:
        if safety:
            _evaluate_safety(files, settings, html or settings.data_dir / "safety.html")
        else:
            _evaluate_answers(files, settings, html or settings.data_dir / "eval.html")
    except EvaluationError as error:
        _fail(str(error), EXIT_FAULTS)


def _evaluate_answers(files: Sequence[Path], settings: Settings, page: Path) -> None:
    core = _core(settings)
    from adapters.terminal.progress import bar
    from bot.evaluation import evaluate as run_evaluation
    from bot.evaluation import print_report, read_questions, write_page

    questions = read_questions(files, core.book.answers)
    with bar() as progress:
        report = asyncio.run(run_evaluation(core, questions, progress))
    print_report(report)
    _write_page(partial(write_page, report), page)


def _evaluate_safety(files: Sequence[Path], settings: Settings, page: Path) -> None:
    from adapters.terminal.progress import bar
    from bot.evaluation import measure_safety, print_safety, read_cases, write_safety_page

    cases = read_cases(files)  # a fault in them must show before minutes are spent on the index
    core = _core(settings)
    with bar() as progress:
        report = measure_safety(core.triage, cases, progress)
    print_safety(report)
    _write_page(partial(write_safety_page, report), page)


def _write_page(write: Callable[[Path], None], page: Path) -> None:
    try:
        write(page)
    except OSError as error:
        _fail(
            f"The page could not be written to {page} ({error.strerror}). Name another place with --html.", EXIT_UNAVAILABLE
        )
    print(f"Page with plots: {page}")


def train(*, knowledge: Path | None, verdicts: Path | None, gate: Sequence[Path], dry_run: bool) -> None:
    """Teach triage what responders' verdicts say, when it is not worse for it on the gate."""
    settings = _settings(knowledge=knowledge)
    from bot.content.verdicts import FILE_NAME, read_verdicts
    from bot.learning import GATE_FOLDER

    files = gate or sorted((settings.knowledge / GATE_FOLDER).glob("*.jsonl"))
    if not files:
        _fail(
            f"There is no gate, and without one nobody could tell whether triage is better. Name labelled messages with "
            f"--gate FILE, or put them under {settings.knowledge / GATE_FOLDER}.",
            EXIT_USAGE,
        )
    path = verdicts or settings.data_dir / FILE_NAME
    try:
        recorded = [] if verdicts else _verdicts_of_the_desk(settings)
        recorded += read_verdicts(path) if verdicts or path.exists() else []
        if not recorded and verdicts is None and not path.exists():
            print("There are no verdicts yet, neither of the desk nor in a file. Nothing to learn.")
            return
        _train(settings, recorded, files, dry_run=dry_run)
    except (ContentError, EvaluationError, VerdictsUnreadable) as error:
        _fail(str(error), EXIT_FAULTS)
    except LessonsNotKept as error:
        _fail(str(error), EXIT_UNAVAILABLE)


def _verdicts_of_the_desk(settings: Settings) -> "list[Recorded]":
    from bot.content.verdicts import recorded_lessons

    if not settings.database.exists():
        return []
    return recorded_lessons(_in_store(settings, lambda store: store.lessons()))


def _train(settings: Settings, recorded: "Sequence[Recorded]", files: Sequence[Path], *, dry_run: bool) -> None:
    from adapters.terminal.learning import show_comparison, show_lessons
    from adapters.terminal.progress import bar
    from bot.assembly import ordinary_messages
    from bot.content.lessons import choose_lessons, keep_lessons
    from bot.content.training import load_training
    from bot.evaluation import read_cases
    from bot.learning import check_gate, compare

    cases = read_cases(files)
    check_gate(cases)
    kb = _load(settings)
    lessons = choose_lessons(
        recorded, load_training(settings.knowledge), ordinary_messages(kb), {case.text: case.id for case in cases}
    )
    show_lessons(lessons)
    if not lessons.examples:
        print("Nothing new to learn.")
        return
    core = _core(settings)
    with bar() as progress:
        comparison = compare(core, kb, settings.knowledge, lessons, cases, progress=progress)
    show_comparison(comparison)
    if comparison.is_worse:
        _fail("The new triage is worse on the gate. Nothing was written, and the old one stays in use.", EXIT_FAULTS)
    if dry_run:
        print("The new triage is not worse on the gate. Nothing was written, since this is a dry run.")
        return
    names = keep_lessons(settings.knowledge, lessons.by_file)
    print(f"Kept in {', '.join(names)}. Start Handrail anew to use them; that start fits triage again.")


def desk(*, act: str, account: str, role: str | None, shown: str | None) -> None:
    """Invite somebody to the desk, list who may use it, or shut somebody out."""
    settings = _settings()
    from adapters.web.desk.accounts import ROLES, AccountRejected, invite, listed, remove

    clock = SystemClock()
    try:
        if act == "list":
            print(*_in_store(settings, listed) or ["Nobody yet. Add the first with: desk add NAME"], sep="\n")
        elif act == "remove":
            _in_store(settings, lambda store: remove(store, account_id=account, clock=clock, desk=store))
            print(f"{account} is shut out, and logged out everywhere.")
        else:
            given = next((each for each in ROLES if each == role), None)
            if role is not None and given is None:
                raise AccountRejected(f"There is no such role. Choose one of {', '.join(ROLES)}.")  # noqa: TRY301
            inviting = partial(invite, account_id=account, name=shown, role=given, clock=clock, base_url=settings.base_url)
            link = _in_store(settings, lambda store: inviting(store, desk=store))
            print(f"Give this link to {account}. It works once, for 48 hours:\n{link}")
    except AccountRejected as error:
        _fail(str(error), EXIT_USAGE)
    except StoreUnavailable as error:
        _fail(str(error), EXIT_UNAVAILABLE)


def test_alerts() -> None:
    """Send a marked test through every channel, and exit with 3 where one did not take it."""
    settings = _settings()
    from adapters.alerts import make_alerts, send_test

    channels, faults = make_alerts(settings)
    for fault in faults:
        print(fault, file=sys.stderr)
    is_fine = asyncio.run(send_test(channels, _say)) and not faults
    for channel in channels:
        channel.close()
    sys.exit(0 if is_fine else EXIT_UNAVAILABLE)


def backup(target: Path) -> None:
    """Copy the database to a file, while it is in use or not."""
    settings = _settings()
    from adapters.store.sqlite import back_up
    from adapters.terminal.progress import bar

    try:
        with bar() as progress:
            back_up(settings.database, target, lambda done, total: progress("Copying", done / max(1, total)))
    except StoreUnavailable as error:
        _fail(str(error), EXIT_UNAVAILABLE)
    print(f"Backed up to {target}, and checked. It holds what people said: keep it as safe as the database.")


def restore(source: Path) -> None:
    """Put a back-up in the place of the database, while it is in use or not."""
    settings = _settings()
    from adapters.store.sqlite import restore as restore_store
    from adapters.terminal.progress import bar

    try:
        with bar() as progress:
            former = restore_store(source, settings.database, lambda done, total: progress("Copying", done / max(1, total)))
    except StoreUnavailable as error:
        _fail(f"{error} Nothing was changed.", EXIT_UNAVAILABLE)
    print(f"Restored. The former database is kept as {former}." if former else "Restored.")


def expire(*, dry_run: bool) -> None:
    """Erase conversations that are past their days, as the server does every hour, or say how many there are."""
    settings = _settings()
    from bot.retention import Retention
    from bot.retention import expire as expire_old

    retention = Retention(days=settings.keep_days, crisis_days=settings.keep_crisis_days)
    try:
        found = _in_store(settings, lambda store: expire_old(store, SystemClock(), retention, dry_run=dry_run))
    except StoreUnavailable as error:
        _fail(str(error), EXIT_UNAVAILABLE)
    said = "would be erased" if dry_run else "erased"
    print(
        f"{found.ordinary} conversations older than {retention.days} days and {found.crisis} with danger older than "
        f"{retention.crisis_days} days {said}, {found.turns} turns in all."
    )


def _in_store(settings: Settings, work: "Callable[[SqliteStore], Coroutine[object, object, T]]") -> "T":
    """Open the store, do something, and close it."""
    from adapters.store.sqlite import open_store

    async def run() -> "T":
        async with open_store(settings.database, synchronous=settings.sqlite_synchronous) as store:
            return await work(store)

    return asyncio.run(run())


def _say(line: str) -> None:
    print(line, flush=True)  # whoever waits for "Ready" may be reading a pipe


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
        print(error, file=sys.stderr)
        _fail("The knowledge pack cannot be used. Mend the lines above, then run `python run_bot.py check`.", EXIT_FAULTS)
    for note in core.notes:
        print(note, file=sys.stderr)
    gc.set_threshold(50_000, 20, 50)
    gc.freeze()  # what the start made lives as long as the process: later collections need not look at it again
    return core


def _load(settings: Settings) -> "KnowledgeBase":
    from bot.content.loader import load

    return load(settings.knowledge)


def _conversations(
    core: "Core",
    settings: Settings,
    store: "Transcript",
    clock: "Clock",
    team: "Team",
    *,
    observe: "Callable[[Turn], None]" = lambda _turn: None,
) -> "Conversations":
    from bot.conversation import Conversations, Site
    from bot.privacy import reference

    key = settings.token_secret.reveal().encode() if settings.token_secret else secrets.token_bytes(32)
    return Conversations(
        book=core.book,
        searcher=core.searcher,
        triage=core.triage,
        transcript=store,
        clock=clock,
        team=team,
        site=Site(country=settings.country, contact=settings.contact_email),
        reference=partial(reference, key=key),
        observe=observe,
    )


async def _ask_lines(conversations: "Conversations", *, explain: bool) -> None:
    from adapters.terminal.jsonl import answer_lines, lines_of

    try:
        async for line in answer_lines(lines_of(sys.stdin.buffer), conversations, SystemClock(), explain=explain):
            sys.stdout.buffer.write(f"{line}\n".encode())  # UTF-8 whatever the locale says
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left; nothing more to say


async def _ask_once(conversations: "Conversations", text: str, *, explain: bool) -> None:
    from rich.console import Console

    from adapters.terminal.chat import show, typed

    console = Console(highlight=False)
    message = typed(text, SystemClock())
    judged = await conversations.explain(message) if explain else None
    show(await conversations.handle(message), console)
    if judged is not None:
        from adapters.terminal.explain import show_explanation

        show_explanation(judged, console)


async def _chat(conversations: "Conversations") -> None:
    import contextlib

    from rich.console import Console

    from adapters.terminal.chat import chat

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - gives `input` a history and arrow keys
    await chat(conversations, SystemClock(), Console(highlight=False), input)


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    try:
        app()
    except BotError as error:
        _fail(str(error), EXIT_UNAVAILABLE)

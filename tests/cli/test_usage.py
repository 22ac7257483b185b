"""How the command line explains itself, and what it says to a mistake."""

import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def no_traceback(text: str) -> bool:
    """Whether a message is for people."""
    return "Traceback" not in text


def test_help_shows_examples_and_exit_codes(run: Run) -> None:
    """The first page lists the commands, examples of each use, and what the exit codes mean."""
    done = run("--help")
    assert done.returncode == 0
    for part in (
        "serve",
        "ask",
        "check",
        "eval",
        "train",
        "Examples:",
        "Exit codes: 0 done, 1 faults found, 2 not understood",
    ):
        assert part in done.stdout


@pytest.mark.parametrize("command", ["serve", "ask", "check", "eval", "train"])
def test_each_command_has_help_with_an_example(run: Run, command: str) -> None:
    """The help of a command says what it does, its options, and shows it in use."""
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"python run_bot.py {command}" in done.stdout
    assert "--knowledge" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["askk"], "No such command 'askk'"),
        (["ask", "--jsno"], "No such option"),
        (["ask", "--jsonl", "hi"], "--jsonl reads its questions from standard input."),
        (["serve", "--port", "eighty"], "--port"),
        (["eval"], "FILE"),
        (["ask", "--knowledge"], "requires an argument"),
    ],
)
def test_what_is_not_understood_exits_with_2(run: Run, arguments: list[str], said: str) -> None:
    """An unknown command or option, or two that don't go together, is named."""
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert no_traceback(done.stderr)


def test_every_bad_setting_is_named_at_once(run: Run) -> None:
    """Wrong settings stop the start with exit code 2, all of them by name."""
    done = run("ask", "hi", port="eighty", country="Britain", log_level="loud")
    assert done.returncode == 2
    assert all(f"HANDRAIL_{name}: " in done.stderr for name in ("PORT", "COUNTRY", "LOG_LEVEL"))
    assert no_traceback(done.stderr)


@pytest.mark.parametrize("command", [["ask", "hi"], ["check"], ["serve"]])
def test_a_missing_pack_says_how_to_name_one(run: Run, command: list[str]) -> None:
    """A folder that is not there is named, with the option that sets it."""
    done = run(*command, "--knowledge", "nowhere")
    assert done.returncode == 1
    assert "nowhere: there is no such folder. Name the pack's folder with --knowledge." in done.stdout + done.stderr
    assert no_traceback(done.stderr)


def test_a_broken_pack_stops_every_command_with_its_faults(run: Run, pack: Path) -> None:
    """A pack that cannot be used gives file, line and remedy, and exit code 1."""
    (pack / "pack.yaml").write_text("format: 2\n", encoding="utf-8")
    done = run("ask", "hi", "--knowledge", str(pack))
    assert done.returncode == 1
    assert "pack.yaml:1: format: is 2: a pack from another version." in done.stderr
    assert "python run_bot.py check" in done.stderr
    assert no_traceback(done.stderr)


def test_a_port_in_use_exits_with_3(run: Run) -> None:
    """A taken port is named with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert done.returncode == 3
    assert str(port) in done.stderr
    assert no_traceback(done.stderr)

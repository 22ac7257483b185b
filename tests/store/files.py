"""Database files as tests need them: of earlier versions, and on disks of their own."""

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.store.sqlite.connections import connect
from adapters.store.sqlite.migrate import migrate

OLD_TURN = (
    '{"id":"m-1","at":"2026-11-24T12:00:00+00:00","text":"a question","kind":"crisis","score":0.5,"ms":1.0,'
    '"reply":{"text":"a reply"},"handoff":"opened","latched":true}'
)
OLD_HANDOFF = '{"kind":"crisis","at":"2026-11-24T12:00:00+00:00","urgent":true,"messages":["m-1"]}'
OLD_STANDING = f'{{"owner":"queued","since":"2026-11-24T12:00:00+00:00","handoff":{OLD_HANDOFF}}}'
NOON_US = 1_795_521_600_000_000


def a_file_of(version: int, path: Path) -> None:
    """Write a file as an earlier version left it, with a conversation that waits in it."""
    path.touch(mode=0o600)
    with contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection, upto=version)
        connection.execute(
            "INSERT INTO conversation (id, token_hash, locale, channel, started_at, owner, standing, last_n, last_at, "
            "turns, is_crisis) VALUES ('c-1', x'', 'en', 'web', ?1, 'queued', ?2, 1, ?1, 1, 1)",
            (NOON_US, OLD_STANDING),
        )
        connection.execute(
            "INSERT INTO entry (conversation, n, form, message_id, at, kind, score, payload) "
            "VALUES (1, 1, 'turn', 'm-1', ?1, 'crisis', 0.5, ?2)",
            (NOON_US, OLD_TURN),
        )
        connection.execute("INSERT INTO handoff (conversation, payload) VALUES (1, ?1)", (OLD_HANDOFF,))
        connection.execute(
            "INSERT INTO alert (conversation, step, tries, due_at, started_at, why) VALUES (1, 0, 0, ?1, ?1, 'opened')",
            (NOON_US,),
        )


def set_version(path: Path, version: int) -> None:
    """Say in a file that another version wrote it."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


@contextlib.contextmanager
def a_disk(folder: Path, size: str = "4m") -> Iterator[Path]:
    """Mount a small disk of its own; a test is skipped where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a disk is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607


def remount(folder: Path, how: str) -> None:
    """Make a disk read-only ("ro"), or writable again ("rw")."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)  # noqa: S607

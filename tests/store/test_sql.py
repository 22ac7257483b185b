"""The SQL in named files: every statement fits the tables, and is used."""

import ast
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.store.sqlite import queries
from adapters.store.sqlite.connections import connect, prepare
from adapters.store.sqlite.retention import _ERASE
from tests.conftest import ROOT

FOLDER = ROOT / "adapters" / "store" / "sqlite"
STATEMENTS = {
    f"{path.stem}.{name}": sql
    for path in sorted((FOLDER / "queries").glob("*.sql"))
    for name, sql in queries.load(path.stem).items()
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A new file."""
    prepare(tmp_path / "handrail.db")
    return tmp_path / "handrail.db"


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_fits_the_tables(path: Path, name: str) -> None:
    """SQLite can make ready each of them."""
    with contextlib.closing(connect(path)) as connection:
        sql = STATEMENTS[name]
        count = max([n for n in range(1, 10) if f"?{n}" in sql], default=0)
        connection.execute(f"EXPLAIN {sql}", (None,) * count)


@pytest.mark.parametrize("name", ["heads.known", "transcript.for_message", "desk.turn"])
def test_a_message_is_found_by_the_index_of_messages(path: Path, name: str) -> None:
    """The index holds what is not erased, and is used where a statement says so in the same words."""
    with contextlib.closing(connect(path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {STATEMENTS[name]}", (None,) * STATEMENTS[name].count("?")).fetchall()
    assert "entry_message (conversation=? AND form=? AND message_id=?)" in str(plan)


def used() -> Iterator[str]:
    """Every word in our modules that may name a statement."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_statement_is_used() -> None:
    """What nobody runs any more is gone from the files."""
    words = set(used())
    assert [name for name in STATEMENTS if (short := name.split(".")[1]) not in words and short not in _ERASE] == []


def test_erasing_reaches_every_table_of_a_conversation(path: Path) -> None:
    """A table that hangs on a conversation cannot be forgotten when it is added."""
    with contextlib.closing(connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        hanging = {
            table
            for table in tables
            if any(column[1] == "conversation" for column in connection.execute(f"PRAGMA table_info({table})"))
        }
    erased = {
        STATEMENTS[f"retention.{name}"].removeprefix("DELETE FROM ").removeprefix("UPDATE ").split()[0] for name in _ERASE
    }
    assert erased == hanging | {"conversation"}

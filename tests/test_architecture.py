"""What keeps the parts apart, and the papers true."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest

from bot import errors
from bot import settings as bot_settings
from bot.settings import Settings
from tests.conftest import ROOT, SMALL_PACK

OUTSIDE = {"adapters", "aiohttp", "aiohttp_sse", "slack_bolt", "slack_sdk", "sqlite3", "aiosqlite", "asyncpg", "psycopg"}
SLOW = {"sklearn", "matplotlib", "spellchecker", "pyphen", "pandas"}


def sources_under(*folders: str) -> list[Path]:
    """Our own Python files."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    """The dotted name of a module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def versioned() -> list[Path]:
    """The files that are in git, or will be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def test_the_core_imports_no_adapter_and_no_driver() -> None:
    """``bot/`` decides; it knows neither the web, nor Slack, nor a database."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources_under("bot")
        for name in imports_of(path)
        if name.split(".")[0] in OUTSIDE
    ]
    assert wrong == []


def test_adapters_do_not_import_each_other() -> None:
    """Channels stand side by side: each imports the core and itself."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources_under("adapters")
        for name in imports_of(path)
        if name.startswith("adapters.") and name.split(".")[1] != path.relative_to(ROOT / "adapters").parts[0]
    ]
    assert wrong == []


def test_nothing_imports_the_composition_root() -> None:
    """``run_bot.py`` builds things; nothing it builds reaches back."""
    assert [path for path in sources_under("bot", "adapters") if "run_bot" in set(imports_of(path))] == []


def test_only_the_settings_read_the_environment() -> None:
    """Nothing else in the core or in the adapters looks at environment variables."""
    pattern = re.compile(r"os\.environ|os\.getenv|getenv\(")
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in sources_under("bot", "adapters")
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert readers == ["bot/settings.py"]


IMPORT_EACH_ALONE = """
import importlib, os, sys, traceback
import aiohttp, jinja2, matplotlib, numpy, pydantic, rapidfuzz, rich, sklearn.svm, typer, yaml  # not ours
failed = []
for name in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(name)
print(" ".join(failed))
"""


def test_every_module_imports_alone() -> None:
    """No module needs another to have been imported before it."""
    names = ["run_bot", *map(name_of, sources_under("bot", "adapters"))]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EACH_ALONE, *names], cwd=ROOT, capture_output=True, text=True, check=True, timeout=100
    )
    assert done.stdout.split() == [], done.stderr


ANSWER = """
import sys, run_bot
{prepare}
try:
    run_bot.app({arguments})
except SystemExit:
    pass
print("MODULES", *sorted({{name.split(".")[0] for name in sys.modules}}))
"""
NO_SERVER = """
import adapters.web.server as server
async def run(*_arguments, **_more):
    pass
server.run = run
"""


@pytest.mark.parametrize(
    ("arguments", "prepare"), [(["ask", "late fees"], ""), (["ask", "hi there"], ""), (["serve", "--port", "0"], NO_SERVER)]
)
def test_answering_from_a_saved_index_imports_nothing_slow(
    tmp_path_factory: pytest.TempPathFactory, arguments: list[str], prepare: str
) -> None:
    """Neither scikit-learn nor the plots are imported to answer, or a start would take seconds."""
    from bot.assembly import assemble

    data_dir = tmp_path_factory.mktemp("var")
    assemble(SMALL_PACK, data_dir)
    done = subprocess.run(
        [sys.executable, "-c", ANSWER.format(arguments=arguments, prepare=prepare)],
        cwd=ROOT,
        env={"PATH": "", "HANDRAIL_DATA_DIR": str(data_dir), "HANDRAIL_KNOWLEDGE": str(SMALL_PACK)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    modules = set(done.stdout.rpartition("MODULES")[2].split())
    assert "bot" in modules
    assert modules & SLOW == set()


def test_every_setting_is_in_the_docs() -> None:
    """``docs/settings.md`` lists each setting by the name under which it is set."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    missing = [name for field in fields(Settings) if f"`{(name := bot_settings.name_of(field.name))}`" not in text]
    assert missing == []


def test_no_setting_is_in_the_docs_that_is_not_there() -> None:
    """A setting that was renamed or removed is gone from the docs too."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    known = {bot_settings.name_of(field.name) for field in fields(Settings)}
    assert set(re.findall(r"HANDRAIL_[A-Z_]+", text)) - known == set()


def test_every_setting_has_a_description() -> None:
    """Each says beside its check what it is for."""
    hints = get_type_hints(Settings, include_extras=True)
    assert [name for name, hint in hints.items() if not hint.__metadata__[1]] == []


def test_every_error_is_drawn_in_the_tree() -> None:
    """``bot/errors.py`` shows at a glance all that can go wrong, wherever it is defined."""
    tree = (errors.__doc__ or "").split()
    bases: dict[str, set[str]] = {}
    for path in sources_under("bot", "adapters"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {ast.unparse(base).split(".")[-1] for base in node.bases}
    ours = {"BotError"}
    while found := {name for name, parents in bases.items() if parents & ours} - ours:
        ours |= found
    assert {name for name in ours if not name.startswith("_")} - set(tree) == set()


MACHINE_PATH = re.compile("/" + r"(?:work/(?:main|shared)|root/|home/[a-z]+/|Users/[A-Za-z]+/)")
REGISTRY = re.compile(
    r"https?://[^\s\"')]*(?:py" + r"pi\.org|python" + r"hosted\.org|/simple/?\b|artifactory|nexus)|--(?:extra-)?index-url"
)


def test_no_file_names_a_machine_or_a_registry() -> None:
    """What is in git works on any machine and with any registry."""
    wrong = []
    for path in versioned():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        wrong += [
            f"{path.relative_to(ROOT)}: {match[0]}"
            for pattern in (MACHINE_PATH, REGISTRY)
            for match in pattern.finditer(text)
        ]
    assert wrong == []


def test_the_lock_files_hold_hashes() -> None:
    """Every pinned package has a hash."""
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\\\n\s+--hash=sha256:", text, re.MULTILINE)
        assert len(pinned) == len(re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE)) > 0


def test_a_pack_is_content_only() -> None:
    """``knowledge/`` holds what editors write: YAML, Markdown and lines of JSON, and no program."""
    kinds = {path.suffix for path in (ROOT / "knowledge").rglob("*") if path.is_file()}
    assert kinds <= {".yaml", ".md", ".jsonl", ".txt"}


def test_make_help_lists_every_command() -> None:
    """Each target that is meant to be called is in ``make help``, and nothing that is not there."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = next(line for line in makefile.splitlines() if line.startswith(".PHONY:")).split()[1:]
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    listed = re.findall(r"^  make (\S+)", shown.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony)
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in phony)


def test_every_package_says_what_it_is_for() -> None:
    """The first line of each ``__init__.py`` is a sentence of intent."""
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in sources_under("bot", "adapters")
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []

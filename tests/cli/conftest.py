"""Starts the command line as somebody at a shell would."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, SMALL_PACK

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for the small pack's index, shared so that it is fitted once."""
    return tmp_path_factory.mktemp("cli-var")


@pytest.fixture(scope="session")
def environment(data_dir: Path) -> dict[str, str]:
    """The environment without any setting but the place of the index and the small pack."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("HANDRAIL_")}
    return {**bare, "HANDRAIL_DATA_DIR": str(data_dir), "HANDRAIL_KNOWLEDGE": str(SMALL_PACK), "COLUMNS": "300"}


@pytest.fixture(scope="session")
def run(environment: dict[str, str]) -> Run:
    """Run a command to its end; ``given`` is typed into it, ``settings`` are added to the environment."""

    def _run(*arguments: str, given: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "run_bot.py", *arguments],
            cwd=ROOT,
            env={**environment, **{f"HANDRAIL_{name.upper()}": value for name, value in settings.items()}},
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )

    return _run

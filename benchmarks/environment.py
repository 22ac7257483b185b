"""What the benchmarks share: a process with an honest BLAS kernel, and tables."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
_FOREIGN = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # these tie BLAS to another machine's kernel, and go together
_OWN = {"OPENBLAS_NUM_THREADS": "1"}  # as ``run_bot.py`` sets it
console = Console(width=140, highlight=False)


def use_own_kernel(module: str) -> None:
    """Start a benchmark again with this machine's BLAS kernel and one thread, unless it runs that way; then end with it."""
    environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN} | _OWN
    if environment != dict(os.environ):
        command = [sys.executable, "-m", module, *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode)  # noqa: S603 - this very script


def kernel() -> str:
    """Return which kernel BLAS uses, and with how many threads."""
    found = [each for each in threadpool_info() if each["user_api"] == "blas"]
    return ", ".join(
        dict.fromkeys(f"{each['internal_api']} {each.get('architecture')} x{each['num_threads']}" for each in found)
    )


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the first column is text, the others are figures."""
    table = Table(title=title, title_justify="left")
    for at, column in enumerate(columns):
        table.add_column(column, justify="right" if at else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def goal(text: str, *, met: bool) -> None:
    """Print a goal and whether it was met."""
    console.print(f"  {'met   ' if met else 'MISSED'}  {text}")

"""SQL by name: each file under ``queries/`` holds statements, each under a line ``-- name: what_it_does``."""

import re
from pathlib import Path

_FOLDER = Path(__file__).with_name("queries")
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load(name: str) -> dict[str, str]:
    """Return the statements of a file by their names."""
    text = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    return {key: sql.strip().rstrip(";") for key, sql in zip(parts[::2], parts[1::2], strict=True)}

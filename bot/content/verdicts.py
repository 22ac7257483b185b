"""What responders said of handoffs: an append-only file, one JSON object a line, ``var/verdicts.jsonl``.

It holds the words of people in danger. It stays in the data folder, and nothing reads it but ``run_bot.py train``.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.errors import VerdictsUnreadable
from bot.model import Severity
from bot.staff import Lesson
from bot.triage.kinds import KINDS, NONE, URGENT, Example, kind_of_label

FILE_NAME = "verdicts.jsonl"
MAX_TEXT_CHARS = 20_000
_TAUGHT = frozenset({"real", "missed"})


class Verdict(BaseModel):
    """One verdict on a message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS)]
    verdict: Literal["real", "false_alarm", "missed", "test"]
    label: str | None = None  # of ``bot.triage.kinds.KINDS``; with real and missed only
    severity: Severity | None = None  # of danger
    locale: Annotated[str, Field(pattern="^[a-z]{2,3}$")]
    at: AwareDatetime

    @field_validator("text", mode="before")
    @classmethod
    def _whole(cls, text: object) -> object:
        """Half a surrogate stands for no character, and can't be written to a file."""
        return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text

    @model_validator(mode="after")
    def _fits(self) -> "Verdict":
        if self.verdict not in _TAUGHT:
            if self.label or self.severity:
                raise ValueError(f"{self.verdict} takes no label and no severity")
        elif self.label is None or self.label not in KINDS:
            raise ValueError(f"{self.verdict} needs a label, one of {', '.join(KINDS)}")
        elif self.severity and kind_of_label(self.label) not in URGENT:
            raise ValueError(f"{self.label} takes no severity")
        return self

    @property
    def example(self) -> Example | None:
        """What triage may learn from it, its text on one line; None for a test."""
        if self.verdict == "test":
            return None
        return Example(
            text=" ".join(self.text.split()), label=self.label or NONE, severity=self.severity, locale=self.locale
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """A verdict with the place it was read from, as ``verdicts.jsonl:12``."""

    verdict: Verdict
    where: str


def read_verdicts(path: Path) -> list[Recorded]:
    """Read a file of verdicts, oldest first. A last line that was cut short, by a kill or a full disk, is passed over.

    Raises:
        VerdictsUnreadable: with every fault found, one a line, as ``file:line: what is wrong. What to do.``
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise VerdictsUnreadable(f"{path}: cannot be read ({error.strerror}). Name the file with --verdicts.") from error
    found, faults = [], []
    for number, raw in enumerate(content.split(b"\n"), start=1):
        if not raw.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            found.append(Recorded(_parsed(raw), where))
        except ValidationError as error:
            faults += [f"{where}: {line}" for line in _remedies(error)]
        except (ValueError, RecursionError):
            if not _is_cut_short(content, raw):
                faults.append(f"{where}: is not JSON. Correct or remove the line.")
    if faults:
        raise VerdictsUnreadable("\n".join(faults))
    return found


def recorded_lessons(lessons: Iterable[Lesson]) -> list[Recorded]:
    """Return the verdicts that responders gave at the desk, as ``read_verdicts`` returns those of a file.

    Left out are those that nothing can be learnt from: without the label that they need, or about a message without text.
    """
    found = []
    for number, lesson in enumerate(lessons, start=1):
        with suppress(ValidationError):
            given = {
                "text": lesson.text[:MAX_TEXT_CHARS],
                "verdict": lesson.verdict,
                "label": lesson.label,
                "severity": lesson.severity,
                "locale": lesson.locale,
                "at": lesson.at,
            }
            found.append(Recorded(Verdict.model_validate(given), f"desk:{number}"))
    return found


def append_verdict(path: Path, verdict: Verdict) -> None:
    """Add one verdict to the file, which is made when it is missing; on disk when this returns, or not there at all.

    Safe from several processes at once. A line that an earlier write left half-written is removed first.

    Raises:
        OSError: the place cannot be written to, or the disk is full; the file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    given = verdict.model_dump(mode="json", exclude_none=True) | {"at": verdict.at.astimezone(UTC).isoformat()}
    line = json.dumps(given, ensure_ascii=False).encode() + b"\n"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        tail = _unended(descriptor, size)
        if tail and _is_json(tail):  # written by hand, without the end of the line
            line = b"\n" + line
        elif tail:
            size -= len(tail)
            os.ftruncate(descriptor, size)
        try:
            written = 0
            while written < len(line):  # on a full disk a part may go in before the error comes
                written += os.write(descriptor, line[written:])
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _parsed(raw: bytes) -> Verdict:
    return Verdict.model_validate(json.loads(raw.decode("utf-8-sig")))


def _is_json(raw: bytes) -> bool:
    try:
        json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return True


def _is_cut_short(content: bytes, raw: bytes) -> bool:
    return content.endswith(raw)  # no end of the line: only the last can be without


def _unended(descriptor: int, size: int) -> bytes:
    """Return what stands after the last end of a line."""
    tail, at = b"", size
    while at > 0 and b"\n" not in tail:
        step = min(65_536, at)
        at -= step
        tail = os.pread(descriptor, step, at) + tail
    return tail.rpartition(b"\n")[2]


def _remedies(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in problem["loc"]) or "the line"
        message = problem["msg"].removeprefix("Value error, ")
        yield f"{field}: {message}. Correct or remove the line."

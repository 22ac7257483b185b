"""What responders' verdicts teach triage: which are new, and how they come to stand in the pack's training messages."""

import fcntl
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.content.training import FOLDER, MIN_MESSAGES, file_of
from bot.content.verdicts import Recorded
from bot.errors import LessonsNotKept
from bot.text import fold, tokenize
from bot.triage.classifier import MAX_CHARS, mark_of
from bot.triage.kinds import NONE, Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What is new in a file of verdicts."""

    examples: tuple[Example, ...]  # to be learnt
    n_known: int  # verdicts that stand in the training messages already
    n_tests: int  # verdicts on messages that were only a try
    left_out: tuple[str, ...]  # "verdicts.jsonl:12: why it is not learnt, and what to do"; without its text

    @property
    def by_file(self) -> dict[str, list[str]]:
        """The messages by the training file that they belong to."""
        files: dict[str, list[str]] = defaultdict(list)
        for example in self.examples:
            files[file_of(example)].append(example.text)
        return dict(files)


def choose_lessons(
    verdicts: Sequence[Recorded], training: Sequence[Example], ordinary: Iterable[str], gate: Mapping[str, str]
) -> Lessons:
    """Return what is new. Texts are the same when their words are; of several verdicts on one text the last counts.

    Args:
        verdicts: oldest first.
        training: the pack's training messages.
        ordinary: the pack's phrasings and small talk, which triage takes for harmless word for word.
        gate: the texts that measure, with their ids. They are never learnt: what is learnt no longer measures.
    """
    chooser = _Chooser(training, ordinary, gate)
    last = {mark_of(each.verdict.text): each for each in verdicts}
    left_out, found, known, tests = [], [], 0, 0
    for mark, each in last.items():
        example = each.verdict.example
        if example is None:
            tests += 1
            continue
        reason = chooser.reason_against(example)
        if reason == _KNOWN:
            known += 1
        elif reason:
            left_out.append(f"{each.where}: {reason}")
        else:
            found.append((mark, each.where, example))
    counts = Counter(example.label for example in training) + Counter(example.label for _, _, example in found)
    left_out += [
        f"{where}: {example.label} has {counts[example.label]} messages, and {MIN_MESSAGES} are needed. It waits for more."
        for _, where, example in found
        if counts[example.label] < MIN_MESSAGES
    ]
    examples = tuple(example for _, _, example in found if counts[example.label] >= MIN_MESSAGES)
    return Lessons(examples=examples, n_known=known, n_tests=tests, left_out=tuple(left_out))


def keep_lessons(folder: Path, by_file: Mapping[str, Sequence[str]]) -> list[str]:
    """Add messages to the pack's training files; return the names of the files that changed.

    Every file is written beside its place first, and only when all are on disk are they renamed, so that a full disk
    changes nothing. After a kill between two renames some files are new and whole, and the next run adds the rest.

    Raises:
        LessonsNotKept: the place cannot be written to, or another process is writing there.
    """
    place = folder / FOLDER
    beside: dict[Path, Path] = {}
    try:
        place.mkdir(parents=True, exist_ok=True)
        with _alone(place):
            try:
                for name, texts in sorted(by_file.items()):
                    path = place / name
                    beside[path] = path.with_name(f".{name}.{os.getpid()}")
                    if not _write_beside(path, beside[path], texts):
                        beside.pop(path).unlink(missing_ok=True)
                for path, new in beside.items():
                    new.replace(path)
            finally:
                for new in beside.values():
                    new.unlink(missing_ok=True)
    except OSError as error:
        raise LessonsNotKept(
            f"The messages could not be written to {place} ({error.strerror}). The verdicts are as they were. "
            "Make room or make the folder writable, and run it again."
        ) from error
    return [path.name for path in beside]


_KNOWN = "known"


class _Chooser:
    def __init__(self, training: Sequence[Example], ordinary: Iterable[str], gate: Mapping[str, str]) -> None:
        self._learnt = {mark_of(example.text): example for example in training}
        self._ordinary = {mark_of(text) for text in ordinary}
        self._gate = {mark_of(text): name for text, name in gate.items()}

    def reason_against(self, example: Example) -> str:
        """Say why a message is not learnt; empty when it is."""
        mark = mark_of(example.text)
        if not tokenize(fold(example.text)):
            return "holds no word. Triage learns nothing from it."
        if len(example.text) > MAX_CHARS:
            return f"is over {MAX_CHARS:,} characters. Add the part that matters as a verdict of its own."
        if mark in self._gate:
            return f"stands in the gate ({self._gate[mark]}). What measures is never learnt from."
        if mark in self._ordinary:
            phrasing = "stands among the pack's phrasings, which raise nothing. Remove it there first."
            return _KNOWN if example.label == NONE else phrasing
        learnt = self._learnt.get(mark)
        if learnt is None:
            return ""
        if learnt.label != example.label or example.severity not in {None, learnt.severity}:
            return f"stands in {file_of(learnt)} already, as another label. Move the line there by hand if that is wrong."
        return _KNOWN


def _write_beside(path: Path, beside: Path, texts: Sequence[str]) -> bool:
    """Write a file with the texts that it does not hold added at its end; False when it holds all of them."""
    content = path.read_bytes() if path.exists() else b""
    present = set(content.decode("utf-8", "replace").splitlines())
    new = [text for text in dict.fromkeys(texts) if text not in present]
    if not new:
        return False
    gap = b"\n" if content and not content.endswith(b"\n") else b""
    with beside.open("wb") as file:
        file.write(content + gap + "".join(f"{text}\n" for text in new).encode())
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        shutil.copymode(path, beside)
    return True


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold the folder against another process that adds to it at the same time."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
        os.fsync(descriptor)  # the renames themselves
    finally:
        os.close(descriptor)

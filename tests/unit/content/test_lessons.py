"""Which verdicts are learnt, and how they come to stand in the pack."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.content.lessons import Lessons, choose_lessons, keep_lessons
from bot.content.training import FOLDER, file_of, load_training
from bot.content.verdicts import Recorded, Verdict
from bot.errors import LessonsNotKept
from bot.triage.kinds import Example

TRAINING = [
    *(Example(text=f"i want to die {n}", label="crisis-self", severity="high") for n in range(20)),
    *(Example(text=f"what does it cost {n}", label="none") for n in range(20)),
]


def recorded(*rows: tuple[str, dict[str, Any]]) -> list[Recorded]:
    """Verdicts as they were read."""
    at = datetime(2026, 11, 24, tzinfo=UTC)
    given = [{"text": text, "locale": "en", "at": at, **more} for text, more in rows]
    return [Recorded(Verdict.model_validate(each), f"v:{n}") for n, each in enumerate(given, start=1)]


MISSED = {"verdict": "missed", "label": "crisis-self"}
FALSE_ALARM = {"verdict": "false_alarm"}


def chosen(verdicts: Sequence[Recorded]) -> Lessons:
    """What is new among verdicts."""
    return choose_lessons(verdicts, TRAINING, ["opening times"], {"Legs over the railing!": "en-1"})


def test_each_verdict_goes_to_the_file_of_its_label() -> None:
    """Missed and real by their label, severity and language; a false alarm to what must raise nothing; a test nowhere."""
    lessons = chosen(
        recorded(
            ("tonight is the night", MISSED | {"severity": "imminent"}),
            ("ya no puedo mas", {"verdict": "real", "label": "crisis-self", "locale": "es"}),
            ("dying to know", FALSE_ALARM),
            ("just trying", {"verdict": "test"}),
        )
    )
    assert lessons.by_file == {
        "en-crisis-self-imminent.txt": ["tonight is the night"],
        "es-crisis-self.txt": ["ya no puedo mas"],
        "en-none.txt": ["dying to know"],
    }
    assert lessons.n_tests == 1
    assert lessons.left_out == ()


def test_what_is_known_is_passed_over() -> None:
    """Texts are the same when their words are, and a harmless phrasing of the pack needs no second place."""
    lessons = chosen(recorded(("I want to die, 3!", MISSED), ("Opening  times", FALSE_ALARM)))
    assert (lessons.examples, lessons.n_known, lessons.left_out) == ((), 2, ())


def test_of_several_verdicts_on_a_text_the_last_counts() -> None:
    """A responder may think better of it; the file only grows."""
    lessons = chosen(
        recorded(("over it", MISSED), ("Over it.", FALSE_ALARM), ("a try", MISSED), ("a try", {"verdict": "test"}))
    )
    assert lessons.by_file == {"en-none.txt": ["Over it."]}


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("legs over the railing", MISSED, "v:1: stands in the gate (en-1)."),
        ("i want to die 3", FALSE_ALARM, "v:1: stands in en-crisis-self-high.txt already, as another label."),
        ("i want to die 3", MISSED | {"severity": "moderate"}, "v:1: stands in en-crisis-self-high.txt already"),
        ("opening times", MISSED, "v:1: stands among the pack's phrasings"),
        ("\U0001f642 !", MISSED, "v:1: holds no word."),
        ("word " * 1_000, MISSED, "v:1: is over 3,000 characters."),
        ("get me a person", MISSED | {"label": "human"}, "v:1: human has 1 messages, and 20 are needed."),
    ],
)
def test_what_is_not_learnt_says_why_without_its_text(text: str, more: dict[str, Any], said: str) -> None:
    """The line of the verdict, the reason, what to do; never the words."""
    lessons = chosen(recorded((text, more)))
    assert lessons.examples == ()
    assert lessons.left_out[0].startswith(said)
    assert text.strip() not in lessons.left_out[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack with one training file whose last line has no end."""
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "en-none.txt").write_bytes("\n".join(f"cost {n}" for n in range(20)).encode())
    return tmp_path


def test_messages_are_added_at_the_end_of_their_files(folder: Path) -> None:
    """What stood there stays, a new file is made, and nothing else is left in the folder."""
    assert keep_lessons(folder, {"en-none.txt": ["más", "cost 3"], "es-distress.txt": ["no"]}) == [
        "en-none.txt",
        "es-distress.txt",
    ]
    assert (folder / FOLDER / "en-none.txt").read_text(encoding="utf-8").splitlines()[-2:] == ["cost 19", "más"]
    assert sorted(path.name for path in (folder / FOLDER).iterdir()) == ["en-none.txt", "es-distress.txt"]


def test_keeping_twice_changes_nothing(folder: Path) -> None:
    """What the files hold already is not written again."""
    keep_lessons(folder, {"en-none.txt": ["más"]})
    before = (folder / FOLDER / "en-none.txt").stat()
    assert keep_lessons(folder, {"en-none.txt": ["más"]}) == []
    assert (folder / FOLDER / "en-none.txt").stat() == before


def test_what_is_measured_is_what_is_kept(folder: Path) -> None:
    """Reading with messages added gives the same examples, in the same order, as reading after they were kept."""
    added = {"en-none.txt": ["más"], "es-crisis-self-high.txt": [f"no {n}" for n in range(20)]}
    tried = load_training(folder, added)
    keep_lessons(folder, added)
    assert load_training(folder) == tried
    assert tried[20] == Example(text="más", label="none")


def test_a_file_is_named_after_its_messages() -> None:
    """Language, label, and how grave it is."""
    assert file_of(Example(text="", label="crisis-self", severity="high", locale="de")) == "de-crisis-self-high.txt"
    assert file_of(Example(text="", label="none")) == "en-none.txt"


def test_a_write_that_fails_changes_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full at the second file, the first is as it was too, and nothing is left beside them."""
    calls: list[int] = []
    real = os.fsync

    def full_at_the_second(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full_at_the_second)
    before = (folder / FOLDER / "en-none.txt").read_bytes()
    with pytest.raises(LessonsNotKept, match="No space left on device"):
        keep_lessons(folder, {"en-none.txt": ["más"], "es-none.txt": ["no"]})
    assert (folder / FOLDER / "en-none.txt").read_bytes() == before
    assert [path.name for path in (folder / FOLDER).iterdir()] == ["en-none.txt"]


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    """A place that cannot be written to is named, with what to do."""
    (tmp_path / "safety").write_text("", encoding="utf-8")
    with pytest.raises(LessonsNotKept, match="run it again"):
        keep_lessons(tmp_path, {"en-none.txt": ["a"]})

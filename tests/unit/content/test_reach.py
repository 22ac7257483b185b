"""Answers that no question reaches."""

from pathlib import Path

from bot.content.loader import load
from bot.content.reach import check_reach
from tests.conftest import SMALL_PACK, edit


def quiet(_label: str, _share: float) -> None:
    """Take progress and say nothing."""


def test_a_sound_pack_reaches_its_answers() -> None:
    """Hidden phrasings of the small pack find their answers."""
    assert not [fault for fault in check_reach(load(SMALL_PACK), quiet) if fault.is_error]


def test_an_answer_that_no_question_reaches_is_found(pack: Path) -> None:
    """An answer whose phrasings say nothing of one question is an error at its phrasings."""
    file = pack / "answers/using/e-books.md"
    text = file.read_text(encoding="utf-8")
    phrasings = [
        "renew loan period",
        "colour page price",
        "sunday closing",
        "silent group room",
        "late fine per day",
        "join",
    ]
    body = text[text.rindex("---") :]
    rows = "\n".join(f'  - "{each}"' for each in phrasings)
    file.write_text(text[: text.index("phrasings:")] + f"phrasings:\n{rows}\n{body}", encoding="utf-8")
    edit(file, "question: Can I borrow e-books?", "question: Zebra?")
    errors = [str(fault) for fault in check_reach(load(pack), quiet) if fault.is_error]
    assert len(errors) == 1
    assert errors[0].startswith("answers/using/e-books.md:10: only ")
    assert "Add phrasings that share words" in errors[0]


def test_a_stray_phrasing_is_noted(pack: Path) -> None:
    """One phrasing that finds something else is a note that names what it finds."""
    edit(pack / "answers/using/e-books.md", '"ebook app"', '"price of a colour printout page"')
    notes = [str(fault) for fault in check_reach(load(pack), quiet) if not fault.is_error]
    assert any('"price of a colour printout page" finds printing, no neighbour' in note for note in notes)


def test_progress_is_told() -> None:
    """The long work says how far it is."""
    shares: list[float] = []
    check_reach(load(SMALL_PACK), lambda _label, share: shares.append(share))
    assert shares == sorted(shares)
    assert len(shares) > 1

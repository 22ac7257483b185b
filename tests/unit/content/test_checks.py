"""What ``check`` finds: each kind of fault, with its place and what to do."""

from datetime import date
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
import yaml
from rapidfuzz import fuzz

from bot.content.checks import (
    NEAR_COLLISION,
    Fault,
    _country,
    _near_pairs,
    _unreachable,
    check_pack,
    figures_in,
    reading_grade,
)
from bot.content.loader import load
from bot.content.schema import Country
from tests.conftest import ROOT, SMALL_PACK, edit

TODAY = date(2026, 11, 24)
FINES = "answers/using/fines.md"
LIMIT = "answers/using/borrowing-limit.md"
PRINTING = "answers/visiting/printing.md"


def faults_of(pack: Path, today: date = TODAY) -> list[str]:
    """What the checks say of a pack."""
    return [str(fault) for fault in check_pack(load(pack), pack, today)]


def test_a_sound_pack_has_no_fault() -> None:
    """The small pack passes its own rules."""
    assert faults_of(SMALL_PACK) == []


def test_a_fault_says_where_and_whether_it_is_a_note() -> None:
    """A fault reads as ``file:line: message``; a note says that it is one."""
    assert str(Fault(file="a.md", line=3, message="is wrong.")) == "a.md:3: is wrong."
    assert str(Fault(file="a.md", line=3, message="is odd.", is_error=False)) == "a.md:3: note: is odd."


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (FINES, "rules#fines", "rulez#fines", "5: sources: rulez is not in sources.yaml. Add it there, or cite another."),
        (FINES, "rules#fines", "rules#fine", "5: sources: rules has no passage fine. Write `rules#passage`."),
        (FINES, "rules#fines", "rules", "5: sources: rules has no passage (none named). Write `rules#passage`."),
        (FINES, "[renewals]", "[renewal]", "10: follow_ups: there is no answer renewal. Remove it, or correct the id."),
        (FINES, "[renewals]", "[fax]", "10: follow_ups: fax is retired, so it is never shown. Remove it."),
        (FINES, "[renewals]", "[fines]", "10: follow_ups: an answer can't follow itself. Remove it."),
        (FINES, "reviewed_on: 2026-11-01", "reviewed_on: 2026-12-01", "7: reviewed_on: 2026-12-01 is in the future."),
        (FINES, "review_by: 2099-01-01", "review_by: 2026-10-01", "9: review_by: is not after reviewed_on. Name the day"),
        (
            FINES,
            "review_by: 2099-01-01",
            "review_by: 2026-11-20",
            "9: review_by: 2026-11-20 has passed, so it is served with a warning. Check it and set new dates.",
        ),
        (
            PRINTING,
            "review_by: 2099-01-01",
            "review_by: 2026-11-20",
            "10: review_by: 2026-11-20 has passed, so it is no longer served. Check it and set new dates.",
        ),
    ],
)
def test_a_fault_in_the_head_stands_at_its_line(pack: Path, file: str, old: str, new: str, said: str) -> None:
    """Unknown sources and passages, dead follow-ups and wrong dates are found where they stand."""
    edit(pack / file, old, new)
    assert any(fault.startswith(f"{file}:{said}") for fault in faults_of(pack))


@pytest.mark.parametrize(
    ("file", "old", "new", "figure"),
    [
        (FINES, "£0.20 a day", "£0.25 a day", "£0.25"),
        (LIMIT, "up to 12 items", "up to 13 items", "13"),
        ("answers/using/membership.md", "Some 95%", "Some 96%", "96%"),
        ("answers/using/membership.md", "Some 95%", "Some 95", "95"),
        (PRINTING, "since 1 March 2026", "since 2 March 2026", "2 March 2026"),
        (PRINTING, "since 1 March 2026", "since March 2027", "March 2027"),
        ("answers/using/loan-period.md", "for three weeks", "for four weeks", "four"),
    ],
)
def test_a_figure_that_no_cited_passage_holds_is_found(pack: Path, file: str, old: str, new: str, figure: str) -> None:
    """Amounts, numbers, percentages, dates and counts in words must stand in a passage that is cited."""
    edit(pack / file, old, new)
    line = (pack / file).read_text(encoding="utf-8")[: (pack / file).read_text(encoding="utf-8").index(new)].count("\n") + 1
    said = f'{file}:{line}: "{figure}" is in no passage that this answer cites. Cite its source, or take it out.'
    assert faults_of(pack) == [said]


def test_a_number_of_people_is_a_figure(pack: Path) -> None:
    """A group size written ``n = 90`` must be in the source."""
    edit(pack / LIMIT, "on one card.", "on one card (n = 90).")
    assert any('"90" is in no passage' in fault for fault in faults_of(pack))


def test_a_figure_in_a_passage_that_is_not_cited_does_not_count(pack: Path) -> None:
    """Another passage of the same source does not vouch for a figure."""
    edit(pack / FINES, "never pay more than £8", "never pay more than £8, for up to 12 items,")
    assert faults_of(pack) == [f'{FINES}:23: "12" is in no passage that this answer cites. Cite its source, or take it out.']


@pytest.mark.parametrize("name", ["Kindle", "British Library"])
def test_a_name_that_no_cited_passage_holds_is_found(pack: Path, name: str) -> None:
    """Names of products and bodies must be in the source, those watched for and those of other sources."""
    edit(pack / FINES, "Talk to us", f"Ask the {name}. Talk to us")
    assert faults_of(pack) == [
        f'{FINES}:23: the name "{name}" is in no passage that this answer cites. Cite its source, or take it out.'
    ]


def test_too_few_phrasings_are_counted(pack: Path) -> None:
    """An answer with fewer phrasings than the pack asks for is named."""
    edit(pack / "pack.yaml", "min_phrasings: 8", "min_phrasings: 9")
    assert faults_of(pack) == ["answers/using/e-books.md:10: phrasings: 8 are fewer than 9. Add real ways to ask it."]


def test_a_phrasing_belongs_to_one_answer(pack: Path) -> None:
    """The same words under two answers, whatever their case and marks, are found at their line."""
    edit(pack / FINES, '"late fees"', '"Loan period?"')
    assert (
        f'{FINES}:14: the phrasing "Loan period?" also stands under loan-period. Keep it where it fits best.'
        in faults_of(pack)
    )


def test_a_phrasing_of_small_talk_is_not_one_of_an_answer(pack: Path) -> None:
    """Small talk and answers may not share a phrasing either."""
    edit(pack / FINES, '"late fees"', '"many thanks"')
    assert any('"many thanks" also stands under smalltalk/thanks' in fault for fault in faults_of(pack))


def test_nearly_equal_phrasings_are_noted(pack: Path) -> None:
    """Two phrasings one letter apart are worth a look, and no error."""
    edit(pack / FINES, '"late fees"', '"how long may i borrow a filmm"')
    notes = [fault for fault in check_pack(load(pack), pack, TODAY) if not fault.is_error]
    assert [note.message.split('"')[3] for note in notes] in (
        ["how long may i borrow a film"],
        ["how long may i borrow a filmm"],
    )


@pytest.mark.parametrize("seed", range(3))
def test_near_pairs_agree_with_comparing_all(seed: int) -> None:
    """Comparing block by block in order of length finds what comparing each with each finds."""
    random = Random(seed)  # noqa: S311 - texts, not secrets
    texts = ["".join(random.choices("ab ", weights=[8, 1, 1], k=random.randint(12, 60))) for _ in range(1_200)]
    texts = list(dict.fromkeys(texts))
    slow = {frozenset(pair) for pair in combinations(texts, 2) if fuzz.ratio(*pair) >= NEAR_COLLISION}
    assert {frozenset(pair) for pair in _near_pairs(texts)} == slow
    assert slow


def test_a_hard_text_is_found(pack: Path) -> None:
    """An answer over the pack's grade says its grade."""
    edit(pack / FINES, "Talk to us if you can't pay.", "Institutional representatives facilitate individual negotiations.")
    assert any(f"{FINES}:23: reads at grade " in fault and "Shorten sentences" in fault for fault in faults_of(pack))


@pytest.mark.parametrize(
    ("limit", "said"), [("min_words: 30", "words. Write 30 to 80."), ("max_words: 20", "words. Write 15 to 20.")]
)
def test_a_text_too_short_or_too_long_is_found(pack: Path, limit: str, said: str) -> None:
    """The pack's limits of words hold for every approved answer."""
    edit(pack / "pack.yaml", {"min": "min_words: 15", "max": "max_words: 80"}[limit[:3]], limit)
    assert any(fault.endswith(said) for fault in faults_of(pack))


def test_forbidden_words_are_found_at_their_line(pack: Path) -> None:
    """A claim that no answer may make is named with the reason."""
    edit(pack / FINES, "Talk to us", "We guarantee it.\nTalk to us")
    assert faults_of(pack) == [f'{FINES}:23: "guarantee" may not stand here. Say what is likely, not what is certain.']


def test_a_denied_claim_may_stand(pack: Path) -> None:
    """Saying that something is *not* so is allowed."""
    edit(pack / FINES, "Talk to us", "We do not guarantee it. Talk to us")
    assert faults_of(pack) == []


def test_a_forbidden_word_in_the_wording_is_found(pack: Path) -> None:
    """The bot's own sentences keep the same rules."""
    edit(pack / "wording/en.yaml", "You're welcome.", "We guarantee it.")
    assert any("say.smalltalk_thanks: Say what is likely" in fault for fault in faults_of(pack))


def test_a_passage_of_an_article_that_no_answer_cites_is_found(pack: Path) -> None:
    """Material that nobody can reach is named."""
    edit(pack / "sources.yaml", "kind: list", "kind: article")
    edit(pack / "answers/using/e-books.md", "price-list#e-books", "rules#limit")
    said = "price-list#e-books is cited by no approved answer. Write one, or remove the passage."
    assert any(fault.startswith("sources.yaml:") and fault.endswith(said) for fault in faults_of(pack))


def test_an_example_that_no_rule_catches_is_found(pack: Path) -> None:
    """Each example of a rule of triage must be caught by its kind."""
    edit(pack / "safety/en.yaml", '["my son is suicidal"', '["my cat is suicidal"')
    assert any('rule crisis-other: "my cat is suicidal" gives nothing.' in fault for fault in faults_of(pack))


def test_a_counter_example_that_is_caught_is_found(pack: Path) -> None:
    """An example that must not match, and does, is named."""
    edit(pack / "safety/en.yaml", '["i used to want to die"', '["today i want to die"')
    assert any('rule crisis-suicide: "today i want to die" must not match.' in fault for fault in faults_of(pack))


def test_a_safety_fault_stands_in_its_file(pack: Path) -> None:
    """A fault of a rule names the file and the line an editor has to open."""
    edit(pack / "safety/en.yaml", '["my son is suicidal"', '["my cat is suicidal"')
    assert faults_of(pack)[0].startswith("safety/en.yaml:28: ")


def test_a_help_line_without_a_way_to_reach_it_is_found(pack: Path) -> None:
    """A line needs a number or an address."""
    edit(pack / "help/gb.yaml", 'call: "0808 2000", ', "")
    assert faults_of(pack) == ["help/gb.yaml:5: Refuge Line: has no way to reach it. Add call, text or chat."]


def test_a_number_checked_in_the_future_is_found(pack: Path) -> None:
    """The day on which a number was checked cannot lie ahead."""
    edit(pack / "help/us.yaml", "checked: 2026-11-01", "checked: 2027-01-01")
    assert faults_of(pack) == ["help/us.yaml:3: Emergency: checked is in the future. Write the day it was tried."]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("country: GB", "country: US", "1: country: is US, and the file's name says GB."),
        ('call: "999"', 'call: "the police"', "3: Emergency: call: 'the police' does not begin with a number."),
        ('call: "999"', 'text: "999"', "3: Emergency: an emergency number is called. Add call."),
        ('call: "116 123"', 'text: "HOME"', "4: Listening Line: text: 'HOME' names no number."),
        ('call: "116 123"', 'chat: "https://line.org"', "4: Listening Line: chat: 'https://line.org' is no address."),
        ('call: "116 123"', 'call: "999"', "1: call 999 stands here 2 times. Keep one line."),
    ],
)
def test_a_number_that_reaches_nobody_is_found(pack: Path, old: str, new: str, said: str) -> None:
    """A file for another country, a way that can't be used, a number twice."""
    edit(pack / "help/gb.yaml", old, new)
    assert any(fault.startswith(f"help/gb.yaml:{said}") for fault in faults_of(pack))


def test_a_country_without_a_crisis_line_is_found(pack: Path) -> None:
    """A visitor whose country has a file sees only that file, so it must serve a crisis."""
    edit(pack / "help/us.yaml", "for: [crisis]", "for: [drugs]")
    [fault] = faults_of(pack)
    assert fault.startswith("help/us.yaml:1: no line is for a crisis")


def test_numbers_that_nobody_tried_for_a_quarter_are_noted(pack: Path) -> None:
    """Every number is to be tried each quarter; past that each is a note, and no reason not to start."""
    edit(
        pack / "help/us.yaml",
        'call: "911", for: [emergency], source: made up, checked: 2026-11-01',
        'call: "911", for: [emergency], source: made up, checked: 2026-08-01',
    )
    assert faults_of(pack) == [
        "help/us.yaml:3: note: Emergency: checked on 2026-08-01, over a quarter ago. Try it, and set the date."
    ]


@pytest.mark.parametrize("country", sorted(path.stem for path in (ROOT / "knowledge" / "help").glob("*.yaml")))
def test_each_country_of_the_pack_can_be_served(country: str) -> None:
    """Each file of the real pack is sound, and shows what was confirmed: when, where, and at least one way."""
    text = (ROOT / "knowledge" / "help" / f"{country}.yaml").read_text(encoding="utf-8")
    file = Country.model_validate(yaml.safe_load(text))
    assert [str(fault) for fault in _country(country, file, 1)] == []
    assert [problem for line in file.lines for problem in _unreachable(line)] == []


def test_starters_must_be_answers(pack: Path) -> None:
    """A question offered first must have an approved answer."""
    edit(pack / "pack.yaml", "starters: [opening-hours", "starters: [opening-times")
    assert faults_of(pack) == [
        "pack.yaml:8: starters: there is no approved answer opening-times. Remove it, or correct the id."
    ]


def test_figures_are_read_as_people_write_them() -> None:
    """Dates, amounts, percentages, counts in words; each once."""
    text = "On 15 January 2026, 67% of 90 people paid $1,500 for three sessions."
    assert figures_in(text) == ["15 January 2026", "67%", "90", "$1,500", "three"]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The cat sat. The dog ran.", -5.0, 3.0),
        ("You can keep a book for three weeks. A film is due after one week.", -1.0, 5.0),
        (
            "Institutional representatives facilitate individual negotiations concerning administrative penalties.",
            18.0,
            60.0,
        ),
        ("", 0.0, 0.0),
    ],
)
def test_the_grade_grows_with_long_words_and_sentences(text: str, low: float, high: float) -> None:
    """Plain sentences read at a low grade, administrative prose at a high one."""
    assert low <= reading_grade(text) <= high

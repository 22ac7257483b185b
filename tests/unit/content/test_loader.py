"""Reading a pack: every fault says where it is, what is wrong and what to do."""

from pathlib import Path

import pytest

from bot.content.loader import MAX_FILE_BYTES, line_of, load
from bot.errors import ContentError
from bot.model import AnswerId
from tests.conftest import SMALL_PACK, edit


def fault_of(pack: Path) -> str:
    """What the loader says of a spoilt pack."""
    with pytest.raises(ContentError) as caught:
        load(pack)
    return str(caught.value)


def test_a_sound_pack_is_read_whole() -> None:
    """Answers, sources, concepts, small talk, safety, help and wording all arrive."""
    knowledge = load(SMALL_PACK)
    assert len(knowledge.answers) == 10
    assert set(knowledge.help) == {"any", "gb", "us"}
    assert knowledge.safety[0].rules
    assert knowledge.wording["en"].say["hello"]


def test_only_approved_answers_may_be_served() -> None:
    """A retired answer is read and kept apart."""
    knowledge = load(SMALL_PACK)
    assert AnswerId("fax") in knowledge.answers
    assert AnswerId("fax") not in knowledge.approved()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong folder gives its name and the option that sets it."""
    assert fault_of(tmp_path / "nowhere") == (
        f"{tmp_path / 'nowhere'}: there is no such folder. Name the pack's folder with --knowledge."
    )


ANSWER = "answers/using/fines.md"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (ANSWER, "reviewed_on: 2026-11-01", "reviewed_on: soon", f"{ANSWER}:7: reviewed_on: is 'soon', not a date. Write"),
        (ANSWER, "status: approved\n", "", f"{ANSWER}:2: status: this field is missing. Add it."),
        (ANSWER, "status: approved", "status: live", f"{ANSWER}:4: status: is 'live': "),
        (ANSWER, "topic: using", "subject: using", f"{ANSWER}:3: subject: no such field is known here. Check its spelling"),
        (ANSWER, "  - rules#fines\n", "", f"{ANSWER}:5: sources: is None: "),
        (ANSWER, "follow_ups: [renewals]", "follow_ups: renewals", f"{ANSWER}:10: follow_ups: is 'renewals': "),
        (ANSWER, "follow_ups: [renewals]", "follow_ups: [renewals", f"{ANSWER}:1"),
        ("pack.yaml", "min_words: 15", "min_words: few", "pack.yaml:11: min_words: is 'few': "),
        ("pack.yaml", "default_country: GB", "default_country: Britain", "pack.yaml:7: default_country: is 'Britain': "),
        ("pack.yaml", "answer_risk: 0.1", "answer_risk: 6", "pack.yaml:9: answer_risk: is 6: "),
        ("pack.yaml", "(d|s)?", "(d|s", "pack.yaml:16: forbidden.0.pattern: is '\\\\bguarantee(d|s\\\\b': "),
        ("sources.yaml", "  kind: rules\n", "", "sources.yaml:2: rules.kind: this field is missing. Add it."),
        ("sources.yaml", 'says: "Up to 12', 'text: "Up to 12', "sources.yaml:10: rules.passages.limit.says: this field"),
        (
            "help/gb.yaml",
            "checked: 2026-11-01",
            "checked: lately",
            "help/gb.yaml:3: lines.0.checked: is 'lately', not a date",
        ),
        ("help/gb.yaml", "for: [crisis]", "for: [crises]", "help/gb.yaml:4: lines.1.for.0: is 'crises': "),
        ("wording/en.yaml", '  hello: "', '  hello: ["', "wording/en.yaml:4"),
        ("safety/en.yaml", "kind: emergency", "kind: fire", "safety/en.yaml:12: rules.0.kind: is 'fire': "),
        ("safety/en.yaml", 'examples: ["i can\'t breathe"', 'samples: ["i can\'t breathe"', "rules.0.examples: this field"),
        ("safety/en.yaml", "slots:\n", "slots: [\n", "safety/en.yaml:4: did not find"),
        ("safety/en.yaml", "{talk} {human}", "{talk} {humans}", "safety/en.yaml:43: rule human: there is no slot {humans}."),
        (
            "safety/en.yaml",
            '"what if"]',
            '"{iff} .."]',
            "safety/en.yaml:14: rule emergency-symptom: there is no slot {iff}.",
        ),
        (
            "safety/en.yaml",
            '"buy mdma"]',
            '".."]',
            "safety/en.yaml:48: rule sourcing: '..' holds no word, so it would match",
        ),
        ("safety/en.yaml", 'i: ["i", ', 'i: ["", ', "safety/en.yaml:3: slots.i: '' holds no word. Write one, or remove it."),
        ("help/gb.yaml", "country: GB", "country: England", "help/gb.yaml:1: country: is 'England': "),
        ("smalltalk.yaml", 'label: "Thanks"', "lable: Thanks", "smalltalk.yaml:4: thanks.label: this field is missing."),
        ("concepts.yaml", "pay: [fine, fee", "pay: {fine: fee} #", "concepts.yaml:2: pay: a list of words is expected."),
    ],
)
def test_a_wrong_field_is_named_with_its_line(pack: Path, file: str, old: str, new: str, said: str) -> None:
    """Each fault of the schema gives file, line, field and remedy."""
    edit(pack / file, old, new)
    assert said in fault_of(pack)


def test_all_faults_are_told_at_once(pack: Path) -> None:
    """An editor sees every fault in one go, each on its own line."""
    edit(pack / ANSWER, "status: approved", "status: live")
    edit(pack / "answers/using/renewals.md", "reviewed_on: 2026-11-01", "reviewed_on: soon")
    edit(pack / "pack.yaml", "min_words: 15", "min_words: few")
    files = [line.split(":")[0] for line in fault_of(pack).splitlines()]
    assert sorted(files) == ["answers/using/fines.md", "answers/using/renewals.md", "pack.yaml"]


def test_a_file_that_is_not_utf8_says_so(pack: Path) -> None:
    """A wrong encoding gives the file, the byte and what to do."""
    (pack / ANSWER).write_bytes("---\nquestion: Caf\xe9".encode("latin-1"))
    assert fault_of(pack) == f"{ANSWER}:1: byte 17 is not UTF-8. Save the file as UTF-8."


def test_a_byte_order_mark_does_no_harm(pack: Path) -> None:
    """A file saved by a Windows editor, with its mark and line ends, is read as it is meant."""
    text = (pack / ANSWER).read_text(encoding="utf-8")
    (pack / ANSWER).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    (pack / "pack.yaml").write_bytes(b"\xef\xbb\xbf" + (pack / "pack.yaml").read_bytes())
    assert load(pack).answers[AnswerId("fines")].text == load(SMALL_PACK).answers[AnswerId("fines")].text


def test_a_file_that_is_too_large_is_not_read(pack: Path) -> None:
    """A file over the limit is named, with the remedy."""
    (pack / "concepts.yaml").write_text("a: [" + "word, " * (MAX_FILE_BYTES // 6) + "word]", encoding="utf-8")
    assert fault_of(pack) == "concepts.yaml:1: the file is over 2,000,000 bytes. Split it."


@pytest.mark.parametrize("name", ["pack.yaml", "sources.yaml"])
def test_a_missing_file_is_named(pack: Path, name: str) -> None:
    """A pack without a file it needs says which."""
    (pack / name).unlink()
    assert f"{name}:1: cannot be read (No such file or directory). A pack needs this file." in fault_of(pack)


def test_a_missing_head_is_told_from_a_wrong_one(pack: Path) -> None:
    """An answer without a head says how one begins."""
    (pack / ANSWER).write_text("A late item costs money.\n", encoding="utf-8")
    assert f"{ANSWER}:1: the head is missing. Begin the file with a line `---`" in fault_of(pack)


def test_a_head_that_is_no_table_is_told(pack: Path) -> None:
    """A head of plain words is a fault, not a crash."""
    (pack / ANSWER).write_text("---\njust words\n---\nText.\n", encoding="utf-8")
    assert f"{ANSWER}:" in fault_of(pack)


def test_an_empty_head_is_told(pack: Path) -> None:
    """A head with nothing in it is a fault: the answer must not vanish without a word."""
    (pack / ANSWER).write_text("---\n---\nText.\n", encoding="utf-8")
    assert f"{ANSWER}:1:" in fault_of(pack)


def test_a_head_without_an_answer_is_told(pack: Path) -> None:
    """An answer needs words under its head."""
    text = (pack / ANSWER).read_text(encoding="utf-8")
    (pack / ANSWER).write_text(text[: text.rindex("---") + 4], encoding="utf-8")
    assert "there is no answer under the head. Write one." in fault_of(pack)


def test_an_empty_file_is_told(pack: Path) -> None:
    """A file of nothing is named."""
    (pack / ANSWER).write_text("", encoding="utf-8")
    assert f"{ANSWER}:1: the head is missing." in fault_of(pack)


def test_two_answers_cannot_share_an_id(pack: Path) -> None:
    """The same file name under two topics is a fault that names both."""
    (pack / "answers/visiting/fines.md").write_bytes((pack / ANSWER).read_bytes())
    assert f"answers/visiting/fines.md:1: the id fines is taken by {ANSWER}. Rename one file." in fault_of(pack)


def test_a_pack_from_another_version_says_so(pack: Path) -> None:
    """A format that this version does not know is named as that."""
    edit(pack / "pack.yaml", "format: 1", "format: 2")
    said = fault_of(pack)
    assert "pack.yaml:2: format: is 2" in said
    assert "another version" in said


@pytest.mark.parametrize("text", ["", "# nothing\n", "null\n", "[]\n"])
def test_an_empty_pack_file_is_told(pack: Path, text: str) -> None:
    """A ``pack.yaml`` with nothing in it is a fault with its name."""
    (pack / "pack.yaml").write_text(text, encoding="utf-8")
    assert fault_of(pack).startswith("pack.yaml:1: ")


@pytest.mark.parametrize("text", ["", "null\n", "[]\n"])
def test_sources_with_nothing_in_them_are_told(pack: Path, text: str) -> None:
    """No sources at all is told where it is, not by each answer that cites one."""
    (pack / "sources.yaml").write_text(text, encoding="utf-8")
    assert "sources.yaml:1: " in fault_of(pack)


def test_a_pack_without_answers_says_how_to_add_one(pack: Path) -> None:
    """An empty pack is a fault with its remedy."""
    for file in (pack / "answers").rglob("*.md"):
        file.unlink()
    assert fault_of(pack) == "answers/: there is no answer. Add one as answers/<topic>/<id>.md."


def test_an_empty_folder_names_what_a_pack_needs(tmp_path: Path) -> None:
    """An empty folder is told what it lacks."""
    said = fault_of(tmp_path)
    assert "pack.yaml:1: cannot be read" in said
    assert "sources.yaml:1: cannot be read" in said


def test_a_pack_without_wording_cannot_be_served(pack: Path) -> None:
    """Without its own sentences the bot could not speak in an emergency, so it does not start."""
    (pack / "wording/en.yaml").unlink()
    assert fault_of(pack) == "wording/en.yaml:1: this file is missing. It holds the assistant's own sentences."


def test_each_missing_sentence_is_named(pack: Path) -> None:
    """A sentence that is not there would be missed first by a visitor in danger, so the pack is refused."""
    edit(pack / "wording/en.yaml", "  crisis_self_high:", "  crisis_selv_high:")
    edit(pack / "wording/en.yaml", "  smalltalk_bye:", "  smalltalk_buy:")
    edit(pack / "wording/en.yaml", "  fact_seen:", "  fact_read:")
    edit(pack / "wording/en.yaml", "  nobody_told_danger:", "  nobody_knows:")
    assert fault_of(pack).splitlines() == [
        "wording/en.yaml:1: say.crisis_self_high is missing. Add the sentence.",
        "wording/en.yaml:1: say.fact_seen is missing. Add the sentence.",
        "wording/en.yaml:1: say.nobody_told_danger is missing. Add the sentence.",
        "wording/en.yaml:1: say.smalltalk_bye is missing. Add the sentence.",
    ]


@pytest.mark.parametrize(
    ("brace", "said"),
    [("{subjekt}", "nothing fills in {subjekt} here. Use {subject}, or write it out."), ("{", "a brace is not closed.")],
)
def test_a_brace_that_nothing_fills_in_is_found(pack: Path, brace: str, said: str) -> None:
    """A sentence with a wrong brace would fail when it is said, so it is found when it is read."""
    edit(pack / "wording/en.yaml", "answer questions about {subject}", f"answer questions about {brace}")
    assert fault_of(pack).startswith(f"wording/en.yaml:3: say.hello: {said}")


@pytest.mark.parametrize(
    ("name", "brace", "known"),
    [
        ("away_danger", "{back}", "{subject}"),
        ("away_until_danger", "{time}", "{back}, {subject}"),
        ("back_on", "{date}", "{day}, {subject}, {time}"),
        ("fact_seen", "{name}", "{subject}"),
        ("privacy", "{weeks}", "{crisis_days}, {days}, {subject}"),
    ],
)
def test_a_sentence_about_people_knows_its_own_braces(pack: Path, name: str, brace: str, known: str) -> None:
    """When people are back stands only where it is known, a name only where somebody is meant."""
    edit(pack / "wording/en.yaml", f'  {name}: "', f'  {name}: "{brace} ')
    assert fault_of(pack).endswith(f": say.{name}: nothing fills in {brace} here. Use {known}, or write it out.")


def test_a_brace_in_another_language_is_found(pack: Path) -> None:
    """A visitor who writes German must not be the first to find a fault of the German words."""
    (pack / "wording/de.yaml").write_text('say:\n  distress: "{x}"\n', encoding="utf-8")
    assert fault_of(pack).startswith("wording/de.yaml:2: say.distress: nothing fills in {x} here.")


def test_a_pack_that_looks_for_no_danger_cannot_be_served(pack: Path) -> None:
    """Without a rule for a crisis danger would go unseen, so the bot does not start."""
    (pack / "safety/en.yaml").write_text("slots: {}\nrules: []\n", encoding="utf-8")
    assert fault_of(pack) == "safety/en.yaml:1: no rule is for a crisis. Danger would go unseen. Add one."
    (pack / "safety/en.yaml").unlink()
    assert fault_of(pack) == "safety/en.yaml:1: no rule is for a crisis. Danger would go unseen. Add one."


def test_a_pack_without_numbers_for_its_country_cannot_be_served(pack: Path) -> None:
    """The numbers of the default country must be there before anybody needs them."""
    (pack / "help/gb.yaml").unlink()
    assert fault_of(pack) == "pack.yaml:7: default_country: there is no help/gb.yaml. Add it."


def test_a_country_without_a_crisis_line_cannot_be_the_default(pack: Path) -> None:
    """The default country needs a line for a crisis."""
    edit(pack / "help/gb.yaml", "for: [crisis]", "for: [drugs]")
    assert fault_of(pack) == "help/gb.yaml:1: no line is for a crisis. Add one with `for: [crisis]`."


def test_a_rule_under_the_head_is_no_second_head(pack: Path) -> None:
    """A file that begins with words has no head, even when lines of dashes follow."""
    (pack / ANSWER).write_text("Words first.\n---\nquestion: x\n---\nText.\n", encoding="utf-8")
    assert f"{ANSWER}:1: the head is missing." in fault_of(pack)


def test_lines_of_a_yaml_text_are_found() -> None:
    """A path of keys and places leads to the line, a missing end to its parent's."""
    text = "a:\n  b: [1,\n    2]\nc:\n  - x: 1\n  - x: 2\n"
    assert line_of(text, ("a", "b", "1")) == 3
    assert line_of(text, ("c", "1", "x")) == 6
    assert line_of(text, ("c", "nowhere")) == 4
    assert line_of("a: [", ("a",)) == 1


def test_code_in_a_yaml_file_is_not_run(pack: Path) -> None:
    """Tags that would make objects are a fault."""
    (pack / "concepts.yaml").write_text("a: !!python/object/apply:os.getcwd []\n", encoding="utf-8")
    assert fault_of(pack).startswith("concepts.yaml:1: ")


def test_anchors_that_multiply_are_refused_in_bounded_time(pack: Path) -> None:
    """A file of anchors of anchors gives a fault, not a machine without memory."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, 30)]
    (pack / "concepts.yaml").write_text("\n".join(rows), encoding="utf-8")
    assert fault_of(pack).startswith("concepts.yaml:2: ")

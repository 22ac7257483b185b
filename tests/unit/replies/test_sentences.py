"""What is said besides replies: facts about people, the limit, who can read this; all of it in every language."""

from dataclasses import replace
from string import Formatter

import pytest

from bot.content.loader import load
from bot.content.wording import NEEDED, missing
from bot.model import Happened, Kind, Latch
from bot.replies import Replies
from tests.conftest import ROOT
from tests.unit.replies.conftest import ABSTAINED, HERE, LANGUAGES, NOBODY, OPEN, by


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_braces(language: str) -> None:
    """No visitor meets an English sentence among others, or a gap where a name or a time belongs."""
    knowledge = load(ROOT / "knowledge")
    own, english = (knowledge.wording[each].say for each in (language, "en"))
    assert missing(own, knowledge.smalltalk) == []
    assert {name: _fields(own[name]) for name in NEEDED} == {name: _fields(english[name]) for name in NEEDED}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", Happened)
def test_each_fact_about_people_has_its_words(replies: Replies, what: Happened, language: str) -> None:
    """The name is that which the responder chose, whatever is in it."""
    said = replies.fact(what, "Dana {x}", by(OPEN, language))
    assert 0 < len(said) <= 60
    assert ("Dana {x}" in said) == (what is Happened.HERE)


def test_a_responder_without_a_name_is_someone_on_the_team(replies: Replies) -> None:
    """A fact never has a gap where the name was."""
    assert replies.fact(Happened.HERE, "", HERE) == "Someone on the team is here"


def test_what_the_page_says_besides_is_filled_in(replies: Replies) -> None:
    """Who is writing, and how long what is written is kept."""
    assert replies.say("person_typing", HERE, name="Dana") == "Dana is writing"
    assert "30 days" in (privacy := replies.say("privacy", HERE, days="30", crisis_days="180"))
    assert "180 days" in privacy


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_writes_too_fast_still_sees_a_number(replies: Replies, language: str) -> None:
    """The limit asks to wait, and the quiet line stands below it."""
    setting = by(NOBODY, language)
    assert replies.limited(setting).text == f"{replies.say('too_many', setting)}\n\n{replies.footer(setting)}"


def test_who_writes_too_fast_in_danger_still_sees_the_lines(replies: Replies) -> None:
    """While latched, the lines of the card stay in view."""
    latched = replace(HERE, latch=(Latch(kind=Kind.CRISIS),))
    assert {"988", "911"} <= {line.call for line in replies.limited(latched).help}


def test_the_quiet_line_is_not_said_twice(replies: Replies) -> None:
    """Where a reply ends with it already, nothing is added."""
    reply = replies.of(ABSTAINED, by(NOBODY))
    assert replies.with_footer(reply, HERE) == reply


def _fields(variants: tuple[str, ...] | list[str]) -> set[str]:
    """The braces that every variant of a sentence has, besides that of the subject."""
    each = [{field for _, field, _, _ in Formatter().parse(text) if field} for text in variants]
    assert all(found == each[0] for found in each)
    return each[0] - {"subject"}

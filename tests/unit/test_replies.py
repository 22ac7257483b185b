"""From a decision to what a visitor reads."""

from dataclasses import replace
from datetime import date

import pytest

from bot.content import Book
from bot.content.loader import load
from bot.model import (
    Abstained,
    Answered,
    AnswerId,
    Candidate,
    Clarified,
    Decision,
    Escalated,
    Kind,
    Latch,
    Relayed,
    Reply,
    Route,
    SmallTalk,
)
from bot.replies import Replies, Setting, spoken
from tests.conftest import SMALL_PACK

TODAY = date(2026, 11, 24)
HERE = Setting(today=TODAY, site_country="GB")
DANGER = Latch(kind=Kind.CRISIS)
SAFETY = (Kind.CRISIS, Kind.EMERGENCY, Kind.DISTRESS)


@pytest.fixture(scope="module")
def book() -> Book:
    """The small pack."""
    return Book.of(load(SMALL_PACK))


@pytest.fixture(scope="module")
def replies(book: Book) -> Replies:
    """The words of the small pack."""
    return Replies(book)


def answered(*answer_ids: str) -> Answered:
    """A decision to answer."""
    return Answered(candidates=tuple(Candidate(answer_id=AnswerId(each), score=0.9, matched="") for each in answer_ids))


def escalated(kind: Kind, variant: str = "", general: str = "") -> Escalated:
    """A decision of triage."""
    candidate = Candidate(answer_id=AnswerId(general), score=0.9, matched="") if general else None
    return Escalated(kind=kind, route=Route(kind=kind, variant=variant), general=candidate)


def overdue(book: Book, answer_id: str) -> Replies:
    """The pack with one answer past its date."""
    answer = replace(book.answers[AnswerId(answer_id)], review_by=date(2026, 11, 23))
    return Replies(replace(book, answers={**book.answers, answer.id: answer}))


def test_an_answer_comes_with_its_date_its_source_and_what_to_ask_next(replies: Replies) -> None:
    """The vetted text, who checked it and when, the source with its section, the follow-ups as choices."""
    reply = replies.of(answered("loan-period"), HERE)
    assert reply.text.startswith("You can keep a book for three weeks.")
    assert reply.text.endswith("Checked on 1 November 2026 by head librarian.")
    assert [(source.id, source.sections) for source in reply.sources] == [("rules", ("Loans",))]
    assert [choice.id for choice in reply.choices] == ["renewals", "fines"]


def test_an_answer_that_ages_says_that_it_can_change(replies: Replies) -> None:
    """``time_bound`` answers carry their own status line."""
    assert replies.of(answered("printing"), HERE).text.endswith("This can change. Checked on 1 November 2026 by front desk.")


def test_an_overdue_answer_is_served_with_a_warning(book: Book) -> None:
    """Past its date an answer that does not age quickly is flagged first."""
    text = overdue(book, "fines").of(answered("fines"), HERE).text
    assert text.startswith("Please note: this text was due for a new check on 23 November 2026.")
    assert "A late item costs" in text


def test_an_overdue_answer_that_ages_is_withdrawn(book: Book) -> None:
    """Past its date a ``time_bound`` answer is not served at all: no text, no source, no date of a check."""
    reply = overdue(book, "printing").of(answered("printing"), HERE)
    assert "due for a new check on 23 November 2026" in reply.text
    assert "pence" not in reply.text
    assert reply.sources == ()


def test_on_its_last_day_an_answer_still_holds(book: Book) -> None:
    """``review_by`` is the last day on which it may be served."""
    reply = overdue(book, "printing").of(answered("printing"), replace(HERE, today=date(2026, 11, 23)))
    assert "10 pence" in reply.text


def test_two_answers_are_told_apart(replies: Replies) -> None:
    """Two answers come with their questions as titles, sources joined, and neither as a choice."""
    reply = replies.of(answered("loan-period", "renewals"), HERE)
    assert reply.text.index("How long can I keep a book?") < reply.text.index("Can I renew a loan?")
    assert [source.id for source in reply.sources] == ["rules"]
    assert [choice.id for choice in reply.choices] == ["fines"]


def test_a_choice_names_the_questions(replies: Replies) -> None:
    """Which of these: each as the question that it answers."""
    decision = Clarified(candidates=answered("fines", "renewals").candidates)
    labels = [choice.label for choice in replies.of(decision, HERE).choices]
    assert labels == ["What happens if I return a book late?", "Can I renew a loan?"]


@pytest.mark.parametrize("why", ["no_answer", "empty", "too_long", "many", "other_language"])
@pytest.mark.parametrize("on_subject", [True, False])
def test_each_abstention_has_its_words(replies: Replies, why: str, *, on_subject: bool) -> None:
    """However nothing was answered, something is said."""
    assert replies.of(Abstained(on_subject=on_subject, score=0.0, why=why), HERE).text


def test_an_abstention_on_the_subject_is_passed_on(replies: Replies) -> None:
    """A question on the subject is noted for the team; another is told what the subject is."""
    assert "noted your question" in replies.of(Abstained(on_subject=True, score=0.0), HERE).text
    assert "Elm Street Library" in replies.of(Abstained(on_subject=False, score=0.0), HERE).text


def test_small_talk_has_its_own_sentence(replies: Replies) -> None:
    """Each topic is answered from the wording."""
    assert replies.of(SmallTalk(topic="thanks", score=1.0), HERE).text == "You're welcome. Ask me anything else."


def test_nothing_is_said_while_a_person_replies(replies: Replies) -> None:
    """A relayed message gets no words of the bot."""
    assert replies.of(Relayed(), HERE) == Reply(text="")


def test_medical_advice_is_declined_before_the_general_fact(replies: Replies) -> None:
    """The refusal stands first, then that it is general, then the fact with its source."""
    reply = replies.of(escalated(Kind.MEDICAL_ADVICE, general="fines"), HERE)
    refusal, general = reply.text.index("can't advise"), reply.text.index("A late item")
    assert refusal < reply.text.index("in general") < general
    assert reply.sources


@pytest.mark.parametrize("kind", [Kind.CRISIS, Kind.DISTRESS, Kind.HUMAN])
@pytest.mark.parametrize(
    ("country", "site_country", "numbers"),
    [
        ("US", "GB", {"988"}),
        (None, "GB", {"116 123", "findahelpline.com"}),
        (None, "US", {"988", "findahelpline.com"}),
        (None, None, {"116 123", "findahelpline.com"}),
        ("FR", "US", {"988", "findahelpline.com"}),
        ("FR", None, {"116 123", "findahelpline.com"}),
        ("us", None, {"988"}),
    ],
)
def test_the_numbers_fit_the_country(
    replies: Replies, kind: Kind, country: str | None, site_country: str | None, numbers: set[str]
) -> None:
    """The visitor's country, else the site's, else the pack's; where the visitor's is not known, the finder beside it."""
    text = replies.of(escalated(kind), Setting(today=TODAY, country=country, site_country=site_country)).text
    assert {number for number in ("988", "116 123", "findahelpline.com") if number in text} == numbers


@pytest.mark.parametrize(("country", "number"), [("US", "911"), ("GB", "999"), (None, "999"), ("FR", "999")])
def test_an_emergency_shows_the_number_of_the_country(replies: Replies, country: str | None, number: str) -> None:
    """The emergency number of the visitor's country, else of the site's."""
    assert replies.of(escalated(Kind.EMERGENCY), replace(HERE, country=country)).help[0].call == number


@pytest.mark.parametrize("country", [None, "FR"])
def test_an_emergency_in_an_unknown_country_names_the_local_number(replies: Replies, country: str | None) -> None:
    """Where the visitor's country is not known, the default's number is not all that is said."""
    text = replies.of(escalated(Kind.EMERGENCY), replace(HERE, country=country)).text
    assert "local emergency number" in text


@pytest.mark.parametrize("variant", ["", "abuse", "harm_others"])
@pytest.mark.parametrize("country", ["GB", "US", "ZZ", "", None])
@pytest.mark.parametrize("repeated", [False, True])
def test_a_crisis_never_lacks_a_number(replies: Replies, variant: str, country: str | None, *, repeated: bool) -> None:
    """Whatever is known of the country and however often it was said, there is somebody to reach."""
    setting = Setting(today=TODAY, country=country, repeated=repeated)
    reply = replies.of(escalated(Kind.CRISIS, variant), setting)
    assert any("crisis" in line.for_ for line in reply.help)
    assert all(replies.described(line, setting) in reply.text for line in reply.help)


def test_numbers_stand_before_anything_long(replies: Replies) -> None:
    """The first screen of a crisis reply holds a number."""
    text = replies.of(escalated(Kind.CRISIS), HERE).text
    assert text.index("116 123") < 400


def test_in_an_emergency_the_emergency_number_comes_first(replies: Replies) -> None:
    """Of all numbers, the emergency number is the first."""
    reply = replies.of(escalated(Kind.EMERGENCY), HERE)
    assert reply.help[0].call == "999"


def test_abuse_adds_its_own_lines(replies: Replies) -> None:
    """Somebody who is being hurt gets the lines for that."""
    names = [line.name for line in replies.of(escalated(Kind.CRISIS, "abuse"), HERE).help]
    assert "Refuge Line" in names
    assert "Refuge Line" not in [line.name for line in replies.of(escalated(Kind.CRISIS), HERE).help]


DECISIONS: list[Decision] = [
    answered("fines"),
    Clarified(candidates=answered("fines", "renewals").candidates),
    SmallTalk(topic="thanks", score=1.0),
    Abstained(on_subject=True, score=0.0),
    Abstained(on_subject=False, score=0.0, why="other_language"),
    escalated(Kind.HUMAN),
    escalated(Kind.SOURCING),
    escalated(Kind.MEDICAL_ADVICE, general="fines"),
]


@pytest.mark.parametrize("decision", DECISIONS)
def test_while_latched_the_numbers_come_first(replies: Replies, decision: Decision) -> None:
    """Until a responder clears it, every reply of the bot begins with the lines; an answer never comes first."""
    calm, latched = (replies.of(decision, replace(HERE, latch=latch)) for latch in ((), (DANGER,)))
    assert latched.text.startswith("These lines are still here for you:")
    assert latched.text.index("116 123") < latched.text.index(calm.text.split("\n")[0])
    assert latched.choices == calm.choices


@pytest.mark.parametrize("kind", SAFETY)
def test_safety_wording_is_not_pushed_down_by_the_latch(replies: Replies, kind: Kind) -> None:
    """A new alarm in a latched conversation is worded as that alarm, its own lines first."""
    calm, latched = (replies.of(escalated(kind), replace(HERE, latch=latch)) for latch in ((), (DANGER,)))
    assert latched.text.split("\n")[0] == calm.text.split("\n")[0]
    assert latched.help[: len(calm.help)] == calm.help


@pytest.mark.parametrize("decision", [answered("fines"), SmallTalk(topic="thanks", score=1.0), *map(escalated, SAFETY)])
@pytest.mark.parametrize(
    ("latch", "numbers"),
    [
        (Latch(kind=Kind.CRISIS), {"999", "116 123"}),
        (Latch(kind=Kind.CRISIS, variant="abuse"), {"999", "116 123", "0808 2000"}),
        (Latch(kind=Kind.EMERGENCY), {"999", "111", "116 123"}),
    ],
)
def test_while_latched_the_lines_of_its_card_stay(
    replies: Replies, decision: Decision, latch: Latch, numbers: set[str]
) -> None:
    """Whatever is said next, a card for distress too, what was shown when it latched stays in view."""
    reply = replies.of(decision, replace(HERE, latch=(latch,)))
    assert numbers <= {line.call for line in reply.help}
    assert all(replies.described(line, HERE) in reply.text for line in reply.help)


def test_two_dangers_keep_the_lines_of_both(replies: Replies) -> None:
    """Abuse, then an emergency: the emergency number comes first and the line about abuse stays."""
    latch = (Latch(kind=Kind.EMERGENCY), Latch(kind=Kind.CRISIS, variant="abuse"))
    calls = [line.call for line in replies.of(answered("fines"), replace(HERE, latch=latch)).help]
    assert calls[:5] == ["999", "111", "116 123", None, "0808 2000"]


def test_no_line_is_listed_twice(replies: Replies) -> None:
    """A line that two cards share is shown once."""
    latch = (Latch(kind=Kind.CRISIS, variant="abuse"), Latch(kind=Kind.CRISIS))
    lines = replies.of(escalated(Kind.CRISIS, "abuse"), replace(HERE, latch=latch)).help
    assert len(set(lines)) == len(lines)


def test_the_numbers_alone_need_no_wording(book: Book) -> None:
    """When nothing can be worded, there are still names and numbers."""
    speechless = Replies(replace(book, wording={}))
    assert speechless.numbers(HERE).text.splitlines()[:2] == ["- Emergency: 999", "- Listening Line: 116 123"]


def test_a_silent_reply_stays_silent_while_latched(replies: Replies) -> None:
    """While a person replies, the bot does not talk over them, latch or not."""
    assert replies.of(Relayed(), replace(HERE, latch=(DANGER,))).text == ""


def test_a_contact_is_named_when_there_is_one(replies: Replies) -> None:
    """Somebody who asks for a person learns where to write."""
    said = replies.of(escalated(Kind.HUMAN), replace(HERE, contact="desk@example.org")).text
    assert "desk@example.org" in said
    assert "write to" not in replies.of(escalated(Kind.HUMAN), HERE).text


@pytest.mark.parametrize(("country", "number"), [("GB", "116 123"), ("US", "988"), (None, "116 123")])
def test_the_footer_keeps_a_number_in_view(replies: Replies, country: str | None, number: str) -> None:
    """The quiet line of every surface names the first number."""
    assert number in replies.footer(Setting(today=TODAY, country=country))


def test_a_failure_still_shows_the_numbers(replies: Replies) -> None:
    """When anything breaks, the way to a person does not."""
    reply = replies.failure(HERE)
    assert "116 123" in reply.text
    assert reply.help


def test_a_date_is_written_as_people_write_it() -> None:
    """Day, month in full, year."""
    assert spoken(date(2026, 3, 1)) == "1 March 2026"

"""The truth about people: what is said when nobody can be told, when the team is away, and when it is there."""

import re
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.assembly import Core
from bot.content.wording import NEEDED
from bot.conversation import Conversations, Site
from bot.handoff import Claimed, offer_of
from bot.memory import FixedClock, FixedTeam, MemoryStore
from bot.model import (
    Abstained,
    AnswerId,
    Candidate,
    Clarified,
    ConversationId,
    Decision,
    Escalated,
    Kind,
    Latch,
    Reply,
    Route,
)
from bot.ports import Reach
from bot.replies import Replies, Setting
from tests.conftest import DANA, NOON, a_message
from tests.unit.replies.conftest import ABSTAINED, AWAY, CRISIS, HUMAN, LANGUAGES, NOBODY, OPEN, UNTIL, by

STAFF = Escalated(kind=Kind.CRISIS, route=Route(kind=Kind.CRISIS, about="staff"))
DANGER: tuple[Decision, ...] = (
    *(
        Escalated(kind=Kind.CRISIS, route=Route(kind=Kind.CRISIS, severity=each))
        for each in ("imminent", "high", "moderate")
    ),
    *(Escalated(kind=Kind.CRISIS, route=Route(kind=Kind.CRISIS, variant=each)) for each in ("abuse", "harm_others")),
    Escalated(kind=Kind.CRISIS, route=Route(kind=Kind.CRISIS, about="other")),
    Escalated(kind=Kind.EMERGENCY, route=Route(kind=Kind.EMERGENCY)),
)
ADVICE = Escalated(kind=Kind.MEDICAL_ADVICE, route=Route(kind=Kind.MEDICAL_ADVICE))
OPENED: tuple[Decision, ...] = (*DANGER, STAFF, HUMAN, ADVICE, ABSTAINED)
NEAR = tuple(Candidate(answer_id=AnswerId(each), score=0.5, matched="") for each in ("legal-status", "cost"))
DISTRESS = Escalated(kind=Kind.DISTRESS, route=Route(kind=Kind.DISTRESS))
OFFERED: tuple[Decision, ...] = (
    DISTRESS,
    Escalated(kind=Kind.SOURCING, route=Route(kind=Kind.SOURCING)),
    Clarified(candidates=NEAR),
    Abstained(on_subject=False, score=0.0),
    *(Abstained(on_subject=True, score=0.0, why=why) for why in ("empty", "too_long", "many", "other_language", "unsure")),
)
# What says that the team was told, or has something from the visitor.
CLAIMS = {
    "en": r"\b(I have|is now) (noted|marked)|urgent (note|mark)|can find your request|will note",
    "es": r"he anotado|queda anotado|he marcado|marca de urgente|aviso urgente|ver tu petición|lo anotaré",
    "fr": r"j'ai (noté|signalé)|marquée? comme|note urgente|trouver votre demande|maintenant notée|je le noterai",
    "de": r"notiert|markiert|dringende Notiz|findet Ihren Wunsch|notiere",
    "pt": r"anotei|anotado|marquei|marca de urgente|aviso urgente|ver o seu pedido|eu anoto",
}
DONT_WAIT = {
    "en": "do not wait",
    "es": "no esper|no lo esper|no la esper",
    "fr": "n'attendez pas|ne l'attendez pas",
    "de": "warten Sie (bitte )?nicht",
    "pt": "não espere",
}
ALL = list(product(LANGUAGES, range(3)))


def after_numbers(replies: Replies, reply: Reply, setting: Setting) -> str:
    """What stands below the last line of a card."""
    return reply.text[max(reply.text.index(each) for each in (replies.described(line, setting) for line in reply.help)) :]


@pytest.mark.parametrize(("language", "nth"), ALL)
@pytest.mark.parametrize("decision", [*OPENED, *OFFERED], ids=lambda each: offer_of(each) or "")
def test_where_nobody_can_be_told_that_is_said(replies: Replies, decision: Decision, language: str, nth: int) -> None:
    """Each reply that opens or offers a handoff says so, and none claims that something was noted for the team."""
    setting = by(NOBODY, language, nth)
    reply = replies.of(decision, setting)
    name = {HUMAN: "nobody_told_human", ADVICE: "nobody_told", ABSTAINED: "nobody_told"}.get(
        decision, "nobody_told_danger" if decision in OPENED else "nobody_told_offered"
    )
    assert replies.say(name, setting) in reply.text
    assert not re.search(CLAIMS[language], "" if decision == STAFF else reply.text, re.IGNORECASE)


@pytest.mark.parametrize(("language", "nth"), ALL)
@pytest.mark.parametrize("decision", [CRISIS, HUMAN, ADVICE, ABSTAINED])
def test_where_people_are_there_it_is_said_that_they_were_told(
    replies: Replies, decision: Decision, language: str, nth: int
) -> None:
    """What the test above looks for is there when it is true, and nothing is said of hours."""
    setting = by(OPEN, language, nth)
    text = replies.of(decision, setting).text
    assert re.search(CLAIMS[language], text, re.IGNORECASE)
    assert not [name for name in NEEDED if name.startswith("nobody") and replies.say(name, setting) in text]
    assert not [name for name in ("away", "away_danger", "away_offered") if replies.say(name, setting) in text]


@pytest.mark.parametrize(("language", "nth"), ALL)
@pytest.mark.parametrize("decision", [*DANGER, STAFF, DISTRESS])
@pytest.mark.parametrize("reach", [UNTIL, AWAY])
def test_in_danger_the_numbers_come_first_then_not_to_wait_then_the_hours(
    replies: Replies, decision: Decision, language: str, nth: int, reach: Reach
) -> None:
    """Out of hours a card for danger never says just that."""
    setting = by(reach, language, nth)
    reply = replies.of(decision, setting)
    ending = "_offered" if decision == DISTRESS else "_danger"
    said = _without_back(replies, f"away_until{ending}" if reach is UNTIL else f"away{ending}", setting)
    below = after_numbers(replies, reply, setting)
    assert said in below
    assert said not in reply.text.removesuffix(below)
    [dont_wait, *_] = re.finditer(DONT_WAIT[language], said, re.IGNORECASE)
    hours = said.index(replies.say("back_on", setting, day=_monday(language), time=_nine(language))) if reach is UNTIL else 0
    assert reach is AWAY or dont_wait.start() < hours


@pytest.mark.parametrize(("language", "nth"), ALL)
@pytest.mark.parametrize("decision", [HUMAN, ADVICE, ABSTAINED])
@pytest.mark.parametrize("reach", [UNTIL, AWAY])
def test_out_of_hours_a_wish_or_a_question_is_noted_and_the_hours_are_said(
    replies: Replies, decision: Decision, language: str, nth: int, reach: Reach
) -> None:
    """Somebody who wants a person learns when people are back, or that this is not known."""
    setting = by(reach, language, nth)
    text = replies.of(decision, setting).text
    assert re.search(CLAIMS[language], text, re.IGNORECASE)
    assert _without_back(replies, "away_until" if reach is UNTIL else "away", setting) in text


@pytest.mark.parametrize("decision", OFFERED)
def test_an_offer_out_of_hours_says_so_too(replies: Replies, decision: Decision) -> None:
    """Before they ask for a person, visitors learn that none is there; nothing is added while people are."""
    assert replies.of(decision, by(UNTIL)).text.endswith("People are back on Monday at 9:00\u202fAM.")
    assert replies.of(decision, by(AWAY)).text.endswith(replies.say("away_offered", by(AWAY)))
    assert "team is away" not in replies.of(decision, by(OPEN)).text


@pytest.mark.parametrize("decision", [HUMAN, ADVICE, ABSTAINED])
def test_where_nobody_is_told_there_is_still_something_to_do(replies: Replies, decision: Decision) -> None:
    """The address of the team, where one is set, and a number."""
    setting = replace(by(NOBODY), contact="desk@example.org")
    text = replies.of(decision, setting).text
    assert "desk@example.org" in text
    assert "988" in text
    assert "desk@" not in replies.of(decision, by(NOBODY)).text


@pytest.mark.parametrize("decision", [*DANGER, ADVICE])
@pytest.mark.parametrize("reach", [OPEN, NOBODY, AWAY, UNTIL])
def test_what_was_not_recorded_is_not_said_to_be_noted(replies: Replies, decision: Decision, reach: Reach) -> None:
    """While the store is away nothing reaches the team, whatever the hours are."""
    setting = replace(by(reach), recorded=False)
    text = replies.of(decision, setting).text
    assert not re.search(CLAIMS["en"], text)
    assert ("Nobody on the team has been told" in text) == (reach is NOBODY)


@pytest.mark.parametrize("reach", [NOBODY, AWAY, UNTIL])
@pytest.mark.parametrize("decision", [*DANGER, HUMAN, DISTRESS])
def test_while_a_responder_is_there_nobody_is_called_away(replies: Replies, decision: Decision, reach: Reach) -> None:
    """A person who has the conversation reads along, whatever the hours and the alerts are."""
    setting = replace(by(reach), is_attended=True)
    assert replies.of(decision, setting) == replies.of(decision, by(OPEN))


@pytest.mark.parametrize("decision", [HUMAN, ABSTAINED, OFFERED[2]])
@pytest.mark.parametrize("reach", [NOBODY, AWAY, UNTIL])
def test_while_latched_the_lines_stand_above_the_hours(replies: Replies, decision: Decision, reach: Reach) -> None:
    """After danger, even an ordinary reply about people comes below the numbers."""
    setting = replace(by(reach), latch=(Latch(kind=Kind.CRISIS),))
    calm = replies.of(decision, by(reach)).text
    latched = replies.of(decision, setting)
    assert latched.text.endswith(calm)
    assert all(replies.described(line, setting) in latched.text.removesuffix(calm) for line in latched.help)


@pytest.mark.parametrize("reach", [OPEN, NOBODY, AWAY])
def test_a_failure_tells_the_truth_about_people_below_the_numbers(replies: Replies, reach: Reach) -> None:
    """It offers a person, so it says whether one can be told."""
    reply = replies.failure(by(reach))
    below = after_numbers(replies, reply, by(reach))
    assert ("no way to alert the team" in below) == (reach is NOBODY)
    assert ("away now" in below) == (reach is AWAY)


@pytest.mark.parametrize(
    ("is_here", "said"), [(False, "People are back tomorrow at 9:00 AM."), (True, "marked this as urgent")]
)
async def test_a_conversation_knows_the_hours_and_who_is_there(small_core: Core, *, is_here: bool, said: str) -> None:
    """The path of a message adds what the team's hours are now, and whether a responder has the conversation."""
    store, clock = MemoryStore(), FixedClock(NOON)
    team = FixedTeam(Reach(is_open=False, back_at=(NOON + timedelta(days=1)).replace(hour=9)))
    conversations = Conversations(
        book=small_core.book,
        searcher=small_core.searcher,
        triage=small_core.triage,
        transcript=store,
        clock=clock,
        team=team,
        site=Site(country="GB"),
    )
    await conversations.handle(a_message("late fees"))
    if is_here:
        await store.act(ConversationId("c-1"), Claimed(by=DANA), NOON)
    text = (await conversations.handle(a_message("i want to kill myself"))).reply.text
    assert said in text.replace("\u202f", " ")
    assert ("People are back" in text) != is_here


def _without_back(replies: Replies, name: str, setting: Setting) -> str:
    """A sentence about hours, with Monday morning in its brace."""
    language = setting.locale
    back = replies.say("back_on", setting, day=_monday(language), time=_nine(language))
    return replies.say(name, setting, back=back)


def _monday(language: str) -> str:
    return dict(zip(LANGUAGES, ("Monday", "lunes", "lundi", "Montag", "segunda-feira"), strict=True))[language]


def _nine(language: str) -> str:
    return {"en": "9:00\u202fAM", "es": "9:00"}.get(language, "09:00")

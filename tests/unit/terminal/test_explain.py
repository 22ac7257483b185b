"""Why triage decided so, in words and as JSON."""

import io
import json

import pytest
from rich.console import Console

from adapters.terminal.explain import MAX_SHOWN_CHARS, explanation, show_explanation
from bot.model import Kind, Route
from bot.triage import Judgement
from bot.triage.rules import Hit

CRISIS = Route(kind=Kind.CRISIS, about="other", severity="high", reason="crisis-other", concern=1.0)
BY_RULE = Judgement(
    route=CRISIS,
    layer="rule",
    views=("he wants to end it", "he wants to end it!"),
    hits=(
        Hit(route=CRISIS, sentence="he wants to end it", matched="he wants to end it", held=False),
        Hit(route=Route(kind=Kind.CRISIS, reason="crisis-suicide"), sentence="i used to", matched="i used to", held=True),
    ),
    shares=(("danger", 1.5), ("human", 0.123456)),
)
BY_CLASSIFIER = Judgement(
    route=Route(kind=Kind.CRISIS, severity="imminent", language="en", reason="classifier: crisis-self"),
    layer="classifier",
    views=("a", "b"),
    shares=(("human", 0.1), ("danger", 2.0)),
    labels=(("danger", 0.99), ("crisis-self", 0.8)),
    part="legs over the edge",
)


def printed(judged: Judgement) -> str:
    """What stands in the terminal, its lines joined."""
    console = Console(file=io.StringIO(), width=400)
    show_explanation(judged, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_rule_is_named_with_its_sentence() -> None:
    """The rule that decided, what it matched, and the rule that an exception held back, with the sentence of each."""
    text = printed(BY_RULE)
    assert "a rule over words: crisis-other" in text
    assert 'crisis-other (crisis) matched "he wants to end it"' in text
    assert 'crisis-suicide (crisis) was held back by an exception on "i used to"' in text
    assert "somebody else" in text


def test_the_classifier_says_what_it_heard() -> None:
    """Shares of the thresholds, strongest first; the strongest heads; the part that spoke loudest; every view."""
    text = printed(BY_CLASSIFIER)
    assert "the classifier: crisis-self" in text
    assert "crisis or emergency 2.00, human 0.10" in text
    assert "danger 0.99, crisis-self 0.80" in text
    assert '"legs over the edge"' in text
    assert text.index('"a"') < text.index('"b"')


def test_nothing_raised_is_said_too() -> None:
    """A message that triage lets through says so, and that the classifier was not asked."""
    text = printed(Judgement(route=Route(), layer="", views=("bye",)))
    assert "raised nothing" in text
    assert "not asked" in text


def test_a_rule_that_the_classifier_does_not_bear_out_says_so() -> None:
    """A crisis rule whose message got the card for distress is explained."""
    hit = Hit(route=CRISIS, sentence="in 2008 he wanted to end it", matched="in 2008 he wanted to end it", held=False)
    judged = Judgement(route=Route(kind=Kind.DISTRESS, reason="crisis-other"), layer="rule", hits=(hit,))
    assert "it gets the card for distress" in printed(judged)


@pytest.mark.parametrize("text", ["[red]late[/red]", "\x1b[31mfees\x07", "\u202elate", "x" * 5_000])
def test_a_hostile_message_stays_text(text: str) -> None:
    """No markup, no command of the terminal, no turned direction, and no flood."""
    shown = printed(Judgement(route=Route(), layer="", views=(text,)))
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "[red]" in shown or "[red]" not in text
    assert len(shown) < MAX_SHOWN_CHARS * 20


def test_the_json_holds_everything() -> None:
    """Each field of the judgement, rounded, as plain JSON."""
    found = json.loads(json.dumps(explanation(BY_RULE)))
    assert (found["kind"], found["layer"], found["reason"]) == ("crisis", "rule", "crisis-other")
    assert (found["about"], found["severity"], found["language"], found["variant"]) == ("other", "high", None, None)
    assert found["rules"][1] == {
        "rule": "crisis-suicide",
        "kind": "crisis",
        "sentence": "i used to",
        "held_back": True,
    }
    assert found["shares"] == {"danger": 1.5, "human": 0.123}
    assert found["views"] == list(BY_RULE.views)
    assert explanation(Judgement(route=Route(), layer=""))["kind"] is None

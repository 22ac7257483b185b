"""From what was typed, and said before, to candidates."""

import pytest

from bot.assembly import Core
from bot.retrieval.search import NOTHING, Searcher


@pytest.fixture
def searcher(small_core: Core) -> Searcher:
    """The search over the small pack."""
    return small_core.searcher


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("for how many weeks may I keep the book", "loan-period"),
        ("oppening hours pls", "opening-hours"),
        ("whats the late fee", "fines"),
        ("how do i become a member of the library", "membership"),
        ("price per printed page", "printing"),
    ],
)
def test_a_question_in_other_words_finds_its_answer(searcher: Searcher, text: str, answer: str) -> None:
    """Stems, concepts, characters and spelling lead to the answer."""
    assert searcher.search(text).candidates[0].answer_id == answer


def test_a_stored_phrasing_is_all_but_certain(searcher: Searcher) -> None:
    """Word for word, whatever case and marks: the score is near 1."""
    best = searcher.search("LATE FEES?!").candidates[0]
    assert (best.answer_id, best.score > 0.95) == ("fines", True)


@pytest.mark.parametrize("text", ["", "   ", "?!", "\U0001f642", "\x00"])
def test_nothing_to_compare_finds_nothing(searcher: Searcher, text: str) -> None:
    """Without a word there is no candidate."""
    assert searcher.search(text).candidates == NOTHING.candidates == ()


def test_many_questions_are_counted_and_not_guessed_at(searcher: Searcher) -> None:
    """A list of questions gives their number."""
    findings = searcher.search("\n".join(["When do you open?", "How much is the fine?", "Can I renew?"] * 4))
    assert findings.candidates == ()
    assert findings.n_questions == 12


def test_one_question_in_a_story_is_found(searcher: Searcher) -> None:
    """The question is read, the story around it is not."""
    story = (
        "My daughter has just started school and she reads a lot at the moment. Last week we went to the sea and she took "
        "three stories along. How long can I keep a book? We would love to come by on the way home from my sister's place."
    )
    assert searcher.search(story).candidates[0].answer_id == "loan-period"


def test_a_turn_that_does_not_stand_alone_is_completed(searcher: Searcher) -> None:
    """What was said before completes a turn that points back to it."""
    alone = searcher.search("and for a film?")
    after = searcher.search("and for a film?", ["how long can i keep a book"])
    assert after != alone
    assert "loan-period" in [each.answer_id for each in after.candidates]


def test_a_turn_that_stands_alone_is_left_alone(searcher: Searcher) -> None:
    """A complete question is read as if nothing had been said before."""
    earlier = ["how long can i keep a book", "can i renew a loan"]
    assert searcher.search("what does printing cost", earlier) == searcher.search("what does printing cost")


def test_unknown_words_lower_the_score(searcher: Searcher) -> None:
    """The same frame around a word that the pack does not know is a weaker match."""
    known, unknown = (searcher.search(f"how do i renew {word}").best for word in ("my books", "my passport"))
    assert unknown < known


def test_words_of_another_language_are_counted(searcher: Searcher) -> None:
    """The share of words that are English or known tells languages apart."""
    assert searcher.search("wie lange darf ich das behalten bitte").known_words < 0.5
    assert searcher.search("how long may i keep this please").known_words == 1.0


def test_the_matched_phrasing_is_told_to_editors(searcher: Searcher) -> None:
    """The best candidate names the stored phrasing that it came from."""
    best = searcher.search("do you charge for the late books").candidates[0]
    assert best.matched == "do you charge for late books"

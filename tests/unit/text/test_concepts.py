"""Words and idioms that mean the same."""

from bot.text import Concepts


def test_a_phrase_of_several_words_is_found_in_its_place() -> None:
    """An idiom counts where its words stand next to each other."""
    concepts = Concepts.of([("cost", ["what", "would", "i", "pay"])])
    assert concepts.find(["so", "what", "would", "i", "pay", "there"]) == ["c:cost"]
    assert concepts.find(["what", "i", "would", "pay"]) == []


def test_a_concept_is_named_once() -> None:
    """Two phrases of one concept in a text give one term."""
    concepts = Concepts.of([("cost", ["price"]), ("cost", ["fee"])])
    assert concepts.find(["price", "and", "fee"]) == ["c:cost"]


def test_a_phrase_may_stand_for_several_concepts() -> None:
    """A phrase under two concepts gives both."""
    concepts = Concepts.of([("cost", ["free"]), ("freedom", ["free"])])
    assert concepts.find(["free"]) == ["c:cost", "c:freedom"]


def test_a_phrase_cut_off_by_the_end_is_not_found() -> None:
    """The last word of a text does not complete a phrase that goes on."""
    concepts = Concepts.of([("cost", ["how", "much"])])
    assert concepts.find(["and", "how"]) == []

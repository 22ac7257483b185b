"""Text to terms."""

from bot.text import Analyzer, Concepts, Spelling, analyze_characters, analyze_words
from bot.text.analyzer import stem

NO_CONCEPTS = Concepts.of([])


def test_forms_of_a_word_share_a_stem() -> None:
    """``sessions`` and ``session`` are one term."""
    assert stem("sessions") == stem("session") == "session"


def test_words_give_stems_and_marked_pairs() -> None:
    """A text gives its stems and its pairs, the first and the last marked."""
    assert analyze_words(["long", "sessions"], NO_CONCEPTS) == [
        "long",
        "session",
        "<s> long",
        "long session",
        "session </s>",
    ]


def test_a_concept_stands_beside_the_words() -> None:
    """A phrase of a concept adds the concept's own term."""
    concepts = Concepts.of([("cost", ["pricey"])])
    assert analyze_words(["pricey"], concepts)[-1] == "c:cost"


def test_character_grams_stay_inside_words() -> None:
    """Each word is padded with a space; no gram spans two words."""
    grams = analyze_characters(["ab", "c"])
    assert grams == [" a", "ab", "b ", " ab", "ab ", " ab ", " c", "c ", " c "]


def test_a_query_is_folded_and_spelled() -> None:
    """The analyzer folds, splits and corrects what was typed."""
    analyzer = Analyzer(NO_CONCEPTS, Spelling({"session": 3}, frozenset()))
    assert analyzer.tokens("SESION!") == ["session"]


def test_no_words_give_no_tokens() -> None:
    """Marks and emoji give nothing to compare."""
    analyzer = Analyzer(NO_CONCEPTS, Spelling({}, frozenset()))
    assert analyzer.tokens("?? \U0001f642 !!") == []

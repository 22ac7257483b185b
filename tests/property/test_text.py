"""What holds for every text."""

from hypothesis import given
from hypothesis import strategies as st

from bot.text import clauses, fold, sentences, tokenize
from tests.property.strategies import NASTY, any_text


@given(st.one_of(any_text, st.text(alphabet=NASTY + "\u1100\u1161\u11a8\u0345\u03f4\u1e9e", max_size=40)))
def test_folding_twice_changes_nothing(text: str) -> None:
    """A folded text is its own folded form."""
    assert fold(fold(text)) == fold(text)


@given(any_text)
def test_tokens_are_plain(text: str) -> None:
    """Tokens are lower-case letters, digits and inner apostrophes, whatever was typed."""
    tokens = tokenize(fold(text))
    assert all(token and token.replace("'", "").isascii() and token == token.lower() for token in tokens)
    assert tokenize(" ".join(tokens)) == tokens


@given(any_text)
def test_case_makes_no_difference(text: str) -> None:
    """Shouting is read like speaking."""
    plain = text.encode("ascii", "ignore").decode()
    assert tokenize(fold(plain.upper())) == tokenize(fold(plain.lower()))


@given(any_text)
def test_taking_apart_loses_no_word(text: str) -> None:
    """Sentences hold all words of a text in order; only marks fall away."""
    plain = text.encode("ascii", "ignore").decode().translate(str.maketrans("<>,_'`", "      "))
    assert [word for part in sentences(plain) for word in tokenize(fold(part))] == tokenize(fold(plain))


@given(any_text)
def test_sentences_are_trimmed(text: str) -> None:
    """No sentence is empty or begins or ends with white space."""
    assert all(part and part == part.strip() for part in sentences(text))


@given(any_text)
def test_clauses_are_parts_of_their_sentence(text: str) -> None:
    """A clause stands in its sentence as it is, white space aside."""
    spaced = " ".join(text.split())
    assert all(" ".join(clause.split()) in spaced for clause in clauses(text))

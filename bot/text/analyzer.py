"""Text to terms: stems of one and two words with sentence marks and concepts, and character n-grams inside words.

``analyze_words`` and ``analyze_characters`` are what scikit-learn is fitted with. ``Analyzer`` gives the same terms one
word at a time and remembers each word's, because people use the same few thousand words over and over.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import Stemmer

from bot.text.concepts import Concepts
from bot.text.normalize import fold, tokenize
from bot.text.spelling import Spelling

START, END = "<s>", "</s>"
MIN_GRAM, MAX_GRAM = 2, 5
_stemmer = Stemmer.Stemmer("english", 0)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the Snowball (Porter 2) stem of one word."""
    return str(_stemmer.stemWord(word))


def analyze_words(tokens: Sequence[str], concepts: Concepts) -> list[str]:
    """Return stems, pairs of stems with sentence marks, and concepts, for one text."""
    stems = [stem(token) for token in tokens]
    marked = [START, *stems, END]
    pairs = [f"{left} {right}" for left, right in pairwise(marked)]
    return [*stems, *pairs, *concepts.find(stems)]


def analyze_characters(tokens: Sequence[str]) -> list[str]:
    """Return the character n-grams inside each word, the word padded with a space on both sides."""
    return [gram for token in tokens for gram in character_grams(token)]


@lru_cache(maxsize=100_000)
def character_grams(token: str) -> tuple[str, ...]:
    """Return the 2- to 5-grams of one padded word, shorter ones first."""
    padded = f" {token} "
    return tuple(padded[at : at + size] for size in range(MIN_GRAM, MAX_GRAM + 1) for at in range(len(padded) - size + 1))


class Analyzer:
    """The steps every query and every phrasing goes through before it is compared."""

    def __init__(self, concepts: Concepts, spelling: Spelling) -> None:
        """Join the pack's concepts and the index's spelling."""
        self.concepts = concepts
        self.spelling = spelling

    def tokens(self, text: str) -> list[str]:
        """Return the folded, spelling-corrected words of a query."""
        correct = self.spelling.correct
        return [correct(token) for token in tokenize(fold(text))]

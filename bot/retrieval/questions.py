"""What a message asks: the parts of it that may be a question of their own, and whether a turn stands alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.text import clauses, fold, sentences, tokenize

MAX_PARTS = 40  # a story of more sentences than this is read to here
LONG_WORDS = 14  # a message longer than this is also scored piece by piece
MANY_QUESTIONS = 6  # from here on a person is asked to take them one at a time

_ASKS = re.compile(
    r"^(?:(?:and|also|so|but|ok|okay|um|well|please|hi|hello|hey|then|plus|or|anyway|basically|just)\s+)*"
    r"(?:how|what|whats|what's|when|where|wheres|where's|who|whos|who's|why|which|is|isn't|isnt|are|aren't|arent|am|do|does|"
    r"doesn't|doesnt|don't|did|can|could|will|would|should|has|have|was|were|may|must|tell me|explain|any|anyone|anybody|"
    r"how's|hows|whose|wondering|curious|i want to know|i'd like to know|i wonder|need to know|do we|what about)\b",
)
_CONTINUES = re.compile(
    r"^(?:and|or|also|but|then|so)\b|^(?:what|how) about\b|"
    r"^(?:why|how|when|where|who|really|which one|how come|how so|since when|for how long|how long|how many|how much|"
    r"how often|says who|like what|such as|what else|why not|how many of them|how far apart)\W*$|"
    r"^same (?:for|with)\b|^even (?:if|for|with)\b|^not even\b|^only\b",
)
_POINTS_BACK = frozenset(
    (
        "it its it's that that's thats they them their theirs those these this there he she him her one ones both "
        "either neither same else more another other too"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message and how much it looks like a question."""

    text: str
    asks: bool


def parts_of(text: str) -> list[Part]:
    """Return the sentences of a message, the clauses of the longer ones, and pairs of neighbours, without repeats."""
    found: dict[str, Part] = {}
    whole = sentences(text)[:MAX_PARTS]
    for sentence in whole:
        pieces = [sentence]
        if len(sentence.split()) > LONG_WORDS // 2:
            pieces += clauses(sentence)[:MAX_PARTS]
        for piece in pieces:
            found.setdefault(piece, Part(piece, asks(piece)))
    for left, right in pairwise(whole):
        if len(left.split()) + len(right.split()) <= 2 * LONG_WORDS and asks(right):
            pair = f"{left} {right}"
            found.setdefault(pair, Part(pair, asks=True))
    return list(found.values())[: 2 * MAX_PARTS]


def asks(piece: str) -> bool:
    """Whether a piece looks like a question: a question mark, or a word that opens one."""
    return piece.rstrip(" \"')").endswith("?") or _ASKS.match(fold(piece).strip()) is not None


def separate_questions(text: str) -> list[str]:
    """Return the questions of a message when it asks two or more; an empty list when it asks one or none.

    A part that only makes sense with the one before ("and how often?") keeps it as context.
    """
    found: list[str] = []
    for sentence in sentences(text)[:MAX_PARTS]:
        pieces = [piece for piece in clauses(sentence) if asks(piece)]
        if len(pieces) >= 2:
            found += pieces
        elif asks(sentence):
            found.append(sentence)
    return found if len(found) >= 2 else []


def stands_alone(text: str, content_words: Sequence[str]) -> bool:
    """Whether a turn can be understood without the ones before it.

    It can not when it has no content word, when it opens like a continuation and is short, or when it is short, points
    back ("does it last?") and has next to nothing of its own.
    """
    folded = fold(text).strip()
    words = tokenize(folded)
    if not content_words:
        return False
    if _CONTINUES.match(folded) and len(content_words) <= 3:
        return False
    points_back = any(word in _POINTS_BACK for word in words)
    return not (points_back and len(content_words) <= 1 and len(words) <= 8)

"""What a message asks: the parts of it that may be a question of their own, and whether a turn stands alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from bot.text import clauses, fold, sentences, tokenize

MAX_PARTS = 40  # a story of more sentences than this is read to here
LONG_WORDS = 8  # a message longer than this is also scored part by part
FEW_CONTENT_WORDS = 3
SHORT_TURN_WORDS = 8
MIN_CLAUSED_WORDS = 7  # a sentence longer than this is also taken apart
MAX_PAIR_WORDS = 28
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


_POINTS_TO_SOMETHING = _POINTS_BACK - frozenset("it its it's there he she him her them they".split())


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message and how much it looks like a question."""

    text: str
    asks: bool


def parts_of(text: str) -> list[Part]:
    """Return the sentences of a message, the clauses of the longer ones, and pairs of neighbours, without repeats.

    Where a part ends in a question mark, only such parts count as asking: people who use the mark use it.
    """
    found: dict[str, None] = {}
    whole = sentences(text)[:MAX_PARTS]
    for sentence in whole:
        found[sentence] = None
        if len(sentence.split()) > MIN_CLAUSED_WORDS:
            found.update(dict.fromkeys(clauses(sentence)[:MAX_PARTS]))
    for left, right in pairwise(whole):
        if len(left.split()) + len(right.split()) <= MAX_PAIR_WORDS and asks(right):
            found[f"{left} {right}"] = None
    marked = any(_is_marked(piece) for piece in found)
    judge = _is_marked if marked else asks
    parts = [Part(piece, asks=judge(piece)) for piece in found][: 2 * MAX_PARTS]
    return parts if any(part.asks for part in parts) else [Part(part.text, asks=True) for part in parts]


def asks(piece: str) -> bool:
    """Whether a piece looks like a question: a question mark, or a word that opens one."""
    return _is_marked(piece) or _ASKS.match(fold(piece).strip()) is not None


def _is_marked(piece: str) -> bool:
    return piece.rstrip(" \"')").endswith("?")


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


class Dependence(Enum):
    """How much a turn needs the ones before it to be understood."""

    NONE = "none"
    SOME = "some"
    FULL = "full"


def dependence_of(text: str, content_words: Sequence[str]) -> Dependence:
    """Say how much a turn depends on the ones before it.

    Fully: it has no content word, opens like a continuation and is short, or points back ("does it last?") with next to
    nothing of its own. To some degree: it is short and points back to more than the therapy ("what if *those* fail?").
    """
    folded = fold(text).strip()
    words = tokenize(folded)
    if not content_words or (_CONTINUES.match(folded) and len(content_words) <= FEW_CONTENT_WORDS):
        return Dependence.FULL
    points_back = any(word in _POINTS_BACK for word in words)
    if points_back and len(content_words) <= 1 and len(words) <= SHORT_TURN_WORDS:
        return Dependence.FULL
    if len(content_words) <= FEW_CONTENT_WORDS and any(word in _POINTS_TO_SOMETHING for word in words):
        return Dependence.SOME
    return Dependence.NONE

"""A long message taken apart: sentences, and the clauses inside them.

People tell a story and ask one thing in it. Scored whole, the story drowns the question; scored piece by piece it does not.
"""

import re

_SENTENCE_END = re.compile(r"(?<=[.!?;\n])[\"')\],]*\s+|\n+|\s+[-\u2013\u2014]{1,2}\s+|\u2026\s*|(?:\.{2,})\s*")
_CLAUSE_END = re.compile(
    r"\s*[,;:()]\s+|\s+(?:but|so|because|cos|cuz|although|though|anyway|basically|also|plus)\s+|\s+and\s+(?="
    r"(?:also\s+)?(?:how|what|when|where|who|why|which|is|are|do|does|did|can|could|will|would|should|has|have)\b)",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s{2,}|[^\S\n ]")  # a single space or line break may stay as it is
MIN_SEGMENT_WORDS = 2


def sentences(text: str) -> list[str]:
    """Split a text into its sentences, in order; line breaks, dashes and dots end one too."""
    return [part.strip() for part in _SENTENCE_END.split(_single_spaced(text)) if part and part.strip()]


def clauses(sentence: str) -> list[str]:
    """Split a sentence where a new thought may begin: commas, ``but``, ``so``, ``and`` before a question word."""
    return [
        part.strip()
        for part in _CLAUSE_END.split(_single_spaced(sentence))
        if part and len(part.split()) >= MIN_SEGMENT_WORDS
    ]


def _single_spaced(text: str) -> str:
    """Shorten each run of white space to one mark, or the patterns above would try every part of a long one."""
    return _SPACE.sub(lambda run: "\n" if "\n" in run[0] else " ", text)

"""The one analyzer: how a typed sentence becomes the terms that everything else compares."""

from bot.text.analyzer import Analyzer, analyze_characters, analyze_words
from bot.text.concepts import Concepts
from bot.text.normalize import fold, tokenize
from bot.text.segments import clauses, sentences
from bot.text.spelling import Spelling, trusted

__all__ = [
    "Analyzer",
    "Concepts",
    "Spelling",
    "analyze_characters",
    "analyze_words",
    "clauses",
    "fold",
    "sentences",
    "tokenize",
    "trusted",
]

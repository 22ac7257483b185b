"""The English words that spelling correction leaves alone."""

from spellchecker import SpellChecker


def english_words() -> frozenset[str]:
    """Return the words of pyspellchecker's English list, lower case; read once, when an index is fitted."""
    return frozenset(filter(str.isalpha, SpellChecker(language="en").word_frequency.words()))

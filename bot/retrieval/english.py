"""The English words that spelling correction leaves alone."""

from spellchecker import SpellChecker


def english_words() -> frozenset[str]:
    """Return the words of pyspellchecker's English list, lower case; read once, when an index is fitted."""
    return frozenset(word for word in SpellChecker(language="en").word_frequency.keys() if word.isalpha())

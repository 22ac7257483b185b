"""What a person typed, made comparable: one case, one kind of apostrophe, no invisible marks, no accents."""

import re
import unicodedata

_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)*")
_TAG = re.compile(r"<[^<>]{0,200}>")
_NUMBER_MARK = re.compile(r"(?<=\d)[,_](?=\d{3}\b)")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4\u0060\u2032", "'"))


def fold(text: str) -> str:
    """Fold a text to lower-case ASCII letters where they exist, dropping tags and invisible marks.

    Folding twice changes nothing (a property test holds it). Scripts that have no ASCII form keep their letters.
    """
    if text.isascii() and "<" not in text and text.isprintable():
        return _NUMBER_MARK.sub("", text.translate(_APOSTROPHES)).lower()
    text = unicodedata.normalize("NFKC", text)
    text = "".join(_visible(character) for character in text)
    text = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    text = "".join(character for character in text if not unicodedata.combining(character))
    # Folding can join what was apart ("<" beside a mark that fell away), so tags go last, until none is left.
    while (stripped := _TAG.sub(" ", text)) != text:
        text = stripped
    while (stripped := _NUMBER_MARK.sub("", text.translate(_APOSTROPHES))) != text:
        text = stripped
    return text


def tokenize(folded: str) -> list[str]:
    """Split folded text into words and numbers; an apostrophe inside a word stays (``don't``)."""
    return _TOKEN.findall(folded)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    category = unicodedata.category(character)
    return "" if category == "Cf" else " "

"""What a person typed, made comparable: one case, one kind of apostrophe, no invisible marks, no accents."""

import re
import unicodedata

_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)*")
_CODE = re.compile(r"<(script|style)\b[^<>]{0,200}>.{0,2000}?</\1\s*>", re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,200}>")
_BRACKETS = str.maketrans("<>", "  ")
# Marks that show nothing and yet are neither format characters nor combining: joiners, fillers, variation selectors.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_NUMBER_MARK = re.compile(r"(?<=\d)[,_](?=\d{3}\b)")
_SPACES = str.maketrans("\t\n\r\v\f", " " * 5)
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4\u0060\u2032", "'"))


def fold(text: str) -> str:
    """Fold a text to lower-case ASCII letters where they exist, dropping tags and invisible marks.

    Folding twice changes nothing (a property test holds it). Scripts that have no ASCII form keep their letters.
    """
    if text.isascii() and "<" not in text and (text.isprintable() or (text := text.translate(_SPACES)).isprintable()):
        text = text.replace("`", "'").lower()
        return _NUMBER_MARK.sub("", text) if "," in text or "_" in text else text
    text = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES))  # NFKC makes a space and an accent of one of them
    text = "".join(_visible(character) for character in _UNSEEN.sub("", text))
    text = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    text = "".join(character for character in text if not unicodedata.combining(character))
    # Folding can join what was apart ("<" beside a mark that fell away), so tags go last; a bracket left over, too, or
    # brackets in brackets would have to be peeled layer by layer.
    text = _TAG.sub(" ", _CODE.sub(" ", text)).translate(_BRACKETS)
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

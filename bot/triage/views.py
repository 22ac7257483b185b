"""The ways a message can be read: as it stands, with its spelling corrected, and with disguises taken off.

People in danger type with cold hands, and young people write around filters: "s3lf h@rm", "k m s", "iwanttodie", "diiie".
Every view is looked at, and each can only raise.
"""

import math
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache

from bot.text import Spelling, fold, sentences, tokenize

MAX_PART = 14  # letters of one of the words that are written as one
_RUN = re.compile("[a-zA-Z]{8,40}")
_LEET = str.maketrans("013457@$!|+", "oieastasilt")
_LEET_WORD = re.compile(
    r"(?<![\w@$!|+])(?=[\w@$!|+*]*[a-zA-Z])(?=[\w@$!|+]*[013457@$!|+])[\w@$!|+]{3,20}(?<![!|+])(?![\w@$|+])"
)
_SPACED = re.compile(r"(?<![^\W_])(?:[a-zA-Z][ .\-_*]{1,2}){3,40}[a-zA-Z](?![^\W_])")
_REPEATED = re.compile(r"([a-zA-Z])\1{2,}")
# The pill said danger four times as often as the word "suicide" in one service (research/safety.md, section 1).
_PICTURES: Mapping[str, str] = {
    "\U0001f48a": "pills",
    "\U0001f52a": "knife",
    "\U0001fa93": "axe",
    "\U0001f5e1": "knife",
    "\U0001f52b": "gun",
    "\u26b0": "coffin",
    "\U0001faa6": "grave",
    "\U0001f480": "dead",
    "\u2620": "dead",
    "\U0001fa78": "blood",
    "\U0001fa92": "razor",
    "\U0001faa2": "rope",
}
_PICTURE = re.compile("[" + "".join(_PICTURES) + "]")
_MAX_DISGUISED_CHARS = 4_000  # a longer text is no disguise


class Views:
    """Makes the views of a message; ``spelling`` knows the words of the messages that triage learnt from."""

    def __init__(self, spelling: Spelling, frequencies: Mapping[str, int]) -> None:
        """Take the spelling of triage and how often each of its words occurs."""
        self._spelling = spelling
        self._frequencies = frequencies
        self._apart = lru_cache(maxsize=20_000)(self._take_apart)

    @cached_property
    def _costs(self) -> dict[str, float]:
        """How rare each word is (-log of its share) that may be one of several written as one."""
        total = sum(self._frequencies.values()) or 1
        return {word: -math.log(n / total) for word, n in self._frequencies.items() if _may_be_joined(word, n)}

    def of(self, text: str) -> list[str]:
        """Return the views of a message, the message itself first, without repeats."""
        return list(dict.fromkeys([text, *self._corrected(text), *self._undisguised(text)]))

    def _corrected(self, text: str) -> list[str]:
        correct = self._spelling.correct
        typed = [tokenize(fold(sentence)) for sentence in sentences(text)]
        corrected = [[correct(token) for token in tokens] for tokens in typed]
        return [] if typed == corrected else [". ".join(map(" ".join, corrected))]

    def _undisguised(self, text: str) -> list[str]:
        if len(text) > _MAX_DISGUISED_CHARS:
            return []
        plain = _PICTURE.sub(lambda found: f" {_PICTURES[found[0]]} ", text)
        plain = _SPACED.sub(lambda found: re.sub(r"[^a-zA-Z]", "", found[0]), plain)
        plain = _LEET_WORD.sub(lambda found: self._plain_word(found[0]), plain)
        plain = _REPEATED.sub(r"\1", plain)
        plain = _RUN.sub(lambda found: self._apart(found[0].lower()), plain)
        return [] if plain.lower() == text.lower() else [plain]

    def _plain_word(self, word: str) -> str:
        plain = word.translate(_LEET).lower()
        return plain if self._is_word(plain) else word

    def _is_word(self, word: str) -> bool:
        return word in self._costs or self._spelling.is_english(word)

    def _take_apart(self, run: str) -> str:
        """Return the likeliest words that a run of letters is made of (Viterbi over word frequencies), or the run itself."""
        if self._is_word(run) or self._spelling.correct(run) != run:
            return run
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(run) + 1):
            options = [
                (best[start][0] + self._costs[run[start:end]], start)
                for start in range(max(0, end - MAX_PART), end)
                if run[start:end] in self._costs
            ]
            best.append(min(options, default=(math.inf, 0)))
        if math.isinf(best[-1][0]):
            return run
        words, end = [], len(run)
        while end:
            start = best[end][1]
            words.append(run[start:end])
            end = start
        return " ".join(reversed(words)) if len(words) <= len(run) / 2 else run


def _may_be_joined(word: str, count: int) -> bool:
    return (
        word.isalpha()
        and (len(word) > 2 or word in {"i", "a", "to", "me", "my", "it", "is", "am", "do", "of", "in"})
        and count > 1
    )

"""A synthetic pack of any size: short FAQ questions from templates, and queries with a word dropped and a typo.

Slots are filled from pyspellchecker's English words with Zipf's law, so that a few subjects are asked about often and most
rarely, as in real packs. Every answer has twenty phrasings.
"""

import random
from itertools import accumulate

from spellchecker import SpellChecker

from bot.model import AnswerId
from bot.retrieval.build import Corpus, Entry
from bot.retrieval.english import english_words
from bot.text import fold, tokenize

PHRASINGS_PER_ANSWER = 20
SEED = 20261124
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TEMPLATES = (
    "how do i {verb} my {adjective} {noun}",
    "what is the best way to {verb} a {noun}",
    "can i {verb} the {noun} after {other}",
    "where can i find the {adjective} {noun} for {other}",
    "why was my {noun} not {verb} yet",
    "is it possible to {verb} {noun} without {other}",
    "how long does the {noun} take to {verb}",
    "who should i ask about {adjective} {noun}",
    "do you {verb} the {noun} with a {other}",
    "what happens to my {noun} when i {verb} it",
    "how much does it cost to {verb} a {adjective} {noun}",
    "when will the {noun} be {verb} again",
    "i want to {verb} {noun} and {other}",
    "tell me about the {adjective} {noun}",
    "are there limits on {noun} for {adjective} {other}",
    "which {noun} do i need to {verb} the {other}",
)


def make_corpus(n_phrasings: int) -> Corpus:
    """Return a pack with about this many distinct phrasings, the same ones each time."""
    random_ = random.Random(SEED)
    words = _words()
    weights = list(accumulate(1.0 / (rank + 10) for rank in range(len(words))))
    seen: set[str] = set()
    entries = []
    for number in range(n_phrasings // PHRASINGS_PER_ANSWER):
        own = random_.choices(words, cum_weights=weights, k=6)  # an answer's subject: its phrasings share these words
        phrasings: list[str] = []
        while len(phrasings) < PHRASINGS_PER_ANSWER:
            noun, verb, adjective, other = random_.sample(own, 2) + random_.choices(words, cum_weights=weights, k=2)
            text = random_.choice(_TEMPLATES).format(noun=noun, verb=verb, adjective=adjective, other=other)
            if text not in seen:
                seen.add(text)
                phrasings.append(text)
        entries.append(Entry(answer_id=AnswerId(f"answer-{number}"), phrasings=tuple(phrasings), text=" ".join(own)))
    return Corpus(
        entries=tuple(entries),
        concepts=(),
        out_of_scope=(),
        english=english_words(),
        answer_risk=0.1,
        clarify_risk=0.3,
        false_answer_risk=0.08,
        smalltalk_risk=0.2,
    )


def make_queries(corpus: Corpus, n_queries: int) -> list[tuple[str, AnswerId]]:
    """Return distinct queries, each a phrasing with a word dropped and a typo, and the answer it belongs to."""
    random_ = random.Random(SEED + 1)
    found: dict[str, AnswerId] = {}
    while len(found) < n_queries:
        entry = random_.choice(corpus.entries)
        words = random_.choice(entry.phrasings).split()
        del words[random_.randrange(len(words))]
        found.setdefault(with_typo(" ".join(words), random_), entry.answer_id)
    return list(found.items())


def with_typo(text: str, random_: random.Random) -> str:
    """Swap, drop, insert or replace one letter in one word of four letters or more; a text without one stays as it is."""
    words = text.split()
    long = [at for at, word in enumerate(words) if sum(map(str.isalpha, word)) >= 4]
    if not long:
        return text
    chosen = random_.choice(long)
    word, before = words[chosen], words[chosen]
    while word == before:
        at = random_.randrange(len(word) - 1)
        match random_.choice(("swap", "drop", "insert", "replace")):
            case "swap":
                word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            case "drop":
                word = word[:at] + word[at + 1 :]
            case "insert":
                word = word[:at] + random_.choice(LETTERS) + word[at:]
            case "replace":
                word = word[:at] + random_.choice(LETTERS) + word[at + 1 :]
    words[chosen] = word
    return " ".join(words)


def _words() -> list[str]:
    """Return 20,000 English words, the commonest first, without those that make no token of their own."""
    counts = SpellChecker(language="en").word_frequency.dictionary
    words = [word for word in counts if 4 <= len(word) <= 11 and tokenize(fold(word)) == [word]]
    return sorted(words, key=lambda word: (-counts[word], word))[:20_000]

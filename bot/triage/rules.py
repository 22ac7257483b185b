"""Rules over the words of a sentence: slots with freedom between them, held back only within the same sentence."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Protocol

from bot.errors import ContentError
from bot.model import About, Kind, Route, Severity
from bot.text import fold, sentences
from bot.triage.kinds import ORDER

MAX_GAP_WORDS = 5
HOLD_BEFORE, HOLD_AFTER = 6, 3  # words before and after a match in which something may hold it back
WINDOW_WORDS = 80
MAX_UNITS = 400
# Words in so many sentences that looking for them first would spare nothing.
COMMON = frozenset(
    "i i'm im i'll i'd i've a an the my me you it is are am was do does did can could to in on of and or not no don't dont "
    "he she they for with at be have has had what how if this that there".split()
)
MAX_JOINED_CHARS = 60  # a shorter sentence may only make sense with the next
_WORD = re.compile(r"[^\W_]+(?:['*][^\W_]+)*")
_GAP = rf"(?: [^ ]+){{0,{MAX_GAP_WORDS}}}"
_REPEATED = re.compile(r"\b(\w+)(?: \1\b)+")
_FIRST_PERSON = re.compile(r"(?:i|i'm|im|i've|ive|i'd|id|i'll|ill|my)(?![^ ])")
_SLOT = re.compile(r"\{(\w+)\}")
_MARKS = frozenset({"..", "="})


class RuleText(Protocol):
    """A rule as the pack holds it."""

    @property
    def id(self) -> str:
        """Its name, for editors."""
        ...

    @property
    def kind(self) -> str:
        """The kind it raises."""
        ...

    @property
    def about(self) -> About:
        """Whom it is about."""
        ...

    @property
    def severity(self) -> Severity | None:
        """How grave it is, where it is danger."""
        ...

    @property
    def variant(self) -> str:
        """Which wording within the kind."""
        ...

    @property
    def match(self) -> Sequence[str]:
        """Patterns, any of which fires it."""
        ...

    @property
    def unless(self) -> Sequence[str]:
        """Patterns, any of which holds it back."""
        ...

    @property
    def triggers(self) -> Sequence[str] | None:
        """Words of which every sentence that it matches holds one, as ``triggers_of`` finds them."""
        ...


class SafetyText(Protocol):
    """The rules of one safety file, with the slots that they name."""

    @property
    def slots(self) -> Mapping[str, Sequence[str]]:
        """The phrases of each slot."""
        ...

    @property
    def rules(self) -> Sequence[RuleText]:
        """The rules."""
        ...


class Slots:
    """The slots of one safety file, as patterns and as the words their phrases begin with."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        """Take the phrases of each slot."""
        self._phrases = phrases
        self.first_words = lru_cache(maxsize=None)(self._first_words)
        self.pattern = lru_cache(maxsize=None)(self._pattern)

    def check(self, pattern: str, rule_id: str) -> None:
        """Raise ``ContentError`` if a pattern names a slot that is not there."""
        for name in _SLOT.findall(pattern):
            if name not in self._phrases:
                raise ContentError(f"safety: rule {rule_id}: there is no slot {{{name}}}. Add it under slots.")

    def _first_words(self, piece: str) -> frozenset[str] | None:
        """Return the words of which a sentence must hold one to match a piece; None where that can't be said."""
        phrases = self._phrases[piece[1:-1]] if piece.startswith("{") else (piece,)
        words = [_words(phrase) for phrase in phrases]
        if any(not each or (len(each) == 1 and phrase.endswith("*")) for each, phrase in zip(words, phrases, strict=True)):
            return None
        return frozenset(each[0] for each in words)

    def _pattern(self, piece: str) -> str:
        if piece.startswith("{"):
            return "(?:" + "|".join(map(_literal, self._phrases[piece[1:-1]])) + ")"
        return _literal(piece)


@dataclass(frozen=True)
class Pattern:
    """One pattern of a rule; its expression is built when a sentence holds a word of each of its pieces."""

    text: str
    slots: Slots

    @cached_property
    def needs(self) -> tuple[frozenset[str], ...]:
        """Sets of words, of each of which a sentence must hold one; the most telling first."""
        pieces = [each for each in self.text.split() if each not in _MARKS]
        found = [words for each in pieces if (words := self.slots.first_words(each)) is not None]
        return tuple(sorted(found, key=lambda words: (len(words & COMMON), len(words))))

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """What it matches, between spaces."""
        return re.compile(rf"(?<![^ ])(?:{_expression(self.text, self.slots)})(?![^ ])")

    def fits(self, words: Set[str]) -> bool:
        """Whether a sentence with these words may match."""
        return not any(need.isdisjoint(words) for need in self.needs)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule; most messages hold none of its words, so its patterns are only looked into when one of them occurs."""

    id: str
    route: Route
    patterns: tuple[Pattern, ...]
    unless: tuple[str, ...]  # hold the rule back when one stands near the match
    before: tuple[str, ...]  # the same, but only when it stands before the match: "do people …"
    slots: Slots
    triggers: frozenset[str] | None  # words of which a sentence must hold one; None where any sentence may match

    @cached_property
    def _by_word(self) -> dict[str, list[Pattern]]:
        """Patterns by the words of their most telling piece; "" for those that any sentence may match."""
        found: dict[str, list[Pattern]] = {}
        for pattern in self.patterns:
            for word in pattern.needs[0] if pattern.needs else ("",):
                found.setdefault(word, []).append(pattern)
        return found

    @cached_property
    def _unless(self) -> re.Pattern[str] | None:
        return _any(self.unless, self.slots)

    @cached_property
    def _before(self) -> re.Pattern[str] | None:
        return _any(self.before, self.slots)

    def find(self, sentence: str, words: Set[str]) -> tuple[str, bool] | None:
        """Return what the rule matches in a sentence, and whether its exceptions explain every match; None without one.

        Args:
            sentence: its words joined by single spaces.
            words: the same words.
        """
        if self.triggers is not None and self.triggers.isdisjoint(words):
            return None
        near = dict.fromkeys(pattern for word in ("", *words) for pattern in self._by_word.get(word, ()))
        spans = [found.span() for pattern in near if pattern.fits(words) for found in pattern.expression.finditer(sentence)]
        if not spans:
            return None
        held = [span for span in spans if self._is_held(sentence, *span)]
        # Where two patterns match the same words, an exception to one explains both.
        free = [span for span in spans if all(span[1] <= start or end <= span[0] for start, end in held)]
        start, end = max(free or spans, key=lambda span: span[1] - span[0])
        return sentence[start:end], not free

    def _is_held(self, sentence: str, start: int, end: int) -> bool:
        before = " ".join(sentence[:start].split()[-HOLD_BEFORE:])
        after = " ".join(sentence[end:].split()[:HOLD_AFTER])
        matched = sentence[start:end]
        if self._unless is not None and self._unless.search(" ".join(filter(None, (before, matched, after)))):
            return True
        if self._before is None or _FIRST_PERSON.match(matched):  # "do people …" explains nothing that is said of oneself
            return False
        return self._before.search(" ".join(filter(None, (before, matched)))) is not None


class Rules:
    """The rules of a pack, most urgent first; pure and deterministic."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take compiled rules, in any order."""
        self._rules = sorted(rules, key=lambda rule: ORDER.index(rule.route.kind or Kind.DISTRESS))
        self._by_word: dict[str, list[int]] = {}  # the rules, by their place, that a word may trigger
        for at, rule in enumerate(self._rules):
            for word in ("",) if rule.triggers is None else rule.triggers:  # "" for those that any sentence may match
                self._by_word.setdefault(word, []).append(at)

    @classmethod
    def of(cls, files: Iterable[SafetyText]) -> "Rules":
        """Compile the rules of a pack's safety files.

        Raises:
            ContentError: a pattern names a slot that is not there.
        """
        return cls([compile_rule(rule, slots) for file in files for slots in (Slots(file.slots),) for rule in file.rules])

    def hits(self, views: Iterable[str]) -> list["Hit"]:
        """Return every rule that matches on any view of a message, most urgent first, held back or not.

        Held back means that a rule matched, and that its exceptions explain every match.
        """
        hits: dict[int, list[Hit]] = {}
        for unit in dict.fromkeys(unit for view in dict.fromkeys(views) for unit in _units(view)):
            words = frozenset(unit.split())
            for at in {at for word in ("", *words) for at in self._by_word.get(word, ())}:
                rule = self._rules[at]
                if (match := rule.find(unit, words)) is not None:
                    hit = Hit(route=rule.route, sentence=unit, matched=match[0], held=match[1])
                    hits.setdefault(at, []).append(hit)
        return [min(hits[at], key=lambda hit: hit.held) for at in sorted(hits)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that matched a sentence."""

    route: Route
    sentence: str
    matched: str  # the words of it that the rule matches
    held: bool  # whether its exceptions explain the match


def _units(text: str) -> list[str]:
    """Return the sentences of a text, and short ones once more joined to the next."""
    units = [unit for sentence in sentences(text) for unit in _windows(words_of(sentence))]
    joined = [f"{left} {right}" for left, right in pairwise(units) if len(left) < MAX_JOINED_CHARS]
    return list(dict.fromkeys([*units, *joined]))[:MAX_UNITS]


def _windows(words: str) -> list[str]:
    """Cut a sentence without an end into windows that overlap by more than a match is long."""
    split = words.split()
    overlap = WINDOW_WORDS // 4
    starts = range(0, max(1, len(split) - overlap), WINDOW_WORDS - overlap) if split else ()
    return [" ".join(split[at : at + WINDOW_WORDS]) for at in starts]


def words_of(text: str) -> str:
    """Return the folded words of a text, joined by single spaces."""
    return _REPEATED.sub(r"\1", " ".join(_WORD.findall(fold(text))))


def compile_rule(rule: RuleText, slots: Slots) -> Rule:
    """Take one rule of the pack; see the head of ``knowledge/safety/en.yaml`` for the notation.

    Raises:
        ContentError: a pattern names a slot that is not there.
    """
    for pattern in (*rule.match, *rule.unless):
        if "{" in pattern:
            slots.check(pattern, rule.id)
    return Rule(
        id=rule.id,
        route=Route(kind=Kind(rule.kind), about=rule.about, variant=rule.variant, severity=rule.severity, reason=rule.id),
        patterns=tuple(Pattern(text, slots) for text in rule.match),
        unless=tuple(each for each in rule.unless if not each.endswith("..")),
        before=tuple(each for each in rule.unless if each.endswith("..")),
        slots=slots,
        triggers=None if rule.triggers is None else frozenset(rule.triggers),
    )


def wrong_pieces(pattern: str, slots: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield what is wrong with a pattern: a slot that is not there, or no word, so that it would match anything."""
    named = {piece: slot[1] for piece in pattern.split() if (slot := _SLOT.fullmatch(piece))}
    for name in named.values():
        if name not in slots:
            yield f"there is no slot {{{name}}}. Add it under slots."
    if not named and not has_words(pattern):
        yield f"{pattern!r} holds no word, so it would match anything. Write what to look for."


def has_words(phrase: str) -> bool:
    """Whether a phrase of the notation holds a word, so that it matches something and not everything."""
    return bool(_words(phrase))


def triggers_of(match: Iterable[str], slots: Mapping[str, Sequence[str]], rule_id: str) -> tuple[str, ...] | None:
    """Return words of which every sentence that matches one of the patterns holds one; None where that can't be said."""
    known = Slots(slots)
    found: set[str] = set()
    for text in match:
        known.check(text, rule_id)
        needs = Pattern(text, known).needs
        if not needs:
            return None
        found |= needs[0]
    return tuple(sorted(found))


def _any(patterns: Sequence[str], slots: Slots) -> re.Pattern[str] | None:
    if not patterns:
        return None
    return re.compile(rf"(?<![^ ])(?:{'|'.join(_expression(each, slots) for each in patterns)})(?![^ ])")


def _expression(pattern: str, slots: Slots) -> str:
    if pattern.startswith("= "):
        return f"^{_expression(pattern[2:], slots)}$"
    parts: list[str] = []
    gap = False
    for piece in pattern.split():
        if piece == "..":
            gap = True
            continue
        found = slots.pattern(piece)
        parts.append((f"{_GAP} " if gap else " ") + found if parts else found)
        gap = False
    return "".join(parts)


@lru_cache(maxsize=10_000)
def _literal(phrase: str) -> str:
    escaped = re.escape(" ".join(_words(phrase))).replace(r"\ ", " ")
    return escaped + "[^ ]*" if phrase.endswith("*") else escaped


@lru_cache(maxsize=10_000)
def _words(phrase: str) -> tuple[str, ...]:
    # The same words as the message's: "self-harm" is two words on both sides.
    return tuple(_WORD.findall(fold(phrase)))

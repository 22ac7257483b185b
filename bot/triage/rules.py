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


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule; its patterns are compiled when a word that it needs first occurs, since most messages hold none."""

    id: str
    route: Route
    matches: str
    unless: str  # holds the rule back when it stands near the match; empty where nothing does
    before: str  # the same, but only when it stands before the match: "do people …"
    triggers: frozenset[str] | None  # words of which a sentence must hold one; None where any sentence may match

    @cached_property
    def _match(self) -> re.Pattern[str]:
        return re.compile(self.matches)

    @cached_property
    def _unless(self) -> re.Pattern[str] | None:
        return re.compile(self.unless) if self.unless else None

    @cached_property
    def _before(self) -> re.Pattern[str] | None:
        return re.compile(self.before) if self.before else None

    def verdict(self, sentence: str, words: Set[str]) -> bool | None:
        """Whether the rule fires on a sentence (its words joined by single spaces); None when every match was held back."""
        if self.triggers is not None and self.triggers.isdisjoint(words):
            return False
        held: bool | None = False
        for found in self._match.finditer(sentence):
            if not self._is_held(sentence, found.start(), found.end()):
                return True
            held = None
        return held

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

    @classmethod
    def of(cls, files: Iterable[tuple[dict[str, tuple[str, ...]], Sequence[RuleText]]]) -> "Rules":
        """Compile the rules of a pack's safety files.

        Raises:
            ContentError: a pattern names a slot that is not there.
        """
        return cls([compile_rule(rule, slots) for slots, rules in files for rule in rules])

    def hits(self, views: Iterable[str]) -> list["Hit"]:
        """Return every rule that matches on any view of a message, most urgent first, held back or not.

        Held back means that a rule matched, and that its exceptions explain every match.
        """
        units = [(unit, frozenset(unit.split())) for view in dict.fromkeys(views) for unit in _units(view)]
        found = []
        for rule in self._rules:
            verdicts = {unit: verdict for unit, words in units if (verdict := rule.verdict(unit, words)) is not False}
            if not verdicts:
                continue
            fired = [unit for unit, verdict in verdicts.items() if verdict]
            found.append(Hit(route=rule.route, sentence=(fired or list(verdicts))[0], held=not fired))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that matched a sentence."""

    route: Route
    sentence: str
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


def compile_rule(rule: RuleText, slots: dict[str, tuple[str, ...]]) -> Rule:
    """Compile one rule of the pack; see the head of ``knowledge/safety/en.yaml`` for the notation."""
    return Rule(
        id=rule.id,
        route=Route(kind=Kind(rule.kind), about=rule.about, variant=rule.variant, severity=rule.severity, reason=rule.id),
        matches=_any(rule.match, slots, rule.id),
        unless=_any([each for each in rule.unless if not each.endswith("..")], slots, rule.id),
        before=_any([each for each in rule.unless if each.endswith("..")], slots, rule.id),
        triggers=_triggers(rule.match, slots),
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


def _any(patterns: Sequence[str], slots: dict[str, tuple[str, ...]], rule_id: str) -> str:
    if not patterns:
        return ""
    alternatives = "|".join(_pattern(pattern, slots, rule_id) for pattern in patterns)
    return rf"(?<![^ ])(?:{alternatives})(?![^ ])"


def _triggers(patterns: Sequence[str], slots: dict[str, tuple[str, ...]]) -> frozenset[str] | None:
    """Return words of which every match holds one: the first words of each pattern's most telling piece."""
    found: set[str] = set()
    for pattern in patterns:
        pieces = [slots.get(piece.strip("{}"), (piece,)) for piece in pattern.split() if piece not in {"..", "="}]
        choices = [
            {_words(phrase)[0] for phrase in piece}
            for piece in pieces
            if not any(phrase.endswith("*") or not _words(phrase) for phrase in piece)
        ]
        if not choices:
            return None
        found |= min(choices, key=lambda words: (len(words & COMMON), len(words)))
    return frozenset(found)


def _pattern(pattern: str, slots: dict[str, tuple[str, ...]], rule_id: str) -> str:
    if pattern.startswith("= "):
        return f"^{_pattern(pattern[2:], slots, rule_id)}$"
    parts: list[str] = []
    gap = False
    for piece_text in pattern.split():
        if piece_text == "..":
            gap = True
            continue
        slot = _SLOT.fullmatch(piece_text)
        if slot and slot[1] not in slots:
            raise ContentError(f"safety: rule {rule_id}: there is no slot {{{slot[1]}}}. Add it under slots.")
        piece = "(?:" + "|".join(map(_literal, slots[slot[1]])) + ")" if slot else _literal(piece_text)
        parts.append((f"{_GAP} " if gap else " ") + piece if parts else piece)
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

"""Lints a pack: what the schema can't see. Every fault says where, what is wrong, and what to do."""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pyphen
from rapidfuzz import fuzz, process

from bot.content.book import safety_of
from bot.content.loader import line_of
from bot.content.schema import Answer, Country, Help, KnowledgeBase, SafetyFile, Wording
from bot.content.wording import SAFETY, missing
from bot.replies import ANYWHERE
from bot.text import fold, tokenize
from bot.triage import Triage

NEAR_COLLISION = 95.0  # token-sort ratio from which two phrasings of different answers are all but the same
MIN_COLLISION_CHARS = 12
BLOCK = 512  # phrasings compared at once

_NUMBER = re.compile(r"(?:AU\$|US\$|[$€£])?\d+(?:[.,]\d+)*(?:\s?%)?")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"(?:\d{{1,2}} )?(?:{_MONTHS}) \d{{4}}")
_WORD_NUMBERS = {
    word: str(number)
    for number, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), start=2)
}
_UNITS = "hours?|sessions?|weeks?|months?|years?|trials?|people|studies|papers|groups?"
_COUNTED = re.compile(
    rf"\b({'|'.join(_WORD_NUMBERS)})\b(?= (?:\w+ )?(?:{_UNITS})\b)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?:](?:\s|$)")
_NEGATED = re.compile(
    r"\b(?:not|no|never|nor|neither|nothing|isn't|aren't|wasn't|hasn't|cannot|can't|nobody|whether|without|if|until|before)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something an editor should look at."""

    file: str
    line: int
    message: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'' if self.is_error else 'note: '}{self.message}"


def check_pack(knowledge: KnowledgeBase, folder: Path, today: date | None = None) -> list[Fault]:
    """Return every fault of a pack that was read, in the order of its files.

    Args:
        knowledge: the pack.
        folder: where it was read from, for line numbers of phrasings.
        today: the day to compare review dates with; today when left out.
    """
    today = today or date.today()  # noqa: DTZ011 - review dates are calendar days, not moments
    faults: list[Fault] = []
    for answer in knowledge.answers.values():
        faults += _head(answer, knowledge, today)
        if answer.status == "approved":
            faults += _body(answer, knowledge)
            faults += _figures(answer, knowledge)
    faults += _collisions(knowledge, folder)
    lines = _Lines(folder)
    faults += _starters(knowledge, lines)
    faults += _facts(knowledge, lines)
    faults += _wording(knowledge, lines)
    names = sorted(path.relative_to(folder).as_posix() for path in (folder / "safety").glob("*.yaml"))
    faults += [fault for name, file in zip(names, knowledge.safety, strict=False) for fault in _safety(name, file, lines)]
    faults += _help(knowledge, today, lines)
    return faults


def reading_grade(text: str) -> float:
    """Return the Flesch-Kincaid grade level (Kincaid et al. 1975): 6 reads like a sixth-grade text."""
    words = re.findall(r"[A-Za-z']+", text)
    sentences = max(1, sum(1 for part in _SENTENCE.split(text) if part.strip()))
    if not words:
        return 0.0
    syllables = sum(_syllables(word.lower()) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def figures_in(text: str) -> list[str]:
    """Return the figures of a text as they stand: dates, numbers with their signs, counts written as words."""
    found: list[str] = []
    rest = text
    for match in _DATE.finditer(text):
        found.append(match[0])
        rest = rest.replace(match[0], " ", 1)
    found += [match[0].strip().rstrip(".,") for match in _NUMBER.finditer(rest)]
    found += [match[1] for match in _COUNTED.finditer(rest)]
    return found


def _head(answer: Answer, knowledge: KnowledgeBase, today: date) -> Iterable[Fault]:
    def fault(key: str, message: str) -> Fault:
        return Fault(file=answer.file, line=answer.heads.get(key, 1), message=message)

    yield from _references(answer, knowledge)
    if answer.reviewed_on > today:
        yield fault("reviewed_on", f"reviewed_on: {answer.reviewed_on} is in the future. Write the day of the review.")
    if answer.review_by <= answer.reviewed_on:
        yield fault("review_by", "review_by: is not after reviewed_on. Name the day on which to check again.")
    if answer.status == "approved" and answer.is_overdue(today):
        what = "it is no longer served" if answer.time_bound else "it is served with a warning"
        yield fault("review_by", f"review_by: {answer.review_by} has passed, so {what}. Check it and set new dates.")
    if answer.status == "approved" and len(answer.phrasings) < knowledge.pack.min_phrasings:
        yield fault(
            "phrasings",
            f"phrasings: {len(answer.phrasings)} are fewer than {knowledge.pack.min_phrasings}. Add real ways to ask it.",
        )


def _references(answer: Answer, knowledge: KnowledgeBase) -> Iterable[Fault]:
    def fault(key: str, message: str) -> Fault:
        return Fault(file=answer.file, line=answer.heads.get(key, 1), message=message)

    for reference in answer.sources:
        source, _, passage = reference.partition("#")
        if source not in knowledge.sources:
            yield fault("sources", f"sources: {source} is not in sources.yaml. Add it there, or cite another.")
        elif passage not in knowledge.sources[source].passages:
            yield fault(
                "sources", f"sources: {source} has no passage {passage or '(none named)'}. Write `{source}#passage`."
            )
    for follow_up in answer.follow_ups:
        other = knowledge.answers.get(follow_up)
        if other is None:
            yield fault("follow_ups", f"follow_ups: there is no answer {follow_up}. Remove it, or correct the id.")
        elif other.status != "approved":
            yield fault("follow_ups", f"follow_ups: {follow_up} is {other.status}, so it is never shown. Remove it.")
        elif follow_up == answer.id:
            yield fault("follow_ups", "follow_ups: an answer can't follow itself. Remove it.")


def _body(answer: Answer, knowledge: KnowledgeBase) -> Iterable[Fault]:
    pack, line = knowledge.pack, answer.heads.get("body", 1)
    words = len(answer.text.split())
    if not pack.min_words <= words <= pack.max_words:
        yield Fault(file=answer.file, line=line, message=f"{words} words. Write {pack.min_words} to {pack.max_words}.")
    grade = reading_grade(answer.text)
    if grade > pack.max_grade:
        yield Fault(
            file=answer.file,
            line=line,
            message=f"reads at grade {grade:.1f}, over {pack.max_grade}. Shorten sentences, use shorter words.",
        )
    for number, row in enumerate(answer.markdown.splitlines()):
        for rule in pack.forbidden:
            for match in re.finditer(rule.pattern, row, re.IGNORECASE):
                if not _NEGATED.search(_sentence_around(row, match.start())):
                    yield Fault(file=answer.file, line=line + number, message=f'"{match[0]}" may not stand here. {rule.why}')


def _figures(answer: Answer, knowledge: KnowledgeBase) -> Iterable[Fault]:
    cited = [knowledge.sources.get(source) for source, _, _ in (each.partition("#") for each in answer.sources)]
    passages = [
        source.passages[passage]
        for source, passage in zip(cited, (each.partition("#")[2] for each in answer.sources), strict=True)
        if source is not None and passage in source.passages
    ]
    held = [figure for passage in passages for figure in passage.figures]
    numbers = {_plain(figure) for text in held for figure in figures_in(text)} | {_plain(text) for text in held}
    numbers |= {_plain(part) for text in held for part in re.findall(r"(?:\d{1,2} )?[A-Z][a-z]+ \d{4}|\d{4}", text)}
    body_line = answer.heads.get("body", 1)
    for figure in dict.fromkeys(figures_in(answer.text)):
        if _plain(figure) not in numbers:
            line = body_line + _row_of(answer.markdown, figure)
            message = f'"{figure}" is in no passage that this answer cites. Cite its source, or take it out.'
            yield Fault(file=answer.file, line=line, message=message)
    names = _names(knowledge)
    folded_held = {fold(figure) for figure in held}
    for name in names:
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", answer.text) and not any(
            fold(name) == figure or re.search(rf"(?<!\w){re.escape(fold(name))}(?!\w)", figure) for figure in folded_held
        ):
            line = body_line + _row_of(answer.markdown, name)
            message = f'the name "{name}" is in no passage that this answer cites. Cite its source, or take it out.'
            yield Fault(file=answer.file, line=line, message=message)


def _names(knowledge: KnowledgeBase) -> list[str]:
    listed = {
        figure
        for source in knowledge.sources.values()
        for passage in source.passages.values()
        for figure in passage.figures
        if not re.search(r"\d", figure) and figure[:1].isalpha()
    }
    ordinary = {"millions", "ecstasy"}  # the article's own words for how many there are and what the drug is called
    return sorted((listed | set(knowledge.pack.watched_names)) - ordinary)


def _collisions(knowledge: KnowledgeBase, folder: Path) -> Iterable[Fault]:
    """Find phrasings that stand under two answers, word for word or nearly."""
    owners: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for answer in knowledge.answers.values():
        if answer.status == "approved":
            for phrasing in (answer.question, *answer.phrasings):
                owners[" ".join(tokenize(fold(phrasing)))].append((answer.id, answer.file, phrasing))
    for topic, small in knowledge.smalltalk.items():
        for phrasing in small.phrasings:
            owners[" ".join(tokenize(fold(phrasing)))].append((f"smalltalk/{topic}", "smalltalk.yaml", phrasing))
    for places in owners.values():
        ids = {owner for owner, _, _ in places}
        if len(ids) > 1:
            owner, file, phrasing = places[0]
            others = ", ".join(sorted(ids - {owner}))
            yield Fault(
                file=file,
                line=_line_with(folder / file, phrasing),
                message=f'the phrasing "{phrasing}" also stands under {others}. Keep it where it fits best.',
            )
    for one, other in _near_pairs([text for text in owners if len(text) >= MIN_COLLISION_CHARS]):
        first, second = owners[one][0], owners[other][0]
        if first[0] != second[0]:
            yield Fault(
                file=first[1],
                line=_line_with(folder / first[1], first[2]),
                message=f'the phrasing "{first[2]}" is nearly "{second[2]}" of {second[0]}. Keep one, or tell them apart.',
                is_error=False,
            )


def _near_pairs(texts: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Yield each pair of texts over ``NEAR_COLLISION``, block by block, so that 100,000 phrasings fit into memory.

    A ratio of r needs lengths within a factor of (2 - r) / r of each other, so texts are compared in order of their length.
    """
    reach = (200 - NEAR_COLLISION) / NEAR_COLLISION
    ordered = sorted(texts, key=len)
    lengths = [len(text) for text in ordered]
    for start in range(0, len(ordered), BLOCK):
        rows = ordered[start : start + BLOCK]
        others = ordered[start : bisect_right(lengths, len(rows[-1]) * reach)]
        scores = process.cdist(rows, others, scorer=fuzz.ratio, score_cutoff=NEAR_COLLISION, workers=-1)
        for one, other in zip(*scores.nonzero(), strict=True):
            if one < other:
                yield rows[one], others[other]


class _Lines:
    """Finds the line of a value in the pack's YAML files, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._texts: dict[str, str] = {}

    def of(self, file: str, *path: str | int) -> int:
        """Return the line on which a value stands, 1 when the file is not there."""
        if file not in self._texts:
            place = self._folder / file
            self._texts[file] = place.read_text(encoding="utf-8-sig") if place.is_file() else ""
        return line_of(self._texts[file], tuple(map(str, path)))


def _starters(knowledge: KnowledgeBase, lines: _Lines) -> Iterable[Fault]:
    for number, starter in enumerate(knowledge.pack.starters):
        if starter not in knowledge.approved():
            message = f"starters: there is no approved answer {starter}. Remove it, or correct the id."
            yield Fault(file="pack.yaml", line=lines.of("pack.yaml", "starters", number), message=message)


def _facts(knowledge: KnowledgeBase, lines: _Lines) -> Iterable[Fault]:
    """Every passage of an article must be served by an approved answer, or it is material that nobody can reach."""
    cited = {reference for answer in knowledge.approved().values() for reference in answer.sources}
    for name, source in knowledge.sources.items():
        for passage in source.passages:
            if source.kind == "article" and f"{name}#{passage}" not in cited:
                message = f"{name}#{passage} is cited by no approved answer. Write one, or remove the passage."
                line = lines.of("sources.yaml", name, "passages", passage)
                yield Fault(file="sources.yaml", line=line, message=message)


def _wording(knowledge: KnowledgeBase, lines: _Lines) -> Iterable[Fault]:
    """Check every rule of wording that a program can (research/safety.md, section 4)."""
    for locale in dict.fromkeys((knowledge.pack.locale, *knowledge.wording)):
        wording = knowledge.wording.get(locale)
        file = f"wording/{locale}.yaml"
        if wording is None:
            yield Fault(file=file, line=1, message="this file is missing. It holds the assistant's own sentences.")
            continue
        for name in missing(wording.say, knowledge.smalltalk):
            yield Fault(file=file, line=1, message=f"say.{name} is missing. Add the sentence.")
        for name, variants in wording.say.items():
            line = lines.of(file, "say", name)
            for text in variants:
                yield from _sentence(knowledge, wording, name, text, Fault(file=file, line=line, message=""))
            if (
                name in SAFETY
                and len(set(variants)) < MIN_VARIANTS
                and knowledge.pack.min_phrasings >= MIN_PHRASINGS_OF_LARGE
            ):
                message = (
                    f"say.{name} has fewer than {MIN_VARIANTS} variants. Nobody should read the same card twice running."
                )
                yield Fault(file=file, line=line, message=message)


def _sentence(knowledge: KnowledgeBase, wording: Wording, name: str, text: str, at: Fault) -> Iterable[Fault]:
    is_own = wording is knowledge.wording.get(knowledge.pack.locale)
    if is_own and reading_grade(re.sub(r"\{\w+\}", "it", text)) > knowledge.pack.max_grade + 1:
        yield replace(at, message=f"say.{name} is hard to read. Use shorter sentences.", is_error=False)
    for rule in knowledge.pack.forbidden:
        if re.search(rule.pattern, text, re.IGNORECASE) and not _NEGATED.search(text):
            yield replace(at, message=f"say.{name}: {rule.why}")
    if name not in SAFETY:
        return
    if len(text.split()) > MAX_CARD_WORDS:
        yield replace(at, message=f"say.{name} has more than {MAX_CARD_WORDS} words. In fear nobody reads that much.")
    for word in wording.banned:
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
            yield replace(at, message=f'say.{name} says "{word}", which is banned here. See the list `banned` in this file.')


def _safety(name: str, file: SafetyFile, lines: _Lines) -> Iterable[Fault]:
    def fault(number: int, key: str, at: int, message: str) -> Fault:
        return Fault(file=name, line=lines.of(name, "rules", number, key, at), message=message)

    triage = Triage.of([safety_of(file)])
    for number, rule in enumerate(file.rules):
        for at, example in enumerate(rule.examples):
            if (found := triage.route(example).kind) != rule.kind:
                yield fault(number, "examples", at, f'rule {rule.id}: "{example}" gives {found or "nothing"}.')
        for at, example in enumerate(rule.not_examples):
            if triage.route(example).kind == rule.kind:
                yield fault(number, "not_examples", at, f'rule {rule.id}: "{example}" must not match.')


def _help(knowledge: KnowledgeBase, today: date, lines: _Lines) -> Iterable[Fault]:
    for name, country in knowledge.help.items():
        where = f"help/{name}.yaml"
        yield from (replace(fault, file=where) for fault in _country(name, country, lines.of(where, "country")))
        for number, line in enumerate(country.lines):
            at = lines.of(where, "lines", number)
            if not (line.call or line.text or line.chat):
                yield Fault(file=where, line=at, message=f"{line.name}: has no way to reach it. Add call, text or chat.")
            for problem in _unreachable(line):
                yield Fault(file=where, line=at, message=f"{line.name}: {problem}")
            if line.checked > today:
                yield Fault(
                    file=where, line=at, message=f"{line.name}: checked is in the future. Write the day it was tried."
                )
            elif today - line.checked > HELP_HOLDS:
                message = f"{line.name}: checked on {line.checked}, over a quarter ago. Try it, and set the date."
                yield Fault(file=where, line=at, message=message, is_error=False)


def _country(name: str, country: Country, line: int) -> Iterable[Fault]:
    """Check that a file serves its own country, and somebody in danger there."""
    expected = "ZZ" if name == ANYWHERE else name.upper()
    if country.country != expected:
        yield Fault(file="", line=line, message=f"country: is {country.country}, and the file's name says {expected}.")
    if not any("crisis" in each.for_ for each in country.lines):
        message = "no line is for a crisis, and the site's own are not shown to this country. Add one, or remove the file."
        yield Fault(file="", line=line, message=message)
    for way in ("call", "text", "chat"):
        for to, places in Counter(to for each in country.lines if (to := getattr(each, way))).items():
            if places > 1:
                yield Fault(file="", line=line, message=f"{way} {to} stands here {places} times. Keep one line.")


def _unreachable(line: Help) -> Iterable[str]:
    """Yield what keeps a visitor from reaching a line as it stands."""
    if line.call and not _DIALLED.match(line.call):
        yield f"call: {line.call!r} does not begin with a number. Write what to dial first, as in `988, then press 1`."
    if line.text and not re.search(r"\d", line.text):
        yield f"text: {line.text!r} names no number. Write it as in `HOME to 741741`."
    if line.chat and not _HOST.fullmatch(line.chat):
        yield f"chat: {line.chat!r} is no address. Write it without https://, as in `988lifeline.org`."
    if "emergency" in line.for_ and not line.call:
        yield "an emergency number is called. Add call."


HELP_HOLDS = timedelta(days=92)  # a quarter: so often somebody has to try every number
_DIALLED = re.compile(r"\+?\d[\d -]*(?:,|$)")
_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?:/[\w./-]*)?", re.IGNORECASE)
MIN_VARIANTS = 3
MIN_PHRASINGS_OF_LARGE = 10  # a pack that asks for fewer phrasings is an example or a test
MAX_CARD_WORDS = 90


@cache
def _hyphenator() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_GB")


@cache
def _syllables(word: str) -> int:
    """Count syllables: vowel groups, a silent final e left out; never fewer than the hyphenation dictionary finds."""
    groups = len(re.findall(r"[aeiouy]+", word))
    if word.endswith("e") and not word.endswith("le") and groups > 1:
        groups -= 1
    return max(1, groups, len(_hyphenator().positions(word)) + 1)


def _plain(figure: str) -> str:
    text = fold(figure).replace(" ", " ").replace("us$", "$").replace(" %", "%").strip(" .")
    return _WORD_NUMBERS.get(text, text.removeprefix("au$").removeprefix("$").replace(",", ""))


def _sentence_around(row: str, at: int) -> str:
    start = max(row.rfind(mark, 0, at) for mark in ".!?") + 1
    ends = [found for mark in ".!?" if (found := row.find(mark, at)) >= 0]
    return row[start : min(ends, default=len(row))]


def _row_of(text: str, part: str) -> int:
    at = text.find(part)
    return text[: max(at, 0)].count("\n")


def _line_with(path: Path, phrasing: str) -> int:
    try:
        rows: Sequence[str] = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 1
    return next((number for number, row in enumerate(rows, start=1) if phrasing in row), 1)

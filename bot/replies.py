"""From a decision to what a visitor reads: vetted wording, sources, numbers and choices. Nothing is made up here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from bot.content import Answer, Book, Source
from bot.model import (
    About,
    Abstained,
    Answered,
    AnswerId,
    Candidate,
    Channel,
    Choice,
    Clarified,
    Decision,
    Escalated,
    HelpLine,
    Kind,
    Latch,
    Relayed,
    Reply,
    Route,
    SmallTalk,
    SourceNote,
)
from bot.ports import Reach

MAX_FOLLOW_UPS = 3
ANYWHERE = "any"  # the help file shown when the country is not known
_REACHED = Reach()
_SAFETY = frozenset({Kind.CRISIS, Kind.EMERGENCY, Kind.DISTRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a reply depends on besides the decision."""

    today: date
    country: str | None = None  # the visitor's, when known
    site_country: str | None = None  # the operator's
    contact: str | None = None
    locale: str = ""  # the visitor's language, where it is known; the pack's otherwise
    channel: Channel = Channel.WEB
    latch: tuple[Latch, ...] = ()  # what the conversation is latched for since before this message, newest first
    repeated: bool = False  # the same card was shown before
    nth: int = 0  # turns before this one; variants of a sentence take turns by it
    recorded: bool = True  # False when the store is away: then nothing may be said to have been noted
    reach: Reach = _REACHED  # whether a person can be reached


class Replies:
    """The bot's side of the conversation, in words that were vetted."""

    def __init__(self, book: Book) -> None:
        """Take a pack's book."""
        self._book = book
        self._answers = book.answers

    def of(self, decision: Decision, setting: Setting) -> Reply:
        """Word a decision."""
        is_card = isinstance(decision, Escalated) and decision.kind in _SAFETY
        # While a person is answering the bot says nothing, whatever came before.
        if not setting.latch or is_card or isinstance(decision, Relayed):
            return self._worded(decision, setting)
        return self._below_help(self._worded(decision, replace(setting, latch=())), decision, setting)

    def hello(self) -> str:
        """Return the first thing a visitor reads: what this is, and that it is automated."""
        return self.say("hello")

    def footer(self, setting: Setting) -> str:
        """Return the quiet line that every surface keeps in view."""
        numbers = [line.call for line in self._lines(setting, ("crisis",)) if line.call]
        if numbers and self._country(setting):
            return self.say("footer", setting, number=numbers[0])
        return self.say("footer_unknown", setting)

    def failure(self, setting: Setting) -> Reply:
        """Return what is shown when anything fails: the numbers, and that it can be tried again."""
        return self._with_help([self.say("failure", setting)], setting, ("crisis",))

    def numbers(self, setting: Setting) -> Reply:
        """Return the numbers alone, for when even the words for a failure cannot be said."""
        lines = self._lines(setting, ("emergency", "crisis"))
        listed = (f"- {line.name}: {line.call or line.text or line.chat}" for line in lines)
        return Reply(text="\n".join(listed), help=tuple(lines))

    def with_footer(self, reply: Reply, setting: Setting) -> Reply:
        """Put the quiet line with a number below a reply that shows none."""
        return reply if reply.help or not reply.text else replace(reply, text=f"{reply.text}\n\n{self.footer(setting)}")

    def label(self, answer_id: AnswerId) -> str:
        """Return the question of an answer, as it stands on a button."""
        return self._answers[answer_id].question

    def say(self, name: str, setting: "Setting | None" = None, **values: str) -> str:
        """Return one of the pack's own sentences, its braces filled in, in the visitor's language where there is one."""
        wording = self._book.wording.get(setting.locale if setting else "", self._book.wording[self._book.locale])
        variants = wording.say[name]
        text = variants[setting.nth % len(variants) if setting else 0]
        return text.format(subject=wording.subject, **values).strip()

    def _worded(self, decision: Decision, setting: Setting) -> Reply:
        match decision:
            case Answered(candidates=candidates):
                return self._answered(candidates, setting)
            case Clarified(candidates=candidates):
                return Reply(text=self.say("clarify", setting), choices=self._choices(each.answer_id for each in candidates))
            case SmallTalk(topic=topic):
                said = self.say(f"smalltalk_{topic}", setting)
                is_help = topic in self._book.help_topics
                return self._with_help([said], setting, ("crisis",)) if is_help else Reply(text=said)
            case Abstained():
                return self._abstained(decision, setting)
            case Escalated(kind=Kind.MEDICAL_ADVICE, general=general):
                return self._medical_advice(general, setting)
            case Escalated(kind=Kind.DISTRESS, general=Candidate() as general):
                card = self._escalated(Kind.DISTRESS, Route(kind=Kind.DISTRESS), setting)
                answer = self._answered([general], setting)
                text = f"{card.text}\n\n{self.say('latched_answer', setting)}\n\n{answer.text}"
                return Reply(text=text, sources=answer.sources, choices=answer.choices, help=card.help)
            case Escalated(kind=kind, route=route):
                return self._escalated(kind, route, setting)
            case Relayed():
                return Reply(text="")
            case _:
                assert_never(decision)

    def _answered(self, candidates: Sequence[Candidate], setting: Setting) -> Reply:
        answers = [self._answers[each.answer_id] for each in candidates]
        blocks = [self.say("two", setting)] if len(answers) > 1 else []
        blocks += [self._answer_text(answer, setting, titled=len(answers) > 1) for answer in answers]
        given = {answer.id for answer in answers}
        follow_ups = [each for answer in answers for each in answer.follow_ups if each not in given]
        return Reply(
            text="\n\n".join(blocks),
            sources=self._sources([answer for answer in answers if not _is_withdrawn(answer, setting.today)]),
            choices=self._choices(list(dict.fromkeys(follow_ups))[:MAX_FOLLOW_UPS]),
        )

    def _answer_text(self, answer: Answer, setting: Setting, *, titled: bool) -> str:
        values = {
            "reviewed_on": spoken(answer.reviewed_on),
            "reviewed_by": answer.reviewed_by,
            "review_by": spoken(answer.review_by),
        }
        if _is_withdrawn(answer, setting.today):
            return self.say("withdrawn", setting, **values)
        parts = [answer.text, self.say("status_time_bound" if answer.time_bound else "status", setting, **values)]
        if answer.is_overdue(setting.today):
            parts.insert(0, self.say("overdue", setting, **values))
        if titled:
            parts.insert(0, answer.question)
        return "\n\n".join(parts)

    def _abstained(self, decision: Abstained, setting: Setting) -> Reply:
        match decision.why:
            case "no_answer":
                name = "abstain_on_subject" if decision.on_subject else "abstain_off_subject"
                return Reply(text=self.say(name, setting))
            case "other_language":
                return self._with_help([self.say("other_language", setting)], setting, ("crisis",), abroad=True)
            case "too_long" | "unsure" as why:
                return Reply(text=f"{self.say(why, setting)}\n\n{self.footer(setting)}")
            case why:
                return Reply(text=self.say(why, setting))

    def _escalated(self, kind: Kind, route: Route, setting: Setting) -> Reply:
        match kind:
            case Kind.CRISIS:
                return self._crisis(route, setting)
            case Kind.EMERGENCY:
                about = _about(route, setting)
                card = self.say(f"emergency_{about}", setting)
                return self._with_help([card], setting, _purposes(kind), after=self._noted(about, setting))
            case Kind.DISTRESS:
                return self._with_help([self.say("distress", setting)], setting, ("crisis",))
            case Kind.HUMAN:
                contact = [self.say("human_contact", setting, contact=setting.contact)] if setting.contact else []
                return self._with_help([self.say("human", setting), *contact], setting, ("crisis",))
            case _:
                return Reply(text=self.say(kind.value, setting))

    def _crisis(self, route: Route, setting: Setting) -> Reply:
        """Word danger by whom it is about and how grave it is; the first card says the most, later ones only remind."""
        wanted = _purposes(Kind.CRISIS, route.variant)
        about = _about(route, setting)
        severity = route.severity or "high"
        if setting.repeated:
            again = self.say("crisis_again", setting)
            return self._with_help([again], setting, wanted, after=self._noted(about, setting))
        name = route.variant if route.variant and about != "staff" else about
        after = {"high": ["crisis_self_next"], "moderate": ["crisis_lower"]}.get(severity, []) if name == "self" else []
        return self._with_help(
            [self.say(f"crisis_{name}_{severity}", setting)],
            setting,
            wanted,
            after=[*(self.say(each, setting) for each in after), *self._noted(about, setting)],
        )

    def _noted(self, about: About, setting: Setting) -> list[str]:
        if not setting.recorded:
            return []
        return [self.say("crisis_staff_noted" if about == "staff" else "crisis_noted", setting)]

    def _medical_advice(self, general: Candidate | None, setting: Setting) -> Reply:
        noted = [self.say("medical_advice_noted", setting)] if setting.recorded else []
        advice = " ".join([self.say("medical_advice", setting), *noted])
        if general is None:
            return Reply(text=advice)
        answered = self._answered([general], setting)
        text = f"{advice}\n\n{self.say('medical_advice_general', setting)}\n\n{answered.text}"
        return Reply(text=text, sources=answered.sources, choices=answered.choices)

    def _below_help(self, reply: Reply, decision: Decision, setting: Setting) -> Reply:
        """Put a reply under the numbers of the latch: while that is not cleared, an answer never comes first."""
        joint = [self.say("latched_answer", setting)] if isinstance(decision, Answered) else []
        shown = self._with_help([self.say("latched", setting)], setting, (), after=[*joint, reply.text])
        return Reply(text=shown.text, choices=reply.choices, sources=reply.sources, help=shown.help)

    def _with_help(
        self,
        blocks: Sequence[str],
        setting: Setting,
        wanted: Sequence[str],
        *,
        after: Sequence[str] = (),
        abroad: bool = False,
    ) -> Reply:
        if setting.latch:  # what was shown when it latched stays in view below what this card is about
            kept = (purpose for each in setting.latch for purpose in _purposes(each.kind, each.variant))
            wanted = tuple(dict.fromkeys((*wanted, *kept, *_purposes(Kind.CRISIS))))
        lines = self._lines(setting, wanted, abroad=abroad)
        listed = "\n".join(f"- {self.described(line, setting)}" for line in lines)
        if "emergency" in wanted and not any("emergency" in line.for_ for line in lines):
            blocks = [self.say("emergency_number_unknown", setting), *blocks]
        elif "emergency" in wanted and not self._is_known(setting.country):
            after = [self.say("emergency_elsewhere", setting), *after]
        return Reply(text="\n\n".join([*blocks, listed, *after]), help=tuple(lines))

    def _lines(self, setting: Setting, wanted: Sequence[str], *, abroad: bool = False) -> list[HelpLine]:
        """Return the lines for some purposes, in the order of the purposes."""
        country = self._country(setting)
        files = [country] if country else []
        files += [] if self._is_known(setting.country) and not abroad else [ANYWHERE]
        lines = [line for name in files for line in self._book.help.get(name, ())]
        ranked = [
            (min(map(wanted.index, shared)), line) for line in lines if (shared := set(line.for_).intersection(wanted))
        ]
        return [line for _, line in sorted(ranked, key=lambda each: each[0])]

    def described(self, line: HelpLine, setting: Setting) -> str:
        """Return a help line as one line of text: its name, how to reach it, when."""
        ways = (("line_call", line.call), ("line_text", line.text), ("line_chat", line.chat))
        listed = ", ".join(self.say(name, setting, to=to) for name, to in ways if to)
        notes = "; ".join(part for part in (line.what, line.hours) if part)
        return f"{line.name}: {listed}" + (f" ({notes})" if notes else "")

    def _country(self, setting: Setting) -> str | None:
        """Return the help file to use: the visitor's country, else the site's, else the pack's."""
        for country in (setting.country, setting.site_country, self._book.default_country):
            if country and country.lower() in self._book.help:
                return country.lower()
        return None

    def _is_known(self, country: str | None) -> bool:
        return country is not None and country.lower() in self._book.help

    def _choices(self, answer_ids: object) -> tuple[Choice, ...]:
        return tuple(
            Choice(id=answer_id, label=self._answers[answer_id].question)
            for answer_id in answer_ids  # type: ignore[attr-defined]
            if answer_id in self._answers
        )

    def _sources(self, answers: Sequence[Answer]) -> tuple[SourceNote, ...]:
        sections: dict[str, list[str]] = {}
        for answer in answers:
            for reference in answer.sources:
                source, _, passage = reference.partition("#")
                section = self._book.sources[source].sections[passage]
                known = sections.setdefault(source, [])
                if section and section not in known:
                    known.append(section)
        return tuple(_source_note(name, self._book.sources[name], found) for name, found in sections.items())


def _purposes(kind: Kind, variant: str = "") -> tuple[str, ...]:
    """Return what the lines of a card are for, the most pressing first."""
    if kind is Kind.EMERGENCY:
        return ("emergency", "poison")
    return ("crisis", "emergency", "abuse") if variant == "abuse" else ("crisis", "emergency")


def _is_withdrawn(answer: Answer, today: date) -> bool:
    return answer.time_bound and answer.is_overdue(today)


def _about(route: Route, setting: Setting) -> About:
    """Return whom the wording is for: in the team's own channel, danger to somebody else is a case that staff relay."""
    return "staff" if setting.channel is Channel.SLACK and route.about == "other" else route.about


def spoken(day: date) -> str:
    """Return a date as people write it: 24 November 2026."""
    return f"{day.day} {day:%B %Y}"


def _source_note(name: str, source: Source, sections: Sequence[str]) -> SourceNote:
    return SourceNote(id=name, title=source.title, by=source.by, date=source.date, sections=tuple(sections))

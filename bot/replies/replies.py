"""Each decision in words that were vetted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import assert_never

from bot.content import Answer, Book, Source
from bot.handoff import offer_of
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
    Happened,
    HelpLine,
    Kind,
    Relayed,
    Reply,
    Route,
    SmallTalk,
    SourceNote,
)
from bot.replies.lines import Lines, purposes
from bot.replies.people import People, can_be_told
from bot.replies.setting import Setting
from bot.replies.speech import Speech

MAX_FOLLOW_UPS = 3
_SAFETY = frozenset({Kind.CRISIS, Kind.EMERGENCY, Kind.DISTRESS})


class Replies:
    """The bot's side of the conversation, in words that were vetted."""

    def __init__(self, book: Book) -> None:
        """Take a pack's book."""
        self._book = book
        self._answers = book.answers
        self._speech = Speech(book)
        self._lines = Lines(book, self._speech)
        self._people = People(self._speech)

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
        return self._lines.footer(setting)

    def failure(self, setting: Setting) -> Reply:
        """Return what is shown when anything fails: the numbers, and that it can be tried again."""
        return self._lines.below([self.say("failure", setting)], setting, ("crisis",), after=self._people.of_offer(setting))

    def limited(self, setting: Setting) -> Reply:
        """Return what is shown in place of a reply to somebody who writes too fast: to wait, and whom to call meanwhile."""
        said = self.say("too_many", setting)
        if setting.latch:
            return self._lines.below([said], setting, ())
        return self.with_footer(Reply(text=said), setting)

    def fact(self, what: Happened, name: str, setting: Setting) -> str:
        """Return a fact about people as a visitor reads it; ``name`` is the responder's, where one is meant."""
        return self._people.fact(what, name, setting)

    def numbers(self, setting: Setting) -> Reply:
        """Return the numbers alone, for when even the words for a failure cannot be said."""
        lines = self._lines.of(setting, ("emergency", "crisis"))
        listed = (f"- {line.name}: {line.call or line.text or line.chat}" for line in lines)
        return Reply(text="\n".join(listed), help=tuple(lines))

    def with_footer(self, reply: Reply, setting: Setting) -> Reply:
        """Put the quiet line with a number below a reply that shows none."""
        if reply.help or not reply.text or (footer := self.footer(setting)) in reply.text:
            return reply
        return replace(reply, text=f"{reply.text}\n\n{footer}")

    def label(self, answer_id: AnswerId) -> str:
        """Return the question of an answer, as it stands on a button."""
        return self._answers[answer_id].question

    def say(self, name: str, setting: Setting | None = None, /, **values: str) -> str:
        """Return one of the pack's own sentences, its braces filled in, in the visitor's language where there is one."""
        return self._speech.say(name, setting, **values)

    def described(self, line: HelpLine, setting: Setting) -> str:
        """Return a help line as one line of text."""
        return self._lines.described(line, setting)

    def _worded(self, decision: Decision, setting: Setting) -> Reply:
        reply = self._decided(decision, setting)
        offer = self._people.of_offer(setting) if offer_of(decision) == "offered" else []
        return replace(reply, text="\n\n".join([reply.text, *offer]))

    def _decided(self, decision: Decision, setting: Setting) -> Reply:
        match decision:
            case Answered(candidates=candidates):
                return self._answered(candidates, setting)
            case Clarified(candidates=candidates):
                return Reply(text=self.say("clarify", setting), choices=self._choices(each.answer_id for each in candidates))
            case SmallTalk(topic=topic):
                said = self.say(f"smalltalk_{topic}", setting)
                is_help = topic in self._book.help_topics
                return self._lines.below([said], setting, ("crisis",)) if is_help else Reply(text=said)
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
            case "no_answer" if decision.on_subject:
                return Reply(text=self._passed_on(self.say("abstain_on_subject", setting), setting))
            case "no_answer":
                return Reply(text=self.say("abstain_off_subject", setting))
            case "other_language":
                return self._lines.below([self.say("other_language", setting)], setting, ("crisis",), abroad=True)
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
                return self._lines.below([card], setting, purposes(kind), after=self._people.of_danger(about, setting))
            case Kind.DISTRESS:
                return self._lines.below([self.say("distress", setting)], setting, ("crisis",))
            case Kind.HUMAN:
                return self._lines.below([self._people.of_wish(setting), *self._contact(setting)], setting, ("crisis",))
            case _:
                return Reply(text=self.say(kind.value, setting))

    def _crisis(self, route: Route, setting: Setting) -> Reply:
        """Word danger by whom it is about and how grave it is; the first card says the most, later ones only remind."""
        wanted = purposes(Kind.CRISIS, route.variant)
        about = _about(route, setting)
        severity = route.severity or "high"
        if setting.repeated:
            again = self.say("crisis_again", setting)
            return self._lines.below([again], setting, wanted, after=self._people.of_danger(about, setting))
        name = route.variant if route.variant and about != "staff" else about
        after = {"high": ["crisis_self_next"], "moderate": ["crisis_lower"]}.get(severity, []) if name == "self" else []
        return self._lines.below(
            [self.say(f"crisis_{name}_{severity}", setting)],
            setting,
            wanted,
            after=[*(self.say(each, setting) for each in after), *self._people.of_danger(about, setting)],
        )

    def _medical_advice(self, general: Candidate | None, setting: Setting) -> Reply:
        advice = self._passed_on(self.say("medical_advice", setting), setting)
        if general is None:
            return Reply(text=advice)
        answered = self._answered([general], setting)
        text = f"{advice}\n\n{self.say('medical_advice_general', setting)}\n\n{answered.text}"
        return Reply(text=text, sources=answered.sources, choices=answered.choices)

    def _passed_on(self, said: str, setting: Setting) -> str:
        """Add what became of a question for a person; where nobody is told of it, what the visitor can do instead."""
        text = " ".join([said, *self._people.of_question(setting)])
        if can_be_told(setting):
            return text
        return "\n\n".join([text, *self._contact(setting), self.footer(setting)])

    def _contact(self, setting: Setting) -> list[str]:
        return [self.say("human_contact", setting, contact=setting.contact)] if setting.contact else []

    def _below_help(self, reply: Reply, decision: Decision, setting: Setting) -> Reply:
        """Put a reply under the numbers of the latch: while that is not cleared, an answer never comes first."""
        joint = [self.say("latched_answer", setting)] if isinstance(decision, Answered) else []
        shown = self._lines.below([self.say("latched", setting)], setting, (), after=[*joint, reply.text])
        return Reply(text=shown.text, choices=reply.choices, sources=reply.sources, help=shown.help)

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

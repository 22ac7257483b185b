"""What is said of the team: whether anybody was told, who is there, and when people are back. Only what is a fact."""

from datetime import datetime
from typing import Literal

from bot.model import About, Happened
from bot.replies.setting import Setting
from bot.replies.speech import Speech

WEEK_DAYS = 6  # so many days ahead the name of the day alone says which one is meant


class People:
    """Words the truth about the people behind the bot."""

    def __init__(self, speech: Speech) -> None:
        """Take who says the pack's sentences."""
        self._speech = speech
        self._say = speech.say

    def of_danger(self, about: About, setting: Setting) -> list[str]:
        """Return what stands below the numbers: first not to wait for the team, and only then when they are back."""
        state = _state(setting)
        if state == "nobody_told":
            return [self._say("nobody_told_danger", setting)]
        if not setting.recorded:
            return []
        if state == "away":
            return [self._away("_danger", setting)]
        return [self._say("crisis_staff_noted" if about == "staff" else "crisis_noted", setting)]

    def of_question(self, setting: Setting) -> list[str]:
        """Return what became of a question that is for a person."""
        state = _state(setting)
        if state == "nobody_told":
            return [self._say("nobody_told", setting)]
        noted = [self._say("question_noted", setting)] if setting.recorded else []
        return [*noted, self._away("", setting)] if state == "away" else noted

    def of_wish(self, setting: Setting) -> str:
        """Return what became of the wish to talk to a person."""
        state = _state(setting)
        if state == "nobody_told":
            return self._say("nobody_told_human", setting)
        said = self._say("human", setting)
        return f"{said} {self._away('', setting)}" if state == "away" else said

    def of_offer(self, setting: Setting) -> list[str]:
        """Return what somebody should know before they ask for a person; nothing while people are there."""
        match _state(setting):
            case "nobody_told":
                return [self._say("nobody_told_offered", setting)]
            case "away":
                return [self._away("_offered", setting)]
            case "open":
                return []

    def fact(self, what: Happened, name: str, setting: Setting) -> str:
        """Return a fact about people as a visitor reads it; ``name`` is the responder's, where one is meant."""
        return self._say(f"fact_{what.value}", setting, name=name or self._say("someone", setting))

    def _away(self, of: str, setting: Setting) -> str:
        back = self._back(setting)
        return self._say(f"away_until{of}", setting, back=back) if back else self._say(f"away{of}", setting)

    def _back(self, setting: Setting) -> str:
        """Return when people are back, as part of a sentence; empty where it is not known, or the language has no dates."""
        at = setting.reach.back_at
        if at is None:
            return ""
        from babel import Locale, UnknownLocaleError  # only out of hours, so that a start need not wait for it
        from babel.dates import format_date, format_skeleton, format_time

        try:
            locale = Locale.parse(self._speech.language(setting).replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            return ""
        time = format_time(at, "short", locale=locale)
        days = _days_until(at, setting.now)
        if days in {0, 1}:
            return self._say("back_tomorrow" if days else "back_today", setting, time=time)
        day = format_date(at.date(), "EEEE", locale=locale)
        if days is not None and 1 < days <= WEEK_DAYS:
            return self._say("back_on", setting, day=day, time=time)
        return self._say("back_date", setting, day=day, date=format_skeleton("MMMMd", at, locale=locale), time=time)


def can_be_told(setting: Setting) -> bool:
    """Return whether the team can learn of this conversation."""
    return _state(setting) != "nobody_told"


def _state(setting: Setting) -> Literal["open", "away", "nobody_told"]:
    if setting.is_attended:
        return "open"
    if not setting.reach.can_be_told:
        return "nobody_told"
    return "open" if setting.reach.is_open else "away"


def _days_until(at: datetime, now: datetime | None) -> int | None:
    """Return how many days off something is, by the calendar of the team's own time zone."""
    return (at.date() - now.astimezone(at.tzinfo).date()).days if now else None

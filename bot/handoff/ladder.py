"""When the team is alerted again while nobody has claimed a conversation; the ladder never ends by itself."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from bot.model import Handoff

# Minutes. A ladder that repeats faster would flood whoever it is to bring; one that waits longer than a week, nobody meant.
SHORTEST, LONGEST = 0.01, 7 * 24 * 60.0


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps of alerting, counted from when a conversation began to wait."""

    steps: tuple[timedelta, ...]  # the first is when the first alert leaves; rising
    every: timedelta  # after the last step, again and again

    @classmethod
    def read(cls, text: str) -> "Ladder":
        """Read "0 2 5 10 +10": at once, after 2, 5 and 10 minutes, then every 10.

        Raises:
            ValueError: it is not of that form; the message says how to write it.
        """
        how = 'Write minutes that rise, then how often to repeat: "0 2 5 10 +10".'
        *steps, last = text.split() or [""]
        try:
            minutes = [float(each) for each in steps]
            every = float(last.removeprefix("+"))
        except ValueError:
            raise ValueError(how) from None
        rises = all(one < two for one, two in pairwise(minutes))
        fits = all(0 <= each <= LONGEST for each in minutes) and SHORTEST <= every <= LONGEST
        if not minutes or not last.startswith("+") or not rises or not fits:
            raise ValueError(how)
        return cls(tuple(timedelta(minutes=each) for each in minutes), timedelta(minutes=every))

    def due_after(self, step: int) -> timedelta:
        """Return when a step is due, counted from the beginning of the ladder."""
        if step < len(self.steps):
            return self.steps[step]
        return self.steps[-1] + (step - len(self.steps) + 1) * self.every


URGENT = Ladder.read("0 2 5 10 +10")
ORDINARY = Ladder.read("0 60 +240")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladders:
    """The ladder of each severity; ``ordinary`` is for whoever asks for a person, or a question without an answer."""

    imminent: Ladder = field(default=URGENT)
    high: Ladder = field(default=URGENT)
    moderate: Ladder = field(default=URGENT)
    ordinary: Ladder = field(default=ORDINARY)

    def of(self, handoff: Handoff | None) -> Ladder:
        """Return the ladder for a handoff; danger of unknown severity counts as high."""
        if handoff is None or not handoff.urgent:
            return self.ordinary
        return {"imminent": self.imminent, "moderate": self.moderate}.get(handoff.severity or "high", self.high)

"""The help lines that stand on a card, and the quiet line with a number that every surface keeps in view."""

from collections.abc import Sequence

from bot.content import Book
from bot.model import HelpLine, Kind, Reply
from bot.replies.setting import Setting
from bot.replies.speech import Speech

ANYWHERE = "any"  # the help file shown when the country is not known


class Lines:
    """Finds the lines of a pack for a country and a purpose, and puts them below what is said."""

    def __init__(self, book: Book, speech: Speech) -> None:
        """Take a pack's book, and who says its sentences."""
        self._book = book
        self._say = speech.say

    def footer(self, setting: Setting) -> str:
        """Return the quiet line."""
        numbers = [line.call for line in self.of(setting, ("crisis",)) if line.call]
        if numbers and self._country(setting):
            return self._say("footer", setting, number=numbers[0])
        return self._say("footer_unknown", setting)

    def below(
        self,
        blocks: Sequence[str],
        setting: Setting,
        wanted: Sequence[str],
        *,
        after: Sequence[str] = (),
        abroad: bool = False,
    ) -> Reply:
        """Put the lines for some purposes below what is said; ``after`` stands below them.

        Args:
            blocks: what is said first.
            setting: where the visitor is; what it is latched for keeps its lines in view.
            wanted: the purposes of the lines, the most pressing first.
            after: what is said below the lines.
            abroad: whether lines for anywhere are listed even where the visitor's country is known.
        """
        if setting.latch:  # what was shown when it latched stays in view below what this card is about
            kept = (purpose for each in setting.latch for purpose in purposes(each.kind, each.variant))
            wanted = tuple(dict.fromkeys((*wanted, *kept, *purposes(Kind.CRISIS))))
        lines = self.of(setting, wanted, abroad=abroad)
        listed = "\n".join(f"- {self.described(line, setting)}" for line in lines)
        if "emergency" in wanted and not any("emergency" in line.for_ for line in lines):
            blocks = [self._say("emergency_number_unknown", setting), *blocks]
        elif "emergency" in wanted and not self._is_known(setting.country):
            after = [self._say("emergency_elsewhere", setting), *after]
        return Reply(text="\n\n".join([*blocks, listed, *after]), help=tuple(lines))

    def of(self, setting: Setting, wanted: Sequence[str], *, abroad: bool = False) -> list[HelpLine]:
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
        listed = ", ".join(self._say(name, setting, to=to) for name, to in ways if to)
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


def purposes(kind: Kind, variant: str = "") -> tuple[str, ...]:
    """Return what the lines of a card are for, the most pressing first."""
    if kind is Kind.EMERGENCY:
        return ("emergency", "poison")
    return ("crisis", "emergency", "abuse") if variant == "abuse" else ("crisis", "emergency")

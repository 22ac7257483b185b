"""What a reply depends on besides the decision."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.model import Channel, Latch
from bot.ports import Reach

_REACHED = Reach()


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
    now: datetime | None = None  # without it people are never said to be back "today" or "tomorrow"
    is_attended: bool = False  # a responder has the conversation, whatever the hours are

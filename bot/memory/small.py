"""The small ports in memory: changes within one process, a team as it was set, and clocks."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.model import ConversationId
from bot.ports import Reach


class LocalChanges:
    """``Changes`` within one process."""

    def __init__(self) -> None:
        """Begin with nobody watching."""
        self._watchers: defaultdict[ConversationId | None, list[Callable[[], None]]] = defaultdict(list)

    def notify(self, conversation_id: ConversationId) -> None:
        """Wake whoever watches the conversation, and whoever watches all."""
        for key in (conversation_id, None):
            for wake in tuple(self._watchers.get(key, ())):
                wake()

    def watch(self, conversation_id: ConversationId | None, wake: Callable[[], None]) -> "Watch":
        """Call ``wake`` on each change while the block lasts."""
        return Watch(self._watchers, conversation_id, wake)

    def is_watched(self, conversation_id: ConversationId) -> bool:
        """Whether somebody watches just this conversation."""
        return conversation_id in self._watchers


class Watch:
    """A block within which somebody is woken. A class, since a generator is three times as large, and thousands wait."""

    __slots__ = ("_conversation_id", "_wake", "_watchers")

    def __init__(
        self,
        watchers: defaultdict[ConversationId | None, list[Callable[[], None]]],
        conversation_id: ConversationId | None,
        wake: Callable[[], None],
    ) -> None:
        """Take whom to wake, and where that is kept."""
        self._watchers, self._conversation_id, self._wake = watchers, conversation_id, wake

    def __enter__(self) -> None:
        self._watchers[self._conversation_id].append(self._wake)

    def __exit__(self, *_raised: object) -> None:
        watching = self._watchers[self._conversation_id]
        watching.remove(self._wake)
        if not watching:
            del self._watchers[self._conversation_id]


@dataclass(frozen=True)
class FixedTeam:
    """A team that is as it was set."""

    now: Reach = field(default_factory=Reach)

    def reach(self, _at: datetime) -> Reach:
        """Return what was set."""
        return self.now


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is set; for tests and for repeatable reports."""

    def __init__(self, at: datetime) -> None:
        """Stop at a time."""
        self.at = at

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self.at

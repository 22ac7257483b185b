"""The small ports in memory: changes within one process, a team as it was set, and clocks."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.model import ConversationId
from bot.ports import Reach


class LocalChanges:
    """``Changes`` within one process."""

    def __init__(self) -> None:
        """Begin with nobody watching."""
        self._watchers: defaultdict[ConversationId | None, set[Callable[[], None]]] = defaultdict(set)

    def notify(self, conversation_id: ConversationId) -> None:
        """Wake whoever watches the conversation, and whoever watches all."""
        for key in (conversation_id, None):
            for wake in tuple(self._watchers.get(key, ())):
                wake()

    @contextmanager
    def watch(self, conversation_id: ConversationId | None, wake: Callable[[], None]) -> Iterator[None]:
        """Call ``wake`` on each change while the block lasts."""
        self._watchers[conversation_id].add(wake)
        try:
            yield
        finally:
            self._watchers[conversation_id].discard(wake)
            if not self._watchers[conversation_id]:
                del self._watchers[conversation_id]

    def is_watched(self, conversation_id: ConversationId) -> bool:
        """Whether somebody watches just this conversation."""
        return conversation_id in self._watchers


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

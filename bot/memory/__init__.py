"""Each port in memory: for the terminal and for tests. Nothing survives the process."""

from bot.memory.accounts import AccountsInMemory
from bot.memory.desk import DeskInMemory
from bot.memory.relays import RelaysInMemory
from bot.memory.small import FixedClock, FixedTeam, LocalChanges, SystemClock
from bot.ports import Changes

__all__ = ["FixedClock", "FixedTeam", "LocalChanges", "MemoryStore", "SystemClock"]


class MemoryStore(DeskInMemory, AccountsInMemory, RelaysInMemory):
    """``Store``, ``Inbox`` and ``Relays`` in memory."""

    def __init__(self, max_conversations: int = 10_000, changes: Changes | None = None) -> None:
        """Take how many conversations to keep, and whom to wake when something is new."""
        DeskInMemory.__init__(self, max_conversations, changes)
        AccountsInMemory.__init__(self)
        RelaysInMemory.__init__(self)

    async def check(self) -> None:
        """Memory can always be written to."""

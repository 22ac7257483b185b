"""Each port in memory: for the terminal and for tests. Nothing survives the process."""

from bot.memory.accounts import AccountsInMemory
from bot.memory.desk import DeskInMemory
from bot.memory.small import FixedClock, FixedTeam, LocalChanges, SystemClock

__all__ = ["FixedClock", "FixedTeam", "LocalChanges", "MemoryStore", "SystemClock"]


class MemoryStore(DeskInMemory, AccountsInMemory):
    """``Store`` in memory."""

    def __init__(self, max_conversations: int = 10_000) -> None:
        """Take how many conversations to keep; the one idle longest goes first, those in danger and those who wait last."""
        DeskInMemory.__init__(self, max_conversations)
        AccountsInMemory.__init__(self)

    async def check(self) -> None:
        """Memory can always be written to."""

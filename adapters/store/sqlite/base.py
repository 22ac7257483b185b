"""What the parts of the store share: the threads that read and write."""

from pathlib import Path

from adapters.store.sqlite.connections import Synchronous
from adapters.store.sqlite.lanes import Reader
from adapters.store.sqlite.turns import Turns
from adapters.store.sqlite.writer import Writer
from bot.ports import Changes


class Base:
    """One thread that writes, one that reads for messages, and one for everything that may take longer."""

    def __init__(self, path: Path, synchronous: Synchronous, changes: Changes | None) -> None:
        """Start the threads; call within the event loop that uses the store."""
        self._turns = Turns()
        self._writer = Writer(path, synchronous, changes.notify if changes else None)
        self._quick = Reader("reader", path, on_opened=self._turns.clear)
        self._slow = Reader("slow-reader", path)

    async def close(self) -> None:
        """Finish what waits, and close the file."""
        await self._quick.close()
        await self._slow.close()
        await self._writer.close()

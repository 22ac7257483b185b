"""How much one visitor may ask for; a message in danger is handled past every limit (``adapters/web/api.py``)."""

import asyncio
import hmac
import ipaddress
import secrets
import time
from math import ceil
from typing import TYPE_CHECKING

from aiohttp import web

from bot.errors import BotError
from bot.settings import Settings

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import MovingWindowRateLimiter

LOADED_AFTER_S = 1.0
_SHARED_BITS = {4: 32, 6: 64}  # of an address; one household has a whole /64 of IPv6


class TooMany(BotError):
    """Too many calls in a short time. Wait a moment."""

    def __init__(self, said: str | None = None, *, wait_s: int = 1) -> None:
        """Take what a visitor reads, where one does, and how many seconds to wait."""
        super().__init__(said)
        self.wait_s = wait_s


class Limits:
    """Moving windows, counted in memory by the library ``limits``.

    The library takes 45 ms to import, which no first visitor should wait for: what is called before it is there is counted
    once it is, so a limit is felt a second late at most.
    """

    def __init__(self, settings: Settings) -> None:
        """Take the rates. Addresses are counted under a keyed hash, whose key lives as long as the process."""
        self._rates = {
            "conversation": (settings.rate_conversation, 60),
            "address": (settings.rate_address, 60),
            "starts": (settings.rate_starts, 3600),
        }
        self._proxies = settings.trusted_proxies
        self._key = secrets.token_bytes(16)
        self._limiter: MovingWindowRateLimiter | None = None
        self._items: dict[str, RateLimitItem] = {}
        self._waiting: list[tuple[str, str]] | None = None  # counted once the library is there

    def load(self) -> None:
        """Import the library and count what was called before."""
        from limits import RateLimitItemPerSecond
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._items = {name: RateLimitItemPerSecond(most, seconds) for name, (most, seconds) in self._rates.items()}
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        for name, key in self._waiting or ():
            self._limiter.hit(self._items[name], key)
        self._waiting = []

    def take(self, name: str, key: str) -> None:
        """Count one call.

        Raises:
            TooMany: there were too many before.
        """
        if self._limiter is None:
            if self._waiting is None:
                self._waiting = []
                asyncio.get_running_loop().call_later(LOADED_AFTER_S, self.load)
            self._waiting.append((name, key))
            return
        item = self._items[name]
        if not self._limiter.hit(item, key):
            resets_at = self._limiter.get_window_stats(item, key).reset_time
            wait_s = max(1, ceil(resets_at - time.time()))
            raise TooMany(f"Too many calls in a short time. Try again in {wait_s} seconds.", wait_s=wait_s)

    def take_of_address(self, name: str, request: web.Request) -> None:
        """Count one call of whoever sent a request.

        An address of this machine is a proxy's: to count it would give all visitors one limit together.

        Raises:
            TooMany: there were too many before.
        """
        network = _network(self._address(request))
        if network is None or not network.is_loopback:
            key = hmac.new(self._key, str(network).encode(), "sha256")
            self.take(name, key.hexdigest())

    def _address(self, request: web.Request) -> str:
        """Return the visitor's address, as told by the proxies that are trusted, or the one that the call came from."""
        hops = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",") if each.strip()]
        return hops[-self._proxies] if 0 < self._proxies <= len(hops) else request.remote or ""


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return what shares a limit; all addresses that make no sense share one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return ipaddress.ip_network((found, _SHARED_BITS[found.version]), strict=False)

"""How often somebody may fail to log in: counted in memory, by account and by a keyed hash of the address."""

import asyncio
import hashlib
import hmac
import ipaddress
import math
import secrets
import time
from functools import cached_property
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import MovingWindowRateLimiter

WINDOW_S = 15 * 60
PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS = 5, 20
# Failures from other addresses must not keep a responder out while somebody waits; guessing of so few gets nowhere.
PER_ACCOUNT = 100


class Throttle:
    """Counts failures to log in over a moving window of 15 minutes."""

    def __init__(self) -> None:
        """Begin with none; the key of the hashes ends with the process."""
        self._key = secrets.token_bytes(16)
        self.one_at_a_time = asyncio.Lock()  # or a hundred tries at once would all find that none has failed yet

    @cached_property
    def _limiter(self) -> "MovingWindowRateLimiter":
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(MemoryStorage())

    def wait_min(self, account_id: str, address: str) -> int:
        """Return how many minutes somebody must wait before the next try; 0 when they may try."""
        waits = [
            self._limiter.get_window_stats(item, *names).reset_time - time.time()
            for item, names in self._counted(account_id, address)
            if not self._limiter.test(item, *names)
        ]
        return max(1, math.ceil(max(waits) / 60)) if waits else 0

    def failed(self, account_id: str, address: str) -> None:
        """Count a failure."""
        for item, names in self._counted(account_id, address):
            self._limiter.hit(item, *names)

    def succeeded(self, account_id: str, address: str) -> None:
        """Forget the failures of one person at one place; those of the address as a whole stay."""
        item, names = self._counted(account_id, address)[0]
        self._limiter.clear(item, *names)

    def _counted(self, account_id: str, address: str) -> "list[tuple[RateLimitItem, tuple[str, ...]]]":
        from limits import RateLimitItemPerSecond as PerSecond

        where, who = self._hash(address), self._hash(account_id)
        return [
            (PerSecond(PER_ACCOUNT_AND_ADDRESS, WINDOW_S), (who, where)),
            (PerSecond(PER_ADDRESS, WINDOW_S), (where,)),
            (PerSecond(PER_ACCOUNT, WINDOW_S), (who,)),
        ]

    def _hash(self, text: str) -> str:
        return hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def address_of(request: web.Request, trusted_proxies: int) -> str:
    """Return where a request comes from, as far as the proxies that are trusted say; of IPv6 the network alone."""
    given = request.headers.get("X-Forwarded-For", "").split(",")[-trusted_proxies:] if trusted_proxies else []
    try:
        address = ipaddress.ip_address((given[0] if given else request.remote or "").strip())
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))

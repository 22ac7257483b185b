"""How long conversations are kept: erased when they are older, in two classes, by a job that runs beside the server."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import StoreUnavailable
from bot.ports import Clock, Desk
from bot.staff import Expired

log = logging.getLogger("handrail")
EVERY_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days after the last entry of a conversation until it is erased."""

    days: int
    crisis_days: int  # where danger was raised in it


async def expire(desk: Desk, clock: Clock, retention: Retention, *, dry_run: bool = False) -> Expired:
    """Erase what is older, or only count it.

    Raises:
        StoreUnavailable: nothing more was erased.
    """
    now = clock.now()
    return await desk.expire(
        ordinary_before=now - timedelta(days=retention.days),
        crisis_before=now - timedelta(days=retention.crisis_days),
        at=now,
        dry_run=dry_run,
    )


async def keep_expiring(desk: Desk, clock: Clock, retention: Retention) -> None:
    """Erase what is older now and every hour, until cancelled; a store that is away is tried again the next time."""
    while True:
        try:
            found = await expire(desk, clock, retention)
            if found.ordinary or found.crisis:
                log.info("conversations expired", extra={"ordinary": found.ordinary, "crisis": found.crisis})
        except StoreUnavailable as error:
            log.error("conversations not expired", extra={"error": type(error).__name__})
        await asyncio.sleep(EVERY_S)

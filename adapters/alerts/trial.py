"""A marked test through every channel."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.alerts.channels import Channel
from adapters.alerts.notice import trial_notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of a test."""

    channel: str
    step: int
    error: str = ""  # the type of the error; empty when the receiver took it


async def try_channels(channels: Sequence[Channel]) -> list[Tried]:
    """Send a marked test through every channel of every step, and return what became of each, in the order of the steps."""
    in_order = sorted(channels, key=lambda channel: channel.step)
    return list(await asyncio.gather(*(_try(channel) for channel in in_order)))


async def send_test(channels: Sequence[Channel], say: Callable[[str], None]) -> bool:
    """Test every channel and say what became of each; whether there are any, and all took it."""
    if not channels:
        say("Nobody can be told: no alert address is set, or none can be used. See HANDRAIL_ALERT_URLS in docs/alerts.md.")
        return False
    found = await try_channels(channels)
    for each in found:
        say(f"step {each.step + 1}, channel {each.channel}: {f'FAILED ({each.error})' if each.error else 'taken'}")
    return not any(each.error for each in found)


async def _try(channel: Channel) -> Tried:
    try:
        await channel.send(trial_notice(channel.name, channel.step))
    except Exception as error:  # noqa: BLE001 - whatever it is, the channel does not work, and its words may hold an address
        return Tried(channel=channel.name, step=channel.step, error=type(error).__name__)
    return Tried(channel=channel.name, step=channel.step)

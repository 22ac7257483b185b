"""A whole turn over HTTP (triaged, answered, stored) beside a bare aiohttp server that answers JSON, in turns.

64 connections, each with a conversation of its own that begins anew every five turns; no question is asked twice. Both
servers run as processes of their own; the client shares the machine with them: only the ratio within a run means something.
"""

import asyncio
import itertools
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import ROOT, goal, show, use_own_kernel
from benchmarks.load import STARTS, Connection, connect, serving, share
from benchmarks.start import BARE
from bot.assembly import assemble

CONNECTIONS = 64
ROUNDS = 3
SECONDS = 6.0
TURNS = 5  # of a conversation
HANDRAIL, BARE_SERVER = "Handrail", "bare aiohttp"


@dataclass(frozen=True)
class Measured:
    """What one server did in one round."""

    rate: float  # turns a second
    seconds: list[float]  # of each turn


def main() -> None:
    """Measure both in turns, with each way of committing, and print the table and the goals."""
    questions = _questions()
    rows, ratios, tails = [], {}, {}
    for synchronous in ("normal", "full"):
        with tempfile.TemporaryDirectory() as data_dir:
            shutil.copytree(ROOT / "var" / "index", Path(data_dir) / "index")
            found = _measure(questions, HANDRAIL_DATA_DIR=data_dir, HANDRAIL_SQLITE_SYNCHRONOUS=synchronous)
        for name, measured in found.items():
            every = [each for one in measured for each in one.seconds]
            rows.append(
                [
                    f"{name}, {synchronous}" if name == HANDRAIL else name,
                    f"{statistics.median(one.rate for one in measured):.0f}",
                    f"{share(every, 0.5) * 1000:.1f}",
                    f"{share(every, 0.99) * 1000:.1f}",
                ]
            )
        ratios[synchronous] = [one.rate / other.rate for one, other in zip(found[HANDRAIL], found[BARE_SERVER], strict=True)]
        tails[synchronous] = [
            share(one.seconds, 0.99) / share(other.seconds, 0.99)
            for one, other in zip(found[HANDRAIL], found[BARE_SERVER], strict=True)
        ]
    show(f"{CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:.0f} s", ["", "turns/s", "p50 ms", "p99 ms"], rows)
    for synchronous, each in ratios.items():
        ratio, tail = statistics.median(each), statistics.median(tails[synchronous])
        goal(
            f"{synchronous}: at least .28 of bare aiohttp: {ratio:.3f} ({min(each):.3f} to {max(each):.3f})",
            met=ratio >= 0.28,
        )
        goal(f"{synchronous}: p99 at most 4 times a bare server's: {tail:.1f}", met=tail <= 4)


def _measure(questions: Iterator[str], **environment: str) -> dict[str, list[Measured]]:
    limits = {"HANDRAIL_RATE_CONVERSATION": "1000000", "HANDRAIL_LOG_LEVEL": "warning"}
    handrail = [sys.executable, "run_bot.py", "serve", "--port"]
    found: dict[str, list[Measured]] = {HANDRAIL: [], BARE_SERVER: []}
    with (
        serving(handrail, **environment, **limits) as ours,
        serving([sys.executable, "-c", BARE]) as bare,
    ):
        for _ in range(ROUNDS + 1):  # the first round warms both up
            for name, port in ((HANDRAIL, ours), (BARE_SERVER, bare)):
                found[name].append(asyncio.run(_round(port, questions)))
    return {name: measured[1:] for name, measured in found.items()}


async def _round(port: int, questions: Iterator[str]) -> Measured:
    connections = await connect(port, CONNECTIONS)
    conversations = [[await each.post(STARTS, {}) for _ in range(40)] for each in connections]
    for each in connections:
        each.seconds.clear()
    began = time.perf_counter()
    await asyncio.gather(
        *(_talk(each, one, questions, began + SECONDS) for each, one in zip(connections, conversations, strict=True))
    )
    took = time.perf_counter() - began
    for each in connections:
        each.writer.close()
    seconds = [one for each in connections for one in each.seconds]
    return Measured(len(seconds) / took, seconds)


async def _talk(connection: Connection, conversations: list[dict[str, str]], questions: Iterator[str], until: float) -> None:
    for conversation in itertools.cycle(conversations):
        for _ in range(TURNS):
            if time.perf_counter() >= until:
                return
            await connection.say(conversation, next(questions))


def _questions() -> Iterator[str]:
    """Yield the pack's own phrasings with a word dropped, or two joined, each another text."""
    phrasings = list(assemble(ROOT / "knowledge", ROOT / "var").searcher.index.data.phrasings)
    chance = random.Random(7)
    seen: set[str] = set()
    while True:
        words = chance.choice(phrasings).split()
        if len(words) > 3:
            words.pop(chance.randrange(len(words)))
        text = f"{' '.join(words)} {chance.randrange(1900, 2100)}" if " ".join(words) in seen else " ".join(words)
        seen.add(text)
        yield text


if __name__ == "__main__":
    use_own_kernel("benchmarks.http")
    main()

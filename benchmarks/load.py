"""A client that costs little: HTTP/1.1 on raw sockets, one request at a time on each connection."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.environment import ROOT

START_LIMIT_S = 600.0  # the first start fits the index
STARTS = "/api/v1/conversations"


@dataclass(slots=True)
class Connection:
    """One open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    seconds: list[float] = field(default_factory=list)  # from sending a request until its reply was read

    async def post(self, path: str, body: object, token: str = "") -> Any:
        """Send a post and return the reply's JSON; keep how long it took."""
        sent = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
        self.writer.write(f"{head}Authorization: Bearer {token}\r\n\r\n".encode() + sent)
        began = time.perf_counter()
        told = await self.reader.readuntil(b"\r\n\r\n")
        length = int(told.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        given = await self.reader.readexactly(length)
        self.seconds.append(time.perf_counter() - began)
        status = int(told[9:12])
        if status not in {200, 201}:
            sys.exit(f"{path} was answered with {status}: {given!r}")
        return json.loads(given)

    async def say(self, conversation: dict[str, Any], text: str, message_id: str = "") -> Any:
        """Send a message, with a new id unless one is given."""
        path = f"{STARTS}/{conversation['id']}/messages"
        return await self.post(path, {"message_id": message_id or str(uuid.uuid4()), "text": text}, conversation["token"])


def start_server(command: Sequence[str], environment: Mapping[str, str]) -> "tuple[subprocess.Popen[bytes], int]":
    """Start a server as a process of its own; a free port is added to the command and returned."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [*command, str(port)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return process, port


@contextlib.contextmanager
def serving(command: Sequence[str], **environment: str) -> Iterator[int]:
    """Run a server for as long as the block lasts, and give its port."""
    process, port = start_server(command, environment)
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def get(port: int, path: str, token: str) -> Any:
    """Read something, on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    told, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    if told[9:12] != b"200":
        sys.exit(f"{path} was answered with {told[9:12]!r}")
    return json.loads(body)


async def connect(port: int, count: int) -> list[Connection]:
    """Open connections."""
    return [Connection(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(count)]


def share(values: Sequence[float], of: float) -> float:
    """Return a percentile, the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * of))]


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a server listens."""
    deadline = time.perf_counter() + START_LIMIT_S
    while time.perf_counter() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    sys.exit("A server did not start: nothing was measured.")

"""Serving as a process: it says where to click, stops when told, and explains itself when it can't start."""

import signal
import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.web.processes import serving, start
from tests.web.sites import Visitor


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly(number: signal.Signals, data_dir: Path) -> None:
    """On SIGTERM and on Ctrl-C it ends with exit code 0 and no traceback."""
    async with serving(data_dir) as process:
        code, _, err = await process.stopped_by(number)

    assert code == 0
    assert "Traceback" not in err


async def test_an_open_stream_does_not_hold_up_the_stop(web_client: ClientSession, data_dir: Path) -> None:
    """On SIGTERM an open stream ends, and the process with it."""
    async with serving(data_dir) as process:
        visitor = await Visitor(web_client, process).arrive()
        async with visitor.listen() as stream:
            code, _, _ = await process.stopped_by(signal.SIGTERM)
            assert await stream.next() is None

    assert code == 0


async def test_a_port_in_use_is_said_in_words(data_dir: Path) -> None:
    """A port that another program has ends the start with code 3 and a line that names a way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await start(data_dir, "--port", str(port))
        _, err = await process.communicate()

    assert process.returncode == 3
    assert err.decode().splitlines()[-1] == (
        f"127.0.0.1:{port} is in use by another program. Stop it, or choose another port with --port."
    )
    assert "Traceback" not in err.decode()


async def test_it_says_where_to_click_and_what_is_missing(data_dir: Path) -> None:
    """The first line has the address; the next says that nobody can be told, and what to do about it."""
    async with serving(data_dir) as process:
        _, out, _ = await process.stopped_by(signal.SIGTERM)

    assert "No way to reach the team is set" in out
    assert "HANDRAIL_ALERT_URLS" in out

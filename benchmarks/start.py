"""Start to first answer over HTTP, with a saved index, beside a bare aiohttp server that answers JSON.

The two take turns: each is started as a process of its own on a free loopback port, polled until it listens, sent two
posts (a conversation, then a message; the bare server gets the same), and stopped. The table holds medians.
"""

import contextlib
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence

from benchmarks.environment import ROOT, console, goal, show, use_own_kernel

ROUNDS = 9
LIMIT_S = 60.0  # a start that takes longer than this is a fault
BUILD_LIMIT_S = 600.0
QUESTION = "how long does one session take"
BARE = """
import sys
from aiohttp import web

async def answer(request):
    given = await request.json()
    return web.json_response({"id": "1", "token": "t", "kind": "answer", "text": str(given)}, status=201)

app = web.Application()
app.add_routes([web.post("/{path:.*}", answer)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
HANDRAIL, BARE_SERVER = "Handrail", "bare aiohttp"


def main() -> None:
    """Save an index, measure both in turns, and say where the time goes."""
    with tempfile.TemporaryDirectory() as data_dir:
        environment = {**os.environ, "HANDRAIL_DATA_DIR": data_dir}
        console.print("Saving an index …")
        serve = [sys.executable, "run_bot.py", "serve", "--port"]
        _first_answer(serve, environment, limit_s=BUILD_LIMIT_S)
        commands = {HANDRAIL: serve, BARE_SERVER: [sys.executable, "-c", BARE]}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(_first_answer(command, environment, limit_s=LIMIT_S))
        imports = _imports(environment)
    listening = {name: statistics.median(each for each, _ in times[name]) * 1000 for name in times}
    answered = {name: statistics.median(each for _, each in times[name]) * 1000 for name in times}
    rows = [
        [name, f"{listening[name]:.0f}", f"{answered[name]:.0f}", f"{min(each for _, each in times[name]) * 1000:.0f}"]
        for name in times
    ]
    show(f"Start, median of {ROUNDS} rounds in turns", ["ms", "until it listens", "until the first answer", "least"], rows)
    ratio = answered[HANDRAIL] / answered[BARE_SERVER]
    goal(f"start to first answer at most twice a bare aiohttp server's: {ratio:.2f}", met=ratio <= 2)
    show(
        "Imports of `serve` that take longest, by themselves and with what they import",
        ["module", "own ms", "all ms"],
        imports,
    )


def _first_answer(command: Sequence[str], environment: dict[str, str], *, limit_s: float) -> tuple[float, float]:
    """Return the seconds from start until the server listens, and until the second post was answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [*command, str(port)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        connection = _connect(port, process, started + limit_s)
        listening = time.perf_counter() - started
        conversation = _post(connection, "/api/v1/conversations", {}, token="")
        path = f"/api/v1/conversations/{conversation['id']}/messages"
        reply = _post(connection, path, {"message_id": str(uuid.uuid4()), "text": QUESTION}, token=conversation["token"])
        answered = time.perf_counter() - started
        if not reply["text"]:
            sys.exit(f"{command[1]} gave no answer: nothing was measured.")
        connection.close()
        return listening, answered
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _connect(port: int, process: "subprocess.Popen[bytes]", deadline: float) -> http.client.HTTPConnection:
    while time.perf_counter() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.suppress(ConnectionRefusedError):
            connection.connect()
            return connection
        time.sleep(0.002)
    process.kill()
    sys.exit(f"The server did not start:\n{process.communicate()[1].decode()}")


def _post(connection: http.client.HTTPConnection, path: str, body: dict[str, str], *, token: str) -> dict[str, str]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    given: dict[str, str] = json.loads(response.read())
    if response.status not in {200, 201}:
        sys.exit(f"{path} was answered with {response.status}: {given}")
    return given


def _imports(environment: dict[str, str]) -> list[list[str]]:
    """Return the 25 imports that take longest until Handrail listens."""
    code = (
        "import sys; sys.argv = ['run_bot.py', 'serve', '--port', '0']\n"
        "import run_bot, adapters.web.server, bot.assembly, bot.conversation\n"
    )
    finished = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-X", "importtime", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
        timeout=LIMIT_S,
    )
    found = re.findall(r"import time:\s+(\d+) \|\s+(\d+) \| +(\S+)", finished.stderr.decode())
    slowest = sorted(found, key=lambda each: -int(each[1]))[:25]
    return [[name, f"{int(own) / 1000:.1f}", f"{int(whole) / 1000:.1f}"] for own, whole, name in slowest]


if __name__ == "__main__":
    use_own_kernel("benchmarks.start")
    main()

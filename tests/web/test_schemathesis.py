"""Schemathesis sends what the document allows and what it forbids, and finds no 5xx and nothing that is not documented."""

import asyncio
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import ignored_auth  # asks for 401 on a wrong token; ours says 404, by design

from bot.assembly import Core
from tests.conftest import ROOT
from tests.web.sites import Site

document = schemathesis.openapi.from_path(ROOT / "docs" / "openapi.yaml").exclude(operation_id="followConversation")


@pytest.fixture(scope="module")
def base_url(core: Core) -> Iterator[str]:
    """Where the application serves, on a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout=30)

    site = run(Site(core).start())
    yield site.url
    run(site.stop())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@document.parametrize()
@settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_no_call_does_what_the_document_does_not_say(case: schemathesis.Case[Any], base_url: str) -> None:
    """Whatever is sent, the status, the headers and the body that come back are documented, and none is a 5xx."""
    with requests.Session() as session:
        if "id" in (case.path_parameters or {}):
            started = session.post(f"{base_url}/api/v1/conversations", json={}, timeout=10).json()
            case.path_parameters["id"] = started["id"]
            headers = {"Authorization": f"Bearer {started['token']}"}
            case.headers.update(headers)
            _say(session, f"{base_url}/api/v1/conversations/{started['id']}/messages", headers)
        if isinstance(case.body, dict) and isinstance(n := case.body.get("n"), int | float) and n > 1:
            case.body["n"] = 1  # the document can't know how many turns there are
        case.call_and_validate(base_url=base_url, session=session, timeout=10, excluded_checks=[ignored_auth])


def _say(session: requests.Session, url: str, headers: dict[str, str]) -> None:
    session.post(url, json={"message_id": str(uuid.uuid4()), "text": "hello"}, headers=headers, timeout=10)

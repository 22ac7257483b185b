"""No word of a visitor and no address of a receiver is in any log line, attempt, or output."""

import logging
from collections.abc import Callable

import pytest

from adapters.alerts import AppriseChannel, send_test
from tests.alerts.conftest import HERE, HttpReceiver, Mailbox, a_stage

MARKS = ("MARKED", "127.0.0.1", "secretuser", "secretword", "secretpath", "dana@clinic")


async def test_marked_words_and_addresses_are_logged_nowhere(  # noqa: PLR0917 - fixtures come by name
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    http: HttpReceiver,
    mailbox: Mailbox,
    opened: Callable[..., tuple[AppriseChannel, ...]],
    refused_port: int,
    silent_port: int,
) -> None:
    """Receivers that take, refuse, are gone and never answer, with quoting on and every logger at its lowest level."""
    caplog.set_level(logging.DEBUG)
    for name in ("apprise", "urllib3", "urllib3.connectionpool", "requests", "asyncio", "handrail", "mail.log"):
        caplog.set_level(logging.DEBUG, logger=name)
    sign = "secretuser:secretword@127.0.0.1"
    mail = "mailto://127.0.0.1:{}/secretpath?from=desk@clinic.example&to=dana@clinic.example&mode=insecure"
    channels = opened(
        f"json://{sign}:{http.port}/secretpath?+X-Token=secretword",
        f"ntfy://{sign}:{http.port}/secretpath",
        f"json://{sign}:{refused_port}/secretpath",
        f"json://{sign}:{silent_port}/secretpath?rto=1",
        mail.format(mailbox.port),
        mail.format(refused_port),
        within_s=0.5,
    )
    stage = a_stage(*channels, may_quote=True)
    await stage.opens()
    for minutes, status in ((0, 200), (2, 500), (5, 200), (10, 500), (30, 200)):
        http.status = status
        mailbox.refuses = status == 500
        await stage.at(minutes)
    said: list[str] = []
    await send_test(channels, said.append)

    assert any("MARKED" in body for _, _, body in http.asked)
    attempts = await stage.store.attempts(HERE)
    assert {each.error for each in attempts} == {"", "NotDelivered", "TimeoutError"}
    receivers = {"mail.log", "aiohttp.access", "asyncio"}  # the servers of this test write down what they get
    ours = [record for record in caplog.records if record.name not in receivers]
    written = [str(vars(record)) for record in ours] + [str(attempts), *said, *capfd.readouterr()]
    assert {record.name for record in ours} == {"handrail"}
    assert [mark for mark in MARKS for line in written if mark in line] == []

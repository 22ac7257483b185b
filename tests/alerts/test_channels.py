"""Channels against real receivers on this machine."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from apprise import Apprise

from adapters.alerts import AppriseChannel
from adapters.alerts.channels import REPETITION, NotDelivered, _addressed, _asset, load_apprise, open_channels
from bot.settings import Secret, read_settings
from tests.alerts.conftest import HttpReceiver, Mailbox, a_notice

Open = Callable[..., tuple[AppriseChannel, ...]]


def mail_to(port: int) -> str:
    """The address of a plain mail server on this machine."""
    return f"mailto://127.0.0.1:{port}?from=desk@clinic.example&to=dana@clinic.example&mode=insecure"


async def test_a_webhook_gets_title_and_body(http: HttpReceiver, opened: Open) -> None:
    """A web server is posted the notice as JSON, at the path that is set."""
    (channel,) = opened(f"json://127.0.0.1:{http.port}/hook")
    await channel.send(a_notice())
    ((path, headers, body),) = http.asked
    sent = json.loads(body)
    assert (path, sent["title"], sent["message"], sent["type"]) == (
        "/hook",
        "URGENT: danger",
        "Line one\nLine two",
        "failure",
    )
    assert headers["Idempotency-Key"] == "t1-0"


async def test_a_step_sent_again_has_the_same_key(http: HttpReceiver, opened: Open) -> None:
    """A receiver can tell a repetition from the next step."""
    (channel,) = opened(f"json://127.0.0.1:{http.port}/hook?+X-Mine=yes")
    for key in ("t1-0", "t1-0", "t1-1"):
        await channel.send(a_notice(key=key))
    assert [headers["Idempotency-Key"] for _, headers, _ in http.asked] == ["t1-0", "t1-0", "t1-1"]
    assert {headers["X-Mine"] for _, headers, _ in http.asked} == {"yes"}


async def test_ntfy_gets_the_notice(http: HttpReceiver, opened: Open) -> None:
    """A server of ntfy is told on the topic that is set, and no picture is fetched from anywhere."""
    (channel,) = opened(f"ntfy://127.0.0.1:{http.port}/topic")
    await channel.send(a_notice())
    ((_, headers, body),) = http.asked
    sent = json.loads(body)
    assert (sent["topic"], sent["title"], sent["message"]) == ("topic", "URGENT: danger", "Line one\nLine two")
    assert "github" not in body + json.dumps(headers)


async def test_a_mail_is_plain_text_and_belongs_to_its_thread(mailbox: Mailbox, opened: Open) -> None:
    """A mail server gets one plain part, and mails of one ladder refer to the same message."""
    (channel,) = opened(mail_to(mailbox.port))
    await channel.send(a_notice())
    await channel.send(a_notice(key="t1-1"))
    first, second = mailbox.mails
    assert (first["Subject"], first["To"], first.get_content_type()) == (
        "URGENT: danger",
        "dana@clinic.example",
        "text/plain",
    )
    payload = first.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().split() == ["Line", "one", "Line", "two"]
    assert first["References"] == second["References"] == "<t1@alerts.invalid>"
    assert len(first.get_all("Message-ID", [])) == 1


async def test_several_at_once_do_not_wait_for_each_other(http: HttpReceiver, opened: Open) -> None:
    """The second alert of the same moment leaves at once; Apprise by itself lets it wait five seconds with many services."""
    (channel,) = opened(f"ntfy://127.0.0.1:{http.port}/topic", within_s=4)
    await asyncio.gather(*(channel.send(a_notice(key=f"t{n}-0")) for n in range(8)))
    assert len(http.asked) == 8


@pytest.mark.parametrize("status", [500, 404, 401, 429])
async def test_a_refusal_is_a_failure(http: HttpReceiver, opened: Open, status: int) -> None:
    """What the receiver did not take was not delivered; a service marked as optional makes no difference."""
    http.status = status
    (channel,) = opened(f"json://127.0.0.1:{http.port}/hook?optional=yes")
    with pytest.raises(NotDelivered):
        await channel.send(a_notice())


async def test_a_mail_server_that_refuses_is_a_failure(mailbox: Mailbox, opened: Open) -> None:
    """A mail that was turned away was not delivered."""
    mailbox.refuses = True
    (channel,) = opened(mail_to(mailbox.port))
    with pytest.raises(NotDelivered):
        await channel.send(a_notice())


@pytest.mark.parametrize("url", ["json://127.0.0.1:{}/x", "ntfy://127.0.0.1:{}/x", mail_to(1).replace(":1?", ":{}?")])
async def test_nobody_listening_is_a_failure(refused_port: int, opened: Open, url: str) -> None:
    """A connection that is refused fails at once."""
    (channel,) = opened(url.format(refused_port))
    with pytest.raises(NotDelivered):
        await channel.send(a_notice())


@pytest.mark.parametrize("url", ["json://127.0.0.1:{}/x?rto=1", mail_to(1).replace(":1?", ":{}?") + "&cto=1"])
async def test_a_receiver_that_never_answers_is_given_up(silent_port: int, opened: Open, url: str) -> None:
    """A send ends by its own limit, whatever the receiver does."""
    (channel,) = opened(url.format(silent_port), within_s=0.2)
    with pytest.raises(TimeoutError):
        await channel.send(a_notice())


async def test_a_channel_that_hangs_holds_up_no_other(http: HttpReceiver, silent_port: int, opened: Open) -> None:
    """Each has threads of its own: however many sends hang, the next channel's go out."""
    hanging, working = opened(f"json://127.0.0.1:{silent_port}/x?rto=1", f"json://127.0.0.1:{http.port}/x", within_s=0.3)
    hung = [asyncio.create_task(hanging.send(a_notice())) for _ in range(20)]
    await asyncio.sleep(0)
    await working.send(a_notice())
    ended = await asyncio.gather(*hung, return_exceptions=True)
    assert {type(each) for each in ended} == {TimeoutError}


def test_an_address_that_cannot_be_used_is_told_by_place_and_kind() -> None:
    """The start goes on with the others, and no address is shown."""
    steps = [[Secret("nonsense://secret-word"), Secret("json://127.0.0.1/x")], [Secret("secret-word"), Secret("ntfy://t")]]
    channels, faults = open_channels(steps)
    assert [(channel.name, channel.step) for channel in channels] == [("2: json", 0), ("4: ntfy", 1)]
    assert ["address 1 (nonsense)" in faults[0], "address 3 (no scheme)" in faults[1]] == [True, True]
    assert "secret-word" not in repr((channels, faults))


def test_no_address_is_no_channel() -> None:
    """Nothing set is not a fault."""
    assert open_channels(()) == ((), ())
    assert open_channels(read_settings().alert_urls) == ((), ())


SAMPLES = {
    "pagerduty": "pagerduty://integration@apikey",
    "goalert": "goalert://token@localhost",
    "goalerts": "goalerts://token@localhost",
    "ilert": "ilert://il1api0abcdef0123456789abcdef",
    "incidentio": "incidentio://source/token",
    "pagertree": "pagertree://int_abcdefghij",
    "signl4": "signl4://secret",
    "squadcast": "squadcast://0123456789abcdef0123456789abcdef",
    "opsgenie": "opsgenie://apikey",
    "jira": "jira://apikey",
    "splunk": "splunk://route@apikey",
    "victorops": "victorops://route@apikey",
    "mailto": "mailto://127.0.0.1?from=a@b.example&to=c@d.example&mode=insecure",
    "mailtos": "mailtos://127.0.0.1?from=a@b.example&to=c@d.example",
    **{scheme: f"{scheme}://127.0.0.1/x" for scheme in ("json", "jsons", "xml", "xmls", "form", "forms")},
}


@pytest.mark.parametrize("scheme", REPETITION)
def test_each_service_understands_its_key(scheme: str) -> None:
    """What is added to an address is known to the installed Apprise: the service it makes has it."""
    load_apprise()
    service = Apprise.instantiate(_addressed(SAMPLES[scheme], a_notice(thread="th9", key="th9-7")), asset=_asset())
    assert service is not None
    assert "th9" in str(service.url(privacy=False))  # type: ignore[no-untyped-call]


def test_a_key_that_the_operator_set_stays() -> None:
    """Whoever wants one incident for everything gets it."""
    assert _addressed("pagerduty://a@b?dedup=mine", a_notice()) == "pagerduty://a@b?dedup=mine"


async def test_nothing_is_written_to_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, http: HttpReceiver, mailbox: Mailbox, opened: Open
) -> None:
    """Apprise keeps no state between sends: neither in the home folder nor where the process runs."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    for channel in opened(f"json://127.0.0.1:{http.port}/x", f"ntfy://127.0.0.1:{http.port}/x", mail_to(mailbox.port)):
        await channel.send(a_notice())
    assert [file for _, folders, files in os.walk(tmp_path) for file in folders + files] == []

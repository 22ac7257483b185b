"""Each message of Slack is acknowledged at once and answered once, and nothing that is not Slack's is read."""

import asyncio
import json
import logging
import time
from typing import Any

import pytest
from aiohttp import ClientSession, web

from adapters.slack import why_not
from bot.assembly import Core
from bot.errors import StoreUnavailable
from bot.settings import Secret, Settings
from tests.slack.conftest import Site
from tests.slack.fake_slack import HERE, FakeSlack, Sender
from tests.slack.test_asking import QUESTION

EVENT = json.dumps(
    {
        "type": "event_callback",
        "team_id": "T0TEAM",
        "event": {"type": "app_mention", "channel": "C0ROOM", "user": "U0ANN", "text": f"<@U0BOT> {QUESTION}", "ts": "1.1"},
    }
)


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": {"X_Slack_Signature": "v0=" + "0" * 64}},
        {"headers": {"X_Slack_Signature": ""}},
        {"headers": {"X_Slack_Request_Timestamp": "soon"}},
        {"headers": {"X_Slack_Request_Timestamp": ""}},
        {"at": time.time() - 301},
        {"at": time.time() + 100_000},  # far: the suite may take minutes to get here
    ],
)
async def test_what_is_forged_or_old_is_refused(
    slack: FakeSlack, sender: Sender, site: Site, changed: dict[str, Any]
) -> None:
    """Nothing of it is read or kept."""
    assert await sender.raw(EVENT, at=changed.get("at"), **changed.get("headers", {})) == 401
    assert slack.calls == []
    assert site.store._given == {}


async def test_slack_is_told_that_the_address_is_ours(sender: Sender) -> None:
    """By giving back what it sent, when that was signed."""
    assert await sender.raw(json.dumps({"type": "url_verification", "challenge": "abc"})) == 200


@pytest.mark.parametrize("event", [{}, {"type": "star_added"}, {"type": "message"}, {"type": "app_mention", "user": "U1"}])
async def test_what_is_unknown_or_misshapen_does_no_harm(slack: FakeSlack, sender: Sender, event: Any) -> None:
    """It is acknowledged or refused, and nobody is answered."""
    assert await sender.raw(json.dumps({"type": "event_callback", "event": event})) in {200, 400}
    assert slack.calls == []


async def test_a_repetition_is_answered_once(slack: FakeSlack, sender: Sender) -> None:
    """Whether it comes at once or later."""
    statuses = await asyncio.gather(*(sender.raw(EVENT, X_Slack_Retry_Num=str(n)) for n in range(4)))
    await slack.until(lambda: slack.of("reactions.remove"))
    assert set(statuses) == {200}
    assert await sender.raw(EVENT, X_Slack_Retry_Num="3") == 200
    await sender.mention(QUESTION, ts="2.1")
    await slack.until(lambda: len(slack.of("reactions.remove")) == 2)
    assert [each.given["thread_ts"] for each in slack.posted] == ["1.1", "2.1"]


async def test_it_is_acknowledged_while_the_work_hangs(slack: FakeSlack, sender: Sender) -> None:
    """Slack waits three seconds, and we take a fraction of one."""
    slack.answers["reactions.add"] = lambda _given: web.Response(status=429, headers={"Retry-After": "30"})
    started = time.perf_counter()
    assert await sender.mention(QUESTION, ts="1.1") == 200
    assert time.perf_counter() - started < 1
    assert slack.posted == []


async def test_follow_ups_are_answered_in_the_order_in_which_they_came(slack: FakeSlack, sender: Sender) -> None:
    """Also where they come at once."""
    await sender.mention(QUESTION, ts="1.1")
    for n in range(2, 6):
        await sender.say(f"What are the side effects? ({n})", ts=f"1.{n}", thread="1.1")
    await slack.until(lambda: len(slack.posted) == 5)


async def test_what_was_acknowledged_is_answered_after_a_restart(slack: FakeSlack, sender: Sender, site: Site) -> None:
    """When its lease is over; and what was answered is not answered again."""
    started = asyncio.Event()

    async def die(*_given: object) -> None:
        started.set()
        raise RuntimeError

    site.service.received._work = die
    assert await sender.raw(EVENT) == 200
    await asyncio.wait_for(started.wait(), 5)
    await site.stop()
    site.clock.at = site.clock.at.replace(hour=14)
    await site.start()
    await slack.until(lambda: len(slack.posted) == 1)
    assert await sender.raw(EVENT) == 200
    assert len(slack.posted) == 1


async def test_a_reply_that_stands_already_is_not_posted_again(slack: FakeSlack, sender: Sender, site: Site) -> None:
    """Where the process died after posting it and before noting that."""
    assert await sender.raw(EVENT) == 200
    await slack.until(lambda: slack.of("reactions.remove"))
    await site.service.received.settle(5)
    for given in site.store._given.values():
        given.is_done = False
        given.payload = site_payload()
    site.clock.at = site.clock.at.replace(hour=14)
    assert await site.service.received.resume() == 1
    await site.service.received.settle(5)
    assert len(slack.posted) == 1


def site_payload() -> str:
    """What the inbox keeps of ``EVENT``."""
    asked = {"way": "mention", "team": "T0TEAM", "channel": "C0ROOM", "user": "U0ANN", "text": QUESTION, "ts": "1.1"}
    return json.dumps({**asked, "thread": "1.1"})


async def test_without_the_store_danger_gets_its_card_and_others_an_honest_word(
    slack: FakeSlack, sender: Sender, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads nothing."""

    async def away(*_given: object) -> None:
        raise StoreUnavailable

    for name in ("received", "record", "append", "start", "conversation", "finished"):
        monkeypatch.setattr(site.store, name, away)
    await sender.mention("I want to kill myself", ts="1.1")
    await sender.mention(QUESTION, ts="2.1")
    await slack.until(lambda: slack.whispered and slack.posted)
    assert "988" in slack.whispered[0].text
    assert "Something went wrong" in slack.posted[0].text


async def test_blocks_that_slack_refuses_are_said_in_plain_text(slack: FakeSlack, sender: Sender) -> None:
    """So that a limit we did not know of silences nobody."""

    def refuse(given: dict[str, Any]) -> web.Response | None:
        return web.json_response({"ok": False, "error": "invalid_blocks"}) if given.get("blocks") else None

    slack.answers["chat.postMessage"] = refuse
    await sender.mention(QUESTION, ts="1.1")
    await slack.until(lambda: slack.posted)
    assert "not legal" in slack.posted[0].text


async def test_without_a_secret_the_address_does_not_exist(core: Core, slack: FakeSlack, http: ClientSession) -> None:
    """Socket Mode needs none."""
    site = Site(core, slack, slack_signing_secret=None)
    await site.start()
    async with http.post(f"http://{HERE}:{site.port}/slack/events", data=EVENT) as response:
        assert response.status == 404
    await site.stop()


def test_the_start_says_why_slack_is_off() -> None:
    """Where only a part of it is set."""
    secret = Secret("x")
    assert why_not(Settings()) == ""
    assert "SLACK_SIGNING_SECRET" in why_not(Settings(slack_bot_token=secret))
    assert "SLACK_BOT_TOKEN" in why_not(Settings(slack_signing_secret=secret))
    assert why_not(Settings(slack_bot_token=secret, slack_app_token=secret)) == ""


async def test_nothing_of_a_message_is_in_the_log(
    slack: FakeSlack, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its text, nor a name, nor an id of Slack, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    mark = "zanzibar"
    slack.answers["reactions.add"] = lambda _given: web.json_response({"ok": False, "error": "channel_not_found"})
    await sender.mention(f"{QUESTION} {mark}", ts="1.1")
    await sender.raw(EVENT.replace("legal", mark), X_Slack_Signature="v0=bad")
    await sender.mention(f"I want to kill myself {mark}", ts="2.1")
    await sender.command(f"{QUESTION} {mark}")
    await slack.until(lambda: len(slack.whispered) == 2 and slack.posted)
    lines = [
        json.dumps({**vars(each), "message": each.getMessage()}, default=repr)
        for each in caplog.records
        if each.name.startswith(("handrail", "slack"))
    ]
    assert lines
    for secret in (mark, "U0ANN", "C0ROOM", "xoxb", HERE + ":"):
        assert not [line for line in lines if secret in line]

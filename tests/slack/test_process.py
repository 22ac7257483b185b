"""Slack in a process of its own, on a real database: killed at any moment, nobody is left without an answer."""

import signal
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from tests.slack.fake_slack import SECRET, FakeSlack, Sender
from tests.web.processes import serving
from tests.web.sites import Visitor

QUESTION = "How much are late fees?"


def settings_of(slack: FakeSlack) -> dict[str, str]:
    """What an operator sets."""
    return {
        "HANDRAIL_SLACK_API_URL": slack.url,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": SECRET,
        "HANDRAIL_SLACK_HANDOFF_CHANNEL": "C0HANDOFF",
    }


def answered(slack: FakeSlack) -> list[str]:
    """The threads in which an answer stands."""
    return [each.given["thread_ts"] for each in slack.posted if each.given["channel"] == "C0ROOM"]


@pytest.mark.parametrize("at", ["reactions.add", "chat.postMessage", "reactions.remove"])
async def test_what_was_acknowledged_is_answered_once_whenever_the_process_is_killed(
    slack: FakeSlack, http: ClientSession, tmp_path: Path, at: str
) -> None:
    """Before, while and after the answer is posted; Slack does not send it again, since it was acknowledged."""
    reached: list[str] = []

    def hold(_given: object) -> web.Response | None:
        """Do nothing more for the first process once it came so far."""
        if at == "reactions.remove":
            reached.append(at)
            return None
        reached.append(at)
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "60"})

    slack.answers[at] = hold
    async with serving(tmp_path, **settings_of(slack)) as process:
        sender = Sender(http=http, url=process.url, respond_at="")
        assert await sender.mention(QUESTION, ts="1.1") == 200
        await slack.until(lambda: reached or slack.of("reactions.remove"))
        await process.stopped_by(signal.SIGKILL)
    slack.answers.clear()
    async with serving(tmp_path, **settings_of(slack)) as process:
        sender = Sender(http=http, url=process.url, respond_at="")
        await sender.mention(QUESTION, ts="2.1")
        await slack.until(lambda: sorted(set(answered(slack))) == ["1.1", "2.1"], within_s=40)
        assert await sender.mention(QUESTION, ts="1.1") == 200
        await sender.mention(QUESTION, ts="3.1")
        await slack.until(lambda: "3.1" in answered(slack))
        code, _, err = await process.stopped_by(signal.SIGTERM)
    assert sorted(answered(slack)) == ["1.1", "2.1", "3.1"]
    assert code == 0
    assert "Traceback" not in err


async def test_a_visitor_who_wants_a_person_reaches_the_channel(
    slack: FakeSlack, http: ClientSession, tmp_path: Path
) -> None:
    """And is told that the team was told, since Slack is a way to tell it."""
    async with serving(tmp_path, **settings_of(slack)) as process:
        visitor = await Visitor(http, process).arrive()
        async with visitor.listen() as stream:
            await visitor.say("I want to talk to a person")
            states = []
            while "sent" not in states:
                event = await stream.next()
                assert event is not None
                states.append(event[2].get("state"))
        assert [each.given["channel"] for each in slack.posted] == ["C0HANDOFF"]


async def test_the_start_says_what_slack_lacks(slack: FakeSlack, tmp_path: Path) -> None:
    """And serves everything else."""
    settings = {name: value for name, value in settings_of(slack).items() if name != "SLACK_SIGNING_SECRET"}
    async with serving(tmp_path, **settings) as process:
        _, _, err = await process.stopped_by(signal.SIGTERM)
    assert "/slack/events does not exist" in err

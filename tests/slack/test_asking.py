"""Staff ask in Slack, in every way that there is, and always read something."""

from typing import Any

from tests.slack.conftest import Site
from tests.slack.fake_slack import BOT, FakeSlack, Sender

QUESTION = "Is MDMA therapy legal?"


async def test_a_mention_is_answered_in_its_thread(slack: FakeSlack, sender: Sender) -> None:
    """With eyes on the message until the reply stands."""
    assert await sender.mention(QUESTION, ts="1.1") == 200
    await slack.until(lambda: slack.of("reactions.remove"))
    [reply] = slack.posted
    assert (reply.given["channel"], reply.given["thread_ts"]) == ("C0ROOM", "1.1")
    assert "Reviewed by" in reply.text
    assert reply.given["text"]
    assert slack.of("reactions.add")[0].given["name"] == "eyes"
    order = [each.method for each in slack.calls if each.method.startswith(("chat", "reactions"))]
    assert order == ["reactions.add", "chat.postMessage", "reactions.remove"]


async def test_a_mention_that_comes_as_a_message_too_is_answered_once(slack: FakeSlack, sender: Sender) -> None:
    """Slack reports it to both subscriptions."""
    await sender.mention(QUESTION, ts="1.1")
    await sender.say(f"<@{BOT}> {QUESTION}", ts="1.1")
    await sender.mention("What are the side effects?", ts="2.1")
    await slack.until(lambda: len(slack.of("reactions.remove")) == 2)
    assert len(slack.posted) == 2


async def test_a_follow_up_in_the_thread_needs_no_mention(slack: FakeSlack, sender: Sender) -> None:
    """And gets no eyes."""
    await sender.mention(QUESTION, ts="1.1")
    await sender.say("What are the side effects?", ts="1.2", thread="1.1")
    await slack.until(lambda: len(slack.posted) == 2)
    assert slack.posted[1].given["thread_ts"] == "1.1"
    assert len(slack.of("reactions.add")) == 1


async def test_what_is_said_in_other_threads_is_not_read(slack: FakeSlack, sender: Sender, site: Site) -> None:
    """No word of it is kept."""
    assert await sender.say(QUESTION, ts="5.2", thread="5.1") == 200
    assert await sender.say(QUESTION, ts="5.3") == 200
    await sender.mention(QUESTION, ts="6.1")
    await slack.until(lambda: slack.of("reactions.remove"))
    assert len(slack.posted) == 1
    assert len(site.store._given) == 1


async def test_a_direct_message_is_answered_where_it_stands(slack: FakeSlack, sender: Sender) -> None:
    """Without a thread, unless it was written in one."""
    await sender.say(QUESTION, ts="1.1", channel="D0ANN")
    await sender.say(QUESTION, ts="1.3", thread="1.2", channel="D0ANN")
    await slack.until(lambda: len(slack.posted) == 2)
    assert {each.given.get("thread_ts") for each in slack.posted} == {None, "1.2"}


async def test_a_command_is_answered_to_the_asker_alone_and_can_be_shared(slack: FakeSlack, sender: Sender) -> None:
    """The share shows question and answer to the channel."""
    assert await sender.command(QUESTION) == 200
    await slack.until(lambda: slack.whispered)
    [private] = slack.whispered
    assert private.given["response_type"] == "ephemeral"
    assert not slack.posted
    is_private = {"type": "message", "message_ts": "8.8", "is_ephemeral": True}
    await sender.click(private.button("Share"), ts="8.8", container=is_private)
    await slack.until(lambda: len(slack.posted) == 2)
    assert "U0ANN" in slack.posted[0].given["text"]
    assert slack.posted[1].text == private.text


async def test_a_shortcut_says_what_to_say_to_the_asker_alone(slack: FakeSlack, sender: Sender) -> None:
    """Whoever wrote the message sees nothing."""
    message = {"text": QUESTION, "ts": "3.3", "user": "U0BEN"}
    shortcut = {"type": "message_action", "callback_id": "what_do_we_say", "message": message, "channel": {"id": "C0ROOM"}}
    assert await sender.interact({**shortcut, "response_url": sender.respond_at}) == 200
    await slack.until(lambda: slack.whispered)
    assert "Reviewed by" in slack.whispered[0].text
    assert not slack.posted


async def test_choices_are_buttons_that_are_answered_once(slack: FakeSlack, sender: Sender) -> None:
    """A second click on the same one says nothing again."""
    await sender.mention(QUESTION, ts="1.1")
    await slack.until(lambda: slack.posted)
    row = next(each["elements"] for each in slack.posted[0].given["blocks"] if each["type"] == "actions")
    assert row[0]["action_id"] == "choice_0"
    for _ in range(2):
        assert await sender.click(row[0], thread="1.1") == 200
    await sender.mention(QUESTION, ts="2.1")
    await slack.until(lambda: len(slack.of("reactions.remove")) == 2)
    await slack.until(lambda: len(slack.posted) >= 3)
    assert [each.given["thread_ts"] for each in slack.posted].count("1.1") == 2


async def test_pass_to_a_person_opens_a_handoff(slack: FakeSlack, sender: Sender, site: Site) -> None:
    """As a wish for a person does that is typed."""
    await sender.mention(QUESTION, ts="1.1")
    await slack.until(lambda: slack.posted)
    await sender.click(slack.posted[0].button("Pass to a person"), thread="1.1")
    await slack.until(lambda: len(slack.posted) >= 2)
    [case] = await site.store.cases()
    assert case.standing.handoff is not None
    assert case.standing.handoff.kind == "human"


async def test_a_question_without_an_answer_says_so(slack: FakeSlack, sender: Sender) -> None:
    """The bot is never silent."""
    await sender.mention("How do I fix my bicycle's gears?", ts="1.1")
    await slack.until(lambda: slack.posted)
    assert "do not have" in slack.posted[0].text


async def test_danger_is_answered_privately(slack: FakeSlack, sender: Sender, site: Site) -> None:
    """In staff wording where it is relayed; the handoff is open."""
    await sender.mention("A client on the phone says she is going to kill herself tonight", ts="1.1")
    await slack.until(lambda: slack.whispered and slack.of("reactions.remove"))
    [whisper] = slack.whispered
    assert whisper.given["user"] == "U0ANN"
    assert "988" in whisper.text
    assert not [each for each in slack.posted if each.given["channel"] == "C0ROOM"]
    [case] = await site.store.cases()
    assert case.standing.handoff is not None
    assert case.standing.handoff.urgent


async def test_a_channel_shared_with_others_gets_no_answer(slack: FakeSlack, sender: Sender) -> None:
    """The asker alone is told why, and danger is answered to them all the same."""
    slack.shared.add("C0ROOM")
    await sender.mention(QUESTION, ts="1.1")
    await slack.until(lambda: slack.whispered)
    assert "other organisations" in slack.whispered[0].text
    await sender.mention("I want to kill myself", ts="2.1", is_shared=True)
    await slack.until(lambda: len(slack.whispered) == 2)
    assert "988" in slack.whispered[1].text
    assert not [each for each in slack.posted if each.given["channel"] == "C0ROOM"]


async def test_bots_and_what_people_did_not_type_are_ignored(slack: FakeSlack, sender: Sender) -> None:
    """Joins, other bots and unfolded links."""
    await sender.mention(QUESTION, ts="1.1", bot_id="B0OTHER")
    await sender.mention(QUESTION, ts="1.2", subtype="channel_join")
    await sender.say(QUESTION, ts="1.3", channel="D0ANN", subtype="bot_message")
    same = {"user": "U0ANN", "text": QUESTION, "ts": "1.4"}
    await sender.event(edit_of(same, QUESTION))
    await sender.mention(QUESTION, ts="9.9")
    await slack.until(lambda: slack.of("reactions.remove"))
    assert len(slack.posted) == 1


def edit_of(before: dict[str, Any], text: str, channel: str = "D0ANN", at: str = "77.1") -> dict[str, Any]:
    """The event of an edit."""
    message = {**before, "text": text, "edited": {"user": before["user"], "ts": at}}
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": channel,
        "channel_type": "im",
        "ts": "77.2",
        "message": message,
        "previous_message": before,
    }


async def test_an_edit_that_says_danger_is_answered_and_another_is_not(slack: FakeSlack, sender: Sender) -> None:
    """An edit can only raise."""
    await sender.say(QUESTION, ts="1.1", channel="D0ANN")
    await slack.until(lambda: slack.posted)
    before = {"user": "U0ANN", "text": QUESTION, "ts": "1.1"}
    await sender.event(edit_of(before, "Is MDMA therapy legal"))
    await sender.event(edit_of(before, "I want to kill myself", at="77.5"))
    await slack.until(lambda: len(slack.posted) > 1)
    assert len(slack.posted) == 2
    assert "988" in slack.posted[1].text


async def test_thumbs_are_kept_with_their_reason(slack: FakeSlack, sender: Sender, site: Site) -> None:
    """The reason is asked for in a modal."""
    await sender.mention(QUESTION, ts="1.1")
    await slack.until(lambda: slack.posted)
    row = next(each["elements"] for each in slack.posted[0].given["blocks"] if each["type"] == "context_actions")
    down = {"action_id": "feedback", "type": "feedback_buttons", "value": row[0]["negative_button"]["value"]}
    await sender.click(down, thread="1.1")
    await slack.until(lambda: slack.of("views.open"))
    view = slack.of("views.open")[0].given["view"]
    state = {"values": {"reason": {"reason": {"selected_option": {"value": "outdated"}}}}}
    await sender.interact({"type": "view_submission", "view": {**view, "id": "V1", "state": state}})
    await site.service._listeners.close(5)
    [question] = await site.store.questions(0.0)
    assert question.rated_down == "outdated"


async def test_the_home_page_tells_how_to_ask_and_nothing_that_was_said(slack: FakeSlack, sender: Sender) -> None:
    """The queue is a number there."""
    await sender.event({"type": "app_home_opened", "user": "U0ANN", "tab": "home", "channel": "D0ANN"})
    await slack.until(lambda: slack.of("views.publish"))
    said = str(slack.of("views.publish")[0].given["view"])
    assert "/ask" in said
    assert "0 waiting" in said


async def test_the_agents_view_suggests_four_questions(slack: FakeSlack, sender: Sender) -> None:
    """Without ``thread_ts``."""
    await sender.event({"type": "app_home_opened", "user": "U0ANN", "tab": "messages", "channel": "D0ANN"})
    await slack.until(lambda: slack.of("assistant.threads.setSuggestedPrompts"))
    given = slack.of("assistant.threads.setSuggestedPrompts")[0].given
    assert len(given["prompts"]) == 4
    assert "thread_ts" not in given

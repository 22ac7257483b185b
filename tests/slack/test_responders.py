"""A visitor of the web page and a responder in Slack: each word arrives once, and only after a claim."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.alerts.notice import Notice
from adapters.slack.relay import ChannelIsShared
from bot.handoff import Claimed, Released, Requeued
from bot.model import ConversationId, Message, MessageId, Owner
from tests.conftest import DANA
from tests.slack.conftest import Site
from tests.slack.fake_slack import BOT, Call, FakeSlack, Sender
from tests.web.sites import Visitor

ROOM = "C0HANDOFF"
DANGER = "I want to kill myself tonight"


@pytest.fixture
async def visitor(http: ClientSession, site: Site) -> Visitor:
    """Someone on the web page."""
    return await Visitor(http, site).arrive(locale="en", country="US")


def in_room(slack: FakeSlack) -> list[Call]:
    """What stands in the channel of cases."""
    return [each for each in slack.posted if each.given["channel"] == ROOM]


async def waiting(slack: FakeSlack, visitor: Visitor, text: str = DANGER) -> str:
    """Have a visitor wait; return the ``ts`` of the case in Slack."""
    await visitor.say(text)
    await slack.until(lambda: in_room(slack))
    assert isinstance(visitor.site, Site)
    await visitor.site.service.relay.show(ConversationId(visitor.id))  # it is noted where the case stands
    return str(in_room(slack)[-1].given["ts"])


async def click(sender: Sender, slack: FakeSlack, what: str, user: str = "U0ANN") -> None:
    """Click a button of a case, whether it is shown now or not."""
    value = in_room(slack)[0].button("Open in desk")["value"]
    await sender.click({"action_id": what, "value": value}, channel=ROOM, user={"id": user})


async def owner(site: Site, visitor: Visitor) -> Owner:
    """Who has the conversation."""
    return (await site.store.standing(ConversationId(visitor.id))).owner


async def until_owned(site: Site, visitor: Visitor, by: Owner) -> None:
    """Wait for somebody to have the conversation."""
    woken = asyncio.Event()
    with site.changes.watch(None, woken.set):
        async with asyncio.timeout(5):
            while await owner(site, visitor) is not by:
                woken.clear()
                await woken.wait()


async def said_by_people(visitor: Visitor) -> list[str]:
    """What the visitor can read of people."""
    turns = (await visitor.get("transcript")).json["turns"]
    return [each["text"] for each in turns if each["author"] == "person"]


async def test_a_case_appears_with_what_is_needed_to_act(slack: FakeSlack, visitor: Visitor) -> None:
    """How grave, what, since when, from where, the last words; the people on call are mentioned for danger."""
    await waiting(slack, visitor)
    [head] = in_room(slack)
    said = str(head.given["blocks"])
    for part in ("Crisis, imminent", DANGER, "country: US", "language: en", "Since", "<!subteam^S0ONCALL>"):
        assert part in said
    assert [head.button(label)["action_id"] for label in ("Claim", "False alarm")] == ["claim", "false_alarm"]
    assert visitor.id in head.button("Open in desk")["url"]


async def test_what_a_visitor_typed_mentions_nobody(slack: FakeSlack, visitor: Visitor) -> None:
    """However it is written."""
    await waiting(slack, visitor, f"{DANGER} <!channel> <@U0BEN>")
    assert "<!channel>" not in str(in_room(slack)[0].given)


async def test_every_further_turn_stands_in_the_thread_once_and_in_order(slack: FakeSlack, visitor: Visitor) -> None:
    """Whoever has the conversation."""
    head = await waiting(slack, visitor)
    words = [f"Are you there? Number {n}" for n in range(5)]
    for each in words:
        await visitor.say(each)
    await slack.until(lambda: len(in_room(slack)) == 6)
    assert {each.given["thread_ts"] for each in in_room(slack)[1:]} == {head}
    for word, call in zip(words, in_room(slack)[1:], strict=True):
        assert word in call.text


async def test_nothing_reaches_the_visitor_before_a_claim(
    slack: FakeSlack, sender: Sender, visitor: Visitor, site: Site
) -> None:
    """Whoever typed it is told; after the claim their words arrive, once, and are marked."""
    head = await waiting(slack, visitor)
    await sender.say("Hello, I am here", "10.1", thread=head, channel=ROOM)
    await slack.until(lambda: slack.whispered)
    assert "nobody has this conversation" in slack.whispered[0].text
    await click(sender, slack, "claim")
    await until_owned(site, visitor, Owner.PERSON)
    assert await said_by_people(visitor) == []
    for _ in range(2):
        await sender.say("Hello, I am <@U0ANN> &amp; here", "10.2", thread=head, channel=ROOM)
    await slack.until(lambda: [each for each in slack.of("reactions.add") if each.given["timestamp"] == "10.2"])
    assert await said_by_people(visitor) == ["Hello, I am @someone & here"]
    transcript = (await visitor.get("transcript")).json["turns"]
    assert [each["name"] for each in transcript if each["author"] == "person"] == ["Name-U0ANN"]
    assert slack.of("reactions.add")[-1].given["name"] == "hourglass_flowing_sand"
    n = transcript[-1]["n"]
    await visitor.post("presence", {"shown": n})
    await slack.until(lambda: slack.of("reactions.add")[-1].given["name"] == "white_check_mark")


async def test_notes_and_others_words_never_reach_the_visitor(
    slack: FakeSlack, sender: Sender, visitor: Visitor, site: Site
) -> None:
    """Until they take over; files are refused with a reason."""
    head = await waiting(slack, visitor)
    await click(sender, slack, "claim")
    await until_owned(site, visitor, Owner.PERSON)
    await sender.say("Note: she has called before", "10.1", thread=head, channel=ROOM)
    await sender.say("What about me?", "10.2", thread=head, channel=ROOM, user="U0BEN")
    picture = {"subtype": "file_share", "files": [{"id": "F1"}]}
    await sender.say("See this", "10.3", thread=head, channel=ROOM, **picture)
    await slack.until(lambda: len(slack.whispered) == 2 and len(slack.of("reactions.add")) == 1)
    told = " ".join(each.text for each in slack.whispered)
    assert "Name-U0ANN has this conversation" in told
    assert "files and pictures" in told
    assert await said_by_people(visitor) == []
    [note] = await site.store.notes(ConversationId(visitor.id))
    assert note.text == "she has called before"
    await click(sender, slack, "take_over", user="U0BEN")
    await slack.until(lambda: any("Name-U0BEN took over" in each.text for each in in_room(slack)))
    await sender.say("I am Ben", "10.4", thread=head, channel=ROOM, user="U0BEN")
    await slack.until(lambda: [each for each in slack.of("reactions.add") if each.given["timestamp"] == "10.4"])
    assert await said_by_people(visitor) == ["I am Ben"]


async def test_words_in_a_thread_that_is_not_known_are_not_dropped_in_silence(
    slack: FakeSlack, sender: Sender, site: Site
) -> None:
    """Such as that of a conversation that was erased."""
    await sender.say("Hello", "10.1", thread="9.9", channel=ROOM, parent_user_id=BOT)
    await slack.until(lambda: slack.whispered)
    assert "Not sent" in slack.whispered[0].text
    assert await site.store.cases() == []


async def test_an_edit_or_deletion_after_delivery_cannot_be_undone(
    slack: FakeSlack, sender: Sender, visitor: Visitor, site: Site
) -> None:
    """And whoever tries is told so."""
    head = await waiting(slack, visitor)
    await click(sender, slack, "claim")
    await until_owned(site, visitor, Owner.PERSON)
    await sender.say("Helo", "10.1", thread=head, channel=ROOM)
    await slack.until(lambda: slack.of("reactions.add"))
    before = {"user": "U0ANN", "text": "Helo", "ts": "10.1", "thread_ts": head}
    edit: dict[str, Any] = {"type": "message", "channel": ROOM, "channel_type": "channel", "ts": "11.1"}
    after = {**before, "text": "Hello", "edited": {"ts": "11.1"}}
    await sender.event({**edit, "subtype": "message_changed", "message": after, "previous_message": before})
    await slack.until(lambda: len(slack.whispered) == 1)
    deletion = {**edit, "ts": "11.2", "subtype": "message_deleted", "deleted_ts": "10.1", "previous_message": before}
    await sender.event(deletion)
    await slack.until(lambda: len(slack.whispered) == 2)
    assert all("can't be undone" in each.text for each in slack.whispered)
    assert await said_by_people(visitor) == ["Helo"]


async def test_two_claims_have_one_winner_and_the_other_is_told_who(
    slack: FakeSlack, sender: Sender, visitor: Visitor, site: Site
) -> None:
    """Also where one of them is at the desk."""
    await waiting(slack, visitor)
    await site.store.act(ConversationId(visitor.id), Claimed(by=DANA), site.clock.now())
    await click(sender, slack, "claim")
    await slack.until(lambda: slack.whispered)
    assert "Dana has this conversation" in slack.whispered[0].given["text"]
    await slack.until(lambda: slack.of("chat.update"))
    assert "Dana has this conversation" in str(slack.of("chat.update")[-1].given)


async def test_claims_at_once_have_one_winner(slack: FakeSlack, sender: Sender, visitor: Visitor, site: Site) -> None:
    """Of twenty people."""
    await waiting(slack, visitor)
    await asyncio.gather(*(click(sender, slack, "claim", user=f"U0{n:03}") for n in range(20)))
    await slack.until(lambda: len(slack.whispered) == 19)
    standing = await site.store.standing(ConversationId(visitor.id))
    assert standing.responder is not None
    assert {each.given["text"] for each in slack.whispered} == {f"{standing.responder.name} has this conversation."}


async def test_release_gives_back_to_the_assistant_and_what_follows_is_not_shown(
    slack: FakeSlack, sender: Sender, visitor: Visitor, site: Site
) -> None:
    """Until it becomes a case again, which is a thread of its own."""
    head = await waiting(slack, visitor)
    await click(sender, slack, "claim")
    await until_owned(site, visitor, Owner.PERSON)
    await sender.say("Hello", "10.1", thread=head, channel=ROOM)
    await slack.until(lambda: slack.of("reactions.add"))
    await click(sender, slack, "release_clear")
    await slack.until(lambda: any("Handed back" in each.text for each in in_room(slack)))
    await visitor.say("Is MDMA therapy legal?")
    await visitor.say("I would like to talk to a person, please.")
    await slack.until(lambda: "thread_ts" not in in_room(slack)[-1].given)
    assert not [each for each in in_room(slack) if each.given.get("thread_ts") == head and "legal" in each.text]


async def test_closing_asks_what_it_was(slack: FakeSlack, sender: Sender, visitor: Visitor, site: Site) -> None:
    """A verdict without its kind is not taken."""
    await waiting(slack, visitor)
    await click(sender, slack, "close")
    await slack.until(lambda: slack.of("views.open"))
    view = {**slack.of("views.open")[0].given["view"], "id": "V1"}

    def chosen(**given: str) -> dict[str, Any]:
        values = {name: {name: {"selected_option": {"value": value}}} for name, value in given.items()}
        return {"type": "view_submission", "view": {**view, "state": {"values": values}}}

    await sender.interact(chosen(verdict="real"))
    assert await owner(site, visitor) is Owner.QUEUED
    await sender.interact(chosen(verdict="real", label="crisis-self", severity="high"))
    await until_owned(site, visitor, Owner.CLOSED)
    [lesson] = await site.store.lessons()
    assert (lesson.verdict, lesson.label, lesson.severity) == ("real", "crisis-self", "high")


async def test_what_slack_missed_is_posted_once_and_in_order_when_it_is_back(
    slack: FakeSlack, visitor: Visitor, site: Site
) -> None:
    """Over a restart too."""
    await waiting(slack, visitor)
    slack.is_away = True
    words = [f"Are you there? Number {n}" for n in range(3)]
    for each in words:
        await visitor.say(each)
    await site.stop()
    slack.is_away = False
    await site.start()
    await slack.until(lambda: len(in_room(slack)) == 4)
    await site.service.relay.once()
    assert [word in call.text for word, call in zip(words, in_room(slack)[1:], strict=True)] == [True] * 3


async def test_a_case_of_before_slack_was_set_appears_without_those_that_ended(
    slack: FakeSlack, visitor: Visitor, site: Site
) -> None:
    """Only what is open is anybody's business."""
    await site.stop()
    here, now = ConversationId(visitor.id), site.clock.now()
    for n, text in enumerate(("I want to talk to a person", "Is MDMA therapy legal?", "A person, please")):
        message = Message(conversation_id=here, message_id=MessageId(f"m-{n}"), text=text, at=now)
        await site.conversations.handle(message)
        if n == 0:
            await site.store.act(here, Claimed(by=DANA), now)
            await site.store.act(here, Released(by=DANA), now)
    await site.start()
    await slack.until(lambda: in_room(slack))
    await site.service.relay.show(here)
    assert len(in_room(slack)) == 1


async def test_what_was_posted_of_a_conversation_goes_with_it(slack: FakeSlack, visitor: Visitor, site: Site) -> None:
    """When the visitor erases it; the message that the thread hangs on is deleted last."""
    head = await waiting(slack, visitor)
    await visitor.say("Are you there?")
    await slack.until(lambda: len(in_room(slack)) == 2)
    assert (await visitor.call("DELETE", visitor.path())).status == 200
    await slack.until(lambda: len(slack.of("chat.delete")) == 2)
    assert slack.of("chat.delete")[-1].given["ts"] == head
    await site.service.relay.once()
    assert await site.store.to_clear() == []


async def test_a_channel_that_others_can_read_gets_no_case(slack: FakeSlack, visitor: Visitor, site: Site) -> None:
    """The alert fails then, so that others are told."""
    slack.shared.add(ROOM)
    await visitor.say(DANGER)
    with pytest.raises(ChannelIsShared):
        await site.service.alerts[0].send(notice(visitor, 0))
    assert in_room(slack) == []


async def test_the_ladder_says_it_again_to_more_people(slack: FakeSlack, visitor: Visitor, site: Site) -> None:
    """In the thread, shown in the channel."""
    head = await waiting(slack, visitor)
    for step in range(4):
        await site.service.alerts[0].send(notice(visitor, step))
    again = in_room(slack)[1:]
    assert [each.given["thread_ts"] for each in again] == [head] * 3
    assert [each.given["reply_broadcast"] for each in again] == [True] * 3
    for call, mention in zip(again, ("<!here>", "<!channel>", "<!channel>"), strict=True):
        assert mention in call.text


def notice(visitor: Visitor, step: int) -> Notice:
    """What the ladder says."""
    about = ConversationId(visitor.id)
    return Notice(title="URGENT", body="", thread="t", key=f"t-{step}", urgent=True, about=about, step=step)


async def test_staff_who_asked_read_what_a_person_replies(slack: FakeSlack, sender: Sender, site: Site) -> None:
    """In the thread in which they asked."""
    await sender.mention("I would like to talk to a person, please.", ts="1.1")
    await slack.until(lambda: in_room(slack))
    head = str(in_room(slack)[0].given["ts"])
    await click(sender, slack, "claim")
    await slack.until(lambda: any("took over" in each.text for each in in_room(slack)))
    await sender.say("What is it about?", "10.1", thread=head, channel=ROOM)
    await slack.until(lambda: any("What is it about?" in each.text for each in slack.posted))
    [reply] = [each for each in slack.posted if "What is it about?" in each.text]
    assert (reply.given["channel"], reply.given["thread_ts"]) == ("C0ROOM", "1.1")
    [case] = await site.store.cases()
    await site.store.act(case.conversation.id, Requeued(by=case.standing.responder or DANA), site.clock.now())
    await slack.until(lambda: any(each.given.get("reply_broadcast") for each in in_room(slack)))

"""A responder at work in a conversation that is open in a browser."""

from datetime import timedelta

from playwright.async_api import expect

from adapters.web.parts import PRESENCE
from bot.handoff import Action, Claimed
from bot.model import Case, ConversationId, MessageId, PersonSaid
from tests.browser.conftest import Visit
from tests.conftest import DANA


class Team:
    """Dana, and the visit that she sees."""

    def __init__(self, visit: Visit, conversation_id: ConversationId) -> None:
        """Take a conversation that waits for somebody."""
        self.visit, self.site, self.here = visit, visit.site, conversation_id
        self.facts, self.people = visit.log.locator(".fact"), visit.log.locator(".person")

    async def act(self, action: Action) -> None:
        """Do something to the ownership, a minute after whatever was before."""
        self.site.clock.at += timedelta(minutes=1)
        await self.site.store.act(self.here, action, self.site.clock.now())

    async def come(self) -> None:
        """Take the conversation over, and wait until the visitor knows, who then reads along at its end."""
        await self.act(Claimed(by=DANA))
        await expect(self.facts.last).to_contain_text("Dana is here")
        await self.visit.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")

    async def say(self, text: str) -> PersonSaid:
        """Write to the visitor."""
        message_id, at = MessageId(f"dana-{text}"), self.site.clock.now()
        said = PersonSaid(
            conversation_id=self.here, message_id=message_id, at=at, responder=DANA.id, name=DANA.name, text=text
        )
        return await self.site.store.say(said)

    def type(self, *, is_typing: bool = True) -> None:
        """Type, or stop."""
        self.site.app[PRESENCE].responder_types(self.here, is_typing=is_typing)

    async def case(self) -> Case:
        """Return what the desk shows."""
        case = await self.site.store.case(self.here)
        assert case
        return case


async def call(visit: Visit) -> Team:
    """Press the button for a person, and wait until the page follows what comes of it."""
    async with visit.page.expect_response(lambda response: response.url.endswith("/events")):
        await visit.button("Talk to a person").click()
    await expect(visit.log.get_by_text("Leave a way to reach you")).to_be_visible()
    (conversation_id,) = visit.site.store._kept
    return Team(visit, conversation_id)

"""The app's own page in Slack, and the questions it suggests in its direct message."""

from slack_sdk.models.blocks import ActionsBlock, Block, DividerBlock, HeaderBlock

from adapters.slack.blocks import as_dicts, button, cut, section
from adapters.slack.poster import Poster
from adapters.slack.text import shown
from bot.content import Book
from bot.conversation import Conversations
from bot.model import Owner
from bot.ports import Store
from bot.replies import spoken

MAX_PROMPTS = 4
RECENT = 5
PROMPT_CHARS = 75
HOW_TO_ASK = (
    "• Mention me in a channel, and I answer in the thread. Follow-ups in that thread need no mention.\n"
    "• Write to me here, under Messages.\n"
    "• Type `/ask` with your question: only you see the answer, and you can share it.\n"
    "• On any message choose _What do we say to this?_: only you see the answer.\n"
    "I am an automated assistant. I only say what an editor has checked, and I say so when I do not know."
)


class Home:
    """Publishes the page and the suggestions."""

    def __init__(self, poster: Poster, conversations: Conversations, book: Book, store: Store, base_url: str) -> None:
        """Take what the page tells of."""
        self._poster, self._conversations, self._book, self._store = poster, conversations, book, store
        self._base_url = base_url

    async def publish(self, user: str) -> None:
        """Show the page to somebody."""
        view = {"type": "home", "blocks": list(as_dicts([*self._welcome(), *await self._queue(), *self._changes()]))}
        await self._poster.client.views_publish(user_id=user, view=view)

    async def suggest(self, channel: str) -> None:
        """Suggest up to four questions of the pack; without ``thread_ts``, with which Slack shows none."""
        questions = [self._book.answers[each].question for each in self._book.starters if each in self._book.answers]
        prompts = [{"title": cut(each, PROMPT_CHARS), "message": each} for each in questions[:MAX_PROMPTS]]
        if prompts:
            await self._poster.client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts)

    def _welcome(self) -> list[Block]:
        return [
            HeaderBlock(text=cut(self._book.title, 150)),
            section(shown(self._conversations.replies.hello())),
            section(HOW_TO_ASK),
        ]

    async def _queue(self) -> list[Block]:
        """Return how many wait, without a word of what was said: this page is not the place to read it."""
        cases = await self._store.cases()
        waiting = [each for each in cases if each.standing.owner is Owner.QUEUED]
        urgent = sum(each.standing.handoff is not None and each.standing.handoff.urgent for each in waiting)
        said = f"{len(waiting)} waiting, {urgent} of them urgent; {len(cases) - len(waiting)} with a person."
        desk = button("Open the desk", "open_desk", {}, url=f"{self._base_url}/desk")
        return [DividerBlock(), section(f"*The queue*\n{said}"), ActionsBlock(elements=[desk])]

    def _changes(self) -> list[Block]:
        newest = sorted(self._book.answers.values(), key=lambda each: each.reviewed_on, reverse=True)[:RECENT]
        listed = "\n".join(f"• {shown(each.question)} ({spoken(each.reviewed_on)})" for each in newest)
        total = len(self._book.answers)
        said = f"*Answers checked last, of {total}*\n{listed}"
        return [DividerBlock(), section(cut(said, 2_900))]

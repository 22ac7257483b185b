"""Ids of ours made from Slack's: the same after a restart, and nobody can tell Slack's from them."""

import hashlib
import hmac

from bot.model import ConversationId, MessageId

CHARS = 32


class Keys:
    """Makes ids with a key that lasts longer than the process."""

    def __init__(self, secret: str) -> None:
        """Take the key."""
        self._secret = secret.encode()

    def of(self, *parts: str) -> str:
        """Return what stands for some words: HMAC-SHA-256, cut to 128 bits."""
        return hmac.new(self._secret, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()[:CHARS]

    def conversation(self, team: str, channel: str, thread: str) -> ConversationId:
        """Return the conversation of a thread; of a direct message as a whole where the thread is empty."""
        return ConversationId(self.of("conversation", team, channel, thread))

    def message(self, channel: str, ts: str, *more: str) -> MessageId:
        """Return the id of a message."""
        return MessageId(self.of("message", channel, ts, *more))

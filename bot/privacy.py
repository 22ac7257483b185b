"""What may be written down about people: nothing but a keyed reference that ends with the key."""

import hashlib
import hmac

from bot.model import ConversationId

REF_CHARS = 12


def reference(conversation_id: ConversationId, key: bytes) -> str:
    """Return a reference to a conversation for log lines: HMAC-SHA-256, cut to 48 bits."""
    return hmac.new(key, conversation_id.encode(), hashlib.sha256).hexdigest()[:REF_CHARS]

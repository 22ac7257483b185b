"""A knowledge pack's files, read, checked and made ready to serve."""

from bot.content.loader import load
from bot.content.schema import Answer, Help, KnowledgeBase, Source

__all__ = ["Answer", "Help", "KnowledgeBase", "Source", "load"]

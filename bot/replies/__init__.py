"""From a decision to what a visitor reads: vetted wording, sources, numbers and choices. Nothing is made up here."""

from bot.replies.lines import ANYWHERE
from bot.replies.replies import Replies, spoken
from bot.replies.setting import Setting

__all__ = ["ANYWHERE", "Replies", "Setting", "spoken"]

"""Conversations, handoffs, alerts and accounts in one SQLite file: every port of ``Store``."""

from adapters.store.sqlite.backup import back_up, restore
from adapters.store.sqlite.store import SqliteStore, open_store

__all__ = ["SqliteStore", "back_up", "open_store", "restore"]

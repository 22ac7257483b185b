"""What the web adapter is given, and what its handlers find in the application."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from adapters.web.limits import Limits
from adapters.web.metrics import Metrics
from adapters.web.presence import Presence
from adapters.web.sessions import Sessions
from bot.assembly import Core
from bot.conversation import Conversations
from bot.model import Turn
from bot.ports import Changes, Clock, Store, Team
from bot.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What ``run_bot.py`` joins to serve the web."""

    core: Core
    conversations: Conversations
    store: Store
    changes: Changes
    team: Team
    clock: Clock
    settings: Settings
    metrics: Metrics = field(default_factory=Metrics)
    presence: Presence | None = None  # where another channel asks for it too
    routes: Sequence[web.AbstractRouteDef] = ()  # of other channels that are called over HTTP


CONVERSATIONS = web.AppKey("conversations", Conversations)
STORE: web.AppKey[Store] = web.AppKey("store")
CHANGES: web.AppKey[Changes] = web.AppKey("changes")
TEAM: web.AppKey[Team] = web.AppKey("team")
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
SESSIONS = web.AppKey("sessions", Sessions)
PRESENCE = web.AppKey("presence", Presence)
LIMITS = web.AppKey("limits", Limits)
METRICS = web.AppKey("metrics", Metrics)
SETTINGS = web.AppKey("settings", Settings)
UNDER_WAY: web.AppKey[set[asyncio.Task[Turn]]] = web.AppKey("under_way")
STOPPING = web.AppKey("stopping", asyncio.Event)

"""What tests share: the real pack made ready once, a small pack, and makers of the values that travel."""

import fcntl
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.assembly import Core, assemble
from bot.conversation import Conversations, Site
from bot.memory import FixedClock, FixedTeam, MemoryStore
from bot.model import Channel, ConversationId, Kind, Message, MessageId, Reply, Responder, ResponderId, Turn
from bot.ports import Team, Transcript

ROOT = Path(__file__).parents[1]
SMALL_PACK = ROOT / "tests" / "packs" / "small"
DANA, SAM = (Responder(id=ResponderId(name.lower()), name=name) for name in ("Dana", "Sam"))
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def core() -> Core:
    """The real pack with its index; taken from ``var/`` when it was saved there before, fitted by one worker of several."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / ".tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return assemble(ROOT / "knowledge", ROOT / "var")


@pytest.fixture(scope="session")
def small_core(tmp_path_factory: pytest.TempPathFactory) -> Core:
    """A pack of a few answers about a library, for tests that must not depend on the real pack's words."""
    return assemble(SMALL_PACK, tmp_path_factory.mktemp("small"))


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the small pack that a test may spoil."""
    return Path(shutil.copytree(SMALL_PACK, tmp_path / "pack"))


def edit(file: Path, old: str, new: str) -> None:
    """Put one text in the place of another that must be there, as an editor would."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon of the day the pack was reviewed."""
    return FixedClock(NOON)


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore()


@pytest.fixture
def converse(core: Core, store: MemoryStore, clock: FixedClock) -> Conversations:
    """The path of a message on the real pack, for a site in the US."""
    return conversations_of(core, store, clock, country="US")


def conversations_of(
    core: Core,
    store: Transcript,
    clock: FixedClock,
    *,
    country: str | None = None,
    team: Team | None = None,
    observe: Callable[[Turn], None] = lambda _turn: None,
) -> Conversations:
    """Join a core, a store and a clock, and a team that can be reached unless another one is given."""
    return Conversations(
        book=core.book,
        searcher=core.searcher,
        triage=core.triage,
        transcript=store,
        clock=clock,
        team=team or FixedTeam(),
        observe=observe,
        site=Site(country=country),
    )


_numbers = iter(range(10**9))


def a_message(text: str, conversation: str = "c-1", message_id: str | None = None) -> Message:
    """A message with a new id, unless one is given."""
    return Message(
        conversation_id=ConversationId(conversation),
        message_id=MessageId(message_id or f"m-{next(_numbers)}"),
        text=text,
        at=NOON,
        channel=Channel.WEB,
    )


def a_turn(message_id: str = "m-1", conversation: str = "c-1", n: int = 1, kind: Kind = Kind.ANSWER) -> Turn:
    """A recorded turn."""
    return Turn(
        conversation_id=ConversationId(conversation),
        message_id=MessageId(message_id),
        n=n,
        at=NOON,
        visitor_text="a question",
        kind=kind,
        answer_ids=(),
        score=0.5,
        handoff=None,
        latched=False,
        reply=Reply(text="a reply"),
        ms=1.0,
    )

"""Each part fails in turn: danger still gets numbers and a person, the rest the truth, and no log line what was typed."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.assembly import Core, assemble
from bot.conversation import Conversations, Site
from bot.errors import ContentError, StoreUnavailable
from bot.handoff import Cleared
from bot.memory import FixedClock, FixedTeam, MemoryStore
from bot.model import ConversationId, Handoff, Kind, MessageId, Record, Said, Turn
from bot.retrieval.search import Searcher
from bot.triage import Classifier, Judgement, Triage
from bot.triage.rules import Rules
from bot.triage.views import Views
from tests.conftest import DANA, NOON, SMALL_PACK, a_message, edit

HERE = ConversationId("c-1")
MARK = "markedword"
ORDINARY = "late fees"
DANGER = "i want to kill myself"
ANSWER, FAILURE, DISTRESS = "A late item costs", "Something went wrong on our side.", "That sounds very hard."
WISHES = ("i want to", "i am going to", "i have decided to", "i need to", "i will")
ENDS = ("end my life", "kill myself", "be dead", "finish it all")
PLACES = ("the reading room", "the map shelf", "a quiet desk", "the music room", "the lift", "the old newspapers")
TRAINING = {
    "en-crisis-self-high.txt": [f"{wish} {end} {when}" for wish in WISHES for end in ENDS for when in ("tonight", "now")],
    "en-none.txt": [f"{ask} {place}" for ask in ("where is", "how do i find", "when can i use") for place in PLACES] * 2
    + [f"who looks after {place}" for place in PLACES],
}


class Failing:
    """A part of which everything fails, with what was typed in the message of its error."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Give something that fails when it is called."""

        def fail(*given: object, **_named: object) -> None:
            raise RuntimeError(f"{name} of {given}")

        return fail


class FailingTogether(Triage):
    """Triage that fails when it reads a message with the turns before."""

    def _together(self, text: str, recent: Sequence[Said], alone: Judgement, failed: dict[str, str]) -> Judgement | None:
        raise RuntimeError(f"{text} {recent} {alone} {failed}")


class NoReading(MemoryStore):
    """A store that cannot be read, and says so in its own way."""

    async def record(self, conversation_id: ConversationId, message_id: MessageId) -> Record:
        """Fail."""
        raise OSError(f"{conversation_id} {message_id}")


class NoWriting(MemoryStore):
    """A store whose disk is full."""

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Fail."""
        raise StoreUnavailable(f"{turn.visitor_text} {handoff}")


class HangingReading(MemoryStore):
    """A store that never gives back what it holds."""

    async def record(self, conversation_id: ConversationId, message_id: MessageId) -> Record:
        """Wait for ever."""
        await asyncio.Event().wait()
        return await super().record(conversation_id, message_id)


class HangingWriting(MemoryStore):
    """A store that never finishes recording."""

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Wait for ever."""
        await asyncio.Event().wait()
        return await super().append(turn, handoff)


class Busy(MemoryStore):
    """A store that lets others go first, as one on a disk does."""

    async def record(self, conversation_id: ConversationId, message_id: MessageId) -> Record:
        """Wait for a moment."""
        await asyncio.sleep(0.01)
        return await super().record(conversation_id, message_id)


class StrictStore(MemoryStore):
    """A store that writes UTF-8, as one on a disk does."""

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Record what can be written."""
        turn.visitor_text.encode()
        return await super().append(turn, handoff)


class BackwardsClock:
    """A clock that is set back an hour each time it is read."""

    def __init__(self) -> None:
        """Begin at noon."""
        self._at = NOON

    def now(self) -> datetime:
        """Return an hour less than before."""
        self._at -= timedelta(hours=1)
        return self._at


@dataclass(kw_only=True)
class Bench:
    """What a row may spoil before the message comes."""

    core: Core
    pack: Path
    data: Path
    monkeypatch: pytest.MonkeyPatch
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: BackwardsClock | FixedClock = field(default_factory=lambda: FixedClock(NOON))

    @property
    def index(self) -> Path:
        """The folder of the saved index."""
        [folder] = (self.data / "index").glob("index-*")
        return folder

    def again(self) -> None:
        """Start once more."""
        self.core = assemble(self.pack, self.data)

    def triage(self, kind: type[Triage] = Triage, parts: Sequence[str] = ()) -> None:
        """Let parts of triage fail."""
        given = {
            name: Failing() if name in parts else getattr(self.core.triage, f"_{name}")
            for name in ("rules", "classifier", "views")
        }
        triage = kind(
            cast("Rules", given["rules"]),
            cast("Classifier | None", given["classifier"]),
            cast("Views | None", given["views"]),
        )
        self.core = replace(self.core, triage=triage)

    def conversations(self) -> Conversations:
        """Join the parts, spoilt or not."""
        return Conversations(
            book=self.core.book,
            searcher=self.core.searcher,
            triage=self.core.triage,
            transcript=self.store,
            clock=self.clock,
            team=FixedTeam(),
            site=Site(country="GB"),
        )


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One row: what fails, and what must come of it."""

    spoil: Callable[[Bench], None] = lambda _bench: None
    ordinary: str = ANSWER  # how the reply to an ordinary message begins
    kind: Kind = Kind.CRISIS  # of a message in danger
    is_recorded: bool = True  # whether danger is on record as a case for a person
    says: Sequence[str] = ()  # what the operator reads, besides "turn decided"
    typed: Callable[[str], str] = lambda text: text
    country: str | None = None
    locale: str = "en"


def index_gone(bench: Bench) -> None:
    """Remove the saved index, then start."""
    shutil.rmtree(bench.index)
    bench.again()


def index_gone_while_running(bench: Bench) -> None:
    """Remove the saved index under a running process."""
    bench.again()
    shutil.rmtree(bench.index)


def damaged(name: str, change: Callable[[bytes], bytes]) -> Callable[[Bench], None]:
    """Spoil one file of the saved index, then start."""

    def spoil(bench: Bench) -> None:
        file = bench.index / name
        file.write_bytes(change(file.read_bytes()))
        bench.again()

    return spoil


def missing(name: str) -> Callable[[Bench], None]:
    """Remove one file of the saved index, then start."""

    def spoil(bench: Bench) -> None:
        (bench.index / name).unlink()
        bench.again()

    return spoil


def flipped(content: bytes) -> bytes:
    """Change one bit in the middle."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def halved(content: bytes) -> bytes:
    """Cut a file short."""
    return content[: len(content) // 2]


def stored_in(store: type[MemoryStore]) -> Callable[[Bench], None]:
    """Put another store in place."""

    def spoil(bench: Bench) -> None:
        bench.store = store()
        bench.monkeypatch.setattr("bot.conversation.STORE_S", 0.02)

    return spoil


def failing(*parts: str) -> Callable[[Bench], None]:
    """Let layers of triage fail."""
    return lambda bench: bench.triage(parts=parts)


def failing_triage(bench: Bench) -> None:
    """Let triage fail as a whole."""
    bench.core = replace(bench.core, triage=cast("Triage", Failing()))


def failing_retrieval(bench: Bench) -> None:
    """Let every search fail."""
    bench.core = replace(bench.core, searcher=cast("Searcher", Failing()))


def failing_policy(bench: Bench) -> None:
    """Let every decision fail."""
    bench.monkeypatch.setattr("bot.conversation.decide", Failing().decide)


def failing_wording(bench: Bench) -> None:
    """Let what the bot says besides safety fail."""
    bench.monkeypatch.setattr("bot.replies.Replies._answered", Failing().answered)
    bench.monkeypatch.setattr("bot.replies.Replies._below_help", Failing().below_help)


def set_back(bench: Bench) -> None:
    """Let the clock run backwards."""
    bench.clock = BackwardsClock()


def layer(spoil: Callable[[Bench], None]) -> Fault:
    """A layer of triage that fails: everything else is as ever."""
    return Fault(spoil=spoil, says=("triage layer failed",))


def made_again(spoil: Callable[[Bench], None]) -> Fault:
    """A saved index that cannot be used: another one is made."""
    return Fault(spoil=spoil, says=("it was made again",))


def away(store: type[MemoryStore]) -> Fault:
    """A store that is away: danger is served all the same, without a record."""
    return Fault(spoil=stored_in(store), ordinary=FAILURE, is_recorded=False, says=("turn not recorded",))


def deaf(spoil: Callable[[Bench], None], says: str) -> Fault:
    """No layer could look: everybody gets the words for distress."""
    return Fault(spoil=spoil, ordinary=DISTRESS, kind=Kind.DISTRESS, is_recorded=False, says=(says,))


def speechless(spoil: Callable[[Bench], None]) -> Fault:
    """No answer can be found or worded; what triage raised is worded without it."""
    return Fault(spoil=spoil, ordinary=FAILURE, says=("turn failed",))


FAULTS: dict[str, Fault] = {
    "nothing": Fault(),
    "index gone": Fault(spoil=index_gone),
    "index gone while running": Fault(spoil=index_gone_while_running),
    "index corrupt": made_again(damaged("text_weights.npy", flipped)),
    "index of half a file": made_again(damaged("meta.json", halved)),
    "classifier missing": made_again(missing("triage_weights.npy")),
    "classifier truncated": made_again(damaged("triage_weights.npy", halved)),
    "classifier empty": made_again(damaged("triage_idf.npy", lambda _content: b"")),
    "classifier corrupt": made_again(damaged("triage_weights.npy", flipped)),
    "rules": layer(failing("rules")),
    "views": layer(failing("views")),
    "classifier": layer(failing("classifier")),
    "classifier and views": layer(failing("classifier", "views")),
    "conversation layer": layer(lambda bench: bench.triage(FailingTogether)),
    "every layer": deaf(failing("rules", "classifier", "views"), "triage layer failed"),
    "triage as a whole": deaf(failing_triage, "triage failed"),
    "retrieval": speechless(failing_retrieval),
    "policy": speechless(failing_policy),
    "ordinary wording": speechless(failing_wording),
    "store cannot be read": away(NoReading),
    "store cannot be written": away(NoWriting),
    "store hangs while read": away(HangingReading),
    "store hangs while written": away(HangingWriting),
    "a megabyte": Fault(typed=lambda text: f"{'the shelf is red. ' * 60_000}{text}", ordinary="That is a very long message"),
    "half a surrogate": Fault(spoil=stored_in(StrictStore), typed=lambda text: f"\ud83d {text} \udc00"),
    "surrogates within words": Fault(
        spoil=stored_in(StrictStore), typed=lambda text: text.replace("e", "e\ud800"), ordinary=""
    ),
    "clock set back": Fault(spoil=set_back),
    "unknown country": Fault(country="XX"),
    "a country that is none": Fault(country="\ud83d"),
    "no wording in the language": Fault(locale="pt"),
    "a language that is none": Fault(locale="\ud83d"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Core]:
    """The small pack with a few training messages, so that it has a classifier, and its saved index."""
    folder = tmp_path_factory.mktemp("trained")
    pack = Path(shutil.copytree(SMALL_PACK, folder / "pack"))
    (pack / "safety" / "training").mkdir()
    for name, messages in TRAINING.items():
        (pack / "safety" / "training" / name).write_text("\n".join(messages), encoding="utf-8")
    return pack, folder / "data", assemble(pack, folder / "data")


@pytest.fixture
def bench(trained: tuple[Path, Path, Core], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A pack, its saved index and everything made from them, each to be spoilt."""
    pack, data, core = trained
    own = Path(shutil.copytree(data, tmp_path / "data"))
    return Bench(core=core, pack=pack, data=own, monkeypatch=monkeypatch)


def reads(bench: Bench, caplog: pytest.LogCaptureFixture) -> str:
    """What an operator reads: the notes of the start and the log."""
    return "\n".join([*bench.core.notes, *(record.getMessage() for record in caplog.records)])


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest, bench: Bench, caplog: pytest.LogCaptureFixture) -> Fault:
    """Each fault in turn, made."""
    caplog.set_level(logging.DEBUG)
    made = FAULTS[request.param]
    made.spoil(bench)
    return made


async def say(bench: Bench, fault: Fault, text: str, conversation: str = HERE) -> Turn:
    """Send a message as a row wants it typed."""
    message = a_message(fault.typed(text), conversation)
    return await bench.conversations().handle(replace(message, country=fault.country, locale=fault.locale))


async def test_danger_gets_numbers_and_a_person(bench: Bench, fault: Fault) -> None:
    """Whatever fails, somebody in danger reads a number, and a person is offered or called."""
    turn = await say(bench, fault, DANGER)
    assert turn.kind is fault.kind
    assert "116 123" in turn.reply.text
    assert any("crisis" in line.for_ for line in turn.reply.help)
    assert turn.handoff == ("opened" if fault.kind is Kind.CRISIS and fault.is_recorded else "offered")
    assert [each.urgent for each in await bench.store.opened(HERE)] == [True] * fault.is_recorded


async def test_danger_later_in_a_conversation_gets_numbers_too(bench: Bench, fault: Fault) -> None:
    """The same, where something was said before, and once more after it."""
    for text in (ORDINARY, DANGER, DANGER):
        turn = await say(bench, fault, text)
    assert turn.kind is fault.kind
    assert "116 123" in turn.reply.text


async def test_an_ordinary_message_gets_its_answer_or_the_truth(bench: Bench, fault: Fault) -> None:
    """Where nothing is wrong with a message it is answered as ever; else it says so, with the numbers."""
    for _ in range(2):  # the second one is read together with the first
        turn = await say(bench, fault, ORDINARY)
        assert turn.reply.text.startswith(fault.ordinary)
        assert turn.reply.text
        assert turn.kind is not Kind.CRISIS
        if fault.ordinary in {FAILURE, DISTRESS}:
            assert "116 123" in turn.reply.text
            assert turn.handoff == "offered"


async def test_the_operator_reads_what_failed_and_not_what_was_typed(
    bench: Bench, fault: Fault, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clear line for each fault, and no word of a message in the log, on stderr or on stdout."""
    for text in (ORDINARY, ORDINARY, DANGER, ORDINARY):
        await say(bench, fault, f"{text} {MARK}")
    said = reads(bench, caplog)
    assert all(line in said for line in fault.says)
    assert fault.says or "failed" not in said
    assert not any(MARK in str(vars(record)) or MARK in caplog.handler.format(record) for record in caplog.records)
    assert not any(MARK in stream for stream in capsys.readouterr())


async def test_a_layer_that_fails_is_logged_once_a_message(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A message is read twice, by itself and with those before; its log names the layer and the error once."""
    bench.triage(parts=("views",))
    for _ in range(3):
        await say(bench, FAULTS["nothing"], ORDINARY)
    lines = [vars(record) for record in caplog.records if record.getMessage() == "triage layer failed"]
    assert [(line["layer"], line["error"]) for line in lines] == [("views", "RuntimeError")] * 3


async def test_an_answer_that_a_part_of_triage_did_not_see_carries_a_number(bench: Bench) -> None:
    """The quiet line with a number stands below the answer, since the part that failed may have known better."""
    bench.triage(parts=("classifier",))
    turn = await say(bench, FAULTS["nothing"], ORDINARY)
    assert turn.reply.text.splitlines()[-1] == "In danger now? Call 116 123, or your local emergency number."


async def test_without_the_rules_a_single_word_is_heard_all_the_same(bench: Bench) -> None:
    """What is left to the rules otherwise is left to nobody when they fail."""
    assert bench.core.triage.route("tonight").kind is None
    bench.triage(parts=("rules",))
    shares = dict(bench.core.triage.explain("tonight").shares)
    assert shares["danger"] > 0


async def test_200_messages_a_second_each_get_theirs(bench: Bench) -> None:
    """Under load nobody gets another's reply, nor does the store's limit strike before the store had its turn."""
    bench.store = Busy()
    texts = [DANGER if n % 2 else ORDINARY for n in range(200)]
    turns = await asyncio.gather(*(say(bench, FAULTS["nothing"], text, f"c-{n}") for n, text in enumerate(texts)))
    assert [turn.kind for turn in turns] == [Kind.CRISIS if text == DANGER else Kind.ANSWER for text in texts]
    assert all(turn.n == 1 for turn in turns)


async def test_danger_after_the_clock_was_set_back_latches(bench: Bench) -> None:
    """A responder cleared a crisis at noon; what is said after that latches anew, although the clock says eleven."""
    clock = FixedClock(NOON)
    bench.clock = clock
    await say(bench, FAULTS["nothing"], DANGER)
    await bench.store.act(HERE, Cleared(by=DANA), NOON)
    clock.at = NOON - timedelta(hours=1)
    await say(bench, FAULTS["nothing"], DANGER)
    assert (await say(bench, FAULTS["nothing"], ORDINARY)).latched


async def test_when_no_sentence_can_be_worded_the_numbers_are_left(bench: Bench) -> None:
    """Even without one word of wording, a visitor sees whom to call."""
    conversations = bench.conversations()
    bench.monkeypatch.setattr(conversations.replies, "say", Failing().say)
    turn = await conversations.handle(a_message(DANGER))
    assert (turn.kind, turn.handoff) == (Kind.CRISIS, "opened")
    assert turn.reply.text.splitlines()[:2] == ["- Emergency: 999", "- Listening Line: 116 123"]


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("safety/en.yaml", ("slots:\n", "slots: [\n"), "safety/en.yaml:4: did not find expected"),
        ("safety/en.yaml", ("kind: crisis", "kind: crises"), "safety/en.yaml:18: rules.1.kind: is 'crises': "),
        ("safety/en.yaml", ("{kill_self}", "{kill}"), "safety/en.yaml:19: rule crisis-suicide: there is no slot {kill}."),
        ("help/gb.yaml", ("for: [crisis]", "for: [crises]"), "help/gb.yaml:4: lines.1.for.0: is 'crises': "),
        ("wording/en.yaml", ("  distress: ", "  distres: "), "wording/en.yaml:1: say.distress is missing."),
    ],
)
def test_a_pack_whose_safety_is_wrong_does_not_start(
    pack: Path, tmp_path: Path, file: str, change: tuple[str, str], said: str
) -> None:
    """Not even where it started before: the message names the file and the line, and nothing old is served instead."""
    assemble(pack, tmp_path / "data")
    edit(pack / file, *change)
    with pytest.raises(ContentError) as caught:
        assemble(pack, tmp_path / "data")
    assert str(caught.value).startswith(said)


def test_training_messages_of_an_unknown_kind_do_not_start(pack: Path, tmp_path: Path) -> None:
    """A file that the classifier could not learn from is named."""
    (pack / "safety" / "training").mkdir()
    (pack / "safety" / "training" / "en-crysis.txt").write_text("x\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"^safety/training/en-crysis\.txt:1: crysis is not known\."):
        assemble(pack, tmp_path / "data")

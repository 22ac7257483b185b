"""A saved index: whole or not at all, told from a damaged one, keyed by what made it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.assembly import Core, assemble
from bot.errors import IndexUnreadable
from bot.retrieval import storage
from bot.retrieval.index import Index
from bot.retrieval.search import Searcher
from tests.conftest import SMALL_PACK, edit


@pytest.fixture(scope="module")
def saved(small_core: Core, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index on disk; copied before it is spoilt."""
    folder = tmp_path_factory.mktemp("saved") / "index"
    storage.save(storage.Saved(small_core.searcher.index.data, small_core.book, None), folder)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    """A copy of the saved index that a test may spoil."""
    return Path(shutil.copytree(saved, tmp_path / "index"))


def files_of(folder: Path) -> Iterator[Path]:
    """The files of an index that hold something."""
    return (path for path in sorted(folder.iterdir()) if path.stat().st_size)


def test_what_is_read_is_what_was_saved(small_core: Core, saved: Path) -> None:
    """A saved index gives the same candidates to the last digit."""
    loaded = storage.load(saved)
    again = Searcher(Index(loaded.index))
    for text in ("how long may i keep it", "price of a printed page", "unrelated words entirely"):
        assert again.search(text) == small_core.searcher.search(text)
    assert loaded.book == small_core.book


def test_arrays_are_mapped_and_read_only(saved: Path) -> None:
    """The arrays stay on disk until they are read, and nobody can write to them."""
    weights = storage.load(saved).index.weights
    assert isinstance(weights.base, np.memmap)
    assert not weights.flags.writeable


def test_a_file_cut_in_half_is_noticed(saved: Path, tmp_path: Path) -> None:
    """Whichever file of the index is cut, loading says that the index is unreadable."""
    for file in files_of(saved):
        folder = Path(shutil.copytree(saved, tmp_path / file.name))
        content = file.read_bytes()
        (folder / file.name).write_bytes(content[: len(content) // 2])
        with pytest.raises(IndexUnreadable):
            storage.load(folder)


def test_a_changed_byte_is_noticed(saved: Path, tmp_path: Path) -> None:
    """One bit anywhere in any file but the list of checksums is enough."""
    for file in files_of(saved):
        if file.name == "meta.json":
            continue
        folder = Path(shutil.copytree(saved, tmp_path / file.name))
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        (folder / file.name).write_bytes(content)
        with pytest.raises(IndexUnreadable, match="damaged"):
            storage.load(folder)


def test_a_changed_byte_in_the_list_itself_is_noticed(copy: Path) -> None:
    """A threshold changed in ``meta.json`` must not be served."""
    meta = json.loads((copy / "meta.json").read_text(encoding="utf-8"))
    meta["calibration"]["answer_threshold"] = 0.0
    (copy / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(IndexUnreadable):
        storage.load(copy)


def test_a_missing_file_is_noticed(saved: Path, tmp_path: Path) -> None:
    """An index of which a file is gone is unreadable."""
    for file in sorted(saved.iterdir()):
        folder = Path(shutil.copytree(saved, tmp_path / file.name))
        (folder / file.name).unlink()
        with pytest.raises(IndexUnreadable):
            storage.load(folder)


def test_another_format_is_named(copy: Path) -> None:
    """An index of another version says which."""
    edit(copy / "meta.json", f'"format": {storage.FORMAT}', '"format": 99')
    with pytest.raises(IndexUnreadable, match=rf"format 99, this version reads {storage.FORMAT}"):
        storage.load(copy)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_list_that_makes_no_sense_is_unreadable(copy: Path, content: bytes) -> None:
    """Whatever stands in ``meta.json``, the answer is the same error."""
    (copy / "meta.json").write_bytes(content)
    with pytest.raises(IndexUnreadable):
        storage.load(copy)


def test_saving_again_leaves_one_index(small_core: Core, copy: Path) -> None:
    """A second save replaces the first, and nothing is left beside it."""
    other = replace(small_core.book, title="Oak Street Library")
    storage.save(storage.Saved(small_core.searcher.index.data, other, None), copy)
    assert storage.load(copy).book == other
    assert list(copy.parent.iterdir()) == [copy]


def test_a_save_that_fails_leaves_nothing(small_core: Core, tmp_path: Path) -> None:
    """Where a file stands in the way, nothing half written stays."""
    (tmp_path / "index").write_text("in the way", encoding="utf-8")
    with pytest.raises(OSError, match="index"):
        storage.save(storage.Saved(small_core.searcher.index.data, small_core.book, None), tmp_path / "index")
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("concepts.yaml", "borrow:", "borrowing:"),
        ("answers/using/fines.md", "A late item", "Any late item"),
        ("safety/en.yaml", "i can't breathe", "i cannot breathe"),
    ],
)
def test_a_changed_pack_has_another_key(pack: Path, file: str, old: str, new: str) -> None:
    """Any change in any file of the pack asks for another index."""
    before = storage.key_of(pack)
    edit(pack / file, old, new)
    assert storage.key_of(pack) != before


def test_a_file_that_moves_changes_the_key(pack: Path) -> None:
    """Moving an answer to another topic, or renaming it, is a change."""
    before = storage.key_of(pack)
    (pack / "answers/using/fines.md").rename(pack / "answers/visiting/fines.md")
    assert storage.key_of(pack) != before


def test_the_same_pack_elsewhere_has_the_same_key(pack: Path) -> None:
    """Where a pack lies makes no difference."""
    assert storage.key_of(pack) == storage.key_of(SMALL_PACK)


def test_a_damaged_index_is_made_again_with_a_note(pack: Path, tmp_path: Path) -> None:
    """The start goes on with a fresh index and tells the operator."""
    assemble(pack, tmp_path / "var")
    [index] = (tmp_path / "var" / "index").iterdir()
    (index / "terms.txt").write_text("cut", encoding="utf-8")
    core = assemble(pack, tmp_path / "var")
    assert core.notes == ("terms.txt of the saved index is damaged; it was made again",)
    assert assemble(pack, tmp_path / "var").notes == ()


def test_a_saved_index_is_used_again(pack: Path, tmp_path: Path) -> None:
    """The second start fits nothing: progress is silent."""
    labels: list[str] = []
    assemble(pack, tmp_path / "var", lambda label, _share: labels.append(label))
    assert labels
    labels.clear()
    assert assemble(pack, tmp_path / "var", lambda label, _share: labels.append(label)).notes == ()
    assert labels == []


def test_a_place_that_cannot_be_written_to_costs_only_the_saving(pack: Path, tmp_path: Path) -> None:
    """Without a place for the index the bot still answers, and says what to do."""
    (tmp_path / "var").write_text("a file, not a folder", encoding="utf-8")
    core = assemble(pack, tmp_path / "var")
    assert core.searcher.search("late fees").candidates[0].answer_id == "fines"
    assert "could not be saved" in core.notes[0]
    assert "HANDRAIL_DATA_DIR" in core.notes[0]


def test_another_packs_index_is_left_alone(pack: Path, tmp_path: Path) -> None:
    """Two packs served from one folder do not remove each other's index."""
    assemble(SMALL_PACK, tmp_path / "var")
    edit(pack / "pack.yaml", "Elm Street Library", "Oak Street Library")
    assemble(pack, tmp_path / "var")
    labels: list[str] = []
    assemble(SMALL_PACK, tmp_path / "var", lambda label, _share: labels.append(label))
    assert labels == []


def test_another_save_that_is_under_way_is_left_alone(pack: Path, tmp_path: Path) -> None:
    """What another process is writing at this moment is not removed."""
    busy = tmp_path / "var" / "index" / ".new-other"
    busy.mkdir(parents=True)
    assemble(pack, tmp_path / "var")
    assert busy.is_dir()

"""A fitted index on disk, and what is said: plain arrays that are memory-mapped, checksummed, and swapped in whole.

A saved index lives in a folder named after what it was made from (pack and code), so a change of either means another
folder. It is written beside its place and renamed, so that a crash leaves the old one or the new one, never half of one.
"""

import hashlib
import io
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast, get_origin

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from bot.calibration import Calibration, Logistic
from bot.content import Book
from bot.errors import IndexUnreadable
from bot.model import AnswerId
from bot.retrieval.index import IndexData
from bot.retrieval.words import Words
from bot.triage.classifier import ClassifierData

KEPT_INDEXES = 3  # besides the one in use: other packs served from the same folder, and a step back
ABANDONED_S = 3600.0
FORMAT = 4
BLOCK_BYTES = 4096
HEADER_BYTES = 1 << 12  # more than the head of any .npy file that is written here
_META, _META_CHECKSUM, _TERMS, _PHRASINGS, _BOOK = "meta.json", "meta.crc", "terms.txt", "phrasings.txt", "book.json"
_BETWEEN = "\0"  # the one character that no YAML file holds
_BOT = Path(__file__).parents[1]
_CODE = tuple(
    _BOT / name for name in ("text", "retrieval", "triage", "content", "calibration.py", "assembly.py", "model.py")
)


def _arrays_of(kind: type[IndexData | ClassifierData]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if get_origin(field.type) is np.ndarray)


_ARRAYS = _arrays_of(IndexData)
_CLASSIFIER_ARRAYS = _arrays_of(ClassifierData)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a folder holds: the index, what is said, and what triage learnt, where it learnt anything."""

    index: IndexData
    book: Book
    classifier: ClassifierData | None


def key_of(folder: Path) -> str:
    """Return what identifies an index: a hash over the pack's files and the code that makes it."""
    digest = hashlib.sha256(f"format {FORMAT}".encode())
    for root, suffixes in [(folder, (".yaml", ".md", ".txt")), *((root, (".py",)) for root in _CODE)]:
        for path in _files(root, suffixes):
            with open(path, "rb") as file:  # noqa: PTH123 - a Path for each of 200 files would cost a start 2 ms
                content = file.read()
            digest.update(f"{path[len(str(root)) :]}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
            digest.update(content)
    return digest.hexdigest()[:24]


def save(saved: Saved, folder: Path) -> None:
    """Write an index, what is said and what triage learnt into a folder that appears whole or not at all.

    Raises:
        OSError: the place cannot be written to, or the disk is full; nothing is left behind.
    """
    data, classifier = saved.index, saved.classifier
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        arrays = {name: getattr(data, name) for name in _ARRAYS} | {"english": Words.array_of(data.english)}
        arrays |= {f"triage_{name}": getattr(classifier, name) for name in _CLASSIFIER_ARRAYS if classifier}
        for name, array in arrays.items():
            np.save(beside / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
        (beside / _TERMS).write_bytes(_BETWEEN.join(data.terms).encode())
        (beside / _PHRASINGS).write_bytes(_BETWEEN.join(data.phrasings).encode())
        (beside / _BOOK).write_bytes(saved.book.as_json().encode())
        meta = {
            "format": FORMAT,
            "answer_ids": data.answer_ids,
            "n_word_terms": data.n_word_terms,
            "token_frequencies": data.token_frequencies,
            "function_words": sorted(data.function_words),
            "concepts": data.concepts,
            "calibration": asdict(data.calibration) if data.calibration else None,
            "triage": _classifier_meta(classifier) if classifier else None,
            "checksums": {path.name: _checksum(path.read_bytes()) for path in sorted(beside.iterdir())},
        }
        (beside / _META).write_text(json.dumps(meta), encoding="utf-8")
        (beside / _META_CHECKSUM).write_text(str(_checksum((beside / _META).read_bytes())), encoding="utf-8")
        for path in beside.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def load(folder: Path) -> Saved:
    """Read a saved index and what belongs to it, arrays memory-mapped.

    Raises:
        IndexUnreadable: a file is missing, cut short, changed, or of another format.
    """
    try:
        meta = json.loads((folder / _META).read_bytes())
        if meta["format"] != FORMAT:
            raise IndexUnreadable(f"the saved index has format {meta['format']}, this version reads {FORMAT}")
        files = _Files(folder, meta["checksums"])
        if int((folder / _META_CHECKSUM).read_bytes()) != _checksum((folder / _META).read_bytes()):
            raise IndexUnreadable(f"{_META} of the saved index is damaged")
        data = IndexData(
            answer_ids=tuple(AnswerId(each) for each in meta["answer_ids"]),
            phrasings=tuple(files.text(_PHRASINGS).split(_BETWEEN)),
            terms=tuple(files.text(_TERMS).split(_BETWEEN)),
            n_word_terms=meta["n_word_terms"],
            token_frequencies=meta["token_frequencies"],
            english=cast("frozenset[str]", Words(files.array("english"))),  # nobody asks it but what it contains
            function_words=frozenset(meta["function_words"]),
            concepts=tuple((name, tuple(stems)) for name, stems in meta["concepts"]),
            calibration=_calibration(meta["calibration"]) if meta["calibration"] else None,
            **{name: files.array(name) for name in _ARRAYS},
        )
        classifier = _classifier(files, meta["triage"]) if meta["triage"] else None
        return Saved(data, Book.from_json(files.text(_BOOK)), classifier)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IndexUnreadable(f"the saved index cannot be read ({type(error).__name__})") from error


class _Files:
    """The files of a saved index, each checked before a byte of it is used."""

    def __init__(self, folder: Path, checksums: Mapping[str, int]) -> None:
        self._folder = folder
        self._checksums = checksums

    def text(self, name: str) -> str:
        content = (self._folder / name).read_bytes()
        self._check(name, content)
        return content.decode()

    def array(self, name: str) -> NDArray[Any]:
        """Return an array that stays on disk until it is read; what reads it later is the mapping that was checked."""
        name = f"{name}.npy"
        mapped = np.memmap(self._folder / name, np.uint8, mode="r")
        self._check(name, mapped)
        head = io.BytesIO(mapped[:HEADER_BYTES].tobytes())
        npy.read_magic(head)
        shape, _, dtype = npy.read_array_header_1_0(head)
        return np.asarray(mapped[head.tell() :].view(dtype).reshape(shape))

    def _check(self, name: str, content: bytes | NDArray[np.uint8]) -> None:
        if _checksum(content) != self._checksums[name]:
            raise IndexUnreadable(f"{name} of the saved index is damaged")


def _classifier_meta(classifier: ClassifierData) -> dict[str, object]:
    return {name: getattr(classifier, name) for name in ("labels", "thresholds", "part_thresholds", "words")}


def _classifier(files: _Files, meta: dict[str, Any]) -> ClassifierData:
    arrays: dict[str, Any] = {name: files.array(f"triage_{name}") for name in _CLASSIFIER_ARRAYS}
    return ClassifierData(**{**meta, "labels": tuple(meta["labels"])}, **arrays)


def remove_others(folder: Path) -> None:
    """Remove indexes beside this one that are past use: all but the newest few, and what a crash left an hour ago."""
    others = [path for path in folder.parent.iterdir() if path.is_dir() and path != folder]
    indexes = sorted((path for path in others if path.name.startswith("index-")), key=_age_s)
    left = [path for path in others if path.name.startswith(".new-") and _age_s(path) > ABANDONED_S]
    for path in [*indexes[KEPT_INDEXES:], *left]:
        shutil.rmtree(path, ignore_errors=True)


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:  # another process removed it just now
        return 0.0


def _calibration(raw: dict[str, object]) -> Calibration:
    def logistic(values: dict[str, object]) -> Logistic:
        return Logistic(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})  # type: ignore[arg-type]

    return Calibration(
        right=logistic(raw["right"]),  # type: ignore[arg-type]
        among=logistic(raw["among"]),  # type: ignore[arg-type]
        answer_threshold=float(raw["answer_threshold"]),  # type: ignore[arg-type]
        clarify_threshold=float(raw["clarify_threshold"]),  # type: ignore[arg-type]
        smalltalk_threshold=float(raw["smalltalk_threshold"]),  # type: ignore[arg-type]
    )


def _checksum(content: bytes | NDArray[np.uint8]) -> int:
    """Return a CRC-32 over the sums of 4-KB blocks and over the rest.

    It is there to find damage, and every start waits for it: the sums take a third of the time of a CRC over all bytes.
    """
    octets = np.frombuffer(content, np.uint8) if len(content) else np.empty(0, np.uint8)
    whole = len(octets) // BLOCK_BYTES * BLOCK_BYTES
    sums = octets[:whole].view(np.uint64).reshape(-1, BLOCK_BYTES // 8).sum(axis=1)
    return zlib.crc32(octets[whole:].data, zlib.crc32(sums.data))


def _files(root: Path, suffixes: tuple[str, ...]) -> Iterator[str]:
    """Yield the files below a folder that end so, or the file itself, always in the same order."""
    if root.is_file():
        yield str(root)
    for folder, folders, names in os.walk(root):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(suffixes))  # noqa: PTH118 - as above

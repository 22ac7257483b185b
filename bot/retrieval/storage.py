"""A fitted index on disk: plain arrays that are memory-mapped, checksummed, and swapped in whole.

A saved index lives in a folder named after what it was made from (pack and code), so a change of either means another
folder. It is written beside its place and renamed, so that a crash leaves the old one or the new one, never half of one.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from bot.calibration import Calibration, Logistic
from bot.errors import IndexUnreadable
from bot.model import AnswerId
from bot.retrieval.index import IndexData
from bot.triage.classifier import ClassifierData

KEPT_INDEXES = 3  # besides the one in use: other packs served from the same folder, and a step back
ABANDONED_S = 3600.0
FORMAT = 3
CHUNK_BYTES = 1 << 18
_META, _META_CHECKSUM, _TERMS, _ENGLISH, _PACK = "meta.json", "meta.crc", "terms.txt", "english.txt", "pack.json"
_ARRAYS = tuple(
    name
    for name in (field.name for field in fields(IndexData))
    if name
    in {
        "idf", "indptr", "docs", "weights", "answer_starts", "centroid_norms", "classifier", "bias", "background",
        "text_indptr", "text_docs", "text_weights",
    }
)  # fmt: skip
_BOT = Path(__file__).parents[1]
_CODE = tuple(_BOT / name for name in ("text", "retrieval", "triage", "content", "calibration.py", "assembly.py"))


_CLASSIFIER_ARRAYS = ("idf", "weights", "bias", "ordinary")


@dataclass(frozen=True, slots=True)
class Saved:
    """What a folder holds: the index, the pack it was made from, and what triage learnt, where it learnt anything."""

    index: IndexData
    pack_json: str
    classifier: ClassifierData | None


def key_of(folder: Path) -> str:
    """Return what identifies an index: a hash over the pack's files and the code that makes it."""
    digest = hashlib.sha256(f"format {FORMAT}".encode())
    code = [file for root in _CODE for file in _files(root, ("*.py",))]
    for path in [*_files(folder, ("*.yaml", "*.md", "*.txt")), *code]:
        digest.update(path.name.encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def save(data: IndexData, pack_json: str, folder: Path, classifier: ClassifierData | None = None) -> None:
    """Write an index, and what triage learnt, into a folder that appears whole or not at all.

    Raises:
        OSError: the place cannot be written to, or the disk is full; nothing is left behind.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        for name in _ARRAYS:
            np.save(beside / f"{name}.npy", np.ascontiguousarray(getattr(data, name)), allow_pickle=False)
        for name in _CLASSIFIER_ARRAYS if classifier else ():
            np.save(beside / f"triage_{name}.npy", getattr(classifier, name), allow_pickle=False)
        (beside / _TERMS).write_text("\n".join(data.terms), encoding="utf-8")
        (beside / _ENGLISH).write_text("\n".join(sorted(data.english)), encoding="utf-8")
        (beside / _PACK).write_text(pack_json, encoding="utf-8")
        meta = {
            "format": FORMAT,
            "answer_ids": data.answer_ids,
            "phrasings": data.phrasings,
            "n_word_terms": data.n_word_terms,
            "token_frequencies": data.token_frequencies,
            "function_words": sorted(data.function_words),
            "concepts": data.concepts,
            "calibration": asdict(data.calibration) if data.calibration else None,
            "triage": _classifier_meta(classifier) if classifier else None,
            "checksums": {path.name: _checksum(path) for path in sorted(beside.iterdir())},
        }
        (beside / _META).write_text(json.dumps(meta), encoding="utf-8")
        (beside / _META_CHECKSUM).write_text(str(_checksum(beside / _META)), encoding="utf-8")
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
    """Read a saved index and the pack it was made from, arrays memory-mapped.

    Raises:
        IndexUnreadable: a file is missing, cut short, changed, or of another format.
    """
    try:
        meta = json.loads((folder / _META).read_text(encoding="utf-8"))
        if meta["format"] != FORMAT:
            raise IndexUnreadable(f"the saved index has format {meta['format']}, this version reads {FORMAT}")
        own = int((folder / _META_CHECKSUM).read_text(encoding="utf-8"))
        for name, checksum in {_META: own, **meta["checksums"]}.items():
            if _checksum(folder / name) != checksum:
                raise IndexUnreadable(f"{name} of the saved index is damaged")
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
        data = IndexData(
            answer_ids=tuple(AnswerId(each) for each in meta["answer_ids"]),
            phrasings=tuple(meta["phrasings"]),
            terms=tuple((folder / _TERMS).read_text(encoding="utf-8").split("\n")),
            n_word_terms=meta["n_word_terms"],
            token_frequencies=meta["token_frequencies"],
            english=frozenset((folder / _ENGLISH).read_text(encoding="utf-8").split("\n")),
            function_words=frozenset(meta["function_words"]),
            concepts=tuple((name, tuple(stems)) for name, stems in meta["concepts"]),
            calibration=_calibration(meta["calibration"]) if meta["calibration"] else None,
            **{name: np.asarray(array) for name, array in arrays.items()},
        )
        classifier = _classifier(folder, meta["triage"]) if meta["triage"] else None
        return Saved(data, (folder / _PACK).read_text(encoding="utf-8"), classifier)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IndexUnreadable(f"the saved index cannot be read ({type(error).__name__})") from error


def _classifier_meta(classifier: ClassifierData) -> dict[str, object]:
    return {name: getattr(classifier, name) for name in ("labels", "thresholds", "part_thresholds", "words")}


def _classifier(folder: Path, meta: dict[str, Any]) -> ClassifierData:
    arrays = {name: np.load(folder / f"triage_{name}.npy", mmap_mode="r", allow_pickle=False) for name in _CLASSIFIER_ARRAYS}
    plain: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}  # each part of a memmap is an object
    return ClassifierData(**{**meta, "labels": tuple(meta["labels"])}, **plain)


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


def _checksum(path: Path) -> int:
    """Return a CRC-32: it is there to find damage, and reads every start six times as fast as a cryptographic hash."""
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            checksum = zlib.crc32(chunk, checksum)
    return checksum


def _files(root: Path, patterns: Iterable[str]) -> list[Path]:
    if root.is_file():
        return [root]
    return sorted(path for pattern in patterns for path in root.rglob(pattern) if path.is_file())

"""The messages that triage learns from: ``safety/training/<locale>-<label>[-<severity>].txt``, one message a line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from bot.errors import ContentError
from bot.model import SEVERITIES
from bot.triage.kinds import KINDS, NONE, Example

MIN_MESSAGES = 20  # of a label in all languages together; fewer teach nothing that holds
FOLDER = Path("safety") / "training"
_NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})


def load_training(folder: Path, added: Mapping[str, Sequence[str]] = _NOTHING) -> tuple[Example, ...]:
    """Read the training messages of a pack; files named ``…-none-….txt`` hold what must raise nothing.

    Args:
        folder: the pack.
        added: messages to be read as if they stood at the end of a file, by its name.

    Raises:
        ContentError: with every fault found, one a line.
    """
    faults: list[str] = []
    examples: dict[Example, None] = {}
    present = {path.name for path in (folder / FOLDER).glob("*.txt")}
    for path in (folder / FOLDER / file for file in sorted({*present, *added})):
        name = path.relative_to(folder).as_posix()
        locale, _, described = path.stem.partition("-")
        severity = next((each for each in SEVERITIES if described.endswith(f"-{each}")), None)
        label = described.removesuffix(f"-{severity}")
        label = NONE if label.startswith(NONE) else label
        if label != NONE and label not in KINDS:
            faults.append(
                f"{name}:1: {label or 'no label'} is not known. Name the file <locale>-<label>.txt, with one of: "
                f"{', '.join((*KINDS, NONE))}, and where it is danger -{', -'.join(SEVERITIES)}."
            )
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines() if path.name in present else []
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{name}:1: cannot be read as UTF-8 text ({type(error).__name__}). Save it as UTF-8.")
            continue
        texts = (line.strip() for line in (*lines, *added.get(path.name, ())))
        found = (Example(text=text, label=label, severity=severity, locale=locale) for text in texts if text)
        examples |= dict.fromkeys(found)
    counts = Counter(example.label for example in examples)
    faults += [
        f"safety/training: {label} has {count} messages. Write {MIN_MESSAGES} or more, or remove the file."
        for label, count in counts.items()
        if count < MIN_MESSAGES
    ]
    if faults:
        raise ContentError("\n".join(faults))
    return tuple(examples)


def file_of(example: Example) -> str:
    """Return the name of the file that holds messages like this one."""
    return "-".join(filter(None, (example.locale, example.label, example.severity))) + ".txt"

"""The messages that triage learns from: ``safety/training/<locale>-<label>.txt``, one message a line."""

from pathlib import Path

from bot.errors import ContentError
from bot.triage.classifier import NONE
from bot.triage.kinds import KINDS

MIN_MESSAGES = 20  # of a label; fewer teach nothing that holds


def load_training(folder: Path) -> dict[str, tuple[str, ...]]:
    """Read the training messages of a pack by label; files named ``…-none-….txt`` hold what must raise nothing.

    Raises:
        ContentError: with every fault found, one a line.
    """
    faults: list[str] = []
    messages: dict[str, list[str]] = {}
    for path in sorted((folder / "safety" / "training").glob("*.txt")):
        name = path.relative_to(folder).as_posix()
        label = path.stem.partition("-")[2]
        label = NONE if label.startswith(NONE) else label
        if label != NONE and label not in KINDS:
            faults.append(
                f"{name}:1: {label or 'no label'} is not known. Name the file <locale>-<label>.txt, with one of: "
                f"{', '.join((*KINDS, NONE))}."
            )
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{name}:1: cannot be read as UTF-8 text ({type(error).__name__}). Save it as UTF-8.")
            continue
        messages.setdefault(label, []).extend(line.strip() for line in lines if line.strip())
    faults += [
        f"safety/training: {label} has {len(each)} messages. Write {MIN_MESSAGES} or more, or remove the file."
        for label, each in messages.items()
        if len(each) < MIN_MESSAGES
    ]
    if faults:
        raise ContentError("\n".join(faults))
    return {label: tuple(dict.fromkeys(each)) for label, each in messages.items()}

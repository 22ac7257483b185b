"""The messages that triage learns from: ``safety/training/<locale>-<label>[-<severity>].txt``, one message a line."""

from collections import Counter
from pathlib import Path

from bot.errors import ContentError
from bot.triage.kinds import KINDS, NONE, SEVERITIES, Example

MIN_MESSAGES = 20  # of a label in all languages together; fewer teach nothing that holds


def load_training(folder: Path) -> tuple[Example, ...]:
    """Read the training messages of a pack; files named ``…-none-….txt`` hold what must raise nothing.

    Raises:
        ContentError: with every fault found, one a line.
    """
    faults: list[str] = []
    examples: dict[Example, None] = {}
    for path in sorted((folder / "safety" / "training").glob("*.txt")):
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
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{name}:1: cannot be read as UTF-8 text ({type(error).__name__}). Save it as UTF-8.")
            continue
        found = (Example(text=line.strip(), label=label, severity=severity, locale=locale) for line in lines if line.strip())
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

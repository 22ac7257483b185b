"""A progress bar on standard error, drawn only when the work turns out to be long."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar() -> Iterator[Callable[[str, float], None]]:
    """Give a function to call with a label and the share done; the bar appears at its first call."""
    shown: list[object] = []

    def step(label: str, share: float) -> None:
        if not sys.stderr.isatty():
            return  # a log or a pipe: a bar would only be noise in it
        from rich.console import Console
        from rich.progress import Progress, TimeElapsedColumn

        if not shown:
            progress = Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=Console(stderr=True))
            progress.start()
            shown.extend([progress, progress.add_task(label, total=1.0)])
        shown[0].update(shown[1], description=label, completed=share)  # type: ignore[attr-defined]

    try:
        yield step
    finally:
        if shown:
            shown[0].stop()  # type: ignore[attr-defined]

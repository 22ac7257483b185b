"""What the pages of measurements share: plots, and a page that appears whole or not at all and needs no other file."""

import base64
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, select_autoescape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def write(path: Path, template: str, **values: object) -> None:
    """Write a page from a template beside this file.

    Raises:
        OSError: the place cannot be written to; nothing is left behind, and a page that was there stays.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    page = environment.get_template(template).render(**values)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(page, encoding="utf-8", errors="replace")  # a label may hold half a surrogate
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def plot(title: str, x_label: str, y_label: str, height: float = 4.0) -> "tuple[Figure, Axes]":
    """Return an empty plot, its height in inches."""
    from matplotlib.figure import Figure  # slow to import, and only needed here

    figure = Figure(figsize=(6, height), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def picture(figure: "Figure") -> str:
    """Return a plot as SVG in base64, for an address that begins with ``data:``."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return base64.b64encode(buffer.getvalue()).decode("ascii")

"""Figures as the benches draw them: where each lies, and colours that every eye can tell apart."""

from pathlib import Path
from typing import Any, Self

# Okabe & Ito (2008) without black, which is ours, and yellow, which white paper swallows.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7")
DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P")


class Drawn(str):
    """A line for the person that says where a figure is.

    Attributes:
        path: of the figure.
        caption: what it shows.
    """

    path: Path
    caption: str

    def __new__(cls, path: Path, caption: str, signal: str = "") -> Self:
        """The line, with the signal's name before it where several have figures."""
        line = super().__new__(cls, f"{signal}: drawn: {path}" if signal else f"drawn: {path}")
        line.path, line.caption = path, caption
        return line


def line_style(number: int) -> dict[str, Any]:
    """Colour and dashes of curve `number`; 24 differ, and neighbours differ in more than their hue."""
    colour = COLOURS[number % len(COLOURS)]
    return {"color": colour, "linestyle": DASHES[(number // len(COLOURS) + number) % len(DASHES)]}


def marked_style(number: int) -> dict[str, Any]:
    """Colour and marker of curve `number`; 36 differ."""
    marker = MARKERS[(number + number // len(COLOURS)) % len(MARKERS)]
    return {"color": COLOURS[number % len(COLOURS)], "marker": marker}

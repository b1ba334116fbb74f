"""Figures as SVG that stands in a page and takes the page's colours, light or dark.

Matplotlib knows no CSS variables, so it draws with place-holders that are exchanged afterwards.
"""

import html
import importlib.util
import io
import re
from collections.abc import Callable
from typing import Any

# Place-holders, and what the page's style calls them.
FRONT, SOFT, SIGNAL, DECODED, ERROR = "#010203", "#010204", "#010205", "#010206", "#010207"
COLOURS = {
    FRONT: "var(--front)",
    SOFT: "var(--soft)",
    SIGNAL: "var(--signal)",
    DECODED: "var(--decoded)",
    ERROR: "var(--error)",
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10.0,
    "text.color": FRONT,
    "text.parse_math": False,
    "axes.labelcolor": FRONT,
    "axes.edgecolor": SOFT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": FRONT,
    "ytick.labelcolor": FRONT,
    "grid.color": SOFT,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "image.cmap": "cividis",
    "path.simplify": True,
    "path.simplify_threshold": 0.5,
}
IMAGE_DPI = 120


def no_figures() -> str | None:
    """The line to say where figures cannot be drawn; None where they can."""
    if importlib.util.find_spec("matplotlib") is not None:
        return None
    return 'curves, spectra and shapes are left out: matplotlib is missing; pip install "inr[plot]"'


def svg(name: str, size: tuple[float, float], draw: Callable[[Any], None], described: str) -> str:
    """A figure as an `<svg>` element.

    Args:
        name: unlike that of any other figure of the page.
        size: in inches; the page scales it.
        draw: gets the empty matplotlib figure.
        described: the figure in words, for those who do not see it.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size, layout="constrained", dpi=IMAGE_DPI)
        draw(figure)
        file = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(file, format="svg", metadata=nothing, dpi=IMAGE_DPI)
    text = file.getvalue()
    text = text[text.index("<svg") :].rstrip()
    for place, colour in COLOURS.items():
        text = text.replace(place, colour)
    # Identifiers belong to the whole page, so each figure's carry its name.
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    view = re.search(r'viewBox="([^"]*)"', text)
    head = (
        f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{view[1] if view else "0 0 1 1"}" '
        f'role="img" aria-label="{html.escape(described, quote=True)}">'
    )
    return head + text[text.index(">") + 1 :]

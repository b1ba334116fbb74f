"""The curves of one signal as a picture, with the published ones beside Kodak's."""

import csv
import importlib.util
import itertools
import re
from pathlib import Path
from typing import Any

from inr.bench.bd_rate import frontier
from inr.bench.codecs import OURS
from inr.bench.drawn import COLOURS, Drawn, marked_style
from inr.bench.journal import Row
from inr.bench.rd_summary import curves, is_kodak
from inr.errors import FormatError
from inr.files import atomic_path

PUBLISHED = "published-kodak.csv"
SIZE_INCHES, DPI = (8.0, 6.0), 120
BLACK = "black"
RATES = {"image": "bits a pixel", "audio": "kbit/s", "video": "bits a pixel"}


def no_figures() -> str | None:
    """The line to say where figures cannot be drawn; None where they can."""
    if importlib.util.find_spec("matplotlib") is not None:
        return None
    return 'no figures, table only: matplotlib is missing; pip install "inr[plot]"'


def draw(rows: list[Row], folder: Path, baselines: Path) -> str:
    """Draw one signal's curves into `rd-SIGNAL.png`.

    Args:
        rows: the points of one signal.
        folder: where the picture goes; one that is there is replaced.
        baselines: the folder of the published curves.

    Returns: the line that says where it is.
    """
    from matplotlib.figure import Figure

    if not rows:
        return "no figure: there are no points"
    signal, kind = rows[0]["signal"], rows[0]["kind"]
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
    axes = figure.subplots()
    others = map(marked_style, itertools.count())
    rate = "kbps" if kind == "audio" else "bits_per_sample"
    for codec, points in curves(rows, rate).items():
        ours = codec == OURS
        style: dict[str, Any] = (
            {"color": BLACK, "marker": "o", "linewidth": 2.5, "zorder": 3} if ours else next(others)
        )
        axes.plot(*zip(*frontier(points), strict=True), markersize=5 if ours else 4, label=codec, **style)
    for row in rows:
        if row["codec"] == "source":
            axes.axvline(row[rate], color="grey", linestyle=":", label=f"source ({row['setting']})")
    if is_kodak(signal):
        faint = itertools.cycle(COLOURS)
        for name, (points, images) in read_published(baselines / PUBLISHED).items():
            label = f"{name}, published mean of {images}"
            axes.plot(*zip(*points, strict=True), color=next(faint), linestyle="--", linewidth=1, label=label)
    _label(axes, signal, kind)
    path = folder / f"rd-{file_name(signal)}.png"
    with atomic_path(path) as temporary:
        figure.savefig(temporary)
    return Drawn(path, f"{signal}: quality over rate; ours in black", signal)


def read_published(path: Path) -> dict[str, tuple[list[tuple[float, float]], str]]:
    """Published curves: (bits a pixel, dB) of each codec, rising, and how many pictures they are a mean of.

    Raises:
        FormatError: a line does not hold what the first one names.
    """
    found: dict[str, tuple[list[tuple[float, float]], str]] = {}
    if not path.is_file():
        return found
    with path.open(newline="") as file:
        for number, line in enumerate(csv.DictReader(file), start=2):
            try:
                point = (float(line["bpp"]), float(line["psnr_db"]))
                found.setdefault(line["codec"], ([], line["images"]))[0].append(point)
            except (KeyError, TypeError, ValueError) as error:
                raise FormatError(
                    f"{path}: line {number} came as {line}; codec,bpp,psnr_db,source,images is needed"
                ) from error
    return {name: (sorted(points), images) for name, (points, images) in found.items()}


def file_name(signal: str) -> str:
    """A signal's name with what may not stand in a file's name replaced."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", signal).strip("-")


def _label(axes: Any, signal: str, kind: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel(RATES[kind])
    axes.set_ylabel("SNR, dB" if kind == "audio" else "PSNR, dB")
    axes.set_title(signal)
    axes.grid(True, which="both", alpha=0.3)
    axes.legend(fontsize="small")

"""The figures of a comparison: curves, what was rebuilt, where it is wrong, what was learnt."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from inr import reconstruct, signals
from inr.bench.compare_shapes import draw_shapes
from inr.bench.compare_store import Store
from inr.bench.drawn import Drawn, line_style
from inr.bench.journal import Row
from inr.fields import Field
from inr.files import atomic_path

DPI = 120
POINTS = 120  # of a mean curve
LEAST_X = 1e-4  # seconds; the axis is logarithmic
EXCERPT_S = 0.02
MOST_ERROR = 99.5  # percentile of the error that is drawn in full
CAPTIONS = {
    "curves": "quality over steps and over seconds: mean and standard deviation of the seeds",
    "signals": "what the first seed of each rebuilds, and its error",
    "shapes": "the shapes that the first seed of each has learnt",
}
Array = np.ndarray


def draw_all(path: Path, rows: list[Row], reader: signals.Reader, store: Store) -> Iterator[str]:
    """Draw `PATH-curves.png`, `PATH-signals.png` and `PATH-shapes.png`; figures that are there are replaced.

    Args:
        path: folder, and what all names begin with.
        rows: the finished fits.
        reader: the signal.
        store: curves and fields of the fits.

    Yields: a line a figure, and one for each activation whose field is missing.
    """
    kind = reader.spec.kind
    unit = "SNR" if kind == "audio" else "PSNR"
    names = list(dict.fromkeys(row["activation"] for row in rows))
    yield _save(_curves(rows, names, store, unit), path, "curves")
    found = {name: field for name in names if (field := store.field(name)) is not None}
    yield from (f"{name}: no picture: its weights are not there" for name in names if name not in found)
    if not found:
        return
    yield _save(_signals(found, reader), path, "signals")
    yield _save(draw_shapes(found), path, "shapes")


def figure_of(size: tuple[float, float]) -> Any:
    """A figure of so many inches that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=size, dpi=DPI, layout="constrained")


def mean_curve(x: list[Array], y: list[Array]) -> tuple[Array, Array, Array]:
    """Mean and standard deviation of curves, over the part of x that all of them have.

    Args:
        x: rising, of each curve.
        y: of each curve.

    Returns: x, mean and standard deviation (n - 1; 0 of a single curve).
    """
    grid = np.geomspace(max(LEAST_X, *(a[0] for a in x)), min(a[-1] for a in x), POINTS)
    values = np.stack([np.interp(grid, a, b) for a, b in zip(x, y, strict=True)])
    spread = values.std(0, ddof=1) if len(values) > 1 else np.zeros_like(grid)
    return grid, values.mean(0), spread


def _curves(rows: list[Row], names: list[str], store: Store, unit: str) -> Any:
    figure = figure_of((11.0, 4.5))
    panels = figure.subplots(1, 2, sharey=True)
    for number, name in enumerate(names):
        seeds = [row["seed"] for row in rows if row["activation"] == name]
        curves = [np.array(c) for seed in seeds if len(c := store.curve(name, seed)) > 1]
        if not curves:
            continue
        style = line_style(number)
        for axes, column in zip(panels, (0, 1), strict=True):
            x, mean, spread = mean_curve([c[:, column] for c in curves], [c[:, 2] for c in curves])
            axes.plot(x, mean, label=name, **style)
            axes.fill_between(x, mean - spread, mean + spread, color=style["color"], alpha=0.2, linewidth=0)
    for axes, title in zip(panels, ("steps", "seconds"), strict=True):
        axes.set_xscale("log")
        axes.set_xlabel(title)
        axes.grid(True, which="both", alpha=0.3)
    panels[0].set_ylabel(f"{unit} of recent batches, dB")
    if panels[0].get_legend_handles_labels()[0]:
        panels[0].legend(fontsize="small")
    figure.suptitle(f"{rows[0]['signal']}: mean and standard deviation of the seeds", fontsize="medium")
    return figure


def _signals(found: dict[str, Field], reader: signals.Reader) -> Any:
    """The first seed's signals with their errors."""
    if reader.spec.kind == "audio":
        return _sounds(found, reader)
    spec = reader.spec
    # Of a clip its middle frame.
    span = (0, spec.shape[0]) if spec.kind == "image" else (spec.shape[0] // 2, spec.shape[0] // 2 + 1)
    want = signals.to_float(reader.read(*span))
    got = {name: _values(field, reader, span) for name, field in found.items()}
    if spec.kind == "video":
        want, got = want[0], {name: values[0] for name, values in got.items()}
    errors = {name: np.abs(values - want).mean(-1) for name, values in got.items()}
    most = max(1e-6, *(float(np.percentile(error, MOST_ERROR)) for error in errors.values()))
    height, width = spec.shape[-2:]
    side = 2.6
    figure = figure_of((side * (len(got) + 1) + 0.8, 2 * side * min(2.0, max(0.3, height / width)) + 0.6))
    panels = figure.subplots(2, len(got) + 1, squeeze=False)
    _show(panels[0, 0], _visible(want, spec.mode), "signal")
    panels[1, 0].axis("off")
    drawn = None
    for column, name in enumerate(got, start=1):
        _show(panels[0, column], _visible(got[name], spec.mode), name)
        drawn = _show(panels[1, column], errors[name], "", cmap="cividis", vmin=0.0, vmax=most)
    figure.colorbar(drawn, ax=list(panels[1]), label="mean |error| of the channels")
    return figure


def _sounds(found: dict[str, Field], reader: signals.Reader) -> Any:
    """An excerpt where the sound is loudest, and the error over all of it; the first channel."""
    spec = reader.spec
    rate = float(spec.rate or 1)
    want = signals.to_float(reader.read(0, spec.shape[0]))[:, 0]
    length = min(len(want), max(2, round(EXCERPT_S * rate)))
    start = int(np.clip(np.argmax(np.abs(want)) - length // 2, 0, len(want) - length))
    t = np.arange(len(want)) / rate
    part = slice(start, start + length)
    figure = figure_of((11.0, 1.9 * len(found) + 0.4))
    panels = figure.subplots(len(found), 2, squeeze=False, sharex="col", sharey="col")
    for line, (name, field) in zip(panels, found.items(), strict=True):
        got = _values(field, reader, (0, spec.shape[0]))[:, 0]
        line[0].plot(t[part], want[part], color="grey", linewidth=2.0, label="signal")
        line[0].plot(t[part], got[part], color="black", linewidth=0.8, label=name)
        line[1].plot(t, got - want, color="black", linewidth=0.4)
        line[0].set_ylabel(name)
    panels[0, 0].set_title("waveform", fontsize="medium")
    panels[0, 1].set_title("error", fontsize="medium")
    for axes in panels[-1]:
        axes.set_xlabel("seconds")
    return figure


def _values(field: Field, reader: signals.Reader, span: tuple[int, int]) -> Array:
    low = -1.0 if reader.spec.kind == "audio" else 0.0
    parts = [b.values for b in reconstruct.blocks(field, reader.spec, span=span, engine="torch")]
    return np.clip(np.concatenate(parts), low, 1.0)


def _visible(values: Array, mode: str) -> Array:
    """As grey or RGB; alpha is left out, and CMYK shown by its simplest formula.  Shape: -> [H, W(, 3)]."""
    if mode == "CMYK":
        return (1.0 - values[..., :3]) * (1.0 - values[..., 3:])
    return values[..., :3] if values.shape[-1] >= 3 else values[..., 0]


def _show(axes: Any, values: Array, title: str, **how: Any) -> Any:
    axes.set_axis_off()
    axes.set_title(title, fontsize="medium")
    grey = {"cmap": "gray", "vmin": 0.0, "vmax": 1.0} if values.ndim == 2 else {}
    return axes.imshow(values, interpolation="nearest", **(grey | how))


def _save(figure: Any, path: Path, what: str) -> Drawn:
    target = path.with_name(f"{path.name}-{what}.png")
    with atomic_path(target) as temporary:
        figure.savefig(temporary)
    return Drawn(target, CAPTIONS[what])

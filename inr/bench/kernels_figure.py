"""Tangent kernels as a picture: how well conditioned they are, beside how wide."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from inr.bench.drawn import Drawn, marked_style
from inr.bench.journal import Row
from inr.bench.rd_figure import no_figures
from inr.files import atomic_path

SIZE_INCHES, DPI = (10.0, 4.2), 120  # of one grid's row of panels
FILE = "ntk.png"


def draw_kernels(rows: Sequence[Row], folder: Path) -> str:
    """Draw `ntk.png`: for each grid the condition number over the step, and over the kernel's half-width.

    Medians over the seeds.  An open marker stands where the smallest eigenvalue is rounding: the
    condition number is at least so much.

    Args:
        rows: of `science.ntk.run`.
        folder: where the picture goes; one that is there is replaced.

    Returns: the line that says where it is, or why there is none.
    """
    missing = no_figures()
    if missing or not rows:
        return missing or "no figure: there are no rows"
    from matplotlib.figure import Figure

    grids = list(dict.fromkeys(row["grid"] for row in rows))
    width, height = SIZE_INCHES
    figure = Figure(figsize=(width, height * len(grids)), dpi=DPI, layout="constrained")
    panels = figure.subplots(len(grids), 2, squeeze=False)
    names = list(dict.fromkeys(map(_name, rows)))
    for (over_step, over_width), grid in zip(panels, grids, strict=True):
        for number, name in enumerate(names):
            mine = [row for row in rows if row["grid"] == grid and _name(row) == name]
            points = [_median(mine, step) for step in sorted({row["step"] for row in mine})]
            style = marked_style(number)
            _plot(over_step, "step", points, style, name)
            _plot(over_width, "half_width", points, style, name)
        over_step.set_title(f"{grid}: while it trains")
        over_step.set_xlabel("step")
        over_width.set_title(f"{grid}: beside its width, from the start (large) on")
        over_width.set_xlabel("half-width of the kernel, samples")
        over_width.set_xscale("log")
        for axes in (over_step, over_width):
            axes.set_yscale("log")
            axes.set_ylabel("condition number")
            axes.grid(alpha=0.3)
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8)
    path = folder / FILE
    with atomic_path(path) as temporary:
        figure.savefig(temporary)
    return Drawn(path, "condition numbers of tangent kernels; open markers: at least so much")


def _name(row: Row) -> str:
    if row.get("matches"):  # its ω differs from seed to seed
        return f"{row['activation']} as wide as {row['matches']}"
    omega = f" ω {row['omega']:g}" if row.get("omega") is not None else ""
    return f"{row['activation']}{omega}"


def _median(rows: list[Row], step: int) -> dict[str, Any]:
    here = [row for row in rows if row["step"] == step]
    out = {key: median(row[key] for row in here) for key in ("condition_number", "half_width")}
    return {**out, "step": step, "at_floor": any(row["at_floor"] for row in here)}


def _plot(axes: Any, over: str, points: list[dict[str, Any]], style: dict[str, Any], name: str) -> None:
    x, y = [p[over] for p in points], [p["condition_number"] for p in points]
    axes.plot(x, y, color=style["color"], linewidth=1, alpha=0.7)
    for at, point in enumerate(points):
        axes.plot(
            x[at],
            y[at],
            color=style["color"],
            marker=style["marker"],
            markersize=8 if at == 0 else 5,
            markerfacecolor="none" if point["at_floor"] else style["color"],
            linestyle="none",
            label=name if at == 0 else None,
        )

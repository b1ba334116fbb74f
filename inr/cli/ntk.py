"""Look at the tangent kernels of small networks, print their spectra."""

import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from inr.cli.options import Flag, Whole
from inr.cli.pde import Columns, Row, finished_rows, names, report

COLUMNS: Columns = (
    ("activation", "activation", "s"),
    ("omega", "omega", "g"),
    ("as wide as", "matches", "s"),
    ("grid", "grid", "s"),
    ("width", "width", "d"),
    ("seed", "seed", "d"),
    ("step", "step", "d"),
    ("condition", "condition_number", ".2e"),
    ("at floor", "at_floor", ""),
    ("effective rank", "effective_rank", ".1f"),
    ("half-width", "half_width", ".2f"),
    ("held-out error", "held_out_error", ".2e"),
    ("seconds", "seconds", ",.1f"),
)


def ntk(
    *,
    activations: str | None = None,
    match: Flag = False,
    width: Whole = 64,
    seeds: Whole = 1,
    resume: Flag = False,
    json: Flag = False,
    out: Annotated[Path, Parameter(name=["-o", "--out"])] = Path(),
) -> None:
    """Show the neural tangent kernel of small networks at their start and while they train.

    Each finished row is written to bench-ntk.jsonl at once; what goes on is said on stderr.  A figure of
    condition numbers beside half-widths is drawn as ntk.png (needs matplotlib).
    sine and raf are looked at with omega 15, 30, 60 and 120.  With --match each RAF stands beside ReLU,
    sine at omega 30, and the sine whose kernel starts as wide as its own.

    Args:
        activations: names with commas between them; relu, sine and raf by default; with --match forms
            of RAF, raf and raf-image by default.
        match: compare condition numbers at equal width of the network and at equal width of the kernel.
        width: neurons of a layer.
        seeds: how many networks of each, from seed 0 on.
        resume: go on with the rows that are there.
        json: print one JSON object with the rows on stdout instead of the table.
        out: folder of bench-ntk.jsonl and of the figure; the current one by default.
    """
    from inr import bench, science

    begun = time.monotonic()
    room = science.ntk_match if match else science.ntk
    jobs = room.jobs(names(activations), width, seeds)
    rows = finished_rows(jobs, science.ntk.run, "ntk", "match" if match else "default", out, resume)
    print(bench.draw_kernels(rows, out), file=sys.stderr)
    if not match:
        report(rows, COLUMNS, begun, json)
        return
    verdicts = science.ntk_match.verdicts(rows)
    report(rows, COLUMNS, begun, json, {"verdicts": verdicts}, [_line(row) for row in verdicts])


def _line(verdict: Row) -> str:
    """One comparison as a line under the table."""
    ratios = ", ".join(f"{ratio:.2g}" for ratio in verdict["ratios"])
    return (
        f"{verdict['activation']} {verdict['grid']} step {verdict['step']}: condition number over that of "
        f"{verdict['rival']} {'at most ' if verdict['bound'] else ''}{ratios}, "
        f"below in {verdict['below']} of {verdict['seeds']} seeds; "
        f"half-widths {verdict['half_width']:.2f} and {verdict['rival_half_width']:.2f} samples"
    )

"""Look at the tangent kernels of small networks, print their spectra."""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from inr.cli.options import Flag, Whole
from inr.cli.pde import Columns, finished_rows, names, report

COLUMNS: Columns = (
    ("activation", "activation", "s"),
    ("omega", "omega", "g"),
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
    width: Whole = 64,
    seeds: Whole = 1,
    resume: Flag = False,
    json: Flag = False,
    out: Annotated[Path, Parameter(name=["-o", "--out"])] = Path(),
) -> None:
    """Show the neural tangent kernel of small networks at their start and while they train.

    Each finished row is written to bench-ntk.jsonl at once; what goes on is said on stderr.
    sine and raf are looked at with omega 15, 30, 60 and 120.

    Args:
        activations: names with commas between them; relu, sine and raf by default.
        width: neurons of a layer.
        seeds: how many networks of each, from seed 0 on.
        resume: go on with the rows that are there.
        json: print one JSON object with the rows on stdout instead of the table.
        out: folder of bench-ntk.jsonl; the current one by default.
    """
    from inr import science

    begun = time.monotonic()
    jobs = science.ntk.jobs(names(activations), width, seeds)
    report(finished_rows(jobs, science.ntk.run, "ntk", "default", out, resume), COLUMNS, begun, json)

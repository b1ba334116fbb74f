"""RAF's kernel beside ReLU's and sine's: at equal width, and at equal kernel width.

A sine of another ω has a kernel of another width, and the narrower a kernel the better its
condition number, whatever the activation.  So beside sine at its usual ω there is the sine whose
kernel is, at its start, as wide as that of RAF with the same seed: ω is bisected, in the steps of
1/16 that a field can hold, until the half-widths agree.

In training the half-widths drift apart again; the rows hold them.
"""

import functools
import itertools
from collections.abc import Callable
from dataclasses import replace

from inr.errors import SpecError
from inr.science import ntk
from inr.science.jobs import Row
from inr.science.ntk import GRIDS, NtkJob, kernel, known, network

FORMS = ("raf", "raf-image")  # the package's own and the published one for pictures
USUAL = 30.0  # ω of SIREN, and of `raf`
LEAST, MOST = 5.0, 240.0  # where ω is looked for
STEP = 1.0 / 16.0  # of ω, as in a file


def jobs(forms: tuple[str, ...] = (), width: int = 64, seeds: int = 1) -> list[NtkJob]:
    """ReLU, sine at USUAL, each RAF, and sine at each RAF's half-width, on every grid and seed.

    Raises:
        SpecError: a form is no RAF, or a number is less than 1.
    """
    forms = forms or FORMS
    for name in forms:
        if not name.startswith("raf") or name not in known():
            raise SpecError(f"ntk --match: {name!r} is no RAF; give some of raf, raf-image, raf-audio")
    ntk.jobs(("relu",), width, seeds)  # its checks of the numbers
    found = []
    for grid, seed in itertools.product(GRIDS, range(seeds)):
        found += [NtkJob("relu", None, grid, width, seed), NtkJob("sine", USUAL, grid, width, seed)]
        for name in forms:
            raf = NtkJob(name, USUAL if name == "raf" else None, grid, width, seed)
            found += [raf, replace(raf, activation="sine", omega=matching_omega(raf), matches=name)]
    return found


@functools.cache
def matching_omega(job: NtkJob) -> float:
    """ω of the sine whose kernel starts as wide as a job's; the end of the range where none is.

    The half-width of one network falls with ω but for small steps, which a bisection survives: it
    ends where the two differ by less than the last step of ω makes.
    """
    want = start_half_width(job)

    def wider(steps: int) -> bool:
        return start_half_width(replace(job, activation="sine", omega=steps * STEP)) > want

    return STEP * bisect(wider, round(LEAST / STEP), round(MOST / STEP))


def start_half_width(job: NtkJob) -> float:
    """Half-width of a job's kernel before training, in samples."""
    spec, tensors, trained = network(job)
    return ntk.half_width(kernel(spec, tensors, trained, ntk.grid(job.grid)), GRIDS[job.grid])


def bisect(too_low: Callable[[int], bool], low: int, high: int) -> int:
    """The least whole number of a range that is not too low, or its end."""
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if too_low(middle) else (low, middle)
    return low


def verdicts(rows: list[Row]) -> list[Row]:
    """How each RAF's condition number compares with each rival's, seed by seed.

    Returns: one row a form, grid, step and rival: `ratios` by seed of RAF's condition number to the
    rival's, how many are `below` 1, and both half-widths as means over the seeds.  A rival at the floor
    has at least the condition number that is written, so its ratio is an upper bound: `bound`.
    """
    found = []
    of_raf = [row for row in rows if row["activation"].startswith("raf")]
    for form, grid, step in dict.fromkeys((r["activation"], r["grid"], r["step"]) for r in of_raf):
        here = [row for row in rows if (row["grid"], row["step"]) == (grid, step)]
        mine = [row for row in here if row["activation"] == form]
        for rival, theirs in (
            ("relu", [row for row in here if row["activation"] == "relu"]),
            (f"sine {USUAL:g}", [r for r in here if r["activation"] == "sine" and "matches" not in r]),
            ("sine as wide", [row for row in here if row.get("matches") == form]),
        ):
            ratios = [
                a["condition_number"] / b["condition_number"] for a, b in zip(mine, theirs, strict=True)
            ]
            found.append(
                {
                    "activation": form,
                    "grid": grid,
                    "step": step,
                    "rival": rival,
                    "ratios": ratios,
                    "below": sum(ratio < 1.0 for ratio in ratios),
                    "seeds": len(ratios),
                    "bound": any(b["at_floor"] for b in theirs),
                    "half_width": _mean(mine),
                    "rival_half_width": _mean(theirs),
                }
            )
    return found


def _mean(rows: list[Row]) -> float:
    return sum(row["half_width"] for row in rows) / len(rows)

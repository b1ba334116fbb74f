"""Solve the boundary and eigenvalue problems of the RAF paper, print the errors."""

import json as json_module
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol

from cyclopts import Parameter

from inr.cli.drawing import say
from inr.cli.options import Flag, Whole
from inr.cli.tables import print_table
from inr.errors import SpecError

Row = dict[str, Any]
Columns = tuple[tuple[str, str, str], ...]  # title, key of the row, format
COLUMNS: Columns = (
    ("problem", "problem", "s"),
    ("dim", "dim", "d"),
    ("width", "width", "d"),
    ("activation", "activation", "s"),
    ("steps", "steps", ",d"),
    ("points", "points", ",d"),
    ("L-BFGS", "finish", ",d"),
    ("seed", "seed", "d"),
    ("state", "state", "d"),
    ("relative L2", "rel_l2", ".3e"),
    ("eigenvalue", "eigenvalue", ".9f"),
    ("exact", "eigenvalue_exact", ".9f"),
    ("error", "eigenvalue_error", ".2e"),
    ("quadrature", "quadrature_error", ".1e"),
    ("seconds", "seconds", ",.1f"),
)


class Work(Protocol):
    """A run that gives one or more rows."""

    @property
    def identity(self) -> dict[str, Any]:
        """What tells it from all others."""
        ...

    @property
    def states(self) -> int:
        """How many rows."""
        ...


def pde(
    name: str,
    /,
    *,
    problem: str | None = None,
    dim: Whole | None = None,
    width: Whole | None = None,
    steps: Whole | None = None,
    activations: str | None = None,
    seeds: Whole = 1,
    quick: Flag = False,
    full: Flag = False,
    resume: Flag = False,
    json: Flag = False,
    out: Annotated[Path, Parameter(name=["-o", "--out"])] = Path(),
) -> None:
    """Solve the problem NAME with one network an activation and print each one's error.

    Each finished row is written to bench-pde-NAME.jsonl at once; what goes on is said on stderr.

    Args:
        name: poisson, singular, oscillation, all of them, or eigen.
        problem: of eigen: fokker-planck, schroedinger, cubic or double-well; all by default.
        dim: number of dimensions.
        width: neurons of a layer.
        steps: of training.
        activations: names with commas between them, such as relu3,poly-sine-gauss.
        seeds: how many runs of each, from seed 0 on.
        quick: few points and steps, two activations (eigen: four); some minutes a problem.
        full: the published points, steps and widths; days on a processor.
        resume: go on with the rows that are there.
        json: print one JSON object with the rows on stdout instead of the table.
        out: folder of bench-pde-NAME.jsonl; the current one by default.
    """
    if quick and full:
        raise SpecError("pde: --quick and --full exclude each other; give one of them")
    from inr import science

    begun = time.monotonic()
    mode = "quick" if quick else "full" if full else "default"
    request = science.Request(name, problem, dim, width, steps, names(activations), seeds, mode)
    jobs = science.jobs(request)
    rows = finished_rows(jobs, science.run, f"pde-{name}", mode, out, resume)
    report(rows, COLUMNS, begun, json)


def names(words: str | None) -> tuple[str, ...]:
    """The names in a list with commas, each once."""
    return tuple(dict.fromkeys(filter(None, (word.strip() for word in (words or "").split(",")))))


def finished_rows(
    jobs: Sequence[Work],
    run: Callable[[Any], Iterator[str | Row]],
    name: str,
    mode: str,
    out: Path,
    resume: bool,
) -> list[Row]:
    """The rows of all runs; those that the journal has are not run again."""
    from inr import bench

    journal = bench.Journal(out, name, mode, resume)
    rows: list[Row] = []
    for job in jobs:
        kept = [journal.find([job.identity, number]) for number in range(job.states)]
        done = [row for row in kept if row is not None]
        if len(done) < job.states:
            done = []
            for item in run(job):
                if isinstance(item, str):
                    say(item)
                    continue
                journal.add([job.identity, len(done)], item)
                done.append(item)
        rows += done
    return rows


def report(
    rows: list[Row],
    columns: Columns,
    begun: float,
    json: bool,
    more: Row | None = None,
    notes: Sequence[str] = (),
) -> None:
    """One JSON object, or a table with the columns that some row fills.

    Args:
        rows: all of them.
        columns: of the table.
        begun: when, by the monotonic clock.
        json: print the object.
        more: what else the object holds.
        notes: what else the table's reader is told, a line each.
    """
    from inr import bench

    machine = bench.machine()
    seconds = round(time.monotonic() - begun, 1)
    if json:
        print(json_module.dumps({"rows": rows, **(more or {}), "machine": machine, "seconds": seconds}))
        return
    lines = [[format(row[key], form) if key in row else "" for _, key, form in columns] for row in rows]
    print_table([title for title, _, _ in columns], lines, machine, seconds, notes=notes)

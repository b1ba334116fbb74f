"""Compare activations on one signal, print their means and spreads."""

import json as json_module
import time as clock
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from inr.cli.drawing import say
from inr.cli.options import Flag, Whole
from inr.cli.tables import print_table

WIDE = 150


def compare(
    source: str,
    /,
    *,
    activations: str = "raf,sine,finer",
    seeds: Whole = 3,
    params: Whole | None = None,
    time: float | None = None,
    steps: Whole | None = None,
    profile: str = "auto",
    resume: Flag = False,
    json: Flag = False,
    out: Annotated[Path, Parameter(name=["-o", "--out"])] = Path(),
) -> None:
    """Compare activations on INPUT (a picture, sound or video file, or sample:NAME).

    All have the same bound on parameters, the same layout, the same steps or seconds, the same seeds, and
    a search of the same size for their own rates and frequency; what is tried is said on stderr.  Each
    finished row is written to bench-compare-INPUT.jsonl at once; compare-INPUT.csv, .json and, where
    matplotlib is installed, figures follow at the end.

    Args:
        source: the signal.
        activations: names with commas between them.
        seeds: fits of each, from seed 0 on.
        params: bound on each network's numbers, those of its activation counted; by default about
            what inr fit would take.
        time: seconds of each fit, instead of steps.
        steps: optimiser steps of each fit; 1500 by default.
        profile: layout of the networks: single, tiles or auto.
        resume: go on with the rows that are there.
        json: print one JSON object with the rows on stdout instead of the table.
        out: folder of rows, card and figures, made where there is none; the current one by default.
    """
    from inr import bench

    begun = clock.monotonic()
    names = tuple(filter(None, (word.strip() for word in activations.split(","))))
    request = bench.CompareRequest(
        source,
        names,
        seeds=seeds,
        params=params,
        time_s=time,
        steps=steps,
        profile=profile,
        folder=out,
        resume=resume,
    )
    rows: list[dict[str, Any]] = []
    for item in bench.compare(request):
        if isinstance(item, str):
            say(item)
        else:
            rows.append(item)
    seconds = round(clock.monotonic() - begun, 1)
    machine = bench.machine()
    if json:
        print(json_module.dumps({"rows": rows, "machine": machine, "seconds": seconds}))
        return
    _print(bench.compare_summary(rows), machine, seconds)


def _print(means: list[dict[str, Any]], machine: dict[str, Any], seconds: float) -> None:
    from inr import bench

    lines = [bench.cells(bench.COMPARE, row) for row in means]
    titles = [title for title, _ in bench.COMPARE]
    print_table(titles, lines, machine, seconds, notes=bench.COMPARE_NOTES, width=WIDE)

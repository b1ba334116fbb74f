"""Compare activations on one signal, print their means and spreads."""

import json as json_module
import time as clock
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from inr.cli.drawing import say
from inr.cli.options import Flag, Whole
from inr.cli.reporting import check_folder, command_line, shown, write_page
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
    report: Path | None = None,
    out: Annotated[Path, Parameter(name=["-o", "--out"])] = Path(),
) -> int:
    """Compare activations on SOURCE (a picture, sound or video file, or sample:NAME).

    Fair means: the same bound on parameters, the same layout, the same steps or seconds, the same seeds,
    and a search of the same size for each one's own rates and frequency; what is tried is said on stderr.
    Each finished row is written to bench-compare-SOURCE.jsonl at once; compare-SOURCE.csv, .json and, where
    matplotlib is installed, figures follow at the end.

    A first look: inr compare sample:microaneurysms --activations raf,gauss --params 3000 --steps 300

    Args:
        source: the signal.
        activations: names with commas between them, such as raf, sine, finer, gauss, wire, relu; an
            unknown name lists them all.
        seeds: fits of each, from seed 0 on; one alone cannot show chance.
        params: bound on each network's numbers, those of its activation counted; by default about
            what inr fit would take.
        time: seconds of each fit, instead of steps: what they learn in that time with this package.
        steps: optimiser steps of each fit; 1500 by default.
        profile: layout of the networks: single, tiles or auto.
        resume: go on with the rows that are there.
        json: print one JSON object with the rows on stdout instead of the table.
        report: a folder; a page with the table, the figures and every row is written into it.
        out: folder of rows, card and figures, made where there is none; the current one by default.
    """
    from inr import bench, reports

    begun = clock.monotonic()
    check_folder(report, resume)
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
    lines: list[str] = []
    for item in bench.compare(request):
        if isinstance(item, str):
            say(item)
            lines.append(item)
        else:
            rows.append(item)
    seconds = round(clock.monotonic() - begun, 1)
    machine = bench.machine()
    titles = [title for title, _ in bench.COMPARE]
    table = [bench.cells(bench.COMPARE, row) for row in bench.compare_summary(rows)]
    verdict = bench.verdict(rows)
    if json:
        print(json_module.dumps({"rows": rows, "machine": machine, "seconds": seconds}))
    else:
        notes = (*verdict, *bench.COMPARE_NOTES)
        print_table(titles, table, machine, seconds, notes=notes, width=WIDE)
    if report is None:
        return 0
    asked = {
        "activations": activations,
        "seeds": seeds,
        "params": params,
        "time": time,
        "steps": steps,
        "profile": profile,
        "out": out,
        "report": report,
    }
    page = reports.Results(
        f"{request.name}: activations compared",
        f"{', '.join(request.activations)}: {request.budget} a fit, equal bounds on parameters, equal seeds, "
        "a search of equal size for each.",
        command_line(("compare", source), asked),
        columns=titles,
        lines=table,
        notes=bench.COMPARE_NOTES,
        rows=rows,
        machine=machine,
        seconds=seconds,
        verdict=verdict,
        **shown(lines),
    )
    return write_page(report, page)

"""Run one of the comparisons, print its table."""

import json as json_module
import time as clock
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from inr.cli.drawing import say
from inr.cli.options import Flag, Whole
from inr.cli.reporting import check_folder, command_line, shown, write_page
from inr.cli.tables import print_table
from inr.errors import SpecError

if TYPE_CHECKING:
    from inr.bench import Bench
    from inr.reports import Results


def bench(
    name: str,
    /,
    *signals: str,
    quick: Flag = False,
    full: Flag = False,
    resume: Flag = False,
    json: Flag = False,
    time: float | None = None,
    steps: Whole | None = None,
    report: Path | None = None,
    out: Annotated[Path, Parameter(name=["-o", "--out"])] = Path(),
) -> int:
    """Run the benchmark NAME: digits, raf, rd or speed.

    Each finished row is written to bench-NAME.jsonl at once; what goes on is said on stderr.
    Reference signals are looked for in the folder that the environment names as INR_DATA.

    Args:
        name: digits: LSLU and SLAF beside ReLU as classifiers of small digits; needs scikit-learn.
            raf: the RAF paper's sounds, pictures and video; whole, without --quick, a GPU or a night.
            rd: our files beside JPEG, AVIF, Opus, x265 and others at equal bytes.
            speed: how long until a quality is reached, beside published recipes.
        signals: for rd: files or sample:NAME, instead of the reference signals.
        quick: few rows, short fits or easy targets; two to five minutes.
        full: measure what is otherwise projected, or fit for ten minutes; takes hours.
        resume: go on with the rows that are there.
        json: print one JSON object with the rows on stdout instead of the table.
        time: for rd: seconds of each fit; 120 by default, more for long clips, 20 with --quick.
        steps: for rd: optimiser steps of each fit, instead of seconds.
        report: a folder; a page with the table, the figures and every row is written into it.
        out: folder of bench-NAME.jsonl and of figures; the current one by default.
    """
    if quick and full:
        raise SpecError("bench: --quick and --full exclude each other; give one of them")
    from inr import bench as room

    begun = clock.monotonic()
    found = room.find_bench(name)
    if not found.own_signals and (signals or time is not None or steps is not None):
        raise SpecError(f"bench {name}: takes no signals, --time or --steps; leave them out, or run bench rd")
    mode = "quick" if quick else "full" if full else "default"
    request = room.BenchRequest(mode, out, resume, signals=signals, time_s=time, steps=steps)
    check_folder(report, resume)
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    machine = room.machine()
    for item in found.run(request):
        if isinstance(item, str):
            say(item)
            lines.append(item)
        else:
            rows.append(item)
    result = {"rows": rows, "machine": machine, "seconds": round(clock.monotonic() - begun, 1)}
    if json:
        print(json_module.dumps(result))
    else:
        _print(found, result)
    if report is None:
        return 0
    asked = {"quick": quick, "full": full, "time": time, "steps": steps, "out": out, "report": report}
    again = command_line(("bench", name, *signals), asked)
    return write_page(report, _page(name, mode, found, result, lines, again))


def _page(
    name: str, mode: str, found: "Bench", result: dict[str, Any], said: list[str], command: str
) -> "Results":
    from inr import bench as room
    from inr import reports

    signals = list(dict.fromkeys(row["signal"] for row in result["rows"] if "signal" in row))
    return reports.Results(
        title=f"bench {name}",
        lead=f"Mode {mode}; signals: {', '.join(signals) or 'none'}.",
        command=command,
        columns=[title for title, _ in found.columns],
        lines=[room.cells(found.columns, row) for row in found.summary(result["rows"])],
        notes=found.notes,
        **result,
        **shown(said),
    )


def _print(found: "Bench", result: dict[str, Any]) -> None:
    from inr import bench as room

    lines = [room.cells(found.columns, row) for row in found.summary(result["rows"])]
    titles = [title for title, _ in found.columns]
    print_table(titles, lines, result["machine"], result["seconds"], notes=found.notes)

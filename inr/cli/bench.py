"""Run one of the comparisons, print its table."""

import json as json_module
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from inr.cli.drawing import Page, say
from inr.cli.options import Flag
from inr.errors import SpecError

if TYPE_CHECKING:
    from inr.bench import Bench

WIDE = 140


def bench(
    name: str,
    /,
    *,
    quick: Flag = False,
    full: Flag = False,
    resume: Flag = False,
    json: Flag = False,
    out: Annotated[Path, Parameter(name=["-o", "--out"])] = Path(),
) -> None:
    """Run the benchmark NAME: speed.

    Each finished row is written to bench-NAME.jsonl at once; what goes on is said on stderr.
    Reference signals are looked for in the folder that the environment names as INR_DATA.

    Args:
        name: speed: how long until a quality is reached, beside published recipes.
        quick: few rows and easy targets, about two minutes.
        full: measure what is otherwise projected; takes hours.
        resume: go on with the rows that are there.
        json: print one JSON object with the rows on stdout instead of the table.
        out: folder of bench-NAME.jsonl; the current one by default.
    """
    if quick and full:
        raise SpecError("bench: --quick and --full exclude each other; give one of them")
    from inr import bench as room

    begun = time.monotonic()
    found = room.find_bench(name)
    mode = "quick" if quick else "full" if full else "default"
    request = room.BenchRequest(mode, out, resume)
    rows: list[dict[str, Any]] = []
    machine = room.machine()
    for item in found.run(request):
        if isinstance(item, str):
            say(item)
        else:
            rows.append(item)
    result = {"rows": rows, "machine": machine, "seconds": round(time.monotonic() - begun, 1)}
    if json:
        print(json_module.dumps(result))
        return
    _print(found, result)


def _print(found: "Bench", result: dict[str, Any]) -> None:
    from rich.table import Table

    from inr import bench as room

    page = Page()
    if not page.is_terminal:  # a file has no width that lines would have to fit
        page = Page(width=WIDE)
    table = Table(*(title for title, _ in found.columns))
    for row in result["rows"]:
        table.add_row(*room.cells(found.columns, row))
    page.print(table)
    for note in found.notes:
        page.print(note, highlight=False, markup=False)
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    page.print(f"{machine}; {result['seconds']:.0f} s in all", highlight=False, markup=False)

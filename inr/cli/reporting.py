"""`--report DIR` of compare and bench: the folder, the command line that does it again, the page."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inr.cli.complaints import EXPECTED, complaint
from inr.cli.drawing import say
from inr.errors import SpecError


def check_folder(report: Path | None, resume: bool) -> None:
    """Refuse before the work what could not be written after it.

    Raises:
        SpecError: a file has the folder's name, or a page is there and the run does not go on with it.
    """
    if report is None:
        return
    from inr.reports import PAGE

    if any(place.exists() and not place.is_dir() for place in (report, *report.parents)):
        raise SpecError(f"--report {report}: a file has this name; give the name of a folder")
    if (report / PAGE).exists() and not resume:
        raise SpecError(
            f"--report: {report / PAGE} exists already; add --resume to write the page of the same run anew, "
            "or choose another folder"
        )


def command_line(words: Sequence[str], options: dict[str, Any]) -> str:
    """The command that does the same again.

    Args:
        words: verb and arguments.
        options: by their Python names; None and False are left out, True is a flag.
    """
    said = ["inr", *words]
    for name, value in options.items():
        if value is not None and value is not False:
            said += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return shlex.join(said)


def shown(said: Sequence[str]) -> dict[str, Any]:
    """What `reports.Results` takes of the lines that a bench has said: figures, words, what is missing."""
    from inr import bench, reports

    figures = [reports.Picture(line.path, line.caption) for line in said if isinstance(line, bench.Drawn)]
    words = [line for line in said if not isinstance(line, bench.Drawn)]
    return {"figures": figures, "said": words, "missing": reports.no_figures()}


def write_page(report: Path | None, results: Any) -> int:
    """Write the page of `reports.Results` and say where it is; the exit code.

    A page that fails does not take the results with it: they are printed all the same.
    """
    from inr import reports

    if report is None:
        return 0
    try:
        say(f"the report is {reports.write_results(report, results)}")
    except EXPECTED as error:
        line, code = complaint(error)
        say(f"inr: --report: {line}; the rows are safe, and --resume with another folder writes the page")
        return code
    return 0

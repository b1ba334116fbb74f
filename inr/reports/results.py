"""The page of a comparison or benchmark: what it found, its figures, its rows, how to do it again.

It is the same page for all of them.  Nothing is computed or drawn here: the table is the one that is
printed, and the figures are the files that the run has drawn.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inr.reports import tables
from inr.reports.document import command, document, facts, save
from inr.reports.tables import text

FIGURE_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Picture:
    """A figure that was drawn.

    Attributes:
        path: its file, .png or .svg.
        caption: what it shows.
    """

    path: Path
    caption: str


@dataclass(frozen=True)
class Results:
    """All that a comparison has to show.

    Attributes:
        title: what was compared, in a few words.
        lead: one sentence about it.
        command: the command line that does the same.
        columns, lines: the printed table: titles, and a text for each cell.
        notes: what one should know when reading it.
        rows: the finished rows, flat, as `--json` prints them.
        machine: what they were made on.
        seconds: all of it took.
        verdict: what follows from the table, in sentences.
        figures: what was drawn.
        said: what was said on the way: searches, what was skipped and why.
        missing: why there are no figures, where there are none.
    """

    title: str
    lead: str
    command: str
    columns: Sequence[str]
    lines: Sequence[Sequence[str]]
    notes: Sequence[str]
    rows: Sequence[dict[str, Any]]
    machine: dict[str, Any]
    seconds: float
    verdict: Sequence[str] = ()
    figures: Sequence[Picture] = ()
    said: Sequence[str] = ()
    missing: str | None = None


def write_results(folder: Path, results: Results) -> Path:
    """Write the page.

    Args:
        folder: made where it is missing; an `index.html` in it is replaced.
        results: what it shows.

    Returns: the page's path.

    Raises:
        OSError: it cannot be written, or a figure is gone.
    """
    return save(folder, document(f"{results.title}: by inr", _body(results)))


def _body(results: Results) -> Iterator[str]:
    yield f"<h1>{text(results.title)}</h1>\n<p class='lead'>{text(results.lead)}</p>\n"
    if results.missing and not results.figures:
        yield f"<p class='warning'>{text(results.missing)}</p>\n"
    count = len(results.rows)
    yield facts([(f"{count:,}", "row" if count == 1 else "rows"), (_duration(results.seconds), "in all")])
    if not results.rows:
        yield "<p class='warning'>No row was finished; what was said on the way tells why.</p>\n"
    if results.verdict:
        yield "<h2>What follows</h2>\n" + tables.items(results.verdict)
    if results.rows:
        yield "<h2>Results</h2>\n" + _printed(results)
    if results.notes:
        yield "<h3>How to read them</h3>\n" + tables.items(results.notes)
    if results.figures:
        yield "<h2>Figures</h2>\n"
        yield from (_figure(picture) for picture in results.figures)
    if results.rows:
        yield _folded(f"All rows ({count:,})", tables.records(results.rows))
    if results.said:
        yield _folded("What was said on the way", tables.items(results.said))
    yield command(results.command)
    yield "<h3>Machine</h3>\n" + tables.pairs(results.machine.items())


def _printed(results: Results) -> str:
    """The printed table; a column that is empty in every line is left out, as on the terminal."""
    kept = [i for i in range(len(results.columns)) if any(line[i] for line in results.lines)]
    heads = [results.columns[i] for i in kept]
    return tables.table(heads, [[line[i] for i in kept] for line in results.lines])


def _figure(picture: Picture) -> str:
    """A figure on white, on which it was drawn, whatever the page's own colours."""
    kind = FIGURE_TYPES[picture.path.suffix]
    data = base64.b64encode(picture.path.read_bytes()).decode("ascii")
    words = text(picture.caption)
    return (
        f"<figure class='card'><div class='paper'><img src='data:{kind};base64,{data}' alt='{words}'></div>"
        f"<figcaption>{words}</figcaption></figure>\n"
    )


def _folded(title: str, body: str) -> str:
    """A section that opens when it is asked for."""
    return f"<details><summary>{text(title)}</summary>\n{body}</details>\n"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"

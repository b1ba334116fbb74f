"""The printed end of a comparison: a table, what to know when reading it, and the machine."""

from collections.abc import Sequence
from typing import Any

from inr.cli.drawing import Page

WIDE = 140  # a file has no width that lines would have to fit


def print_table(
    titles: Sequence[str],
    lines: Sequence[Sequence[str]],
    machine: dict[str, Any],
    seconds: float,
    *,
    notes: Sequence[str] = (),
    width: int = WIDE,
) -> None:
    """Print rows of cells; a column that is empty in every row is left out.

    Args:
        titles: of the columns.
        lines: the cells of each row.
        machine: what the rows were made on, by name.
        seconds: all of it took.
        notes: lines under the table.
        width: of the table where standard output is no terminal.
    """
    from rich.table import Table

    page = Page()
    if not page.is_terminal:
        page = Page(width=width)
    shown = [i for i in range(len(titles)) if not lines or any(line[i] for line in lines)]
    table = Table(*(titles[i] for i in shown))
    for line in lines:
        table.add_row(*(line[i] for i in shown))
    page.print(table)
    words = ", ".join(f"{key} {value}" for key, value in machine.items())
    for note in (*notes, f"{words}; {seconds:.0f} s in all"):
        page.print(note, highlight=False, markup=False)

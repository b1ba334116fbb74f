"""The benchmarks, by name.  One file each; this list is all that the command line needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inr.bench import digits, digits_summary, raf, raf_summary, rd, speed
from inr.bench.journal import Row
from inr.bench.rd_summary import summary
from inr.bench.request import BenchRequest
from inr.bench.table import RD, SPEED, Columns
from inr.errors import SpecError


@dataclass(frozen=True)
class Bench:
    """A benchmark.

    Attributes:
        run: yields lines for the person, and finished rows.
        columns: of its printed table.
        notes: what the person should know when reading it.
        summary: what the table shows, of the rows; the rows themselves by default.
        own_signals: it takes signals, and a time or steps for each fit.
    """

    run: Callable[[BenchRequest], Iterator[str | Row]]
    columns: Columns
    notes: tuple[str, ...]
    summary: Callable[[list[Row]], list[Row]] = list
    own_signals: bool = False


BENCHES = {
    "digits": Bench(digits.run, digits_summary.DIGITS, digits_summary.NOTES, digits_summary.summary),
    "raf": Bench(raf.run, raf_summary.RAF, raf.NOTES, raf_summary.summary),
    "rd": Bench(rd.run, RD, rd.NOTES, summary, own_signals=True),
    "speed": Bench(speed.run, SPEED, speed.NOTES),
}


def find_bench(name: str) -> Bench:
    """The benchmark of that name.

    Raises:
        SpecError: there is none; the message lists the known ones.
    """
    if name not in BENCHES:
        raise SpecError(f"bench: no benchmark {name!r}; known are {', '.join(sorted(BENCHES))}")
    return BENCHES[name]

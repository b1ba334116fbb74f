"""The benchmarks, by name.  One file each; this list is all that the command line needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inr.bench import speed
from inr.bench.journal import Row
from inr.bench.request import BenchRequest
from inr.bench.table import SPEED, Columns
from inr.errors import SpecError


@dataclass(frozen=True)
class Bench:
    """A benchmark.

    Attributes:
        run: yields lines for the person, and finished rows.
        columns: of its printed table.
        notes: what the person should know when reading it.
    """

    run: Callable[[BenchRequest], Iterator[str | Row]]
    columns: Columns
    notes: tuple[str, ...]


BENCHES = {"speed": Bench(speed.run, SPEED, speed.NOTES)}


def find_bench(name: str) -> Bench:
    """The benchmark of that name.

    Raises:
        SpecError: there is none; the message lists the known ones.
    """
    if name not in BENCHES:
        raise SpecError(f"bench: no benchmark {name!r}; known are {', '.join(sorted(BENCHES))}")
    return BENCHES[name]

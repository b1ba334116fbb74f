"""Quality against step: a property of a recipe and a signal, not of the machine.

A curve is run once and kept as a CSV file; a comparison then times a few steps on its own machine
and multiplies.  A file holds `# key: value` lines (machine, date, command), a line of names, and one
`step,db` line a measurement.  Each line is on the disk before the next steps begin, and weights and
moments lie beside it in NAME.csv.state, so that an interrupted run goes on where its last line is.
"""

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inr.bench.machine import machine
from inr.bench.recipes import Recipe
from inr.errors import FormatError, SpecError
from inr.files import write_bytes


@dataclass(frozen=True)
class Curve:
    """Quality after so many steps; steps rise."""

    points: tuple[tuple[int, float], ...]

    @property
    def last_step(self) -> int:
        """Where the curve ends."""
        return self.points[-1][0]

    def steps_to(self, target_db: float) -> float | None:
        """Steps until the quality first reaches the target, interpolated; None if it never does."""
        before: tuple[int, float] | None = None
        for step, db in self.points:
            if db >= target_db:
                if before is None:
                    return float(step)
                share = (target_db - before[1]) / (db - before[1])
                return before[0] + share * (step - before[0])
            before = (step, db)
        return None


def baselines_folder() -> Path:
    """Where the kept curves are: the project's data/baselines, or the package's copy of it."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_data"
    return (installed if installed.is_dir() else package.parent / "data") / "baselines"


def curve_path(folder: Path, name: str, recipe: str) -> Path:
    """The file of a signal's curve."""
    return folder / f"{name}-{recipe}.csv"


def read_curve(path: Path) -> Curve:
    """A kept curve.

    Raises:
        FormatError: a line is not `step,db`, steps do not rise, or there are none.
    """
    points: list[tuple[int, float]] = []
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    for line in lines[1:]:
        try:
            step, db = line.split(",")[:2]
            points.append((int(step), float(db)))
        except ValueError as error:
            raise FormatError(f"{path}: {line!r} came; `step,db` is needed; run the curve again") from error
    if not points or any(b[0] <= a[0] for a, b in zip(points, points[1:], strict=False)):
        raise FormatError(f"{path}: holds no rising steps; run the curve again")
    return Curve(tuple(points))


def record_curve(path: Path, recipe: Recipe, steps: int, every: int, command: str) -> Iterator[str]:
    """Run a recipe and write its curve as it goes; goes on with one that was interrupted.

    Args:
        path: the CSV file.
        recipe: fresh; its chunk may be anything.
        steps: where to end.
        every: steps between measurements.
        command: what makes this file, for its header.

    Yields: each measurement, in words.

    Raises:
        SpecError: the curve is there and finished.
    """
    if not _continued(path, recipe):
        _write_header(path, recipe, command)
        yield _append(path, recipe)
    while recipe.steps < steps:
        for _ in range(min(every, steps - recipe.steps)):
            recipe.step()
        yield _append(path, recipe)
    _state_path(path).unlink(missing_ok=True)


def _append(path: Path, recipe: Recipe) -> str:
    """Measure, add a line, keep the state."""
    line = f"{recipe.steps},{recipe.quality_db():.4f}"
    # The line first: a state without its line would leave a hole in the curve.
    with path.open("a") as file:
        file.write(line + "\n")
    write_bytes(_state_path(path), recipe.state().astype("<f4").tobytes())
    return f"{path.name}: step {line.replace(',', ', ')} dB"


def _continued(path: Path, recipe: Recipe) -> bool:
    """Take up the state beside an interrupted curve, if there is one, and drop a line that came after it."""
    state = _state_path(path)
    if not path.is_file():
        return False
    if not state.is_file():
        raise SpecError(f"{path}: exists already; remove it to run the curve again")
    recipe.restore(np.frombuffer(state.read_bytes(), dtype="<f4"))
    kept = []
    for line in path.read_text().splitlines(keepends=True):
        step = line.partition(",")[0]
        if line.endswith("\n") and not (step.isdigit() and int(step) > recipe.steps):
            kept.append(line)
    write_bytes(path, "".join(kept).encode())
    return True


def _write_header(path: Path, recipe: Recipe, command: str) -> None:
    about = {
        "recipe": f"{recipe.name}, {recipe.params} parameters, {recipe.rows} samples a step",
        "machine": json.dumps(machine(0.1)),
        "date": datetime.date.today().isoformat(),
        "command": command,
    }
    head = "".join(f"# {key}: {value}\n" for key, value in about.items())
    write_bytes(path, (head + "step,db\n").encode())


def _state_path(path: Path) -> Path:
    return path.with_name(path.name + ".state")

"""What a person asks of a benchmark."""

from dataclasses import dataclass, field
from pathlib import Path

from inr.bench.curves import baselines_folder
from inr.bench.jobs import data_folder


@dataclass(frozen=True)
class BenchRequest:
    """How to run a benchmark.

    Attributes:
        mode: "default", "quick" (minutes, few rows) or "full" (nothing is projected).
        folder: where finished rows are written.
        resume: go on with the rows that are there.
        data: the folder of the reference signals; None where there is none.
        baselines: the folder of the kept curves.
        signals: files or samples to compare on, instead of the reference signals; only for `rd`.
        time_s: seconds of each fit; by default what the mode says; only for `rd`.
        steps: optimiser steps of each fit, instead; only for `rd`.
    """

    mode: str = "default"
    folder: Path = Path()
    resume: bool = False
    data: Path | None = field(default_factory=data_folder)
    baselines: Path = field(default_factory=baselines_folder)
    signals: tuple[str, ...] = ()
    time_s: float | None = None
    steps: int | None = None

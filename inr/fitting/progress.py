"""What a fit says while it runs.  Nothing is printed here; the command line draws it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """One record of a running fit.

    Attributes:
        phase: "fit", "quantise" or "evaluate".
        step: optimiser steps done.
        steps: steps planned, None until the first ones are measured.
        quality_db: running PSNR (audio: SNR) over recent batches, in dB; None before the first.
        seconds: time since the first byte was read.
        eta_s: seconds until the plan ends, None where unknown.
        samples_per_s: training samples a second.
        size_bytes: about how large the file will be, None before that can be said.
        note: something that the person should know, such as a checkpoint that could not be written.
    """

    phase: str
    step: int = 0
    steps: int | None = None
    quality_db: float | None = None
    seconds: float = 0.0
    eta_s: float | None = None
    samples_per_s: float = 0.0
    note: str = ""
    size_bytes: int | None = None


def drive(steps: Generator[Progress, None, T], show: Callable[[Progress], None]) -> T:
    """Run to the end, showing each record."""
    while True:
        try:
            record = next(steps)
        except StopIteration as end:
            return end.value
        show(record)

"""What one fit of the RAF experiments is told as: numbers of a row, and the search for its setting."""

import math
from collections.abc import Generator
from typing import Any

import numpy as np

from inr import metrics
from inr.bench.compare_search import SEARCH_SEED, Found, Setting
from inr.bench.journal import Row
from inr.bench.raf_fit import Contestant, fit
from inr.bench.raf_plan import with_setting
from inr.bench.raf_search import search
from inr.bench.raf_signals import RafSignal
from inr.bench.recipes import JUDGED_VOXELS
from inr.errors import SignalError

SEED = 0


def judged(signal: RafSignal, index: np.ndarray) -> np.ndarray:
    """The samples that are looked at: all, or of a long video JUDGED_VOXELS, always the same ones."""
    if signal.experiment != "video" or len(index) <= JUDGED_VOXELS:
        return index
    return np.random.Generator(np.random.Philox(0)).choice(index, JUDGED_VOXELS, replace=False)


def measured(signal: RafSignal, sums: metrics.SnrSums) -> Row:
    """mse, psnr_db, and of sound snr_db."""
    row: Row = {"mse": rounded(metrics.mse(sums.errors)), "psnr_db": rounded(metrics.psnr_db(sums.errors))}
    return row | ({"snr_db": rounded(metrics.snr_db(sums))} if signal.experiment == "audio" else {})


def decibels(signal: RafSignal, sums: metrics.SnrSums) -> float | None:
    """SNR of sound, PSNR of the others."""
    return metrics.snr_db(sums) if signal.experiment == "audio" else metrics.psnr_db(sums.errors)


def settings(contestant: Contestant) -> Row:
    """The rate and the frequency that a fit had, in absolute numbers."""
    row: Row = {"lr": rounded(contestant.rate)}
    if contestant.activation == "sine":
        return row | {"omega": contestant.omega}
    return row | {"start_scale": contestant.first}


def rounded(value: float | None) -> float | None:
    """Eight digits are enough for anybody."""
    return None if value is None else float(f"{value:.8g}")


def printed_search(
    signal: RafSignal, contestant: Contestant, width: int, steps: int
) -> Generator[str, None, Found]:
    """The search for rate and frequency; its seed is none of those reported.

    Args:
        signal: all its samples are fitted, and judged.
        contestant: whose setting is searched.
        width: H of every layer.
        steps: of each fit.

    Yields: a line a fit.
    """

    def attempt(setting: Setting) -> float:
        every = judged(signal, np.arange(signal.count))
        got = fit(signal, with_setting(contestant, setting), width, steps, SEARCH_SEED)
        try:
            db = decibels(signal, got.errors(signal, every))
        except SignalError:  # NaN: the rate was too high
            return -math.inf
        return math.inf if db is None else db

    lines = search(attempt)
    while True:
        try:
            line: Any = next(lines)
        except StopIteration as end:
            return end.value
        yield f"{signal.name}: {contestant.name}: search, {steps} steps: {line}"

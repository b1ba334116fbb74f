"""One fit by our own engine, timed as `inr fit` times it, and judged before quantisation."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inr import fields, fitting, metrics, reconstruct, signals
from inr.bench.machine import step_flops
from inr.fields import Field
from inr.specs import FitSpec

MOST_WORK = 2e12  # multiply-adds of one judgement: some 20 s on two cores
Prepare = Callable[[FitSpec, signals.Reader, float], fitting.Fit]
Source = str | Path | np.ndarray


@dataclass(frozen=True)
class Run:
    """What a fit came to.

    Attributes:
        db: PSNR, or SNR of sound, of the float field; clipped, not rounded.
        seconds: from the first byte read to the last change of a weight.
        params: trainable numbers.
        gflops: billions of operations a second, over all those seconds.
    """

    field: Field
    db: float
    seconds: float
    params: int
    gflops: float


def run_fit(source: Source, request: FitSpec, prepare: Prepare) -> Run:
    """Fit and judge.

    Args:
        source: the signal; pictures may be arrays.
        request: what is asked; its time is the budget.
        prepare: makes the fit, given the moment at which its clock started.
    """
    started = time.monotonic()
    with signals.open_reader(source, kind="image" if isinstance(source, np.ndarray) else None) as reader:
        fit = prepare(request, reader, started)
        try:
            for _ in fit.run():
                pass
        finally:
            fit.network.close()
        seconds = fit.seconds
        field = fit.best()
        return Run(field, float_db(field, reader), seconds, field.params, _flops(fit) / seconds / 1e9)


def float_db(field: Field, reader: signals.Reader, most: float = MOST_WORK) -> float:
    """PSNR, or SNR of sound, of a field before quantisation; infinite where it is exact.

    A signal whose evaluation takes more than `most` multiply-adds is judged on evenly spaced
    units of its slowest axis (frames of video).
    """
    low = -1.0 if reader.spec.kind == "audio" else 0.0
    sums = metrics.SnrSums()
    for span in _spans(field, reader, most):
        for block in reconstruct.blocks(field, reader.spec, span=span, engine="torch"):
            want = signals.to_float(reader.read(block.start, block.stop))
            sums = metrics.update_snr(sums, want, np.clip(block.values, low, 1.0))
    db = metrics.snr_db(sums) if reader.spec.kind == "audio" else metrics.psnr_db(sums.errors)
    return math.inf if db is None else db


def _spans(field: Field, reader: signals.Reader, most: float) -> list[tuple[int, int]]:
    units = reader.spec.shape[0]
    work = float(reader.spec.samples) * field.params / field.spec.tile_count
    if work <= most:
        return [(0, units)]
    count = max(1, min(units, int(units * most / work)))
    return [(a, a + 1) for a in np.linspace(0, units - 1, count).astype(int).tolist()]


def _flops(fit: fitting.Fit) -> float:
    """Operations of a whole fit: in a step every tile of the slab in memory sees one batch."""
    tiles = fit.plan.field.tile_count
    at_once = max(1.0, tiles / len(fit.sampler.slabs))
    own = fields.param_count(fit.plan.field) / tiles
    return fit.step * at_once * step_flops(1, fit.plan.batch) * own

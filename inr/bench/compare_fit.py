"""One fit of a comparison: so many steps or seconds, and the curve on the way.

The clock starts when the fit is made: reading the signal and planning are the same work for every
activation.  The curve is the running mean over recent batches, which costs nothing to know.
"""

import math
import time
from dataclasses import dataclass, replace

import numpy as np
import torch

from inr import fitting, signals
from inr.bench.compare_search import Budget, Setting, tuned
from inr.bench.engine import float_db
from inr.errors import FitError, SignalError
from inr.fields import Field
from inr.specs import FitSpec

POINT_EVERY = 1.04  # the next point of a curve is so many times as many steps further on
FIRST_POINT = 5
Curve = tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Trained:
    """A fit that ended.

    Attributes:
        field: the best one on the way.
        steps: optimiser steps done.
        seconds: from the making of the fit to its last step.
        curve: (steps, seconds, dB of recent batches), rising.
        plan: rates and field, the setting's factors included.
        path: what computed the steps: the compiled kernel's variant, or torch.
    """

    field: Field
    steps: int
    seconds: float
    curve: Curve
    plan: fitting.Plan
    path: str


def train(
    request: FitSpec, plan: fitting.Plan, reader: signals.Reader, setting: Setting, budget: Budget
) -> Trained:
    """Fit once.

    Args:
        request: profile, activation, number of parameters, seed.
        plan: what was decided for them; its time and steps do not count.
        reader: the signal.
        setting: factors on rates and frequency.
        budget: steps or seconds.

    Raises:
        FitError: the loss became NaN or infinite again and again.
    """
    plan, scale = tuned(plan, setting)
    plan = replace(plan, steps=budget.steps, seconds=budget.seconds)
    request = replace(request, steps=budget.steps, time_s=budget.seconds)
    fit = fitting.Fit(request, plan, reader, started=time.monotonic())
    try:
        _scale_start(fit, scale)
        curve = _follow(fit)
        seconds = fit.seconds
        field = fit.best()
    finally:
        fit.network.close()
    if not all(np.isfinite(tensor).all() for tensor in field.tensors.values()):
        raise FitError(f"{request.activation}: its weights became NaN or infinite; try other activations")
    return Trained(field, fit.step, seconds, curve, plan, fit.path)


def attempt_db(
    request: FitSpec, plan: fitting.Plan, reader: signals.Reader, setting: Setting, budget: Budget
) -> float:
    """DB on the samples that a fit reaches; -inf where it fails."""
    try:
        return float_db(train(request, plan, reader, setting, budget).field, reader)
    except (FitError, SignalError):  # SignalError: finite weights whose values are not
        return -math.inf


@torch.no_grad()
def _scale_start(fit: fitting.Fit, scale: float) -> None:
    """Factor on what the first layer starts with."""
    if scale != 1.0:
        for name in ("layer0.weight", "layer0.bias"):
            fit.network.tensors[name].mul_(scale)


def _follow(fit: fitting.Fit) -> Curve:
    """Run to the end and keep points of the curve, at the same steps in every fit."""
    points: list[tuple[int, float, float]] = []
    due, here = FIRST_POINT, (0, 0.0, math.nan)
    for progress in fit.run():
        here = (progress.step, progress.seconds, fit.mse)
        if progress.step >= due:
            points.append(here)
            due = max(progress.step + 1, math.ceil(progress.step * POINT_EVERY))
    if here[0] > 0 and (not points or points[-1][0] < here[0]):
        points.append(here)
    # Only now: what SNR compares with is not known before the first snapshot.
    known = [(step, seconds, db) for step, seconds, e in points if (db := fit.quality_db(e)) is not None]
    return tuple((step, round(seconds, 4), round(db, 4)) for step, seconds, db in known)

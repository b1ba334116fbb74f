"""The course of a fit by grids: the step that nearly meets the bound, then turn after turn.

In a turn the MLP learns, the coefficients follow it, and the integers are chosen again.  The step follows
the size that was asked for, and the weight λ of a bit stays what is best; time, or `--steps`, says how
many turns there are.
"""

import math
import time
from collections.abc import Callable, Iterator

import numpy as np

from inr import fields
from inr.fitting.presets import Plan
from inr.fitting.progress import Progress
from inr.fitting.pyramid import LATER, RATE, Pyramid
from inr.fitting.rounding import LAMBDA
from inr.specs import FitSpec, SignalSpec

STEPS = {"fast": 20.0, "balanced": 14.0, "small": 40.0, "best": 8.0}  # of 255, where no bound is asked for
TURN = 300  # steps of the MLP
NUMBER_BITS = 6.0  # of a weight of the MLP
BESIDE = 330  # bytes of headers, context network and the coarsest grid
SEARCHES, NEAR = 6, 0.03  # of the step; how far from the bound a search may end
LANDING = 3.5  # turns that the end of a fit takes as long as
PULLS = (0.3, 0.1)  # κ of pyramid.py, from the first turn to the last


class Course:
    """A fit by grids from its first rounding to its last turn.

    Attributes:
        pyramid: the fit, once `start` made it.
        steps: of the MLP, done.
        mse: mean squared error in the field's units, None before the first turn.
    """

    def __init__(
        self,
        request: FitSpec,
        plan: Plan,
        signal: SignalSpec,
        picture: np.ndarray,
        started: float,
        stop: Callable[[], bool],
    ) -> None:
        """Take a request with its plan, and the picture in the field's units."""
        self.request, self.plan, self.signal, self.picture = request, plan, signal, picture
        self.started, self.stop = started, stop
        self.steps = 0
        self.mse: float | None = None
        self.pyramid: Pyramid

    @property
    def seconds(self) -> float:
        """Since the first byte was read."""
        return time.monotonic() - self.started

    @property
    def whole(self) -> int | None:
        """Turns of a plan of steps; None where time decides."""
        return None if self.plan.steps is None else max(1, self.plan.steps // TURN)

    @property
    def a_turn(self) -> int:
        """Steps of the MLP in one turn."""
        return TURN if self.plan.steps is None or self.whole is None else self.plan.steps // self.whole

    def progress(self) -> Progress:
        """The record of this moment."""
        db = None if self.mse is None else 10 * math.log10(4.0 / max(self.mse, 1e-20))
        left = None if self.plan.seconds is None else max(0.0, self.plan.seconds - self.seconds)
        return Progress("fit", self.steps, self.plan.steps, db, self.seconds, left)

    def start(self) -> None:
        """The first rounding, with the step that nearly meets the bound."""
        self.pyramid = Pyramid.start(self.plan.field, self.picture, self._first_step(), self.request.seed)
        bytes_ = self.pyramid.weigh(LAMBDA)
        for _ in range(SEARCHES):
            factor = self._factor(bytes_)
            if abs(math.log(factor)) < NEAR or self._late(self.seconds):
                break
            self.pyramid.begin(self.pyramid.step * factor)
            bytes_ = self.pyramid.weigh(LAMBDA)
        self.pyramid.learn_context(LATER)

    def turns(self) -> Iterator[Progress]:
        """Turns of MLP, coefficients and contexts, as many as time or steps allow."""
        whole = self.whole
        turn, took, begun = 0, 0.0, self.seconds
        while not self.stop() and (turn < whole if whole is not None else not self._late(LANDING * took)):
            before = self.seconds
            span = max(1e-3, (self.plan.seconds or 0.0) - begun)
            share = turn / max(1, whole - 1) if whole is not None else min(1.0, (before - begun) / span)
            self.mse = self.pyramid.learn(self.a_turn, RATE * (1.0 - 0.7 * share))
            self.mse = self.pyramid.pull(PULLS[0] + (PULLS[1] - PULLS[0]) * share)
            bytes_ = self.pyramid.weigh(LAMBDA)
            self.pyramid.learn_context(LATER)
            if self.request.max_size is not None:
                self.pyramid.rescale(float(np.clip(self._factor(bytes_), 0.8, 1.25)))
            self.steps, turn = self.steps + self.a_turn, turn + 1
            took = max(took, self.seconds - before)
            yield self.progress()

    def _late(self, reserve: float) -> bool:
        seconds = self.plan.seconds
        return self.stop() or (seconds is not None and self.seconds + reserve > seconds)

    def _first_step(self) -> float:
        if self.request.target_psnr is not None:
            return 2.0 * math.sqrt(12.0) * 10 ** (-self.request.target_psnr / 20)
        if self.request.max_size is not None:
            bits = 8.0 * self.request.max_size / self.signal.samples
            return float(np.clip(40.0 * (0.35 / bits) ** 0.8, 1.0, 400.0)) / 127.5
        return STEPS[self.request.preset] / 127.5

    def _factor(self, bytes_: float) -> float:
        """What the step should be multiplied by, for the bound that was asked for."""
        if self.request.target_psnr is not None:
            # The MLP adds some tenths of a decibel later; the landing corrects what is left.
            return float(
                np.clip(10 ** ((self._linear_db() + 0.3 - self.request.target_psnr) / 16), 0.25, 4.0)
            )
        if self.request.max_size is not None:
            mlp = sum(t.numel() for t in self.pyramid.mlp.values()) * NUMBER_BITS / 8
            return float(np.clip(((bytes_ + BESIDE + mlp) / self.request.max_size) ** 0.85, 0.25, 4.0))
        return 1.0

    def _linear_db(self) -> float:
        planes = self.pyramid.features()
        linear = fields.linear(np, planes.transpose(1, 2, 0), self.signal.channels)
        return 10 * math.log10(4.0 / max(float(np.square(linear - self.picture).mean()), 1e-20))

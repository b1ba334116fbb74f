"""The course of a fit by grids: the step that nearly meets the bound, then turn after turn.

In a turn the MLP learns, the coefficients follow it, and the integers are chosen again.  The step follows
the size that was asked for, and the weight λ of a bit stays what is best; time, or `--steps`, says how
many turns there are.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from inr import fields
from inr.fitting.presets import Plan
from inr.fitting.progress import Progress
from inr.fitting.pyramid import LATER, RATE, Pyramid
from inr.fitting.rounding import LAMBDA
from inr.specs import ORDERS, FieldSpec, FitSpec, SignalSpec

STEPS = {"fast": 20.0, "balanced": 14.0, "small": 40.0, "best": 8.0}  # of 255, where no bound is asked for
SOUND_STEPS = {"fast": 0.2, "balanced": 0.1, "small": 0.5, "best": 0.05}  # likewise, of the sound's level
TURN = 300  # steps of the MLP
NUMBER_BITS = 6.0  # of a weight of the MLP
BESIDE = {"image": 330, "audio": 200}  # bytes of headers, context network and the coarsest grid
SEARCHES, NEAR = 6, 0.05  # of the step; how far from the bound a search may end
MOST_SOUND_TURNS = 8  # more gain nothing: the MLP adds little to a sound
EXCERPT = 1 << 18  # frames that the length of windows is chosen on
ORDERS_TRIED, A_BIT = 3, 6.0  # orders of windows that are fitted at first; decibels of a bit for each sample
BITS_EACH = 5.4  # that an integer takes which is not 0, about
TURN_ROUNDINGS = 2.0  # roundings that a turn takes as long as, about
LANDING = 3.0  # turns that the end of a fit takes as long as
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
        values: np.ndarray,
        started: float,
        stop: Callable[[], bool],
    ) -> None:
        """Take a request with its plan, and the signal's values in the field's units."""
        self.request, self.plan, self.signal, self.values = request, plan, signal, values
        self.power = 4.0 if signal.kind == "image" else max(float(np.square(values).mean()), 1e-12)
        self.started, self.stop = started, stop
        self.steps = 0
        self.mse: float | None = None
        self._took = 0.0
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
        db = None if self.mse is None else 10 * math.log10(self.power / max(self.mse, 1e-20))
        left = None if self.plan.seconds is None else max(0.0, self.plan.seconds - self.seconds)
        size = round(self._whole_size(self.pyramid.estimate)) if self.mse is not None else None
        return Progress("fit", self.steps, self.plan.steps, db, self.seconds, left, size_bytes=size)

    def _whole_size(self, integers: float) -> float:
        """About how many bytes a file takes whose integers take so many."""
        mlp = sum(t.numel() for t in self.pyramid.mlp.values()) * NUMBER_BITS / 8
        return integers + BESIDE[self.signal.kind] + mlp

    def start(self) -> None:
        """The first rounding, with the step that nearly meets the bound."""
        if self.signal.kind == "audio":
            self._choose_order()
        self.pyramid = Pyramid.start(self.plan.field, self.values, self._first_step(), self.request.seed)
        bytes_ = self.pyramid.weigh(LAMBDA)
        for _ in range(SEARCHES):
            begun, factor = self.seconds, self._factor(bytes_)
            if abs(math.log(factor)) < NEAR or self.late(max(begun, LANDING * self._took)):
                break
            self.pyramid.begin(self.pyramid.step * factor)
            bytes_ = self.pyramid.weigh(LAMBDA)
            self._took = TURN_ROUNDINGS * (self.seconds - begun)
        self.pyramid.learn_context(LATER)

    def _choose_order(self) -> None:
        """The length of the windows: a few around the best guess are rounded, and judged by what they take.

        A step that is right for one of them gives the others other bytes and other errors; a bit for each
        sample is worth A_BIT decibels.
        """
        step = self._first_step()
        skipped = max(0, len(self.values) - EXCERPT) // 2
        part = self.values[skipped : skipped + EXCERPT]
        guess = fields.best_order(part, step)
        best = math.inf
        for order in range(guess - ORDERS_TRIED // 2, guess + ORDERS_TRIED // 2 + 1):
            if order not in ORDERS or (1 << order > len(part) and order > min(ORDERS)):
                continue
            pyramid = Pyramid.start(
                self._field_of(order, len(part)), part, step, self.request.seed, contexts=LATER
            )
            bits = 8.0 * pyramid.weigh(LAMBDA) / part.size
            score = A_BIT * bits - self._linear_db(pyramid)
            if score < best:
                best = score
                self.plan = replace(self.plan, field=self._field_of(order, len(self.values)))
            if self.late(self.seconds):
                break

    def _field_of(self, order: int, frames: int) -> FieldSpec:
        field = self.plan.field
        return replace(field, encoding=replace(field.encoding, count=order, shape=(frames,)))

    def turns(self) -> Iterator[Progress]:
        """Turns of MLP, coefficients and contexts, as many as time or steps allow."""
        whole = self.whole
        most = MOST_SOUND_TURNS if self.signal.kind == "audio" else math.inf
        turn, took, begun, factor = 0, self._took, self.seconds, 1.0
        while (
            turn < most
            and not self.stop()
            and (turn < whole if whole is not None else not self.late(LANDING * took))
        ):
            before = self.seconds
            span = max(1e-3, (self.plan.seconds or 0.0) - begun)
            share = turn / max(1, whole - 1) if whole is not None else min(1.0, (before - begun) / span)
            self.mse = self.pyramid.learn(self.a_turn, RATE * (1.0 - 0.7 * share))
            self.mse = self.pyramid.pull(PULLS[0] + (PULLS[1] - PULLS[0]) * share)
            # Here, because until the integers are chosen again another step is another signal.
            self.pyramid.rescale(factor)
            bytes_ = self.pyramid.weigh(LAMBDA)
            self.pyramid.learn_context(LATER)
            if self.request.max_size is not None:
                factor = float(np.clip(self._factor(bytes_), 0.8, 1.25))
            self.steps, turn = self.steps + self.a_turn, turn + 1
            took = max(took, self.seconds - before)
            yield self.progress()

    def late(self, reserve: float) -> bool:
        """Whether so many seconds more would pass the time that was asked for, or the person said stop."""
        seconds = self.plan.seconds
        return self.stop() or (seconds is not None and self.seconds + reserve > seconds)

    def _first_step(self) -> float:
        if self.request.target_psnr is not None:
            return math.sqrt(12.0 * self.power) * 10 ** (-self.request.target_psnr / 20)
        if self.signal.kind == "audio":
            return self._first_step_of_sound()
        if self.request.max_size is not None:
            bits = 8.0 * self.request.max_size / self.signal.samples
            return float(np.clip(40.0 * (0.35 / bits) ** 0.8, 1.0, 400.0)) / 127.5
        return STEPS[self.request.preset] / 127.5

    def _first_step_of_sound(self) -> float:
        if self.request.max_size is None:
            return SOUND_STEPS[self.request.preset] * math.sqrt(self.power)
        (found,) = fields.analyse(self.values, self.plan.field.encoding).values()
        share = 8.0 * self.request.max_size / (self.values.size * BITS_EACH)
        return max(float(np.quantile(np.abs(found), max(0.0, 1.0 - share))), 1e-3 * math.sqrt(self.power))

    def _factor(self, bytes_: float) -> float:
        """What the step should be multiplied by, for the bound that was asked for."""
        if self.request.target_psnr is not None:
            # The MLP adds some tenths of a decibel later; the landing corrects what is left.
            return float(
                np.clip(
                    10 ** ((self._linear_db(self.pyramid) + 0.3 - self.request.target_psnr) / 16), 0.25, 4.0
                )
            )
        if self.request.max_size is not None:
            return float(np.clip((self._whole_size(bytes_) / self.request.max_size) ** 0.85, 0.25, 4.0))
        return 1.0

    def _linear_db(self, pyramid: Pyramid) -> float:
        planes = pyramid.features()
        linear = fields.linear(np, np.moveaxis(planes, 0, -1), pyramid.spec)
        return 10 * math.log10(self.power / max(float(np.square(linear - pyramid.signal).mean()), 1e-20))

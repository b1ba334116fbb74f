"""The course of a fit by grids: the step that nearly meets the bound, then turn after turn.

In a turn the MLP learns, the coefficients follow it, and the integers are chosen again.  The step follows
the size that was asked for, and the weight λ of a bit stays what is best; time, or `--steps`, says how
many turns there are.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from inr import fields
from inr.fitting.presets import Plan
from inr.fitting.progress import Progress
from inr.fitting.pyramid import FIRST, LATER, RATE, Pyramid
from inr.fitting.rounding import LAMBDA
from inr.specs import ORDERS, FieldSpec, FitSpec, SignalSpec

STEPS = {"fast": 20.0, "balanced": 20.0, "small": 40.0, "best": 8.0}  # of 255, where no bound is asked for
SOUND_STEPS = {"fast": 0.1, "balanced": 0.05, "small": 0.2, "best": 0.025}  # likewise, of the sound's level
TURN = 300  # steps of the MLP
NUMBER_BITS = 6.0  # of a weight of the MLP
BESIDE = {"image": 330, "audio": 200}  # bytes of headers, context network and the coarsest grid
SEARCHES, NEAR = 6, 0.05  # of the step; how far from the bound a search may end
MOST_SOUND_TURNS = 8  # more gain nothing: the MLP adds little to a sound
EXCERPT = 1 << 18  # frames that the length of windows is chosen on
ORDERS_TRIED, A_BIT = 3, 6.0  # orders of windows that are fitted at first; decibels of a bit for each sample
BITS_EACH = 5.4  # that an integer takes which is not 0, about
TURN_ROUNDINGS = 2.0  # roundings that a turn takes as long as, about
# Turns that a last turn and the landing take as long as: on a size, and where nothing is searched.
LANDING, WRITING = 3.0, 2.5
SHORT, SHORTENED = 10.0, 200  # a fit of fewer seconds begins with so many steps of the context network
PULLS = (0.3, 0.1)  # κ of pyramid.py, from the first turn to the last
KEPT = ("steps", "turn", "mse", "_took", "_begun", "_next_factor")  # of a course, in a checkpoint


class Course:
    """A fit by grids from its first rounding to its last turn.

    Attributes:
        pyramid: the fit, once `start` made it.
        steps: of the MLP, done.
        turn: turns done.
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
        self.steps = self.turn = 0
        self.mse: float | None = None
        self._took = self._begun = 0.0  # seconds of the longest turn, and when the first one began
        self._next_factor = 1.0
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

    def state(self) -> dict[str, Any]:
        """What the next turn depends on beside the pyramid, JSON values."""
        return {name: getattr(self, name) for name in KEPT}

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        for name in KEPT:
            setattr(self, name, state[name])

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
        contexts = SHORTENED if (self.plan.seconds or math.inf) < SHORT else FIRST
        self.pyramid = Pyramid.start(
            self.plan.field, self.values, self._first_step(), self.request.seed, contexts=contexts
        )
        before = self.seconds
        bytes_ = self.pyramid.weigh(LAMBDA)
        rounding = self.seconds - before
        for _ in range(SEARCHES):
            begun, factor = self.seconds, self._factor(bytes_)
            if abs(math.log(factor)) < NEAR or self.late(max(begun, LANDING * self._took)):
                break
            self.pyramid.begin(self.pyramid.step * factor)
            bytes_ = self.pyramid.weigh(LAMBDA)
            self._took = TURN_ROUNDINGS * (self.seconds - begun)
        before = self.seconds
        self.pyramid.learn_context(LATER)
        self._begun = self.seconds
        self._took = max(self._took, TURN_ROUNDINGS * (rounding + self._begun - before))

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
        """Turns of MLP, coefficients and contexts, as many as time or steps allow; two records of each."""
        most = MOST_SOUND_TURNS if self.signal.kind == "audio" else math.inf
        while self.turn < most and not self.stop() and self._another():
            before, share = self.seconds, self._share()
            self.mse = self.pyramid.learn(self.a_turn, RATE * (1.0 - 0.7 * share))
            self.steps += self.a_turn
            yield self.progress()
            self.mse = self.pyramid.pull(PULLS[0] + (PULLS[1] - PULLS[0]) * share)
            # Here, because until the integers are chosen again another step is another signal.
            self.pyramid.rescale(self._next_factor)
            bytes_ = self.pyramid.weigh(LAMBDA)
            self.pyramid.learn_context(LATER)
            if self.request.max_size is not None:
                self._next_factor = float(np.clip(self._factor(bytes_), 0.8, 1.25))
            self.turn += 1
            self._took = max(self._took, self.seconds - before)
            yield self.progress()

    def _another(self) -> bool:
        """Whether steps, or else time, allow one more turn."""
        if self.whole is not None:
            return self.turn < self.whole
        unbounded = self.request.max_size is None and self.request.target_psnr is None
        return not self.late_for(WRITING if unbounded else LANDING)

    def late_for(self, turns: float) -> bool:
        """Whether what takes as long as so many turns would pass the time."""
        return self.late(turns * self._took)

    def _share(self) -> float:
        """How much of all turns is done, 0 to 1."""
        if self.whole is not None:
            return self.turn / max(1, self.whole - 1)
        return min(1.0, (self.seconds - self._begun) / max(1e-3, (self.plan.seconds or 0.0) - self._begun))

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

"""From a pyramid that was fitted to a file that keeps what was asked for.

    --max-size     the weight λ of a bit (rounding.py) lands on the size: first by the estimate of the
                   bytes, then by the files themselves
    --target-psnr  the step lands on the decibels of the decoded file
    neither        the file as it is

Nothing is promised that a written file did not show.
"""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from inr import codec
from inr.errors import FitError
from inr.fields import Field
from inr.fitting.corrector import steps_of_tensors
from inr.fitting.course import Course
from inr.fitting.finish import Coded
from inr.fitting.pyramid import LATER, RATE
from inr.fitting.rounding import LAMBDA
from inr.specs import SignalSpec

LAST = 2  # turns, in steps of the MLP
LEARNT = 1.6  # turns that these steps and writing the file take as long as
LANDINGS = 12  # trials of λ
SPAN, CLOSE = 6.0, 0.02  # λ is LAMBDA times or over at most so much; trials so close in log λ are one
ENDS = math.log(LAMBDA / SPAN), math.log(LAMBDA * SPAN)
FULL, FULL_LATE = 0.99, 0.9  # part of the bytes that is enough, and after the time that was asked for
SLOPE = 0.35  # log bytes lost for one in log λ, about
RESCALES, FILLED = 6, 0.93  # steps that are tried, until so much of the size is used
DEAR, COARSER = 2.0, 1.25  # a λ so large means that the step is too fine: integers vanish in whole regions
PROFILE = 0.15  # of the bytes that a colour profile may take
FAR = 1.5  # times the size that was asked for
TRIALS = 8  # steps that are tried for a quality


@dataclass(frozen=True)
class Draft:
    """A file that was not read back yet, the field before its MLP was rounded, and what it stands for."""

    data: bytes
    before: Field
    signal: SignalSpec


Trial = tuple[float, float]  # log λ, log bytes
Landed = tuple[Coded, Field]  # the file, and the field before its MLP was rounded
MeasureDb = Callable[[Field, SignalSpec], float]


class Landing:
    """The end of a course."""

    def __init__(self, course: Course, measure_db: MeasureDb) -> None:
        """`measure_db` gives the PSNR of a decoded field."""
        self.course, self.pyramid, self.signal = course, course.pyramid, course.signal
        self.measure_db = measure_db
        self.weight = LAMBDA

    def land(self) -> Landed:
        """Round the MLP, write the file, and mend what passes the bound.

        Raises:
            FitError: not even a file without details fits the size.
        """
        request = self.course.request
        if not self.course.stop() and not self.course.late_for(LEARNT):
            self.pyramid.learn(LAST * self.course.a_turn, 0.5 * RATE)
            self.pyramid.silence_if_worse()
        most, target = request.max_size, request.target_psnr
        if target is not None and not self._far_over(most):
            landed = self._on_quality(target)
            if most is None or len(landed[0].data) <= most:
                return landed
        if most is None:
            return self._decoded(self._written(self.signal))
        landed = self._on_size(most)
        reached = target is None or self.measure_db(landed[0].field, landed[0].signal) >= target
        return replace(landed[0], reached=reached), landed[1]

    def _far_over(self, most: int | None) -> bool:
        """Whether the step that the target asks for makes a file that no search brings under `most`."""
        return most is not None and len(self._written(self.signal).data) > FAR * most

    def _on_size(self, most: int) -> Landed:
        """The file that fills the bytes best; a step that needs an extreme λ for it is changed first."""
        best: Draft | None = None
        for _ in range(RESCALES):
            got, over = self._searched(most)
            filled = 0.0 if got is None else len(got.data) / most
            if got is not None and (best is None or len(got.data) > len(best.data)):
                best = got
            if filled >= FILLED or (best is not None and self.course.late(0.0)):
                break
            if got is None or self.weight > DEAR * LAMBDA:
                factor = max(COARSER, min(over, 4.0) ** 0.85)
            else:
                factor = max(0.5, filled**0.85)
            self.pyramid.rescale(factor)
            self.weight = LAMBDA
            self.pyramid.weigh(LAMBDA)
            self.pyramid.learn_context(LATER)
            self.pyramid.weigh(LAMBDA)
        if best is None:
            best = self._smallest(most)
        return self._decoded(self._with_profile(best, most))

    def _searched(self, most: int) -> tuple[Draft | None, float]:
        """The lightest λ whose file fits, to about a percent of the bytes: by estimates, then by the file.

        Bytes fall smoothly with λ, so a line between two trials in logarithms finds it in a few.

        Returns: the file, None where none fits; and how many times too large the smallest one seemed.
        """
        signal = self._signal_within(most)
        got = self._written(signal)
        best = got if len(got.data) <= most else None
        aim = most - (len(got.data) - self.pyramid.estimate)
        trials: list[Trial] = []
        for _ in range(LANDINGS):
            trials.append((math.log(self.weight), math.log(max(1.0, self.pyramid.estimate))))
            if self.pyramid.estimate > aim:
                if trials[-1][0] >= ENDS[1] - CLOSE:
                    return best, (most + self.pyramid.estimate - aim) / most
            elif self._enough(trials, aim):
                got = self._written(signal)
                over = len(got.data) - most
                if over <= 0:
                    return (got if best is None or len(got.data) > len(best.data) else best), 1.0
                aim -= over + 8  # the estimate was too low by so much
            self.weight = math.exp(_next(trials, math.log(max(1.0, aim)), math.log((1 + FULL) / 2)))
            self.pyramid.weigh(self.weight)
        return best, 1.0

    def _enough(self, trials: list[Trial], aim: float) -> bool:
        """Whether the last of the trials, which fits, is worth writing."""
        here = trials[-1][0]
        nothing_between = any(0.0 < here - other < CLOSE for other, _ in trials)
        full = FULL if not self.course.late(0.0) else FULL_LATE
        return nothing_between or here <= ENDS[0] + CLOSE or self.pyramid.estimate > full * aim

    def _smallest(self, most: int) -> Draft:
        """Coarser and coarser steps, until the file fits or nothing is left."""
        signal = replace(self.signal, icc=None)
        while True:
            self.pyramid.begin(self.pyramid.step * 1.5)
            self.pyramid.weigh(self.weight)
            got = self._written(signal)
            if len(got.data) <= most:
                return got
            if not any(q.any() for q in self.pyramid.grids.integers.values()):
                raise FitError(
                    f"--max-size: the smallest file by grids has {len(got.data)} bytes; asked for {most}. "
                    "Ask for more, or use --profile single."
                )

    def _signal_within(self, most: int) -> SignalSpec:
        """The signal with its colour profile, where that takes a small part of the bytes."""
        profile = self.signal.icc
        fits = profile is not None and len(zlib.compress(profile, 9)) <= PROFILE * most
        return self.signal if fits else replace(self.signal, icc=None)

    def _with_profile(self, best: Draft, most: int) -> Draft:
        """The same file with the picture's colour profile, where there is room left for it."""
        if self.signal.icc == best.signal.icc:
            return best
        decoded = codec.decode(best.data)
        tensors = decoded.field.tensors
        data = codec.encode(decoded.field.spec, tensors, decoded.exponents, self.signal, decoded.grids)
        return replace(best, data=data, signal=self.signal) if len(data) <= most else best

    def _on_quality(self, target: float) -> Landed:
        """The coarsest step whose decoded file reaches the target; the nearest miss where none does."""
        best: Landed | None = None
        trials: list[tuple[float, Landed]] = []
        for _ in range(TRIALS):
            got = self._decoded(self._written(self.signal))
            db = self.measure_db(got[0].field, self.signal)
            trials.append((db, got))
            if db >= target and (best is None or len(got[0].data) < len(best[0].data)):
                best = got
            enough = 0.15 if not self.course.late(0.0) else 0.3
            if target <= db <= target + enough or self.course.stop():
                break
            # Aim a little above the target, so that the next trial is on its right side.
            self.pyramid.begin(
                self.pyramid.step * float(np.clip(10 ** ((db - target - 0.07) / 16), 0.5, 2.0))
            )
            self.pyramid.weigh(self.weight)
            self.pyramid.learn_context(LATER)
            if not self.course.late(0.0):
                self.pyramid.learn(self.course.a_turn, 0.3 * RATE)
        if best is not None:
            return best
        coded, before = max(trials, key=lambda trial: trial[0])[1]
        return replace(coded, reached=False), before

    def _written(self, signal: SignalSpec) -> Draft:
        """The file with steps of the MLP's tensors that cost as much a bit as the grids' rounding does."""
        pyramid, spec = self.pyramid, self.course.plan.field
        before = Field(spec, pyramid.tensors())
        inputs, rest = pyramid.samples(pyramid.features(), 0)
        a_bit = self.weight * pyramid.step**2 / (self.signal.samples * self.signal.channels)
        exponents = steps_of_tensors(spec, before.network, inputs, rest, a_bit) | pyramid.exponents
        data = codec.encode(spec, before.tensors, exponents, signal, pyramid.grids)
        return Draft(data, before, signal)

    def _decoded(self, draft: Draft) -> Landed:
        return Coded(draft.data, codec.decode(draft.data).field, draft.signal), draft.before


def _next(trials: list[Trial], wanted: float, below: float) -> float:
    """The next log λ, a little `below` the `wanted` log bytes, on the line through the nearest trials."""
    known = sorted(trials, key=lambda trial: trial[0])
    large = [trial for trial in known if trial[1] > wanted]
    fits = [trial for trial in known if trial[1] <= wanted]
    goal = wanted + below
    if large and fits:
        (low, most), (high, least) = large[-1], fits[0]
        share = (most - goal) / max(1e-9, most - least)
        return low + float(np.clip(share, 0.05, 0.95)) * (high - low)
    near, slope = (large[-1] if large else fits[0]), SLOPE
    if len(known) > 1:
        a, b = known[-2:] if large else known[:2]
        slope = float(np.clip((a[1] - b[1]) / max(1e-9, b[0] - a[0]), 0.3 * SLOPE, 3.0 * SLOPE))
    return float(np.clip(near[0] + (near[1] - goal) / slope, *ENDS))

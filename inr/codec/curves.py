"""What a coarser step costs and saves, one tensor at a time.

    ΔD_j(k) = D(only tensor j quantised with step 2^-k) - D(nothing quantised)    (1)
    R_j(k)  = code length of tensor j at that step

Errors of different tensors are nearly uncorrelated, so their ΔD add up to first order.
Sensitivities differ by orders of magnitude between tensors of equal spread (the first
layer of a sine network is a few hundred times as sensitive as the last), which is why
they are measured and not guessed.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from inr.codec import limits
from inr.codec.choose import coded_bits
from inr.codec.quantise import dequantise, finest, quantise

Array = np.ndarray
Distortion = Callable[[dict[str, Array]], float]

START = 16.0  # the walk starts at a step of 1/16 of a tensor's spread
NOTICED, RUINED = 0.001, 1.0  # the ΔD / D that a curve should span
FLOOR = 1e-10  # D taken for a perfect fit, whose own D says nothing: 100 dB


@dataclass(frozen=True)
class Point:
    """One step of one tensor.

    Attributes:
        k: the step is 2^-k.
        bits: R of the tensor.
        increase: ΔD of equation (1), >= 0 and falling with k.
        silent: every integer is 0, so no coarser step exists.
    """

    k: int
    bits: float
    increase: float
    silent: bool


class Curve:
    """The measured points of one tensor, from the finest step to the coarsest."""

    def __init__(self, weights: Array, increase: Callable[[Array], float]) -> None:
        """Take a tensor and the ΔD that its quantised copy causes."""
        self._weights = weights
        self._increase = increase
        self._points: dict[int, Point] = {}

    @property
    def points(self) -> list[Point]:
        """Finest first, with ΔD made monotone: measured noise must not look like a gain."""
        out: list[Point] = []
        for k in sorted(self._points, reverse=True):
            point = self._points[k]
            increase = max(point.increase, out[-1].increase if out else 0.0)
            out.append(Point(k, point.bits, increase, point.silent))
        return out

    def measure(self, k: int) -> Point:
        """The point at step 2^-k, from memory where it is known."""
        if k not in self._points:
            q = quantise(self._weights, k)
            self._points[k] = Point(k, coded_bits(q), self._increase(dequantise(q, k)), not q.any())
        return self._points[k]

    def walk(self, base: float) -> None:
        """Measure steps until ΔD spans NOTICED .. RUINED times `base`, or steps end."""
        point = self.measure(self._sensible_start(base))
        while point.increase > NOTICED * base and self.finer():
            point = self.points[0]
        while self.points[-1].increase < RUINED * base and self.coarser():
            pass

    def finer(self) -> bool:
        """Add the next finer point; False where there is none."""
        k = self.points[0].k + 1
        if k > finest(self._weights):
            return False
        self.measure(k)
        return True

    def coarser(self) -> bool:
        """Add the next coarser point; False where there is none."""
        last = self.points[-1]
        if last.silent or last.k == limits.EXPONENTS[0]:
            return False
        self.measure(last.k - 1)
        return True

    def _sensible_start(self, base: float) -> int:
        """A k inside the interesting range: ΔD goes with the square of the step, so two looks do."""
        low, high = limits.EXPONENTS[0], finest(self._weights)
        spread = float(np.std(self._weights)) or float(np.max(np.abs(self._weights), initial=0.0)) or 1.0
        k = int(np.clip(round(math.log2(START / spread)), low, high))
        increase = self.measure(k).increase
        if NOTICED * base <= increase <= RUINED * base:
            return k
        ratio = min(max(increase, NOTICED * base / 256) / (NOTICED * base), 1e12)
        better = int(np.clip(k + round(math.log(ratio, 4)), low, high))
        if abs(better - k) > 1:
            self._points = {}  # curves have no holes, and nothing between the two looks is known
        return better


def measured(tensors: Mapping[str, Array], distortion: Distortion) -> tuple[float, dict[str, Curve]]:
    """D of the unquantised tensors, and a walked curve for each."""
    base = distortion(dict(tensors))

    def increase(name: str, replaced: Array) -> float:
        value = distortion({**tensors, name: replaced}) - base
        return max(value, 0.0) if math.isfinite(value) else math.inf

    curves = {name: Curve(w, lambda t, name=name: increase(name, t)) for name, w in tensors.items()}
    for curve in curves.values():
        curve.walk(max(base, FLOOR))
    return base, curves

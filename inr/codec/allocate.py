"""Steps for all tensors at once: the fewest bits at a distortion, or the reverse.

    minimise  Σ_j ΔD_j(k_j) + λ Σ_j R_j(k_j)                               (1)

Each tensor is minimised on its own, so for every λ the best steps are read off the
curves (`curves.py`).  As λ grows, tensors move to coarser steps one after another along
their convex hulls: `curve` is that path, and the searches bisect it with *real* files or
*measured* distortions, so the sum in (1) guides but never decides.

Source: Shoham & Gersho 1988, "Efficient bit allocation for an arbitrary set of
quantizers", for (1) and the hulls.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from inr.codec.curves import Curve, Distortion, Point, measured
from inr.codec.quantise import quantised
from inr.errors import FitError

Array = np.ndarray
Exponents = dict[str, int]
REFINEMENTS = 32  # files tried after the bisection to use up the rest of a budget
COARSENINGS = 8  # distortions measured after the bisection to give bits back
AROUND, TINY = 2, 1e-15  # stops on either side that a slope is taken over; the least slope
EXTENSION = 2  # steps by which all curves grow when they end too early


@dataclass(frozen=True)
class Stop:
    """One point of the path: the steps, and what the curves say of them."""

    exponents: Exponents
    bits: float
    increase: float


class RateDistortion:
    """The curves of a field's tensors, and the searches on them.

    Attributes:
        base: distortion of the unquantised tensors.
        curves: one for each tensor.
    """

    def __init__(self, tensors: Mapping[str, Array], distortion: Distortion) -> None:
        """Measure the curves; this is where the time goes: 6 to 8 distortions a tensor."""
        self._tensors = dict(tensors)
        self._distortion = distortion
        self.base, self.curves = measured(self._tensors, distortion)

    def choose(self, weight: float) -> Exponents:
        """Steps that minimise equation (1) for λ = `weight`, in distortion per bit."""
        return {
            name: min(curve.points, key=lambda p: (p.increase + weight * p.bits, p.bits)).k
            for name, curve in self.curves.items()
        }

    def curve(self) -> list[Stop]:
        """The path of optimal steps, finest first: each stop differs from the next in one tensor."""
        hulls = {name: _hull(curve.points) for name, curve in self.curves.items()}
        moves = [
            (_slope(a, b), place, name, b)
            for name, hull in hulls.items()
            for place, (a, b) in enumerate(zip(hull, hull[1:], strict=False))
        ]
        at = {name: hull[0] for name, hull in hulls.items()}
        stops = [_stop(at)]
        for _, _, name, point in sorted(moves, key=lambda move: move[:3]):
            at[name] = point
            stops.append(_stop(at))
        return stops

    def slope(self, exponents: Exponents) -> float:
        """Distortion that one bit is worth around these steps, by the curves; more than 0."""
        stops = self.curve()
        bits = sum(p.bits for name, k in exponents.items() for p in self.curves[name].points if p.k == k)
        at = min(range(len(stops)), key=lambda i: abs(stops[i].bits - bits))
        a, b = stops[max(0, at - AROUND)], stops[min(len(stops) - 1, at + AROUND)]
        return max((b.increase - a.increase) / max(a.bits - b.bits, 1.0), TINY)

    def for_size(self, max_bytes: int, encode: Callable[[Exponents], bytes]) -> tuple[Exponents, bytes]:
        """The steps of least distortion whose file has at most `max_bytes` bytes.

        Args:
            max_bytes: never exceeded.
            encode: exponents to the bytes of the whole file.

        Returns: the exponents and that file.

        Raises:
            FitError: the coarsest steps of all still give a larger file; the message says how large.
        """
        while True:
            stops = self.curve()
            data = encode(stops[-1].exponents)
            if len(data) <= max_bytes:
                break
            if not self._extend(Curve.coarser):
                raise FitError(
                    f"size: the smallest file these weights can make has {len(data)} bytes; "
                    f"asked for {max_bytes}. Ask for more, or fit a smaller field."
                )
        files = {len(stops) - 1: data}

        def fits(place: int) -> bool:
            files.setdefault(place, encode(stops[place].exponents))
            return len(files[place]) <= max_bytes

        place = _first(fits, len(stops))
        return self._fill(stops[place].exponents, files[place], max_bytes, encode)

    def for_distortion(
        self, max_distortion: float, measure: Callable[[Exponents], float] | None = None
    ) -> Exponents:
        """The coarsest steps that keep the measured distortion at or under `max_distortion`.

        Args:
            max_distortion: in the unit of `measure`.
            measure: exponents to distortion; the distortion of the curves by default.

        Raises:
            FitError: the finest steps of all do not keep it; the message says what they reach.
        """
        measure = measure or self._measure
        while (reached := measure(self.curve()[0].exponents)) > max_distortion:
            if not self._extend(Curve.finer):
                raise FitError(
                    f"distortion: the finest steps reach {reached:.6g}; asked for {max_distortion:.6g}. "
                    "Fit for longer, or fit a larger field."
                )
        # A target far below the field's quality lies beyond the ends of the curves.
        while measure(self.curve()[-1].exponents) <= max_distortion and self._extend(Curve.coarser):
            pass
        stops = self.curve()[::-1]
        place = _first(
            lambda i: i == len(stops) - 1 or measure(stops[i].exponents) <= max_distortion, len(stops)
        )
        return self._coarsen(stops[place].exponents, max_distortion, measure)

    def _measure(self, exponents: Exponents) -> float:
        return self._distortion(quantised(self._tensors, exponents))

    def _extend(self, grow: Callable[[Curve], bool]) -> bool:
        """Let every curve grow by EXTENSION points; False where none could."""
        return any([grow(curve) for _ in range(EXTENSION) for curve in self.curves.values()])

    def _fill(
        self, exponents: Exponents, data: bytes, max_bytes: int, encode: Callable[[Exponents], bytes]
    ) -> tuple[Exponents, bytes]:
        """Spend the bytes that are left, by the move that lowers the distortion most."""
        refused: set[tuple[int, ...]] = set()
        for _ in range(REFINEMENTS):
            spare = 8.0 * (max_bytes - len(data))
            moves = [
                m for m in self._moves(exponents) if m[0] <= spare and tuple(m[2].values()) not in refused
            ]
            if not moves:
                break
            candidate = max(moves, key=lambda move: move[1])[2]
            attempt = encode(candidate)
            if len(attempt) <= max_bytes:
                exponents, data = candidate, attempt
            else:
                refused.add(tuple(candidate.values()))
        return exponents, data

    def _moves(self, exponents: Exponents) -> Iterator[tuple[float, float, Exponents]]:
        """(bits, gain, exponents) of one tensor refined, alone or paid for by another made coarser."""
        finer = list(self._neighbours(exponents, 1))
        coarser = list(self._neighbours(exponents, -1))
        for name, bits, gain, k in finer:
            if gain > 0:
                yield bits, gain, {**exponents, name: k}
            for other, saved, loss, other_k in coarser:
                if other != name and gain + loss > 0:
                    yield bits + saved, gain + loss, {**exponents, name: k, other: other_k}

    def _neighbours(self, exponents: Exponents, step: int) -> Iterator[tuple[str, float, float, int]]:
        """(tensor, change of bits, fall of distortion, k) for each tensor moved by one step."""
        for name, curve in self.curves.items():
            points = {point.k: point for point in curve.points}
            here, there = points[exponents[name]], points.get(exponents[name] + step)
            if there is not None:
                yield name, there.bits - here.bits, here.increase - there.increase, there.k

    def _coarsen(
        self, exponents: Exponents, max_distortion: float, measure: Callable[[Exponents], float]
    ) -> Exponents:
        """Make single tensors coarser where the measured distortion still allows it."""
        savings = sorted(self._neighbours(exponents, -1), key=lambda move: move[1])
        for name, saved, _, k in savings[:COARSENINGS]:
            candidate = {**exponents, name: k}
            if saved < 0 and measure(candidate) <= max_distortion:
                exponents = candidate
        return exponents


def allocate(tensors: Mapping[str, Array], distortion: Distortion) -> RateDistortion:
    """Measure what every tensor's step costs and saves.

    Args:
        tensors: float32 arrays by name.
        distortion: tensors to a number that grows with the error, such as the MSE over a
            fixed set of samples.  It must give the same number for the same tensors.
    """
    return RateDistortion(tensors, distortion)


def _hull(points: list[Point]) -> list[Point]:
    """The lower convex hull of increase over bits, finest first, bits strictly falling."""
    hull: list[Point] = []
    for point in points:
        if not math.isfinite(point.increase) and hull:
            continue
        while hull and (
            point.bits >= hull[-1].bits and point.increase <= hull[-1].increase
            or len(hull) > 1 and _slope(hull[-2], hull[-1]) >= _slope(hull[-1], point)
        ):  # fmt: skip
            hull.pop()
        if not hull or point.bits < hull[-1].bits:
            hull.append(point)
    return hull


def _slope(a: Point, b: Point) -> float:
    return (b.increase - a.increase) / (a.bits - b.bits) if a.bits > b.bits else math.inf


def _stop(at: Mapping[str, Point]) -> Stop:
    return Stop(
        {name: point.k for name, point in at.items()},
        sum(point.bits for point in at.values()),
        sum(point.increase for point in at.values()),
    )


def _first(good: Callable[[int], bool], count: int) -> int:
    """The first index of 0 .. count-1 that is good, where all after a good one are; the last one is."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if good(middle) else (middle + 1, high)
    return low

"""Two curves of quality over bytes as one number: how many bytes more the same quality takes.

    BD = exp( 1/(b - a) ∫_a^b [ ln R(q) - ln R'(q) ] dq ) - 1             (1)

R(q) and R'(q) are the bytes that ours and the other need for q dB; a .. b is the range of
qualities that both reach.  Between the points ln R is a piecewise cubic that keeps their
order (PCHIP): the one cubic through all points, as first proposed, can swing between them.

Source: Bjontegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33,
2001; the piecewise form is that of Bjontegaard, "Improvements of the BD-PSNR model",
VCEG-AI11, 2008.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

LEAST_POINTS = 3  # of a curve: two points are a straight line, and say little about a curve
Point = tuple[float, float]  # bytes (or anything proportional to them) and dB


@dataclass(frozen=True)
class BdRate:
    """Equation (1).

    Attributes:
        percent: bytes that ours needs more at equal quality; negative where it needs less.
        low_db, high_db: the range of qualities that it is the mean over.
    """

    percent: float
    low_db: float
    high_db: float


def frontier(points: Iterable[Point]) -> list[Point]:
    """The points that no other one beats: with every byte more the quality rises.

    >>> frontier([(300, 31.0), (100, 30.0), (200, 29.0), (300, 32.0)])
    [(100, 30.0), (300, 32.0)]
    """
    kept: list[Point] = []
    for size, db in sorted(points, key=lambda p: (p[0], -p[1])):
        if not kept or db > kept[-1][1]:
            kept.append((size, db))
    return kept


def quality_at(points: Iterable[Point], size: float) -> float | None:
    """Quality of a curve at a size, linear in log bytes; None outside the sizes it has.

    >>> quality_at([(100, 30.0), (400, 34.0)], 200)
    32.0
    """
    best = frontier(points)
    if not best or not best[0][0] <= size <= best[-1][0]:
        return None
    sizes, qualities = np.array(best).T
    return float(np.interp(math.log(size), np.log(sizes), qualities))


def bd_rate(ours: Iterable[Point], theirs: Iterable[Point]) -> BdRate | None:
    """Equation (1); None where the curves share no range of qualities, or have too few points.

    Args:
        ours: (bytes, dB) of our files.
        theirs: of the other's; both in any order, and points that others beat are left out.
    """
    from scipy.interpolate import PchipInterpolator

    curves = [np.array(frontier(points)) for points in (ours, theirs)]
    if min(len(curve) for curve in curves) < LEAST_POINTS:
        return None
    low = max(curve[0, 1] for curve in curves)
    high = min(curve[-1, 1] for curve in curves)
    if low >= high:
        return None
    mine, other = (
        PchipInterpolator(db, np.log(size)).integrate(low, high) for size, db in map(np.transpose, curves)
    )
    return BdRate(100.0 * math.expm1(float(mine - other) / (high - low)), float(low), float(high))

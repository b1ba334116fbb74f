"""Which model codes a tensor in the fewest bits: the encoder's own business.

Code lengths come from the tables themselves, over the distinct values of the tensor, so
the choice is exact and costs one pass over the integers.  A decoder needs none of this.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from inr.codec import limits, models
from inr.codec.entropy import GAMMA_WIDTH

Array = np.ndarray

ROW_BITS = 10.0  # what a row usually takes; see weights.py
INDEX_SCALE = 26  # of how far scale indices lie from the predictions: mean 3
INDEX_MODEL = models.model(models.LAPLACE, INDEX_SCALE)
CENTRE_BITS = 17.0  # what a centre adds to it
DENSE = 1 << 16  # a histogram over this many values is cheaper than sorting


@dataclass(frozen=True)
class Choice:
    """A model and a centre.

    Attributes:
        family: 0 for a tensor of zeros, else models.LAPLACE or models.GAUSS.
        index: scale index.
        centre: subtracted before coding.
    """

    family: int
    index: int
    centre: int


ZERO = Choice(0, 0, 0)


@dataclass(frozen=True)
class _Tally:
    """Distinct values of a tensor and how often each occurs."""

    values: Array
    counts: Array

    @property
    def size(self) -> int:
        return int(self.counts.sum())

    def mean(self, of: Array) -> float:
        return float(self.counts @ of) / self.size

    def around(self, centre: int) -> "_Tally":
        return _Tally(self.values - centre, self.counts)

    def bits(self, family: int, index: int) -> float:
        """Code length of all values with one model."""
        model = models.model(family, index)
        edge = model.table.edge
        high = self.values >> model.shift
        bits = model.table.bits[np.clip(high, -edge, edge) + edge] + model.shift
        magnitude = np.abs(high)
        out = magnitude >= edge
        if out.any():
            bits[out] += GAMMA_WIDTH + np.floor(np.log2(magnitude[out] - edge + 1.0))
        return float(self.counts @ bits)


def choose(q: Array, expected: int) -> Choice:
    """The shortest choice for the integers of one tensor, where its row is predicted to have an index."""
    return _shortest(_tally(q), _climb, expected)[0]


def coded_bits(q: Array) -> float:
    """Code length of one integer tensor with its row, in bits; within about 1 % of the real one.

    Tries one scale a family, the one that the moments suggest, which makes it fit for the
    inner loop of a search.  `choose` looks at the neighbours too.
    """
    return ROW_BITS + _shortest(_tally(q), lambda cost, start, _: (cost(start), start))[1]


_Search = Callable[[Callable[[int], float], int, range], tuple[float, int]]


def _shortest(tally: _Tally, search: _Search, expected: int | None = None) -> tuple[Choice, float]:
    if tally.values.size == 1 and tally.values[0] == 0:
        return ZERO, 0.0
    best, least = ZERO, np.inf
    for centre in _centres(tally):
        moved = tally.around(centre)
        for family, scale in _scales(moved):
            allowed = models.indices(family)
            start = int(np.clip(models.nearest(scale), allowed.start, allowed.stop - 1))
            bits, index = search(
                lambda i, f=family, t=moved: t.bits(f, i) + _row_bits(i, expected), start, allowed
            )
            bits += CENTRE_BITS if centre else 0.0
            if bits < least:
                best, least = Choice(family, index, centre), bits
    return best, least


def _row_bits(index: int, expected: int | None) -> float:
    """What the scale index adds to a row; 0 where no prediction is known."""
    if expected is None:
        return 0.0
    return _Tally(np.array([index - expected]), np.array([1])).bits(models.LAPLACE, INDEX_SCALE)


def _centres(tally: _Tally) -> Iterable[int]:
    """0 and, where all values lie to one side of it, their mean."""
    mean = tally.mean(tally.values)
    spread = np.sqrt(max(tally.mean(np.square(tally.values, dtype=np.float64)) - mean * mean, 0.0))
    centre = int(np.clip(round(mean), -limits.INTEGER, limits.INTEGER))
    return (0, centre) if centre and abs(mean) > spread else (0,)


def _scales(tally: _Tally) -> Iterable[tuple[int, float]]:
    """Moment estimates: the mean |v| of a two-sided geometric of scale S is 2S(S+1)/(2S+1)."""
    mean = tally.mean(np.abs(tally.values))
    root_mean_square = np.sqrt(tally.mean(np.square(tally.values, dtype=np.float64)))
    yield models.LAPLACE, (mean - 1.0 + np.sqrt(mean * mean + 1.0)) / 2.0
    yield models.GAUSS, root_mean_square


def _climb(cost: Callable[[int], float], start: int, allowed: range) -> tuple[float, int]:
    """The nearest local minimum: code length has one minimum over the scale, but for rounding."""
    best, at = cost(start), start
    for step in (-1, 1):
        index = at + step
        while index in allowed and (bits := cost(index)) < best:
            best, at = bits, index
            index += step
    return best, at


def _tally(q: Array) -> _Tally:
    flat = q.reshape(-1).astype(np.int64)
    low, high = int(flat.min()), int(flat.max())
    if high - low > max(DENSE, 2 * flat.size):
        return _Tally(*np.unique(flat, return_counts=True))
    counts = np.bincount(flat - low)
    there = np.flatnonzero(counts)
    return _Tally(there + low, counts[there])

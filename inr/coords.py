"""The one grid rule: where sample i of n sits on an axis.

    x_i = (2 i + 1) / n - 1,    i = 0 .. n-1                               (1)

Samples are the centres of n equal cells that fill [-1, 1], so a grid of any other
density covers the same domain and needs no special first or last sample.  No other
place in the package computes coordinates.
"""

import numpy as np

Array = np.ndarray


def axis(n: int, start: int = 0, stop: int | None = None) -> Array:
    """Coordinates of samples start .. stop-1 of an axis of n samples, equation (1).

    Returns: float64 [stop - start], inside (-1, 1).
    """
    return at(np.arange(start, n if stop is None else stop), n)


def at(index: Array | float, n: int) -> Array:
    """Coordinate of a (possibly fractional) sample index, equation (1); float64."""
    return (2.0 * np.asarray(index, dtype=np.float64) + 1.0) / n - 1.0


def index(x: Array | float, n: int) -> Array:
    """The fractional sample index of a coordinate: the inverse of `at`; float64."""
    return ((np.asarray(x, dtype=np.float64) + 1.0) * n - 1.0) / 2.0

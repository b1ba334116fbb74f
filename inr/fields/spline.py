"""Planes between their points: the cubic spline through samples on a grid.

    g(x) = Σ_k c_k β³(n (x + 1)/2 - 1/2 - k),     Σ_k c_k β³(i - k) = sample i                     (1)

Point i of n lies at (2i + 1)/n - 1, as samples do; at the ends the samples are mirrored about the
domain's border.  At the points themselves the samples come back exactly, without a spline.

Source: Unser, Aldroubi & Eden 1993, "B-spline signal processing: part I", equations 2.1 and 3.5.
"""

import numpy as np

Array = np.ndarray
LONG = 4096  # points
NEAR = 1e-6  # of the distance of two points, however many there are: what rounding moves a coordinate


def coefficients(samples: Array, axis: int) -> Array:
    """c of equation (1) along one axis: the tridiagonal system (1, 4, 1)/6, (5, 1)/6 at both ends."""
    if samples.shape[axis] > LONG:
        from scipy.ndimage import spline_filter1d  # here, because most decoding needs no spline

        # The same system; SciPy is quick along a long axis, but inexact at the ends of a short one.
        return np.asarray(spline_filter1d(samples, 3, axis, np.float32, "reflect"))  # pyright: ignore[reportArgumentType]
    y = np.moveaxis(samples, axis, 0).astype(np.float32) * np.float32(6.0)
    n = len(y)
    if n == 1:
        return samples.copy()
    diagonal = np.full(n, 4.0)
    diagonal[[0, -1]] = 5.0
    pivot = np.empty(n)
    pivot[0] = diagonal[0]
    for i in range(1, n):
        pivot[i] = diagonal[i] - 1.0 / pivot[i - 1]
        y[i] -= y[i - 1] * np.float32(1.0 / pivot[i - 1])
    y[-1] *= np.float32(1.0 / pivot[-1])
    for i in range(n - 2, -1, -1):
        y[i] = (y[i] - y[i + 1]) * np.float32(1.0 / pivot[i])
    return np.moveaxis(y, 0, axis)


def taps(x: Array, n: int) -> tuple[Array, Array]:
    """Which coefficients reach the coordinates, and how much.

    Shape: x [M] in [-1, 1] -> indices [M, 4] of 0 .. n-1, weights [M, 4] float32.
    """
    index, t = four_around(x, n)
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], -1
    ) / 6.0  # fmt: skip
    return index, weights.astype(np.float32)


def four_around(x: Array, n: int) -> tuple[Array, Array]:
    """The two points on either side of coordinates, mirrored at the ends, and how far past the second one.

    Shape: x [M] in [-1, 1] -> indices [M, 4] of 0 .. n-1, t [M] in [0, 1).
    """
    at = np.clip((np.asarray(x, dtype=np.float64) + 1.0) * (n / 2.0) - 0.5, -0.5, n - 0.5)
    first = np.floor(at).astype(np.int64)
    index = first[:, None] + np.arange(-1, 3)
    index = np.where(index < 0, -1 - index, index)
    index = np.where(index >= n, 2 * n - 1 - index, index)
    return np.clip(index, 0, n - 1), at - first


def on_points(x: Array, n: int) -> tuple[Array, Array]:
    """Which coordinates are grid points, and the indices of those.  Shape: x [M] -> bool [M], [up to M]."""
    at = (np.asarray(x, dtype=np.float64) + 1.0) * (n / 2.0) - 0.5
    near = np.rint(at)
    there = (near >= 0) & (near < n) & (np.abs(at - near) < NEAR)
    return there, near[there].astype(np.int64)


def _total(parts: list[Array]) -> Array:
    out = parts[0]
    for part in parts[1:]:
        out += part
    return out


class Planes:
    """Planes [E, H, W] that can be sampled anywhere in [-1, 1]²."""

    def __init__(self, planes: Array) -> None:
        """Take the planes; their spline coefficients are found when first needed."""
        self.planes = planes
        self._coefficients: Array | None = None

    @property
    def coefficients(self) -> Array:
        """c of equation (1) along both axes."""
        if self._coefficients is None:
            self._coefficients = coefficients(coefficients(self.planes, 1), 2)
        return self._coefficients

    def product(self, first: Array, second: Array) -> Array:
        """On the product of two coordinate arrays; a value does not depend on the other coordinates.

        Shape: [M], [N] -> [M, N, E] float32.
        """
        _, height, width = self.planes.shape
        (down, rows), (across, columns) = on_points(first, height), on_points(second, width)
        samples = self.planes[:, rows][:, :, columns].transpose(1, 2, 0)
        if down.all() and across.all():
            return np.ascontiguousarray(samples)
        index, weight = taps(first, height)
        part = _total([self.coefficients[:, index[:, k]] * weight[None, :, k, None] for k in range(4)])
        index, weight = taps(second, width)
        between = _total([part[:, :, index[:, k]] * weight[None, None, :, k] for k in range(4)])
        out = np.ascontiguousarray(between.transpose(1, 2, 0))
        out[np.ix_(down, across)] = samples
        return out

    def points(self, x: Array) -> Array:
        """At points of any order.  Shape: [N, 2] -> [N, E] float32."""
        _, height, width = self.planes.shape
        (rows, down), (columns, across) = taps(x[:, 0], height), taps(x[:, 1], width)
        out = np.zeros((len(self.planes), len(x)), dtype=np.float32)
        for i in range(4):
            for j in range(4):
                out += self.coefficients[:, rows[:, i], columns[:, j]] * (down[:, i] * across[:, j])
        return out.T

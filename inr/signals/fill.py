"""Places without a sample, filled from their surroundings; and a cloud of points as such a grid.

Values and weights are added up over cells twice as wide, again and again until no cell is empty;
then every empty cell takes the value of the cell above it (push and pull; Gortler et al. 1996, "The
Lumigraph", section 3.4.2).  What is filled is looked at when a fit is planned, and never fitted.
"""

import numpy as np

Array = np.ndarray


def filled(values: Array, known: Array) -> Array:
    """`values` where `known` is above 0, and a mean of what is near elsewhere.

    Args:
        values: [*grid, C] float.
        known: [*grid], the weight of each place; one at least is above 0.

    Shape: -> [*grid, C], float64.
    """
    values, known = np.asarray(values, dtype=np.float64), np.asarray(known, dtype=np.float64)
    if (known > 0).all():
        return values
    sums, weights = np.where(known[..., None] > 0, values * known[..., None], 0.0), known
    for axis in range(known.ndim):
        sums, weights = _halved(sums, axis), _halved(weights, axis)
    means = sums / np.where(weights > 0, weights, 1.0)[..., None]
    coarse = filled(means, np.minimum(weights, 1.0))
    for axis, length in enumerate(known.shape):
        coarse = np.repeat(coarse, 2, axis).take(range(length), axis)
    return np.where(known[..., None] > 0, values, coarse)


def gridded(x: Array, values: Array, shape: tuple[int, ...]) -> Array:
    """Points [N, D] in [-1, 1] and their values [N, C] on a grid: the mean of each cell, then `filled`.

    Shape: -> [*shape, C], float64.
    """
    cells = [np.clip(np.floor((x[:, d] + 1.0) * 0.5 * n), 0, n - 1) for d, n in enumerate(shape)]
    flat = np.ravel_multi_index(tuple(c.astype(np.int64) for c in cells), shape)
    size = int(np.prod(shape))
    counts = np.bincount(flat, minlength=size)
    sums = np.stack([np.bincount(flat, values[:, c], size) for c in range(values.shape[1])], -1)
    means = sums / np.maximum(counts, 1)[:, None]
    return filled(means.reshape(*shape, -1), counts.reshape(shape))


def _halved(array: Array, axis: int) -> Array:
    """Sums of neighbours along an axis."""
    return np.add.reduceat(array, np.arange(0, array.shape[axis], 2), axis)

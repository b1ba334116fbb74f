"""What every metric asks of the two blocks it compares: one shape, finite values.

Sums are taken in float64 whatever the blocks hold, so that a value does not depend
on how a signal was cut into blocks.
"""

import math

import numpy as np

from inr.errors import SignalError

Array = np.ndarray


def check_shapes(reference: Array, estimate: Array) -> None:
    """Refuse blocks that NumPy would broadcast.

    Raises:
        SignalError: the shapes differ.
    """
    if reference.shape != estimate.shape:
        raise SignalError(
            f"metrics: the reference block is {reference.shape} and the estimate {estimate.shape}; "
            "they must be alike: compare signals of the same grid and channels."
        )


def error(reference: Array, estimate: Array) -> Array:
    """Estimate minus reference; float64, same shape.

    Raises:
        SignalError: the shapes differ.
    """
    check_shapes(reference, estimate)
    return np.subtract(estimate, reference, dtype=np.float64)


def energy(values: Array) -> float:
    """Σ v², in float64.

    Raises:
        SignalError: a value is NaN or infinite.
    """
    total = float(np.square(values, dtype=np.float64).sum())
    if not math.isfinite(total):
        raise SignalError(
            f"metrics: a block of shape {values.shape} holds NaN or infinity; "
            "decibels need finite samples: check the reference, then the fit."
        )
    return total

"""Floats to integers and back: the only lossy step between a field and its file.

    q = round(w / s),    ŵ = s · q,    s = 2^-k,  k an integer per tensor     (1)

A power of two, because s · q is then exact in float32 while |q| < 2^24: every machine
rebuilds the same bits.  |w - ŵ| <= s / 2.
"""

from collections.abc import Mapping

import numpy as np

from inr.codec import limits
from inr.errors import SpecError

Array = np.ndarray


def quantise(weights: Array, k: int, *, name: str = "tensor") -> Array:
    """Integers q of equation (1); ties go to the even neighbour.

    Args:
        weights: float32 of any shape, finite.
        k: the step is 2^-k.
        name: named in errors.

    Returns: int32 of the same shape.

    Raises:
        SpecError: k is out of range, a weight is not finite, or |q| would pass 2^22.
    """
    _check_exponent(k, name)
    q = np.rint(np.ldexp(np.asarray(weights, dtype=np.float64), k))
    largest = float(np.max(np.abs(q), initial=0.0))  # NaN propagates
    if not largest <= limits.INTEGER:
        raise SpecError(
            f"{name}: at step 2^{-k} the largest integer is {largest:g}; a file holds at most "
            f"{limits.INTEGER}. Use a coarser step, and check that the weights are finite."
        )
    return q.astype(np.int32)


def dequantise(q: Array, k: int) -> Array:
    """Weights ŵ of equation (1), float32, exact for |q| < 2^24."""
    _check_exponent(k, "tensor")
    return np.ldexp(q.astype(np.float32), np.int32(-k))


def finest(weights: Array) -> int:
    """The largest k with which `quantise` still accepts these weights."""
    low, high = limits.EXPONENTS
    largest = float(np.max(np.abs(weights), initial=0.0))
    if not np.isfinite(largest):
        raise SpecError("tensor: weights are not finite, so no step can hold them")
    return next((k for k in range(high, low, -1) if np.ldexp(largest, k) < limits.INTEGER), low)


def quantised(tensors: Mapping[str, Array], exponents: Mapping[str, int]) -> dict[str, Array]:
    """The tensors as a decoder will see them: the same float32 numbers, bit for bit.

    Raises:
        SpecError: a tensor has no exponent, or `quantise` rejects it.
    """
    missing = [name for name in tensors if name not in exponents]
    if missing:
        raise SpecError(f"exponents: none given for {missing[:3]}; every tensor needs one")
    return {n: dequantise(quantise(w, exponents[n], name=n), exponents[n]) for n, w in tensors.items()}


def _check_exponent(k: int, name: str) -> None:
    low, high = limits.EXPONENTS
    if not low <= k <= high:
        raise SpecError(f"{name}: the step exponent must be {low}..{high}; got {k}")

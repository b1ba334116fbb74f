"""A small integer network that foresees the spread of an integer (FORMAT.md, section 10.3).

    x_i = 16 log2(1 + v_i) by straight pieces,  v_i >= 0 what the neighbourhood holds       (1)
    h = max(0, (W_1 x + 16 b_1) >> 5),   k = max(0, (W_2 h + 16 b_2) >> 5)
    (z, g) = (W_3 k + 16 b_3) >> 7, clipped to the classes                                       (2)

Weights are integers in units of 1/32, activations in units of 1/16, and no float decides
anything, so every machine finds the same classes.  NumPy multiplies the integers as float64,
which is exact here: every sum is far below 2^53.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inr.codec.classes import FLAGS, MEAN, ODDS, SIZES

Array = np.ndarray
HIDDEN = 8
UNIT, WEIGHT_UNIT = 16, 32  # of activations, of weights
HIGHEST = 4095  # of an activation
MOST_WEIGHT = 1 << 12
AT_ONCE = 1 << 15  # rows that go through the network together, so that memory stays small
LOG_FROM = 1 << 20  # larger sums count as this one
CENTRE = (4 * ODDS, 4 * MEAN)  # classes at outputs of 0: even odds, mean 1


def shapes(inputs: int) -> dict[str, tuple[int, ...]]:
    """The network's tensors in stored order."""
    return {
        "1.weight": (inputs, HIDDEN), "1.bias": (HIDDEN,),
        "2.weight": (HIDDEN, HIDDEN), "2.bias": (HIDDEN,),
        "3.weight": (HIDDEN, 2), "3.bias": (2,),
    }  # fmt: skip


def log2_pieces(values: Array) -> Array:
    """Equation (1): with 1 + v = 2^b (1 + r), 16 b + floor(16 r).  int64 >= 0 -> float64."""
    largest = int(values.max(initial=0))
    if largest < len(_SMALL):
        return _SMALL[values]
    return _pieces(values)


def _pieces(values: Array) -> Array:
    u = np.minimum(values.astype(np.int64), LOG_FROM) + 1
    bits = np.frexp(u.astype(np.float64))[1] - 1  # exact: u < 2^53
    return (UNIT * bits + ((u << 4) >> bits) - UNIT).astype(np.float64)


_SMALL = _pieces(np.arange(4096))


@dataclass(frozen=True)
class Context:
    """The network with its integers, int32 by the names of `shapes`."""

    weights: Mapping[str, Array]

    def classes(self, x: Array) -> tuple[Array, Array]:
        """Equation (2): z and g of each row.  Shape: x [N, inputs] whole numbers -> int64 [N] twice."""
        sums = np.empty((len(x), 2))
        for at in range(0, len(x), AT_ONCE):
            part = self._layer(self._layer(x[at : at + AT_ONCE], "1"), "2")
            sums[at : at + AT_ONCE] = self._sums(part, "3")
        out = np.floor(sums * (1.0 / 128)).astype(np.int64)
        z = np.clip(out[:, 0] + CENTRE[0], 0, FLAGS - 1)
        return z, np.clip(out[:, 1] + CENTRE[1], 0, SIZES - 1)

    def _layer(self, x: Array, name: str) -> Array:
        return np.clip(np.floor(self._sums(x, name) * (1.0 / WEIGHT_UNIT)), 0, HIGHEST)

    def _sums(self, x: Array, name: str) -> Array:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return x @ weight.astype(np.float64) + float(UNIT) * bias

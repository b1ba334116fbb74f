"""Four activations of image classifiers, kept for contrast: smooth steps without a frequency.

    relu2    max(z, 0)²
    apalu    a (z + z σ(1.702 z)) for z >= 0,   b (e^z - 1) below           (1)
    sqish    a z + (1 - a) z / sqrt(1 + |b| exp(-2 g (1 - a) z))            (2)
    talu     z for z >= 0,   tanh max(z, α) below                           (3)

a, b, g and α are trained, one of each per layer.  Away from 0 all four are nearly homogeneous, or
constant, so ω is not used.  (1) has a kink at 0 unless b = 1.5 a, (3) one at α; (2) takes |b|, so
that the root stays real, and holds the exponent below 60, where the term is 0 to rounding.

Starts: a = 0.55, b = 0.065 (apalu) and a = 0.5, b = g = 1 (sqish) are those of other people's
implementations.  The value that the authors of talu recommend was not found; -2 is that of the
package `nonlinear`, whose form differs above 0.  Weights start in He's range; those of relu2 in
sqrt(2/n), because a square of more than unit variance explodes with the depth.

Sources: Zhang et al. "ReLU² Wins", arXiv:2402.03804; "APALU", arXiv:2402.08244; Biswas et al.
"A non-monotonic smooth activation function", arXiv:2310.10126; "TaLU", arXiv:2305.04402.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import LARGEST_EXPONENT, Activation, Tuning, bounded_exp, he_bound
from inr.specs import ActivationSpec

SIGMOID = 1.702  # of arXiv:2402.08244; σ(1.702 z) is nearly the normal distribution
CALM = Tuning(own=0.1)


def _square_bound(spec: ActivationSpec, layer: int, fan_in: int) -> float:
    return float(np.sqrt(2.0 / fan_in))


def _relu2(xp: Any, z: Any) -> Any:
    positive = z * (z > 0)
    return positive * positive


def _apalu(xp: Any, z: Any, a: Any, b: Any) -> Any:
    # σ(x) = (1 + tanh(x/2)) / 2 does not overflow.
    above = z * (1.5 + 0.5 * xp.tanh(0.5 * SIGMOID * z))
    below = xp.exp(xp.clip(z, -LARGEST_EXPONENT, 0.0)) - 1.0
    return xp.where(z >= 0, a * above, b * below)


def _sqish(xp: Any, z: Any, a: Any, b: Any, g: Any) -> Any:
    return a * z + (1.0 - a) * z / xp.sqrt(1.0 + xp.abs(b) * bounded_exp(xp, -2.0 * g * (1.0 - a) * z))


def _talu(xp: Any, z: Any, cut: Any) -> Any:
    return xp.where(z >= 0, z, xp.tanh(xp.maximum(z, cut)))


RELU2 = Activation.of("relu2", _relu2, frequency=False, weight_bound=_square_bound)
APALU = Activation.of(
    "apalu", _apalu, start={"a": 0.55, "b": 0.065}, frequency=False, weight_bound=he_bound, tuning=CALM
)
SQISH = Activation.of(
    "sqish",
    _sqish,
    start={"a": 0.5, "b": 1.0, "g": 1.0},
    frequency=False,
    weight_bound=he_bound,
    tuning=CALM,
)
TALU = Activation.of("talu", _talu, start={"cut": -2.0}, frequency=False, weight_bound=he_bound, tuning=CALM)

"""Sinc: y = sin θ / θ, θ = ω z: the kernel that rebuilds a band-limited signal from its samples.

Near 0 the quotient and its derivatives lose their digits, so |θ| < 1/2 takes the series
1 - θ²/6 + θ⁴/120 - ... up to θ¹², which is exact to float64 there, and so are its first two
derivatives to ten digits.

Start: weights in the 1/sqrt(n) of PyTorch's linear layer, as for `gauss`; the authors' was not
found.  Source: Saratchandran et al. "A sampling theory
perspective on activations for implicit neural representations", arXiv:2402.05427.
"""

import math
from typing import Any

from inr.fields.activations.base import Activation, Tuning, linear_bound

SERIES = [(-1) ** k / math.factorial(2 * k + 1) for k in range(7)]


def _sinc(xp: Any, t: Any) -> Any:
    near = xp.abs(t) < 0.5
    # Each branch sees only arguments it is made for: 0 · NaN is NaN on the way back.
    small, large = xp.where(near, t, 0.0), xp.where(near, 1.0, t)
    square, series = small * small, SERIES[-1]
    for coefficient in SERIES[-2::-1]:
        series = series * square + coefficient
    return xp.where(near, series, xp.sin(large) / large)


SINC = Activation.of("sinc", _sinc, weight_bound=linear_bound, tuning=Tuning(reach=0.6))

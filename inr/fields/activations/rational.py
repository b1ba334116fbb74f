"""The rational activation of type (3, 2): y = P(z) / Q(z), one P and one Q a layer.

    P(z) = p_0 + p_1 z + p_2 z² + p_3 z³,    Q(z) = 1 + (q_0 + q_1 z)²       (1)

Every positive Q of degree two is of this form, up to a factor that P absorbs, so (1) has all
rational functions of this type but those with a pole.  The authors train the coefficients of Q
themselves, and a fit can meet a pole.

Start: the best approximation of a ReLU on [-1, 1], by the authors: P = 1.1915 z³ + 1.5957 z² +
0.5 z + 0.0218, Q = 2.383 z² + 1, with weights in He's range.  Beyond [-1, 1] y tends to z/2 + 0.67 on
either side, so ω is not used and depth does not let it grow.

Source: Boullé, Nakatsukasa & Townsend, "Rational neural networks", NeurIPS 2020,
arXiv:2004.01902.  The PDE code of RAF has it as a baseline and as a basis (`raf`, `raf-groups`).
"""

import math
from typing import Any

from inr.fields.activations.base import Activation, Arrays, Tuning, alike, entry, he_bound, polynomial
from inr.specs import ActivationSpec

NUMERATOR = (0.0218, 0.5, 1.5957, 1.1915)
DENOMINATOR = (0.0, math.sqrt(2.383))


def rational32(z: Any, numerator: Any, denominator: Any) -> Any:
    """Equation (1).  Shape: z [K, N, H], numerator [K or 1, 4], denominator [K or 1, 2]."""
    inner = entry(denominator, 0) + entry(denominator, 1) * z
    return polynomial(z, numerator) / (1.0 + inner * inner)


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    return rational32(z, parameters["numerator"], parameters["denominator"])


RATIONAL32 = Activation(
    "rational32",
    *alike(numerator=NUMERATOR, denominator=DENOMINATOR),
    he_bound,
    _apply,
    ActivationSpec("rational32"),
    Tuning(own=0.1),
)

"""Rational activations in the safe form: PAU with one for a layer, KAT with one for a group of neurons.

    y = P(x) / (1 + |b_1 x + b_2 x² + b_3 x³ + b_4 x⁴|),   P(x) = Σ a_i x^i, i = 0..5   (1)

with x = θ/π and θ = ω z.  The division by π makes the coefficients of one size, so that one
learning rate serves them.  The denominator is never below 1; where the polynomial inside |.|
changes sign, y has a kink.

`pau` has one a and one b a layer.  `kat` has one a a layer and one b for each of 8 groups of
neurons: neuron j of H belongs to group floor(8 j / H).  (The fallback of the released KAT code
takes |b_i| and no |.| around the sum, which can vanish; it is not followed.)

Start: the Padé approximant of sin θ of type (3, 4),

    θ (1 - 31/294 θ²) / (1 + 3/49 θ² + 11/5880 θ⁴)

within 0.08 of the sine on [-π, π] and below 4 everywhere; that of type (5, 4) is closer and grows like
7 θ, which biases of narrow layers reach.  The authors start at a leaky ReLU (PAU) and at swish (KAT); a
field wants a wave.  Weights in SIREN's range; the first ω is low, to stay where the wave is.

Sources: Molina, Schramowski & Kersting, "Padé Activation Units", ICLR 2020, arXiv:1907.06732,
version B; Yang & Wang, "Kolmogorov-Arnold Transformer", arXiv:2409.10594.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import Activation, Arrays, Shapes, Tuning, alike, polynomial, siren_bound
from inr.specs import ActivationSpec

GROUPS = 8
_TOP = np.array([0.0, 1.0, 0.0, -31.0 / 294.0, 0.0, 0.0])
_BOTTOM = np.array([0.0, 3.0 / 49.0, 0.0, 11.0 / 5880.0])
NUMERATOR = _TOP * np.pi ** np.arange(6)
DENOMINATOR = _BOTTOM * np.pi ** np.arange(1, 5)
PADE = Tuning(reach=0.35, own=0.1)


def group_of(width: int) -> list[int]:
    """The group of each of H neurons."""
    return [GROUPS * j // width for j in range(width)]


def _quotient(xp: Any, x: Any, numerator: Any, denominator: Any) -> Any:
    return polynomial(x, numerator) / (1.0 + xp.abs(x * polynomial(x, denominator)))


def _pau(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    return _quotient(xp, (omega / np.pi) * z, parameters["numerator"], parameters["denominator"])


def _kat(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    denominator = parameters["denominator"][:, :, group_of(z.shape[-1])]  # [K or 1, 4, H]
    return _quotient(xp, (omega / np.pi) * z, parameters["numerator"], denominator)


def _kat_shapes(spec: ActivationSpec, width: int) -> Shapes:
    return {"numerator": (6,), "denominator": (4, GROUPS)}


def _kat_start(
    spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    return {
        "numerator": NUMERATOR.astype(np.float32),
        "denominator": np.repeat(DENOMINATOR[:, None], GROUPS, 1).astype(np.float32),
    }


PAU = Activation(
    "pau",
    *alike(numerator=NUMERATOR, denominator=DENOMINATOR),
    siren_bound,
    _pau,
    ActivationSpec("pau", (), 4.0, 30.0),
    PADE,
)
KAT = Activation(
    "kat", _kat_shapes, _kat_start, siren_bound, _kat, ActivationSpec("kat", (), 4.0, 30.0), PADE
)

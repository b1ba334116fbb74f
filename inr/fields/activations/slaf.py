"""SLAF: a layer learns the coefficients of its activation in a fixed basis.

    slaf           y = Σ_j a_j u^j,  j = 0..5,   u = m θ cut to [-1, 1]        (1)
    slaf-fourier   y = Σ_j (a_j cos jθ + b_j sin jθ),  j = 0..3                (2)

with θ = ω z.  The authors divide every power by its batch's spread, which makes a value depend on
its neighbours.  Here the one trained scalar m of a layer does what that is for: no power exceeds 1,
so nothing explodes with the depth, and a neuron beyond the cut rests.  Their other remedy, clipped
gradients, is then not needed.

In (2) one sine and one cosine give all multiples:
sin 2θ = 2 sin θ cos θ, cos 2θ = 1 - 2 sin² θ, and (3θ) = (2θ) + (θ).

Start: their coefficients start near the identity.  Here (1) is the least-squares fit of sin πu on
[-1, 1] with m = 1/π, and (2) is sin θ, so both start as the middle of a SIREN; weights in its range.

Source: Goyal, Goyal & Lall, "Learning Activation Functions: A new paradigm for understanding
Neural Networks", arXiv:1906.09529.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import Activation, Arrays, Tuning, alike, entry, polynomial, siren_bound
from inr.specs import ActivationSpec

DEGREE = 5
_GRID = np.linspace(-1.0, 1.0, 401)
TAYLOR_START = np.polynomial.polynomial.polyfit(_GRID, np.sin(np.pi * _GRID), DEGREE)


def _taylor(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    u = xp.clip((omega * entry(parameters["scale"], 0)) * z, -1.0, 1.0)
    return polynomial(u, parameters["amplitude"])


def _fourier(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    a, b = parameters["cosine"], parameters["sine"]
    sin, cos = xp.sin(omega * z), xp.cos(omega * z)
    a0, a1, a2, a3 = (entry(a, i) for i in range(4))
    b1, b2, b3 = (entry(b, i) for i in range(3))
    # Multiple angles are polynomials of the cosine (Chebyshev's), so both sums go by Horner's rule.
    even = (a0 - a2) + cos * ((a1 - 3.0 * a3) + cos * (2.0 * a2 + (4.0 * a3) * cos))
    odd = (b1 - b3) + cos * (2.0 * b2 + (4.0 * b3) * cos)
    return even + sin * odd


SLAF = Activation(
    "slaf",
    *alike(amplitude=TAYLOR_START, scale=[1.0 / np.pi]),
    siren_bound,
    _taylor,
    ActivationSpec("slaf", (), 8.0, 30.0),
    Tuning(reach=0.4, own=0.1),
)
SLAF_FOURIER = Activation(
    "slaf-fourier",
    *alike(cosine=[0.0, 0.0, 0.0, 0.0], sine=[1.0, 0.0, 0.0]),
    siren_bound,
    _fourier,
    ActivationSpec("slaf-fourier"),
    Tuning(own=0.1),
)

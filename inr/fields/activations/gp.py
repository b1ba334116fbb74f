"""GP: a smooth activation through trained control points, one a layer, with a line added.

The mean of a Gaussian process that passes through the points (X_i, y_i), X_i = i s, i = -3..3:

    y = c_0 + c_1 θ + Σ_i w_i k(θ/s - i),    w = K^-1 y,  k(x) = exp(-x²/2)      (1)

with θ = ω z, s = π/2, and K_ij = k(i - j), which is fixed and inverted once.  Far from the
points the process returns to its mean, the trained line.

The points are evenly spaced, so exp(-(x - i)²/2) = exp(-x²/2) · q^i · exp(-i²/2) with q = e^x: two
exponentials and a polynomial in q do for all seven.  x is cut to ± 8, where the last term is
4e-6 of its peak, so that q^6 stays in float32's range.

Start: y_i = sin X_i and no line; weights in SIREN's range.  The authors' number of points and
kernel were not found.

Source: Sun, Wang, Guo et al. "Scalable partial explainability in neural networks via
flexible activation functions", arXiv:2006.06057.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import Activation, Arrays, Tuning, alike, constant, entry, siren_bound
from inr.specs import ActivationSpec

REACH = 3
PLACES = np.arange(-REACH, REACH + 1.0)
SPACING = np.pi / 2
LARGEST = 8.0
_INVERSE = np.linalg.inv(np.exp(-0.5 * (PLACES[:, None] - PLACES) ** 2))
# Columns of (1) times what a term's own exp(-i²/2) contributes.
MIXING = _INVERSE * np.exp(-0.5 * PLACES**2)


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    values, line = parameters["values"], parameters["line"]
    weights = xp.matmul(values, constant(xp, MIXING, values))  # [K or 1, 7]
    x = xp.clip((omega / SPACING) * z, -LARGEST, LARGEST)
    q = xp.exp(x)
    total = entry(weights, 2 * REACH)
    for i in range(2 * REACH - 1, -1, -1):
        total = total * q + entry(weights, i)
    bumps = total * xp.exp(-0.5 * x * x - REACH * x)
    return bumps + entry(line, 0) + (omega * entry(line, 1)) * z


GP = Activation(
    "gp",
    *alike(values=np.sin(SPACING * PLACES), line=[0.0, 0.0]),
    siren_bound,
    _apply,
    ActivationSpec("gp", (), 8.0, 30.0),
    Tuning(reach=0.5, own=0.1),
)

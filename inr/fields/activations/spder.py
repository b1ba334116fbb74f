"""SPDER: y = sin(θ) sqrt|θ|, θ = ω z: a sine damped towards 0, so that it knows where it is.

The root's slope is infinite at 0 and the product's is 0; in floats that is 0 · ∞.  Here the
root is of |θ| + 1e-12, which moves y by less than 1e-12 for |θ| >= 1e-12 and keeps slopes
finite.  The second derivative grows like |θ|^(-1/2) towards 0: no ansatz for equations that
contain one.

Start: SIREN's range with ω = 30.  Source: Shah & Sitawarin, "SPDER: Semiperiodic
Damping-Enabled Object Representation", arXiv:2306.15242.
"""

from typing import Any

from inr.fields.activations.base import Activation, Tuning

TINY = 1e-12


def _spder(xp: Any, t: Any) -> Any:
    return xp.sin(t) * xp.sqrt(xp.abs(t) + TINY)


SPDER = Activation.of("spder", _spder, tuning=Tuning(reach=0.7))

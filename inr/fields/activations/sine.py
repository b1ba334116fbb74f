"""Sine: y = sin(ω z), the activation of SIREN.  Nothing in it is trained.

Source: Sitzmann, Martel, Bergman, Lindell & Wetzstein, "Implicit Neural Representations
with Periodic Activation Functions", NeurIPS 2020.  ω is 30 in both places there.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import Activation, Arrays, Shapes, siren_bound
from inr.specs import ActivationSpec


def _shapes(spec: ActivationSpec, width: int) -> Shapes:
    return {}


def _start(spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {}


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    return xp.sin(omega * z)


SINE = Activation("sine", _shapes, _start, siren_bound, _apply, ActivationSpec("sine"))

"""FINER: y = sin(ω (|z| + 1) z), a sine whose frequency grows away from z = 0.

The bias decides where on that scale a neuron works; it starts in the ± 1/sqrt(D) of PyTorch's
linear layer, as in the authors' code where their k is not given.  They cut |z| + 1 out of the
gradient; here the derivative is that of the formula, ω (2 |z| + 1) cos(...), so that a field can
be differentiated.  |z| z has a jump in its second derivative at 0.

Start: SIREN's range.  Source: Liu et al. "FINER: Flexible spectral-bias tuning in implicit
neural representation by variable-periodic activation functions", CVPR 2024, arXiv:2312.02434.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import Activation, Arrays, Shapes, Tuning, siren_bound
from inr.specs import ActivationSpec


def _shapes(spec: ActivationSpec, width: int) -> Shapes:
    return {}


def _start(spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {}


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    return xp.sin((xp.abs(z) + 1.0) * (omega * z))


FINER = Activation("finer", _shapes, _start, siren_bound, _apply, ActivationSpec("finer"), Tuning(reach=0.6))

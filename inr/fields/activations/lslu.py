"""LSLU, the learnable series of ReLUs: y[n, j] = Σ_i t[i, j] max(z[n, j] + s[i, j], 0), i = 1..4.

Each neuron trains its own t and s.  The released module differs from the sum that its text
describes, and is not followed: it applies its steps one after the other; indexes the per-channel
vectors by the step, so that one scalar serves all channels; and computes something else once
deployed.  Its convolution and batch normalisation belong to pictures as input and have no place
between coordinates.

Start: t = 1/4, and s evenly spread over [-1, 1], the range of z.  Theirs is s = 0, where all terms
have equal gradients and stay equal for ever.  Weights in He's range.  A ReLU of a multiple is a
multiple, so ω is not used.  Piecewise linear: second derivatives are 0, and high frequencies
come late, as with `relu`.

Source: Feng et al., arXiv:2409.08283, after the series activation of
VanillaNet, arXiv:2305.12972.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import Activation, Arrays, Shapes, Tuning, he_bound
from inr.specs import ActivationSpec

TERMS = 4


def _shapes(spec: ActivationSpec, width: int) -> Shapes:
    return {"amplitude": (TERMS, width), "shift": (TERMS, width)}


def _start(spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    centres = (2.0 * np.arange(TERMS) + 1.0) / TERMS - 1.0
    return {
        "amplitude": np.full((TERMS, width), 1.0 / TERMS, np.float32),
        "shift": np.repeat(centres[:, None], width, 1).astype(np.float32),
    }


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    y = None
    for i in range(TERMS):
        shifted = z + parameters["shift"][:, i, None]
        term = parameters["amplitude"][:, i, None] * (shifted * (shifted > 0))
        y = term if y is None else y + term
    return y


LSLU = Activation("lslu", _shapes, _start, he_bound, _apply, ActivationSpec("lslu"), Tuning(own=0.3))

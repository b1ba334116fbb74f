"""WIRE: a complex Gabor wavelet a neuron, and its real relative.

    wire        y = exp(j c - (1.5 |c|)²),   c = ω (a + j m b)               (1)
    wire-real   y_i = cos θ_i exp(-(1.5 θ_k)²),   k = i + H/2 mod H          (2)

with θ = ω z.  Arrays here are real, so `wire` carries the real parts a and the imaginary parts b of
its complex numbers as the two halves of the width, H/2 complex neurons:

    Re y = exp(-Im c - 2.25 |c|²) cos Re c,    Im y = the same times sin Re c

A neuron without a partner, where H is odd, has b = 0 and keeps its real part.  A layer's H x H real
weights are then not tied in pairs, as a complex matrix's are: they can be one, and need not.

m, one trained number a layer, is not in the paper.  Its first layer is real: m starts at 0 there.
Elsewhere m starts at sqrt(H/256), at most 1, and with it the paper's form at its width: biases
start in ± 1/sqrt(n), and in narrow layers next to no neuron would be within reach of both envelopes.

In (2) the paper's Gaussian has a linear layer of its own.  Here neurons lend each other theirs,
half a layer apart, so that the two factors are independent and the width is kept.

The envelope's 1.5 is the authors' s/ω, 30 to 20 for pictures.  |y| <= exp(1/9), whatever comes in.

Start: the 1/sqrt(n) of PyTorch's linear layers, as in the authors' code.  Source: Saragadam et al.
"WIRE: Wavelet Implicit Neural Representations", CVPR 2023, arXiv:2301.05187.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import Activation, Arrays, Shapes, Tuning, bounded_exp, linear_bound
from inr.specs import ActivationSpec

SQUARED_RATIO = 1.5**2  # (s/ω)²
WIDE = 256


def _shapes(spec: ActivationSpec, width: int) -> Shapes:
    return {"imaginary": (1,)}


def _start(spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {"imaginary": np.full(1, min(1.0, (width / WIDE) ** 0.5) if layer else 0.0, np.float32)}


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    half = z.shape[-1] // 2
    a, alone = omega * z[..., :half], omega * z[..., 2 * half :]
    b = (omega * parameters["imaginary"][:, None]) * z[..., half : 2 * half]
    envelope = bounded_exp(xp, -b - SQUARED_RATIO * (a * a + b * b))
    parts = [envelope * xp.cos(a), envelope * xp.sin(a)]
    if z.shape[-1] % 2:
        parts.append(bounded_exp(xp, -SQUARED_RATIO * alone * alone) * xp.cos(alone))
    return xp.concatenate(parts, -1)


def _wire_real(xp: Any, t: Any) -> Any:
    partner = xp.roll(t, -(t.shape[-1] // 2), -1)
    return xp.cos(t) * bounded_exp(xp, -SQUARED_RATIO * partner * partner)


WIRE = Activation(
    "wire",
    _shapes,
    _start,
    linear_bound,
    _apply,
    ActivationSpec("wire", (), 20.0, 20.0),
    Tuning(reach=0.2, own=0.3),
)
WIRE_REAL = Activation.of(
    "wire-real", _wire_real, weight_bound=linear_bound, omega=20.0, tuning=Tuning(reach=0.15)
)

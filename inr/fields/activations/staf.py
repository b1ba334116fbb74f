"""STAF: y = Σ_i C_i sin(Ω_i θ + Φ_i), θ = ω z, i = 1..5: a Fourier series that a layer learns.

Like `raf` with sines alone, but the layer's neurons share one series and phases are trained.

Start, of the paper's theorem 3.1: Ω uniform in [0, 1), Φ uniform in ± π, C = ± sqrt|X| where X has
the Laplace law of scale 2/5; y then has unit variance.  (The released code takes a quarter of that
scale.)  Weights in SIREN's range.

Source: Morsali et al. "STAF: Sinusoidal Trainable Activation Functions for Implicit Neural
Representation", arXiv:2502.00869.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import Activation, Arrays, Shapes, Tuning, entry, siren_bound
from inr.specs import ActivationSpec

TERMS = 5


def _shapes(spec: ActivationSpec, width: int) -> Shapes:
    return {"amplitude": (TERMS,), "frequency": (TERMS,), "phase": (TERMS,)}


def _start(spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    x = rng.laplace(0.0, 2.0 / TERMS, TERMS)
    values = {
        "amplitude": np.sign(x) * np.sqrt(np.abs(x)),
        "frequency": rng.uniform(0.0, 1.0, TERMS),
        "phase": rng.uniform(-np.pi, np.pi, TERMS),
    }
    return {name: value.astype(np.float32) for name, value in values.items()}


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    c, f, phase = parameters["amplitude"], parameters["frequency"], parameters["phase"]
    y = None
    for i in range(TERMS):
        term = entry(c, i) * xp.sin((omega * entry(f, i)) * z + entry(phase, i))
        y = term if y is None else y + term
    return y


STAF = Activation(
    "staf", _shapes, _start, siren_bound, _apply, ActivationSpec("staf"), Tuning(reach=1.2, own=0.3)
)

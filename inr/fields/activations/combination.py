"""A learnable combination of known activations: y = Σ_p w_p g_p(θ), θ = ω z, one w a layer.

`bases` names the g_p; unlike `raf` nothing inside them is trained and neurons share the weights:

    linear θ    relu max(θ, 0)    tanh    sigmoid    silu θ σ(θ)
    sine sin θ  cosine cos θ      gauss exp(-θ²/2)

Start: w_p = 1/P, weights of the layers in SIREN's range.

Source: the "LC" form of Liao, "Trainable Activation Function in Image Classification",
arXiv:2004.13271; the truncated Fourier series of the same work is `slaf-fourier`.
"""

from typing import Any

import numpy as np

from inr.errors import SpecError
from inr.fields.activations.base import Activation, Arrays, Shapes, Tuning, bounded_exp, entry, siren_bound
from inr.specs import ActivationSpec

KNOWN = ("linear", "relu", "tanh", "sigmoid", "silu", "sine", "cosine", "gauss")


def _shapes(spec: ActivationSpec, width: int) -> Shapes:
    unknown = [name for name in spec.bases if name not in KNOWN]
    if unknown or not spec.bases or len(set(spec.bases)) != len(spec.bases):
        raise SpecError(
            f"{spec.name}: bases must be distinct names out of {', '.join(KNOWN)}; got {spec.bases}"
        )
    return {"amplitude": (len(spec.bases),)}


def _start(spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    count = len(spec.bases)
    return {"amplitude": np.full(count, 1.0 / count, np.float32)}


def _value(xp: Any, t: Any, name: str) -> Any:
    formulas = {
        "linear": lambda: t,
        "relu": lambda: t * (t > 0),
        "tanh": lambda: xp.tanh(t),
        # (1 + tanh(t/2)) / 2 is σ(t) and does not overflow.
        "sigmoid": lambda: 0.5 + 0.5 * xp.tanh(0.5 * t),
        "silu": lambda: t * (0.5 + 0.5 * xp.tanh(0.5 * t)),
        "sine": lambda: xp.sin(t),
        "cosine": lambda: xp.cos(t),
        "gauss": lambda: bounded_exp(xp, -0.5 * t * t),
    }
    return formulas[name]()


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    theta, y = omega * z, None
    for p, name in enumerate(spec.bases):
        term = entry(parameters["amplitude"], p) * _value(xp, theta, name)
        y = term if y is None else y + term
    return y


COMBINATION = Activation(
    "combination",
    _shapes,
    _start,
    siren_bound,
    _apply,
    ActivationSpec("combination", ("sine", "silu", "tanh", "linear"), 8.0, 30.0),
    Tuning(reach=0.8, own=0.3),
)

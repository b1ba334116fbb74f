"""RAF by groups of neurons: each neuron has one fixed basis, and the next layer combines them.

    y[n, j] = g_p(z[n, j]) for neuron j of group p                          (1)

This is the form of the authors' code for differential equations: nothing is trained beside the
weights.  (`raf-image` and `raf-audio` are the form of their code for signals, a trained sum per
neuron.)  P bases share H neurons in consecutive groups of floor(H / P); the last takes the rest, or,
with `last` neurons for it, the last but one does: 50 neurons are 12, 12, 12, 14, or 12, 12, 16, 10.

    linear z    square z²    relu max(z, 0)    relu3 max(z, 0)³
    sine sin ωz    cosine cos ωz    gauss exp(-z²/2σ²)    rational, one per layer (rational.py)

The published widths are σ = 0.05 (smooth), 0.1 (low regularity) and 0.5 with the last ten neurons
(oscillating); `grouped` makes the last two.  Published ω is 1.  For a signal, fitting raises ω, and weights
shrink with it, as SIREN's do.

Start: weights in the 1/sqrt(n) of PyTorch's linear layer, or in SIREN's range where that is less.

Source: Liang, Lyu, Wang & Yang, arXiv:2101.04844, code for section 4.2.
"""

from typing import Any

import numpy as np

from inr.errors import SpecError
from inr.fields.activations.base import Activation, Arrays, Shapes, bounded_exp, linear_bound
from inr.fields.activations.rational import DENOMINATOR, NUMERATOR, rational32
from inr.specs import ActivationSpec

BASES = ("linear", "square", "relu", "relu3", "sine", "cosine", "gauss", "rational")
SIGMA = 0.05


def group_sizes(groups: int, width: int, last: int | None = None) -> list[int]:
    """Neurons of each group; they add up to the width."""
    if last is not None and groups > 1 and last <= width:
        sizes = [width // groups] * (groups - 2)
        between = width - last - sum(sizes)
        if between >= 0:
            return [*sizes, between, last]
    return [width // groups] * (groups - 1) + [width - width // groups * (groups - 1)]


def _check(spec: ActivationSpec) -> None:
    unknown = [name for name in spec.bases if name not in BASES]
    if unknown or not spec.bases or len(set(spec.bases)) != len(spec.bases):
        raise SpecError(
            f"{spec.name}: bases must be distinct names out of {', '.join(BASES)}; got {spec.bases}"
        )


def _shapes(spec: ActivationSpec, width: int) -> Shapes:
    _check(spec)
    return {"numerator": (4,), "denominator": (2,)} if "rational" in spec.bases else {}


def _start(spec: ActivationSpec, width: int, layer: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    values = {"numerator": NUMERATOR, "denominator": DENOMINATOR}
    return {name: np.asarray(values[name], np.float32) for name in _shapes(spec, width)}


def _bound(spec: ActivationSpec, layer: int, fan_in: int) -> float:
    return min(linear_bound(spec, layer, fan_in), float(np.sqrt(6.0 / fan_in)) / spec.omega_hidden)


def _value(xp: Any, z: Any, name: str, omega: float, sigma: float, own: Arrays) -> Any:
    formulas = {
        "linear": lambda: z,
        "square": lambda: z * z,
        "relu": lambda: z * (z > 0),
        "relu3": lambda: (z * (z > 0)) * z * z,
        "sine": lambda: xp.sin(omega * z),
        "cosine": lambda: xp.cos(omega * z),
        "gauss": lambda: bounded_exp(xp, (-0.5 / sigma**2) * z * z),
        "rational": lambda: rational32(z, own["numerator"], own["denominator"]),
    }
    return formulas[name]()


def grouped(name: str, sigma: float = SIGMA, last: int | None = None) -> Activation:
    """Equation (1) with Gaussians of width σ, and `last` neurons in the last group.

    A width smaller than `last` is divided evenly.
    """

    def apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
        parts, at = [], 0
        for basis, size in zip(spec.bases, group_sizes(len(spec.bases), z.shape[-1], last), strict=True):
            parts.append(_value(xp, z[..., at : at + size], basis, omega, sigma, parameters))
            at += size
        return xp.concatenate(parts, -1)

    default = ActivationSpec(name, ("linear", "square", "sine", "gauss"), 1.0, 1.0)
    return Activation(name, _shapes, _start, _bound, apply, default)


RAF_GROUPS = grouped("raf-groups")

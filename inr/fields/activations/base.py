"""What an activation is: a formula, its trainable parameters, and how they start.

An activation owns its start rule, because frequencies and weights only make sense
together.  The formula is written once over an array module `xp`: NumPy decodes without
torch, torch decodes large outputs, and both read the same lines.

A layer's parameters carry a leading axis of K tiles, or of 1 where tiles share them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from inr.specs import ActivationSpec

Arrays = Mapping[str, Any]
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Tuning:
    """What fitting must know about an activation; measured, see data/baselines/README.md.

    Attributes:
        reach: the first layer's ω as a share of what a plain sine wants; 0 where the frequencies of
            `default` are part of the recipe and stay.
        own: Adam's rate for the activation's own parameters, as a share of that for the weights.
        rates: learning rates (Muon, Adam) where the activation does not go with the usual ones.
    """

    reach: float = 1.0
    own: float = 1.0
    rates: tuple[float, float] | None = None


@dataclass(frozen=True)
class Activation:
    """One activation, as the rest of the package sees it.

    Attributes:
        name: the word used on the command line and in FORMAT.md.
        shapes: (spec, H) -> shape of each parameter of one layer, without the tile axis,
            in the order in which files store them.
        start: (spec, H, layer, generator) -> start values of those parameters, float32.
        weight_bound: (spec, layer, fan_in) -> b; weights of that layer, the output layer
            included, start uniform in [-b, b].  Layer 0 sees coordinates.
        apply: (xp, z, parameters, omega, spec) -> activated z, same shape as z, [K, N, H].
        default: the constants used where the request names none.
        tuning: how it wants to be fitted.
    """

    name: str
    shapes: Callable[[ActivationSpec, int], Shapes]
    start: Callable[[ActivationSpec, int, int, np.random.Generator], dict[str, np.ndarray]]
    weight_bound: Callable[[ActivationSpec, int, int], float]
    apply: Callable[[Any, Any, Arrays, float, ActivationSpec], Any]
    default: ActivationSpec
    tuning: Tuning = Tuning()


def siren_bound(spec: ActivationSpec, layer: int, fan_in: int) -> float:
    """Start range of weights whose input meets a sine of frequency ω.

    1/n for the first layer and sqrt(6/n)/ω for the others: pre-activations then keep
    unit variance through the depth (Sitzmann et al. 2020, SIREN, section 3.2).
    """
    return 1.0 / fan_in if layer == 0 else float(np.sqrt(6.0 / fan_in)) / spec.omega_hidden

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
    """

    name: str
    shapes: Callable[[ActivationSpec, int], Shapes]
    start: Callable[[ActivationSpec, int, int, np.random.Generator], dict[str, np.ndarray]]
    weight_bound: Callable[[ActivationSpec, int, int], float]
    apply: Callable[[Any, Any, Arrays, float, ActivationSpec], Any]
    default: ActivationSpec


def siren_bound(spec: ActivationSpec, layer: int, fan_in: int) -> float:
    """Start range of weights whose input meets a sine of frequency ω.

    1/n for the first layer and sqrt(6/n)/ω for the others: pre-activations then keep
    unit variance through the depth (Sitzmann et al. 2020, SIREN, section 3.2).
    """
    return 1.0 / fan_in if layer == 0 else float(np.sqrt(6.0 / fan_in)) / spec.omega_hidden

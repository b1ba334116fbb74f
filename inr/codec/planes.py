"""Which neighbourhood a plane of integers has: that of pictures, or that of sounds."""

from collections.abc import Iterable, Mapping

import numpy as np

from inr.codec import lapped, neighbours
from inr.codec.lapped import LappedPlane
from inr.codec.neighbours import Plane
from inr.fields import LAPPED


def plane(name: str, component: int, known: Mapping[str, np.ndarray]) -> Plane | LappedPlane:
    """A plane to be read or written; `known` has the magnitudes of all tensors, [C, ...] each."""
    return LappedPlane(name, component, known) if name == LAPPED else Plane(name, component, known)


def inputs(names: Iterable[str]) -> int:
    """How many inputs the context network of these tensors has."""
    return lapped.INPUTS if LAPPED in names else neighbours.INPUTS

"""What the MLP sees of a local coordinate u: itself, or itself with sines of it.

    identity:  u                                                           D values
    fourier:   u, then for j = 0 .. J-1:  sin(π β^j u), cos(π β^j u)       D (1 + 2 J) values
    grids:     what a pyramid of grids holds at u (grids.py), which is looked up before
    lapped:    what windowed cosines sum to at u (lapped.py), which is looked up before

Within one j the D sines come first, then the D cosines.  These two have no parameters, so they
cost no bytes beyond their name, J and β.

Source: Mildenhall et al. 2020, NeRF, equation 4 (β = 2).  Strümpler et al. 2022 use β = 1.4.
"""

from typing import Any

import numpy as np

from inr.fields.stored import encoded_by
from inr.specs import EncodingSpec


def encoded_size(spec: EncodingSpec, dims: int, channels: int = 1) -> int:
    """How many values the encoding makes of D coordinates, for a field of C channels."""
    if spec.stored:
        return encoded_by(spec, channels)
    return dims * (1 + 2 * spec.count)


def encode(xp: Any, u: Any, spec: EncodingSpec) -> Any:
    """Encode local coordinates.  Shape: [K, N, D] -> [K, N, encoded_size]."""
    if spec.name == "identity" or spec.stored:
        return u
    parts = [u]
    for j in range(spec.count):
        phase = float(np.pi * spec.base**j) * u
        parts += [xp.sin(phase), xp.cos(phase)]
    return xp.concatenate(parts, -1)

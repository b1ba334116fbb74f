"""What the MLP sees of a local coordinate u: itself, or itself with sines of it.

    identity:  u                                                           D values
    fourier:   u, then for j = 0 .. J-1:  sin(π β^j u), cos(π β^j u)       D (1 + 2 J) values

Within one j the D sines come first, then the D cosines.  Neither has parameters, so an
encoding costs no bytes beyond its name, J and β.

Source: Mildenhall et al. 2020, NeRF, equation 4 (β = 2).  Strümpler et al. 2022 use β = 1.4.
"""

from typing import Any

import numpy as np

from inr.specs import EncodingSpec


def encoded_size(spec: EncodingSpec, dims: int) -> int:
    """How many values the encoding makes of D coordinates."""
    return dims * (1 + 2 * spec.count)


def encode(xp: Any, u: Any, spec: EncodingSpec) -> Any:
    """Encode local coordinates.  Shape: [K, N, D] -> [K, N, encoded_size]."""
    if spec.name == "identity":
        return u
    parts = [u]
    for j in range(spec.count):
        phase = float(np.pi * spec.base**j) * u
        parts += [xp.sin(phase), xp.cos(phase)]
    return xp.concatenate(parts, -1)

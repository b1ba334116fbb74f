"""Rank-1 lattices: quadrature on the unit torus.

    x_i = frac(i z / N + s),   i = 0 .. N-1,        ∫ f ≈ (1/N) Σ_i f(x_i)              (1)

With a vector z of whole numbers and any shift s, (1) is exact for e^(2πi h·x) unless h·z is a
multiple of N, so for smooth periodic functions its error falls as fast as their coefficients do.
One z serves every N = 2^m up to 2^17, and the points of N are every second one of 2N: a lattice
is doubled by adding points, and the change is a measure of the error.

z was built component by component: of 3000 odd numbers each time the one with the smallest
product, over m = 10 .. 17, of the worst-case errors for coefficients that fall like |h|^-4.

Source: Sloan & Joe, "Lattice methods for multiple integration", 1994, for (1); Nuyens & Cools,
"Fast component-by-component construction", 2006, for how z is found.
"""

import torch
from torch import Tensor

from inr.errors import SpecError

GENERATOR = (1, 108061, 102121, 24729, 64471, 20281, 71695, 803, 126585, 1355)
MOST_POINTS = 1 << 17


def lattice(count: int, dim: int, shift: Tensor | None = None) -> Tensor:
    """Equation (1).

    Args:
        count: N, a power of two.
        dim: D, at most as many as the vector z has.
        shift: s in [0, 1)^D; none where it is None.

    Shape: [N, D], float64 in [0, 1).

    Raises:
        SpecError: N is no power of two up to 2^17, or D is out of range.
    """
    if not 0 < count <= MOST_POINTS or count & (count - 1):
        raise SpecError(f"lattice: needs a power of two up to {MOST_POINTS} points; got {count}")
    if not 1 <= dim <= len(GENERATOR):
        raise SpecError(f"lattice: needs 1 to {len(GENERATOR)} dimensions; got {dim}")
    # Whole numbers modulo N: i z itself would lose digits as a float.
    index = torch.arange(count)[:, None] * torch.tensor(GENERATOR[:dim]) % count
    points = index.double() / count
    return points if shift is None else (points + shift) % 1.0

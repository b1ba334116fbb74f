"""The judge of separable eigenvalue problems: one axis at a time in a Fourier basis.

    -φ'' + (Σ_m c_m cos m x) φ = λ φ,   φ = Σ_k a_k e^(ikx),  |k| <= M      (1)

is a symmetric matrix: k² on the diagonal and c_m/2 wherever two frequencies differ by m.  For
the smooth potentials here a_k falls faster than exponentially, so M = 40 is exact to rounding.
Where the potential is a sum over axes, eigenvalues add and eigenfunctions multiply.

The matrix is real and its levels are simple, so a is even or odd in k, and φ is a sum of cosines
or of sines.  Σ a_k (cos kx + sin kx) is that sum in either case.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

MODES = 40  # M


@dataclass(frozen=True)
class Level:
    """One eigenfunction of equation (1).

    Attributes:
        value: λ.
        coefficients: a_k for k = -M .. M; their squares sum to 1.
    """

    value: float
    coefficients: np.ndarray

    def __call__(self, x: Tensor) -> Tensor:
        """φ at points of one axis.  Shape: [N] -> [N]."""
        most = len(self.coefficients) // 2
        total = torch.zeros_like(x)
        for k, a in zip(range(-most, most + 1), self.coefficients.tolist(), strict=True):
            if abs(a) > 1e-17:
                total += a * (torch.cos(k * x) + torch.sin(k * x))
        return total


def levels(cosines: Mapping[int, float], count: int, modes: int = MODES) -> list[Level]:
    """The lowest levels of equation (1).

    Args:
        cosines: c_m by m >= 1.
        count: how many levels.
        modes: M.
    """
    k = np.arange(-modes, modes + 1)
    matrix = np.diag(k.astype(np.float64) ** 2)
    for m, c in cosines.items():
        matrix += 0.5 * c * (np.eye(len(k), k=m) + np.eye(len(k), k=-m))
    values, vectors = np.linalg.eigh(matrix)
    return [Level(float(values[i]), vectors[:, i]) for i in range(count)]

"""Elementwise functions with their first three derivatives, in closed form.

A forward Laplacian needs g, g' and g'' of every pre-activation, and walking back through it
needs g''' as well.  Each function here gives all four at once, because they share what is
costly: one exponential, or one sine and one cosine.  A derivative that is the same everywhere
is a plain number.

Source: Liang, Lyu, Wang & Yang, "Reproducing Activation Function for Deep Learning",
arXiv:2101.04844, and the code of its PDE part; the rational start is that of Boullé,
Nakatsukasa & Townsend, "Rational neural networks", arXiv:2004.01902.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Parts = tuple[Tensor | float, ...]


@dataclass(frozen=True)
class Basis:
    """One function without trained numbers.

    Attributes:
        value: g, which autograd may differentiate twice.
        jets: g, g', g'', g''', each a tensor or a number that holds everywhere.
    """

    value: Callable[[Tensor], Tensor]
    jets: Callable[[Tensor], Parts]


def _sine(z: Tensor) -> Parts:
    sin, cos = torch.sin(z), torch.cos(z)
    return sin, cos, -sin, -cos


def _tanh(z: Tensor) -> Parts:
    t = torch.tanh(z)
    slope = 1.0 - t * t
    return t, slope, -2.0 * t * slope, slope * (6.0 * t * t - 2.0)


def _relu(z: Tensor) -> Parts:
    right = (z > 0).to(z.dtype)
    return z * right, right, 0.0, 0.0


def _relu3(z: Tensor) -> Parts:
    r = torch.relu(z)
    square = r * r
    return square * r, 3.0 * square, 6.0 * r, 6.0 * (z > 0).to(z.dtype)


def gauss(sigma: float) -> Basis:
    """exp(-z²/2σ²); σ is the width, as in the authors' code."""
    a = 1.0 / sigma**2

    def value(z: Tensor) -> Tensor:
        return torch.exp(-0.5 * a * z * z)

    def jets(z: Tensor) -> Parts:
        g, t = value(z), a * z
        curve = t * t - a
        return g, -t * g, curve * g, t * (2.0 * a - curve) * g

    return Basis(value, jets)


FIXED: dict[str, Basis] = {
    "linear": Basis(lambda z: z, lambda z: (z, 1.0, 0.0, 0.0)),
    "square": Basis(lambda z: z * z, lambda z: (z * z, 2.0 * z, 2.0, 0.0)),
    "sine": Basis(torch.sin, _sine),
    "tanh": Basis(torch.tanh, _tanh),
    "relu": Basis(torch.relu, _relu),
    "relu3": Basis(lambda z: torch.relu(z) ** 3, _relu3),
}


class Rational(nn.Module):
    """P(z)/Q(z) of degrees 3 and 2, seven trained numbers that a layer's neurons share.

    Starts as the best approximation of ReLU on [-1, 1].  Nothing keeps Q away from 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.above = nn.Parameter(torch.tensor([0.0218, 0.5, 1.5957, 1.1915], dtype=torch.float64))
        self.below = nn.Parameter(torch.tensor([1.0, 0.0, 2.383], dtype=torch.float64))

    def value(self, z: Tensor) -> Tensor:
        """g alone."""
        p, q = self.above, self.below
        return (p[0] + z * (p[1] + z * (p[2] + z * p[3]))) / (q[0] + z * (q[1] + z * q[2]))

    def jets(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return g, g', g'', through which autograd can go.

        From g Q = P:  g' Q = P' - g Q',  g'' Q = P'' - 2 g' Q' - g Q''.
        """
        p, q = self.above, self.below
        below, slope, curve = q[0] + z * (q[1] + z * q[2]), q[1] + 2.0 * q[2] * z, 2.0 * q[2]
        g = self.value(z)
        first = (p[1] + z * (2.0 * p[2] + 3.0 * p[3] * z) - g * slope) / below
        second = (2.0 * p[2] + 6.0 * p[3] * z - 2.0 * first * slope - g * curve) / below
        return g, first, second

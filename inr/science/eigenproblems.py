"""Eigenvalue problems on the torus [0, 2π]^D, each as a quotient to be made small.

With E the mean over the torus,

    λ = (E[a(u)] + ε E[u⁴] / E[w u²]) / E[w u²]                             (1)

    fokker-planck   -Δu - ∇·(u ∇v) = λ u      a = e^v |∇u + u ∇v|²,  w = e^v,  ε = 0
    schroedinger    -Δu + V u = λ u           a = |∇u|² + V u²,      w = 1,    ε = 0
    double-well     the same, with V that has two wells: two states
    cubic           -Δu + V u + ε u³ = λ u    the same, ε = 1, for E[u²] = 1

The Fokker-Planck operator is not symmetric in L2, but it is where u² is weighted with e^v:
-Δu - ∇·(u ∇v) = -∇·(e^-v ∇(e^v u)).  λ = 0 there, and u = e^-v.

What is minimised differs from (1) in one place: half of the ε term, since -Δu + V u + ε u³ is
the slope of E[|∇u|² + V u² + (ε/2) u⁴]/2 for a fixed norm.

Source: problems and constants of Han, Lu & Zhou, "Solving high-dimensional eigenvalue problems
using deep neural networks", J. Comput. Phys. 423 (2020), arXiv:2002.02600, and their code.
"""

import functools
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from inr.errors import SpecError
from inr.science.fourier import Level, levels
from inr.science.lattice import GENERATOR

# The constants c_i, by D; a shorter run of the longest list serves the other dimensions.
DRIFT = {
    2: (1.0, 1.0),
    5: (1.0, 0.8, 0.6, 0.4, 0.2),
    10: (0.1, 0.3, 0.2, 0.5, 0.2, 0.1, 0.3, 0.4, 0.2, 0.2),
}
# Uniform random numbers, in D = 2 as they are and divided by 5 elsewhere; tables show them rounded.
RANDOM = (
    0.814723686393179, 0.905791937075619, 0.126986816293506, 0.913375856139019, 0.632359246225410,
    0.0975404049994095, 0.278498218867048, 0.546881519204984, 0.957506835434298, 0.964888535199277,
)  # fmt: skip
FIELD = {2: RANDOM[:2], 10: tuple(c / 5.0 for c in RANDOM)}
WELLS = (1.5, 0.2)  # of the axis with two wells, and of every other axis


@dataclass(frozen=True)
class EigenProblem(ABC):
    """An eigenvalue problem in D dimensions.

    Attributes:
        dim: D.
        epsilon: ε of equation (1).
        states: how many of the lowest states are asked for.
    """

    dim: int
    name: ClassVar[str]
    epsilon: ClassVar[float] = 0.0
    states: ClassVar[int] = 1

    @abstractmethod
    def density(self, x: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        """a of equation (1).  Shape: x [N, D], u [N], slope [N, D] -> [N]."""

    def weight(self, x: Tensor) -> Tensor:
        """w of equation (1).  Shape: [N, D] -> [N]."""
        return torch.ones_like(x[:, 0])

    @abstractmethod
    def exact_value(self, state: int) -> float:
        """λ of the state; the lowest is 0."""

    @abstractmethod
    def exact(self, x: Tensor, state: int) -> Tensor:
        """The eigenfunction, up to a factor.  Shape: [N, D] -> [N]."""


class FokkerPlanck(EigenProblem):
    """v = sin(Σ c_i cos x_i)."""

    name = "fokker-planck"

    def _phase(self, x: Tensor) -> Tensor:
        return (torch.cos(x) * _constants(DRIFT, self.dim)).sum(-1)

    def density(self, x: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        """a, as the module says."""
        phase = self._phase(x)
        drift = -torch.cos(phase)[:, None] * torch.sin(x) * _constants(DRIFT, self.dim)
        return torch.exp(torch.sin(phase)) * (slope + u[:, None] * drift).square().sum(-1)

    def weight(self, x: Tensor) -> Tensor:
        """w, as the module says."""
        return torch.exp(torch.sin(self._phase(x)))

    def exact_value(self, state: int) -> float:
        """λ."""
        return 0.0

    def exact(self, x: Tensor, state: int) -> Tensor:
        """The eigenfunction."""
        return torch.exp(-torch.sin(self._phase(x)))


class _Separable(EigenProblem):
    """V is a sum over axes, so the Fourier solver judges."""

    @abstractmethod
    def cosines(self, axis: int) -> dict[int, float]:
        """c_m by m of the potential along one axis."""

    def density(self, x: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        potential = torch.zeros_like(u)
        for axis in range(self.dim):
            for m, c in self.cosines(axis).items():
                potential = potential + c * torch.cos(m * x[:, axis])
        return slope.square().sum(-1) + potential * u * u

    def level(self, axis: int, state: int) -> Level:
        """Only the first axis is excited: its wells are the deepest."""
        return _levels(tuple(self.cosines(axis).items()))[state if axis == 0 else 0]

    def exact_value(self, state: int) -> float:
        return math.fsum(self.level(axis, state).value for axis in range(self.dim))

    def exact(self, x: Tensor, state: int) -> Tensor:
        found = torch.ones_like(x[:, 0])
        for axis in range(self.dim):
            found = found * self.level(axis, state)(x[:, axis])
        return found


class Schroedinger(_Separable):
    """V = Σ c_i cos x_i."""

    name = "schroedinger"

    def cosines(self, axis: int) -> dict[int, float]:
        """c_m by m."""
        return {1: float(_constants(FIELD, self.dim)[axis])}


class DoubleWell(_Separable):
    """V = Σ A_i cos 2x_i; the first axis has the deep wells."""

    name = "double-well"
    states = 2

    def cosines(self, axis: int) -> dict[int, float]:
        """c_m by m."""
        return {2: WELLS[min(axis, 1)]}


class Cubic(EigenProblem):
    """V made so that u is exp of the mean of cos x_i, with E[u²] = 1, and λ = -3."""

    name = "cubic"
    epsilon = 1.0

    def _potential(self, x: Tensor) -> Tensor:
        kinetic = ((torch.sin(x) / self.dim).square() - torch.cos(x) / self.dim).sum(-1)
        return -self.epsilon * self.exact(x, 0).square() + kinetic - 3.0

    def density(self, x: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        """a, as the module says."""
        return slope.square().sum(-1) + self._potential(x) * u * u

    def exact_value(self, state: int) -> float:
        """λ."""
        return -3.0

    def exact(self, x: Tensor, state: int) -> Tensor:
        """The eigenfunction."""
        # E exp(2 cos x / D) is the Bessel function I_0(2 / D).
        norm = float(np.i0(2.0 / self.dim)) ** (self.dim / 2)
        return torch.exp(torch.cos(x).mean(-1)) / norm


EIGENPROBLEMS: dict[str, type[EigenProblem]] = {
    p.name: p for p in (FokkerPlanck, Schroedinger, Cubic, DoubleWell)
}


def find_eigenproblem(name: str, dim: int | None = None) -> EigenProblem:
    """The eigenvalue problem of that name; in two dimensions unless `dim` says otherwise.

    Raises:
        SpecError: there is none of that name, or the dimension is out of range.
    """
    if name not in EIGENPROBLEMS:
        raise SpecError(f"pde eigen: no problem {name!r}; known are {', '.join(EIGENPROBLEMS)}")
    dim = 2 if dim is None else dim
    if not 1 <= dim <= len(GENERATOR):
        raise SpecError(f"pde eigen: --dim must be 1 to {len(GENERATOR)}; got {dim}")
    return EIGENPROBLEMS[name](dim)


def _constants(table: dict[int, tuple[float, ...]], dim: int) -> Tensor:
    return torch.tensor(table.get(dim, table[10][:dim]), dtype=torch.float64)


@functools.cache
def _levels(cosines: tuple[tuple[int, float], ...]) -> list[Level]:
    return levels(dict(cosines), 2)

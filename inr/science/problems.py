"""The boundary value problems of the RAF paper, each with its exact solution.

    poisson      -Δu = f                        on [0,1]^D    u = Π x_i² (1 - x_i)         (1)
    singular     -∇·(|x| ∇u) = f                on the ball   u = sin 2π(1 - |x|)          (2)
    oscillation  -Δu - (u-1)³ + (u+2)² = f      on [0,1]^D    u = Π sin 2kπ x_i            (3)

u is 0 on the boundary of each.  The network n is multiplied by a function g that is 0 there,
u = g n, so that the boundary costs no loss: g = Π x_i (1 - x_i) on the box and 1 - |x| on the
ball.  In (2) the solution has a kink at the origin, where the coefficient vanishes.

The authors' code draws points and sets the source of (1) and (3) for D = 2 only; here every D
is what it says.

Source: Liang et al., arXiv:2101.04844, sections 4.2.2 to 4.2.4 and their code.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from inr.errors import SpecError
from inr.science.activations import Gaussians
from inr.science.derivatives import Jet

FREQUENCY = 3  # k of equation (3)


@dataclass(frozen=True)
class Problem(ABC):
    """A boundary value problem in D dimensions.

    Attributes:
        dim: D.
    """

    dim: int
    name: ClassVar[str]
    usual_dim: ClassVar[int] = 2
    gaussians: ClassVar[Gaussians]

    @abstractmethod
    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Points, uniform in the domain.  Shape: [N, D]."""

    @abstractmethod
    def boundary(self, x: Tensor) -> Jet:
        """The function that is 0 on the boundary, with its derivatives."""

    @abstractmethod
    def exact(self, x: Tensor) -> Tensor:
        """The solution.  Shape: [N, D] -> [N]."""

    @abstractmethod
    def source(self, x: Tensor) -> Tensor:
        """The right-hand side.  Shape: [N, D] -> [N]."""

    @abstractmethod
    def operator(self, x: Tensor, u: Jet, share: float = 1.0) -> Tensor:
        """The left-hand side, with a share of its nonlinear terms.  Shape: [N, D] -> [N]."""


class _Box(Problem):
    """The unit box."""

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        return torch.rand(count, self.dim, dtype=torch.float64, generator=generator)

    def boundary(self, x: Tensor) -> Jet:
        factors = x * (1.0 - x)
        others = _products_of_others(factors)
        return Jet(factors.prod(-1), (1.0 - 2.0 * x) * others, -2.0 * others.sum(-1))


class Poisson(_Box):
    """Equation (1): smooth."""

    name = "poisson"
    gaussians = Gaussians(0.05)

    def exact(self, x: Tensor) -> Tensor:
        """The solution."""
        return (x * x * (1.0 - x)).prod(-1)

    def source(self, x: Tensor) -> Tensor:
        """The right-hand side."""
        return -((2.0 - 6.0 * x) * _products_of_others(x * x * (1.0 - x))).sum(-1)

    def operator(self, x: Tensor, u: Jet, share: float = 1.0) -> Tensor:
        """The left-hand side."""
        return -u.laplacian


class Oscillation(_Box):
    """Equation (3): nonlinear, with k waves along each axis."""

    name = "oscillation"
    gaussians = Gaussians(0.5, 0.2)

    def exact(self, x: Tensor) -> Tensor:
        """The solution."""
        return torch.sin(2.0 * FREQUENCY * math.pi * x).prod(-1)

    def source(self, x: Tensor) -> Tensor:
        """The right-hand side."""
        u = self.exact(x)
        return self.dim * (2.0 * FREQUENCY * math.pi) ** 2 * u - (u - 1.0) ** 3 + (u + 2.0) ** 2

    def operator(self, x: Tensor, u: Jet, share: float = 1.0) -> Tensor:
        """The left-hand side."""
        return -u.laplacian + share * ((u.value + 2.0) ** 2 - (u.value - 1.0) ** 3)


class Singular(Problem):
    """Equation (2): low regularity."""

    name = "singular"
    usual_dim = 10
    gaussians = Gaussians(0.1)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Directions of normal numbers, radii that fill the ball evenly."""
        ray = torch.randn(count, self.dim, dtype=torch.float64, generator=generator)
        radius = torch.rand(count, 1, dtype=torch.float64, generator=generator) ** (1.0 / self.dim)
        return radius * ray / torch.linalg.vector_norm(ray, dim=-1, keepdim=True)

    def boundary(self, x: Tensor) -> Jet:
        """1 - |x|, with its derivatives."""
        r = _radius(x)
        return Jet(1.0 - r, -x / r[:, None], (1.0 - self.dim) / r)

    def exact(self, x: Tensor) -> Tensor:
        """The solution."""
        return torch.sin(2.0 * math.pi * (1.0 - _radius(x)))

    def source(self, x: Tensor) -> Tensor:
        """The right-hand side."""
        r = _radius(x)
        phase = 2.0 * math.pi * (1.0 - r)
        return 2.0 * math.pi * self.dim * torch.cos(phase) + 4.0 * math.pi**2 * r * torch.sin(phase)

    def operator(self, x: Tensor, u: Jet, share: float = 1.0) -> Tensor:
        """The left-hand side."""
        r = _radius(x)
        return -r * u.laplacian - (x * u.gradient).sum(-1) / r


PROBLEMS: dict[str, type[Problem]] = {p.name: p for p in (Poisson, Singular, Oscillation)}


def find_problem(name: str, dim: int | None = None) -> Problem:
    """The problem of that name in `dim` dimensions, or in as many as the paper has.

    Raises:
        SpecError: there is none of that name, or the dimension is less than 1.
    """
    if name not in PROBLEMS:
        raise SpecError(f"pde: no problem {name!r}; known are {', '.join(PROBLEMS)}")
    kind = PROBLEMS[name]
    dim = kind.usual_dim if dim is None else dim
    if dim < 1:
        raise SpecError(f"pde {name}: --dim must be at least 1; got {dim}")
    return kind(dim)


def _products_of_others(factors: Tensor) -> Tensor:
    """Π_{j != i} of the factors j, without dividing by factor i, which may be 0.  Shape: [N, D] -> [N, D]."""
    dims = factors.shape[-1]
    repeated = factors[:, None, :].repeat(1, dims, 1)
    repeated.diagonal(dim1=1, dim2=2).fill_(1.0)
    return repeated.prod(-1)


def _radius(x: Tensor) -> Tensor:
    """|x|, kept from 0, where the singular problem has no derivatives."""
    return torch.linalg.vector_norm(x, dim=-1).clamp_min(1e-12)

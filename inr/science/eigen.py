"""Eigenvalue problems by a network that is periodic by construction.

    u(x) = n(sin x_i, cos x_i, ..., sin J x_i, cos J x_i)                   (1)

n is the residual network.  Training makes the quotient of `eigenproblems` small on lattices
with a random shift; as u is smooth and periodic, a few hundred points of a lattice already give
the mean nearly without noise.  A second state is kept orthogonal to the first, whose network is
then fixed:  u <- u - E[w u p] / E[w p²] p.

The eigenvalue is that of the quotient on a lattice of FINAL points, and its quadrature error the
change from every second of these points.

Source: Han, Lu & Zhou, arXiv:2002.02600, for the features; E & Yu, "The Deep Ritz method", for
the quotient.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from inr.errors import SpecError
from inr.science.activations import Gaussians
from inr.science.eigenproblems import EigenProblem, find_eigenproblem
from inr.science.jobs import Job, Row
from inr.science.lattice import lattice
from inr.science.network import ResidualNet
from inr.science.training import train

FINAL = 1 << 16
CHUNK = 1 << 13
MOST_ORDER = 3  # J, where the width has room for it
GAUSSIANS = Gaussians(0.5)


class PeriodicNet(nn.Module):
    """Equation (1).

    Args:
        dim: D.
        width: H, at least 2 D.
        activation: one of `activations.ACTIVATIONS`.
        generator: source of the start values.

    Raises:
        SpecError: the width has no room for one sine and one cosine an axis.
    """

    def __init__(self, dim: int, width: int, activation: str, generator: torch.Generator) -> None:
        super().__init__()
        if width < 2 * dim:
            raise SpecError(f"width {width}: {dim} dimensions give {2 * dim} inputs; give at least that")
        self.order = min(MOST_ORDER, width // (2 * dim))
        self.inner = ResidualNet(2 * self.order * dim, width, activation, GAUSSIANS, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Equation (1).  Shape: [N, D] -> [N]."""
        phases = [j * x for j in range(1, self.order + 1)]
        return self.inner(torch.cat([wave(p) for p in phases for wave in (torch.sin, torch.cos)], -1))


@dataclass(frozen=True)
class Sampled:
    """A function at points x: u and ∇u, and what a quotient is made of.

    Attributes:
        x: [N, D].
        u: [N].
        slope: [N, D].
    """

    x: Tensor
    u: Tensor
    slope: Tensor

    def without(self, lower: "Sampled", weight: Tensor) -> "Sampled":
        """Its part that is orthogonal to another function."""
        share = (weight * self.u * lower.u).mean() / (weight * lower.u.square()).mean()
        return Sampled(self.x, self.u - share * lower.u, self.slope - share * lower.slope)


def solve(job: Job) -> Iterator[str | Row]:
    """Find the lowest states of one problem with one activation and one seed.

    Yields: lines that say how it goes, and one row a state.

    Raises:
        SpecError: the problem, the activation or the width is impossible.
    """
    problem = find_eigenproblem(job.problem, job.dim)
    generator = torch.Generator().manual_seed(job.seed)
    lower: PeriodicNet | None = None
    for state in range(problem.states):
        begun = time.monotonic()
        network = PeriodicNet(job.dim, job.width, job.activation, generator)

        def draw(count: int) -> Tensor:
            shift = torch.rand(job.dim, dtype=torch.float64, generator=generator)
            return 2.0 * math.pi * lattice(count, job.dim, shift)

        def loss(
            x: Tensor, _: float, network: PeriodicNet = network, lower: PeriodicNet | None = lower
        ) -> Tensor:
            return quotient(problem, _state(problem, network, lower, x, keep=True), 0.5 * problem.epsilon)

        name = f"{job.title} state {state + 1}" if problem.states > 1 else job.title
        for step, value in train(network, job.recipe, draw, loss):
            yield f"{name}: step {step}/{job.recipe.steps}  quotient {value:.8f}"
        row = job.row | ({"state": state + 1} if problem.states > 1 else {})
        row |= _judge(problem, network, lower, state)
        yield row | {"seconds": round(time.monotonic() - begun, 2)}
        lower = network


def quotient(problem: EigenProblem, f: Sampled, epsilon: float) -> Tensor:
    """Equation (1) of `eigenproblems` with the given ε."""
    norm = (problem.weight(f.x) * f.u.square()).mean()
    found = problem.density(f.x, f.u, f.slope).mean() / norm
    return found + epsilon * (f.u**4).mean() / norm.square() if epsilon else found


def _sample(network: PeriodicNet, x: Tensor, keep: bool) -> Sampled:
    """A network at points; `keep` lets the loss differentiate by the weights."""
    at = x.detach().requires_grad_()
    u = network(at)
    (slope,) = torch.autograd.grad(u.sum(), at, create_graph=keep)
    return Sampled(x, u if keep else u.detach(), slope)


def _state(
    problem: EigenProblem, network: PeriodicNet, lower: PeriodicNet | None, x: Tensor, keep: bool
) -> Sampled:
    found = _sample(network, x, keep)
    return found if lower is None else found.without(_sample(lower, x, keep=False), problem.weight(x))


def _on_lattice(network: PeriodicNet, x: Tensor) -> Sampled:
    parts = [_sample(network, chunk, keep=False) for chunk in x.split(CHUNK)]
    return Sampled(x, torch.cat([p.u for p in parts]), torch.cat([p.slope for p in parts]))


def _judge(problem: EigenProblem, network: PeriodicNet, lower: PeriodicNet | None, state: int) -> Row:
    x = 2.0 * math.pi * lattice(FINAL, problem.dim)
    found = _on_lattice(network, x)
    if lower is not None:
        found = found.without(_on_lattice(lower, x), problem.weight(x))
    value = float(quotient(problem, found, problem.epsilon))
    if not math.isfinite(value):
        return {"diverged": True}
    half = Sampled(x[::2], found.u[::2], found.slope[::2])
    want = problem.exact_value(state)
    return {
        "rel_l2": relative_error(found.u, problem.exact(x, state)),
        "eigenvalue": value,
        "eigenvalue_exact": want,
        "eigenvalue_error": abs(value - want),
        "quadrature_error": abs(value - float(quotient(problem, half, problem.epsilon))),
    }


def relative_error(u: Tensor, exact: Tensor) -> float:
    """The L2 distance of two functions whose norm is 1 and whose product is not negative."""
    u, exact = u / torch.linalg.vector_norm(u), exact / torch.linalg.vector_norm(exact)
    sign = 1.0 if float(u @ exact) >= 0 else -1.0
    return float(torch.linalg.vector_norm(sign * u - exact))

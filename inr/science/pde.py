"""Boundary value problems by least squares on the residual.

    min over θ of  E_x (L u_θ(x) - f(x))²,     u_θ(x) = g(x) n_θ(x)        (1)

with fresh uniform points every step and g = 0 on the boundary, so that nothing else is asked.
The reported error is the relative L2 error against the exact solution at JUDGED uniform points
that are the same for every run.

A nonlinear equation can have more solutions than the wanted one, and a run may end near any of
them.  Where a recipe eases them in, (1) begins without the nonlinear terms and gets them bit by
bit: a numerical continuation, which follows the branch of solutions that the linear equation's
only solution lies on.

Source: Liang et al., arXiv:2101.04844, section 4.2; Sirignano & Spiliopoulos, "DGM: a deep
learning algorithm for solving partial differential equations", for equation (1); Allgower & Georg,
"Numerical continuation methods", 1990.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from inr.science.derivatives import Jet
from inr.science.jobs import Job, Row
from inr.science.network import ResidualNet
from inr.science.problems import Problem, find_problem
from inr.science.training import train

JUDGED = 20_000
CHUNK = 5_000
STARTED = 1_000  # points that a start rule sees


def solve(job: Job) -> Iterator[str | Row]:
    """Solve one problem with one activation and one seed.

    Yields: lines that say how it goes, and the finished row.

    Raises:
        SpecError: the problem, the activation or the width is impossible.
    """
    begun = time.monotonic()
    problem = find_problem(job.problem, job.dim)
    generator = torch.Generator().manual_seed(job.seed)
    gaussians = problem.gaussians
    if job.recipe.sigma is not None:
        gaussians = replace(gaussians, sigma=job.recipe.sigma)
    network = ResidualNet(job.dim, job.width, job.activation, gaussians, generator)

    if job.recipe.first is not None:
        network.standardise(problem.sample(STARTED, generator), job.recipe.first)

    def draw(count: int) -> Tensor:
        return problem.sample(count, generator)

    def loss(x: Tensor, progress: float) -> Tensor:
        return residual(problem, network, x, job.recipe.share(progress)).square().mean()

    for step, value in train(network, job.recipe, draw, loss):
        yield f"{job.title}: step {step}/{job.recipe.steps}  loss {value:.3e}"
    error = relative_error(problem, network)
    row = job.row | ({"rel_l2": error} if math.isfinite(error) else {"diverged": True})
    yield row | {"seconds": round(time.monotonic() - begun, 2)}


def residual(problem: Problem, network: ResidualNet, x: Tensor, share: float = 1.0) -> Tensor:
    """L u - f at points, with a share of what L has of nonlinear terms.  Shape: [N, D] -> [N]."""
    return problem.operator(x, ansatz(problem, network, x), share) - problem.source(x)


def ansatz(problem: Problem, network: ResidualNet, x: Tensor) -> Jet:
    """U = g n with its derivatives."""
    return problem.boundary(x).times(network.jet(x))


@torch.no_grad()
def relative_error(problem: Problem, network: ResidualNet, count: int = JUDGED) -> float:
    """|u_θ - u| / |u| in L2, at points that do not depend on the run."""
    points = problem.sample(count, torch.Generator().manual_seed(0))
    wrong = whole = 0.0
    for x in points.split(CHUNK):
        want = problem.exact(x)
        got = problem.boundary(x).value * network(x)
        wrong += float((got - want).square().sum())
        whole += float(want.square().sum())
    return math.sqrt(wrong / whole)

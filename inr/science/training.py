"""How the networks of this room are trained: Adam with a falling rate, then L-BFGS where a plan says so.

    rate(s) = rate_0 · last^(s / S)                                        (1)

over S steps.  The published runs lower the rate every 1000 or 2000 steps; equation (1) is the
same fall without the stairs, so that a run of any length goes through the whole of it.

L-BFGS takes over where Adam's noise would need ever lower rates.  It needs a loss that stays the
same, so it works on fixed points, which change every ROUND iterations: a network cannot learn the
gaps between them.

Source: Liu & Nocedal, "On the limited memory BFGS method", Math. Programming 45 (1989).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

LINES = 10  # how often a run says how it stands
ROUND = 100  # iterations of L-BFGS on the same points
MEMORY = 50  # pairs that it keeps

Draw = Callable[[int], Tensor]  # that many points
Loss = Callable[[Tensor, float], Tensor]  # of points, at a part of the training in [0, 1]


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        steps: S.
        points: points of a step; fresh ones every step.
        rate: rate_0.
        last: the last rate as a share of the first.
        decay: Adam's L2 term on the weights.
        sigma: width of the Gaussian neurons; None for the problem's own.
        first: factor of `ResidualNet.standardise`; None for the plain start.
        eased: until which part of the steps nonlinear terms are left out, and from which on they are whole.
        finish: iterations of L-BFGS after Adam.
        finish_points: points of each.
    """

    steps: int
    points: int
    rate: float = 1e-3
    last: float = 1e-3
    decay: float = 0.0
    sigma: float | None = None
    first: float | None = None
    eased: tuple[float, float] = (0.0, 0.0)
    finish: int = 0
    finish_points: int = 0

    def share(self, progress: float) -> float:
        """How much of the nonlinear terms counts at a part of the steps; in [0, 1]."""
        begin, end = self.eased
        return 1.0 if progress >= end else max(0.0, (progress - begin) / (end - begin))


def train(network: nn.Module, recipe: Recipe, draw: Draw, loss: Loss) -> Iterator[tuple[int, float]]:
    """Train in place.

    Args:
        network: whose parameters to train.
        recipe: how.
        draw: fresh points.
        loss: what to make small.

    Yields: steps and iterations done and the loss, ten times and once a round of L-BFGS; it ends
        early where the loss is no number.
    """
    optimiser = torch.optim.Adam(network.parameters(), recipe.rate, weight_decay=recipe.decay)
    every = max(1, recipe.steps // LINES)
    for step in range(1, recipe.steps + 1):
        progress = (step - 1) / recipe.steps
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * recipe.last**progress
        optimiser.zero_grad()
        found = loss(draw(recipe.points), progress)
        found.backward()
        optimiser.step()
        if step % every == 0 or step == recipe.steps:
            value = float(found.detach())
            yield step, value
            if value != value:
                return
    yield from _finish(network, recipe, draw, loss)


def _finish(network: nn.Module, recipe: Recipe, draw: Draw, loss: Loss) -> Iterator[tuple[int, float]]:
    for done in range(0, recipe.finish, ROUND):
        count = min(ROUND, recipe.finish - done)
        points = draw(recipe.finish_points)
        # Neither tolerance ends a round: what is looked for is far below the usual ones.
        optimiser = torch.optim.LBFGS(
            network.parameters(),
            max_iter=count,
            history_size=MEMORY,
            tolerance_grad=1e-14,
            tolerance_change=1e-16,
            line_search_fn="strong_wolfe",
        )

        def closure(points: Tensor = points, optimiser: torch.optim.LBFGS = optimiser) -> Tensor:
            optimiser.zero_grad()
            found = loss(points, 1.0)
            found.backward()
            return found

        optimiser.step(closure)
        value = float(closure().detach())
        yield recipe.steps + done + count, value
        if value != value:
            return

"""How the networks of this room are trained: Adam with a rate that falls by a constant factor a step.

    rate(s) = rate_0 · last^(s / S)                                        (1)

over S steps.  The published runs lower the rate every 1000 or 2000 steps; equation (1) is the
same fall without the stairs, so that a run of any length goes through the whole of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

LINES = 10  # how often a run says how it stands


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
    """

    steps: int
    points: int
    rate: float = 1e-3
    last: float = 1e-3
    decay: float = 0.0
    sigma: float | None = None


def train(network: nn.Module, recipe: Recipe, loss_of: Callable[[], Tensor]) -> Iterator[tuple[int, float]]:
    """Train in place.

    Args:
        network: whose parameters to train.
        recipe: how.
        loss_of: the loss at fresh points.

    Yields: steps done and the loss, ten times in all; it ends early where the loss is no number.
    """
    optimiser = torch.optim.Adam(network.parameters(), recipe.rate, weight_decay=recipe.decay)
    every = max(1, recipe.steps // LINES)
    for step in range(1, recipe.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * recipe.last ** ((step - 1) / recipe.steps)
        optimiser.zero_grad()
        loss = loss_of()
        loss.backward()
        optimiser.step()
        if step % every == 0 or step == recipe.steps:
            value = float(loss.detach())
            yield step, value
            if value != value:
                return

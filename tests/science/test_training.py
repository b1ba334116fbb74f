"""How networks are trained: what a recipe eases in, what L-BFGS adds, and the start rule."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from inr.science import ACTIVATIONS, Recipe, ResidualNet
from inr.science.training import train


class Bowl(nn.Module):
    """A number of parameters that want to be the mean of the points."""

    def __init__(self):
        super().__init__()
        self.at = nn.Parameter(torch.zeros(3, dtype=torch.float64))


def steep(bowl):
    """A valley a thousand times steeper one way than another, which Adam is slow in."""
    scale = torch.tensor([1.0, 30.0, 1000.0], dtype=torch.float64)
    return lambda x, _: ((bowl.at - x.mean(0)) * scale).square().sum()


@pytest.mark.parametrize(
    ("progress", "share"), [(0.0, 0.0), (0.2, 0.0), (0.3, 0.5), (0.35, 0.75), (0.4, 1.0), (1.0, 1.0)]
)
def test_nonlinear_terms_come_in_between_two_parts_of_the_training(progress, share):
    assert Recipe(10, 1, eased=(0.2, 0.4)).share(progress) == pytest.approx(share, abs=1e-12)


def test_without_easing_everything_counts_from_the_start():
    assert Recipe(10, 1).share(0.0) == 1.0


def test_the_loss_is_told_how_far_the_training_is():
    bowl, told = Bowl(), []

    def loss(x, progress):
        told.append(progress)
        return (bowl.at - x.mean(0)).square().sum()

    list(train(bowl, Recipe(4, 1, finish=2, finish_points=1), lambda n: torch.zeros(n, 3), loss))
    assert told[:4] == [0.0, 0.25, 0.5, 0.75]
    assert set(told[4:]) == {1.0}


def test_l_bfgs_ends_where_adam_has_not_come():
    want = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)

    def left(finish):
        bowl = Bowl()
        recipe = Recipe(50, 1, 1e-3, finish=finish, finish_points=4)
        list(train(bowl, recipe, lambda n: want.repeat(n, 1), steep(bowl)))
        return float((bowl.at - want).detach().abs().max())

    assert left(0) > 0.9
    assert left(30) < 1e-6


def test_the_points_of_l_bfgs_stay_for_a_round_and_then_change():
    drawn = []

    def draw(count):
        drawn.append(count)
        return torch.full((count, 3), float(len(drawn)), dtype=torch.float64)

    bowl = Bowl()
    seen = list(train(bowl, Recipe(2, 5, finish=250, finish_points=7), draw, steep(bowl)))
    assert drawn == [5, 5, 7, 7, 7]
    assert [step for step, _ in seen] == [1, 2, 102, 202, 252]
    assert [loss for _, loss in seen[2:]] == pytest.approx([0.0] * 3, abs=1e-6)  # after the round
    assert float(bowl.at.detach()[0]) == pytest.approx(5.0, abs=1e-6)


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"rational", "poly-sine-gauss-rational"}))
def test_the_start_rule_gives_every_later_layer_values_of_size_one(activation, generator):
    network = ResidualNet(2, 20, activation, generator=generator)
    first = network.weights[0].detach().clone()
    x = torch.rand(400, 2, dtype=torch.float64, generator=generator)
    network.standardise(x, 4.0)
    torch.testing.assert_close(network.weights[0].detach(), 4.0 * first)

    sizes, h, y = [], x, functional.pad(x, (0, 18))
    for layer in range(4):
        z = h @ network.weights[layer].T
        sizes.append(float(z.detach().square().mean().sqrt()))
        h = network._act(layer).value(z + network.biases[layer])
        if layer % 2 == 1:
            y = h = h + y
    sizes.append(float((y @ network.last).detach().square().mean().sqrt()))
    assert sizes[1:] == pytest.approx([1.0] * 4, rel=1e-9)
    assert math.isfinite(float(network(x).detach().abs().max()))

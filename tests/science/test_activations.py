"""Bases against autograd, and how neurons fall into groups."""

import pytest
import torch

from inr.errors import SpecError
from inr.science.activations import ACTIVATIONS, Gaussians, GroupActivation, groups
from inr.science.bases import FIXED, Rational, gauss

BASES = FIXED | {"narrow gauss": gauss(0.05), "wide gauss": gauss(0.5)}


def by_autograd(function, z, orders):
    """A function of one number and its derivatives, each by differentiating the one before."""
    z = z.clone().requires_grad_()
    found = [function(z)]
    for _ in range(orders):
        # The sum with 0 z gives constants, which have no graph, a derivative of 0.
        (slope,) = torch.autograd.grad((found[-1] + 0.0 * z).sum(), z, create_graph=True)
        found.append(slope)
    return torch.stack(found).detach()


@pytest.mark.parametrize("name", BASES)
def test_the_jets_of_a_basis_are_its_derivatives(name, generator):
    z = torch.randn(200, dtype=torch.float64, generator=generator) * (0.1 if name == "narrow gauss" else 1.0)
    want = by_autograd(BASES[name].value, z, 3)
    got = torch.stack([torch.as_tensor(g, dtype=z.dtype).expand_as(z) for g in BASES[name].jets(z)])
    torch.testing.assert_close(got, want, rtol=1e-11, atol=1e-11)


def test_the_jets_of_the_rational_function_are_its_derivatives(generator):
    rational = Rational()
    with torch.no_grad():
        rational.below += torch.tensor([0.1, 0.3, 0.2])
    z = torch.randn(200, dtype=torch.float64, generator=generator)
    torch.testing.assert_close(
        torch.stack(rational.jets(z)).detach(), by_autograd(rational.value, z, 2), rtol=1e-11, atol=1e-11
    )


def test_the_rational_function_starts_near_relu():
    z = torch.linspace(-1, 1, 1001, dtype=torch.float64)
    assert (Rational().value(z) - torch.relu(z)).abs().max() < 0.03


def test_groups_are_those_of_the_published_runs():
    assert [n for _, n in groups("poly-sine-gauss", 50)] == [12, 12, 12, 14]
    assert [n for _, n in groups("poly-sine-gauss", 50, Gaussians(0.5, 0.2))] == [12, 12, 16, 10]
    assert [n for _, n in groups("poly-sine", 50)] == [16, 16, 18]
    assert [n for _, n in groups("poly", 50)] == [25, 25]
    assert [n for _, n in groups("poly-sine-gauss-rational", 50)] == [10] * 5


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("width", [5, 7, 50])
def test_every_neuron_belongs_to_one_group_and_no_group_is_empty(name, width):
    for gaussians in (Gaussians(), Gaussians(0.5, 0.2)):
        sizes = [size for _, size in groups(name, width, gaussians)]
        assert sum(sizes) == width
        assert min(sizes) >= 1


def test_neurons_apply_the_function_of_their_group():
    z = torch.linspace(-1, 1, 8, dtype=torch.float64).expand(3, 8)
    got = GroupActivation("poly-sine-gauss", 8, Gaussians(0.3)).value(z)
    want = [z[:, :2], z[:, 2:4] ** 2, torch.sin(z[:, 4:6]), torch.exp(-(z[:, 6:] ** 2) / (2 * 0.3**2))]
    torch.testing.assert_close(got, torch.cat(want, -1), rtol=1e-14, atol=0)


def test_what_is_not_known_or_too_narrow_is_refused():
    with pytest.raises(SpecError, match="known here; known are relu3, relu, tanh"):
        groups("swoosh", 50)
    with pytest.raises(SpecError, match="needs at least 4"):
        groups("poly-sine-gauss", 3)

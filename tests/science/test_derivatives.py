"""Derivatives in one pass against torch.func, for the network of this room and for fields."""

import numpy as np
import pytest
import torch

from inr import fields
from inr.errors import SpecError
from inr.science import ACTIVATIONS, Gaussians, Jet, ResidualNet, field_jet
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec

GAUSSIANS = Gaussians(0.3)
PLAIN = EncodingSpec()


def judged(function, x):
    """Value, gradient and Laplacian of a function of one point, by jacrev."""
    value = torch.func.vmap(function)(x)
    gradient = torch.func.vmap(torch.func.jacrev(function))(x)
    hessian = torch.func.vmap(torch.func.jacrev(torch.func.jacrev(function)))(x)
    return Jet(value, gradient, hessian.diagonal(dim1=-2, dim2=-1).sum(-1))


def same(got, want, tolerance=1e-10):
    for name in ("value", "gradient", "laplacian"):
        torch.testing.assert_close(
            getattr(got, name).detach(),
            getattr(want, name).detach(),
            rtol=tolerance,
            atol=tolerance,
            msg=name,
        )


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dims", [1, 2, 4])
def test_a_network_and_its_jet_agree_with_torch_func(activation, dims, generator):
    network = ResidualNet(dims, 11, activation, GAUSSIANS, generator)
    x = torch.rand(7, dims, dtype=torch.float64, generator=generator)
    got = network.jet(x)
    assert got.value.shape == got.laplacian.shape == (7,)
    assert got.gradient.shape == (7, dims)
    same(got, judged(lambda at: network(at[None])[0], x))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_training_through_a_jet_has_the_slopes_of_nested_autograd(activation, generator):
    network = ResidualNet(2, 11, activation, GAUSSIANS, generator)
    x = torch.rand(7, 2, dtype=torch.float64, generator=generator)

    def loss(jet):
        return (jet.value + jet.gradient @ torch.tensor([1.0, -2.0]).double() + jet.laplacian).square().mean()

    at = x.clone().requires_grad_()
    value = network(at)
    (slope,) = torch.autograd.grad(value.sum(), at, create_graph=True)
    curves = [torch.autograd.grad(slope[:, d].sum(), at, create_graph=True)[0][:, d] for d in range(2)]
    want = torch.autograd.grad(
        loss(Jet(value, slope, sum(curves))), list(network.parameters()), materialize_grads=True
    )
    got = torch.autograd.grad(loss(network.jet(x)), list(network.parameters()), materialize_grads=True)
    for ours, theirs in zip(got, want, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-10)


def test_a_product_has_the_derivatives_of_a_product(generator):
    x = torch.rand(6, 3, dtype=torch.float64, generator=generator)

    def f(at):
        return torch.sin(at @ at)

    def g(at):
        return at.prod() + at[0] ** 3

    same(judged(f, x).times(judged(g, x)), judged(lambda at: f(at) * g(at), x))


def field(dims, activation, encoding=PLAIN, channels=2, hidden=2):
    spec = FieldSpec(dims, channels, (1,) * dims, (0,) * dims, 9, hidden, encoding, activation, gain=True)
    return fields.Field(spec, fields.initialise(spec, 3))


FIELDS = {
    "sine": (ActivationSpec("sine", (), 5.0, 3.0), PLAIN),
    "raf": (fields.activation("raf").default, PLAIN),
    "raf-image": (fields.activation("raf-image").default, PLAIN),
    "sine of waves": (ActivationSpec("sine", (), 2.0, 2.0), EncodingSpec("fourier", 2)),
}


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_the_jet_of_a_field_agrees_with_torch_func(name, dims, generator):
    made = field(dims, *FIELDS[name])
    tensors = {key: torch.from_numpy(t).double() for key, t in made.tensors.items()}
    x = 2 * torch.rand(5, dims, dtype=torch.float64, generator=generator) - 1
    got = field_jet(made, x)
    want = judged(lambda at: fields.forward(torch, made.spec, tensors, at[None, None])[0, 0], x)
    assert got.gradient.shape == (5, 2, dims)
    scale = float(want.laplacian.abs().max())
    same(
        Jet(got.value, got.gradient / scale, got.laplacian / scale),
        Jet(want.value, want.gradient / scale, want.laplacian / scale),
    )


def test_a_field_with_one_sine_layer_has_the_derivatives_of_its_formula(generator):
    made = field(2, ActivationSpec("sine", (), 3.0, 3.0), channels=1, hidden=0)
    t = {key: torch.from_numpy(v[0]).double() for key, v in made.tensors.items()}
    x = 2 * torch.rand(5, 2, dtype=torch.float64, generator=generator) - 1
    phase = 3.0 * (x @ t["layer0.weight"] + t["layer0.bias"])
    out = t["output.weight"][:, 0] * t["gain"][0]
    got = field_jet(made, x)
    slope = 3.0 * (torch.cos(phase) * out) @ t["layer0.weight"].T
    curve = -9.0 * (torch.sin(phase) * out) @ t["layer0.weight"].square().sum(0)
    torch.testing.assert_close(got.gradient[:, 0], slope, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(got.laplacian[:, 0], curve, rtol=1e-10, atol=1e-10)


def test_a_field_with_tiles_or_with_other_axes_is_refused():
    spec = FieldSpec(2, 1, (2, 2), (8, 8), 4, 0, activation=ActivationSpec("sine"))
    tiled = fields.Field(spec, {n: np.zeros(s, np.float32) for n, s in fields.tensor_shapes(spec).items()})
    with pytest.raises(SpecError, match="4 tiles"):
        field_jet(tiled, torch.zeros(3, 2))
    with pytest.raises(SpecError, match=r"must be \[N, 2\]; got \[3, 1\]"):
        field_jet(field(2, ActivationSpec("sine")), torch.zeros(3, 1))


def test_a_network_narrower_than_its_inputs_is_refused():
    with pytest.raises(SpecError, match="carries 6 inputs"):
        ResidualNet(6, 5, "sine")

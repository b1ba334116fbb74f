"""Gradients and the first two derivatives of every activation, in float64, against finite differences."""

import numpy as np
import pytest
import torch

from inr import fields
from inr.specs import ActivationSpec
from tests.fields.scalar_zoo import ZOO, some_parameters

every_one = pytest.mark.parametrize("name", ZOO)
OMEGA, WIDTH = 1.5, 5
SMOOTH_BASES = ("linear", "square", "sine", "gauss", "rational", "exp2", "relu3", "cosine")


def setting(name, lead=2):
    rng = np.random.default_rng(7)
    act = fields.activation(name)
    spec = act.default
    if name == "raf":
        spec = ActivationSpec("raf", SMOOTH_BASES, OMEGA, OMEGA)
    z = rng.normal(0, 0.8, (2, 4, WIDTH))
    # Not at 0, where some bend infinitely or not at all.
    return act, spec, z + 0.05 * np.sign(z), some_parameters(name, WIDTH, lead, rng, spec)


@pytest.mark.parametrize("name", [*ZOO, "raf"])
@pytest.mark.parametrize("lead", [1, 2])
def test_gradients_are_those_of_finite_differences(name, lead):
    act, spec, z, parameters = setting(name, lead)

    def formula(at, *own):
        return act.apply(torch, at, dict(zip(parameters, own, strict=True)), OMEGA, spec)

    leaves = [torch.tensor(t).requires_grad_() for t in (z, *parameters.values())]
    assert torch.autograd.gradcheck(formula, leaves, eps=1e-6, atol=1e-6, rtol=1e-5)


def along(act, spec, z, parameters, direction):
    """Value, first and second derivative of y(z + t v) by t at 0, by torch; flat arrays."""
    own = {n: torch.tensor(t) for n, t in parameters.items()}
    t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    y = act.apply(torch, torch.tensor(z) + t * torch.tensor(direction), own, OMEGA, spec).reshape(-1)
    first, second = [], []
    for value in y:
        (slope,) = torch.autograd.grad(value, t, create_graph=True, materialize_grads=True)
        first.append(float(slope.detach()))
        bent = slope.requires_grad and slope.grad_fn is not None
        second.append(
            float(torch.autograd.grad(slope, t, retain_graph=True, materialize_grads=True)[0])
            if bent
            else 0.0
        )
    return np.array(first), np.array(second)


@pytest.mark.parametrize("name", [*ZOO, "raf"])
def test_the_first_two_derivatives_are_those_of_central_differences(name):
    act, spec, z, parameters = setting(name)
    direction = np.random.default_rng(3).uniform(0.5, 1.0, z.shape)
    first, second = along(act, spec, z, parameters, direction)

    def y(t):
        return act.apply(np, z + t * direction, parameters, OMEGA, spec).reshape(-1)

    h = 1e-4
    np.testing.assert_allclose(first, (y(h) - y(-h)) / (2 * h), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(second, (y(h) - 2 * y(0) + y(-h)) / h**2, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("at", [0.0, 1e-9, 1e-4, 0.499, 0.501])
def test_sinc_keeps_its_digits_near_zero(at):
    act = fields.activation("sinc")
    t = torch.tensor([[[at]]], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(act.apply(torch, t, {}, 1.0, act.default).sum(), t, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), t)
    # Taylor series of sin t / t, differentiated term by term.
    assert slope.item() == pytest.approx(
        -at / 3 + at**3 / 30 - at**5 / 840 + at**7 / 45360, rel=1e-7, abs=1e-12
    )
    assert bend.item() == pytest.approx(-1 / 3 + at**2 / 10 - at**4 / 168 + at**6 / 6480, rel=1e-6)


def saved_bytes(name, width=16, rows=64):
    """What torch keeps of one layer for the way back, in arrays of the size of z."""
    act = fields.activation(name)
    start = act.start(act.default, width, 1, np.random.default_rng(0))
    own = {key: torch.tensor(t[None]).requires_grad_() for key, t in start.items()}
    z = torch.randn(2, rows, width, requires_grad=True)
    kept = {}

    def keep(t):
        kept[t.data_ptr()] = t.numel() * t.element_size()
        return t

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        act.apply(torch, z * 1.0, own, 1.0, act.default)
    return sum(kept.values()) / (z.numel() * z.element_size())


@every_one
def test_no_activation_keeps_more_than_sixteen_copies_of_a_layer(name):
    assert saved_bytes(name) <= 16.0


def test_a_derivative_by_hand_keeps_one_copy():
    assert saved_bytes("gauss") <= 1.01

"""Every activation of the zoo against a float64 scalar loop, and NumPy against torch."""

import math

import numpy as np
import pytest
import torch

from inr import fields
from inr.errors import SpecError
from inr.fields.activations import grouped
from inr.fields.activations.groups import BASES, group_sizes
from inr.specs import ActivationSpec, FieldSpec
from tests.fields.scalar_zoo import KNOWN, SCALAR, ZOO, combination, groups, loop, some_parameters

every_one = pytest.mark.parametrize("name", ZOO)
OMEGA = 2.5


def agree(act, z, parameters, omega, spec, want):
    got = act.apply(np, z, parameters, omega, spec)
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)
    own = {n: torch.tensor(t) for n, t in parameters.items()}
    in_torch = act.apply(torch, torch.tensor(z), own, omega, spec)
    np.testing.assert_allclose(in_torch.numpy(), want, rtol=1e-9, atol=1e-11)


def test_the_judge_knows_every_activation_but_the_raf_family():
    assert set(SCALAR) == set(fields.ACTIVATIONS) - {"raf", "raf-image", "raf-audio"}


@every_one
@pytest.mark.parametrize("lead", [1, 2])
@pytest.mark.parametrize("width", [4, 5])
def test_every_activation_equals_its_formula_number_by_number(rng, name, lead, width):
    act = fields.activation(name)
    parameters = some_parameters(name, width, lead, rng)
    z = rng.normal(0, 1.5, (2, 6, width))  # θ up to about ± 10
    agree(act, z, parameters, OMEGA, act.default, loop(SCALAR[name], z, parameters, OMEGA))


@every_one
def test_one_neuron_alone_works_too(rng, name):
    act = fields.activation(name)
    parameters, z = some_parameters(name, 1, 1, rng), rng.normal(0, 0.5, (2, 3, 1))
    want = loop(SCALAR[name], z, parameters, OMEGA) if name != "raf-groups" else np.exp(-200 * z * z)
    agree(act, z, parameters, OMEGA, act.default, want)


@every_one
def test_values_and_slopes_are_finite_at_zero_and_far_out(name):
    act = fields.activation(name)
    z = np.concatenate([[0.0], np.geomspace(1e-6, 50, 60)])
    z = np.stack([z, -z])[:, :, None].repeat(3, 2).astype(np.float32)
    start = act.start(act.default, 3, 1, np.random.default_rng(0))
    own = {key: t[None] for key, t in start.items()}
    for omega in (0.5, 30.0, 2000.0):
        y = act.apply(np, z, own, omega, act.default)
        assert y.dtype == np.float32
        assert np.isfinite(y).all()
        leaves = {key: torch.tensor(t).requires_grad_() for key, t in own.items()}
        at = torch.tensor(z).requires_grad_()
        act.apply(torch, at, leaves, omega, act.default).sum().backward()
        assert all(torch.isfinite(leaf.grad).all() for leaf in [at, *leaves.values()])


@every_one
def test_a_nan_stays_a_nan(name):
    act = fields.activation(name)
    z = np.full((1, 2, 4), np.nan)
    assert np.isnan(
        act.apply(np, z, some_parameters(name, 4, 1, np.random.default_rng(0)), 1.0, act.default)
    ).all()


@every_one
def test_a_whole_field_is_the_same_in_numpy_and_torch(rng, name):
    spec = FieldSpec(2, 3, (2, 1), (8, 0), 9, 2, activation=fields.activation(name).default)
    tensors = fields.initialise(spec, 1)
    u = rng.uniform(-1, 1, (2, 50, 2)).astype(np.float32)
    in_numpy = fields.forward(np, spec, tensors, u)
    leaves = {n: torch.tensor(t) for n, t in tensors.items()}
    for forward in (lambda *a: fields.forward(torch, *a), fields.training_forward):
        got = forward(spec, leaves, torch.tensor(u)).numpy()
        assert got.dtype == in_numpy.dtype == np.float32
        # θ of some tens, whose float32 rounding three layers hand on
        np.testing.assert_allclose(got, in_numpy, rtol=0, atol=2e-3 * np.abs(in_numpy).max())


@pytest.mark.parametrize("bases", [tuple(KNOWN), ("gauss",), ("linear", "relu"), ("cosine", "sigmoid")])
def test_a_combination_may_have_any_known_bases(rng, bases):
    spec = ActivationSpec("combination", bases)
    parameters = some_parameters("combination", 3, 2, rng, spec)
    z = rng.normal(0, 1.5, (2, 5, 3))
    want = loop(lambda *a: combination(*a, bases=bases), z, parameters, OMEGA)
    agree(fields.activation("combination"), z, parameters, OMEGA, spec, want)


@pytest.mark.parametrize(
    "bases",
    [
        ("linear", "square"), ("linear", "square", "relu3"),
        ("linear", "square", "sine", "gauss", "rational"),
        ("rational",), BASES,
    ],
)  # fmt: skip
def test_groups_may_have_any_bases(rng, bases):
    spec = ActivationSpec("raf-groups", bases, 1.0, 1.0)
    width = 2 * len(bases) + 1
    parameters = some_parameters("raf-groups", width, 2, rng, spec)
    assert set(parameters) == ({"numerator", "denominator"} if "rational" in bases else set())
    z = rng.normal(0, 0.5, (2, 5, width))
    want = loop(lambda *a: groups(*a, bases=bases), z, parameters, 1.0)
    agree(fields.activation("raf-groups"), z, parameters, 1.0, spec, want)


@pytest.mark.parametrize(
    ("groups_", "width", "last", "sizes"),
    [
        (4, 50, None, [12, 12, 12, 14]),
        (2, 51, None, [25, 26]),
        (3, 50, None, [16, 16, 18]),
        (4, 50, 10, [12, 12, 16, 10]),
        (4, 3, None, [0, 0, 0, 3]),
        (4, 8, 10, [2, 2, 2, 2]),
        (1, 7, 3, [7]),
    ],
)
def test_groups_are_split_as_in_the_published_code(groups_, width, last, sizes):
    assert group_sizes(groups_, width, last) == sizes


def test_other_published_widths_can_be_made(rng):
    act = grouped("wide", sigma=0.5, last=10)
    z = rng.normal(0, 0.5, (1, 4, 50))
    y = act.apply(np, z, {}, 1.0, act.default)
    np.testing.assert_allclose(y[..., 40:], np.exp(-2.0 * z[..., 40:] ** 2), rtol=1e-12)
    np.testing.assert_allclose(y[..., 24:40], np.sin(z[..., 24:40]), rtol=1e-12)


@pytest.mark.parametrize("name", ["combination", "raf-groups"])
@pytest.mark.parametrize("bases", [(), ("sine", "sine"), ("swish",)])
def test_bases_that_are_unknown_repeated_or_missing_are_refused(name, bases):
    with pytest.raises(SpecError, match=f"{name}: bases must be distinct names out of linear"):
        fields.activation(name).shapes(ActivationSpec(name, bases), 4)


def test_a_gabor_neuron_is_bounded_by_what_the_docstring_says():
    b = np.linspace(-3, 3, 2001)
    z = np.stack([np.zeros_like(b), b], -1)[None]
    y = fields.activation("wire").apply(np, z, {"imaginary": np.ones((1, 1))}, 1.0, None)
    assert y[..., 0].max() == pytest.approx(math.exp(1 / 9), rel=1e-5)


def test_neurons_of_a_group_share_a_denominator_and_all_share_the_numerator(rng):
    act, parameters = fields.activation("kat"), some_parameters("kat", 16, 1, rng)
    z = np.broadcast_to(rng.normal(0, 1, (1, 5, 1)), (1, 5, 16)).copy()
    y = act.apply(np, z, parameters, OMEGA, act.default)
    np.testing.assert_array_equal(y[..., 0::2], y[..., 1::2])
    assert len({column.tobytes() for column in y[0].T}) == 8


def test_the_pieces_meet_at_the_knots_and_the_ends_may_cross(rng):
    act, parameters = fields.activation("pwlu"), some_parameters("pwlu", 1, 1, rng)
    left, right = parameters["bounds"][0]
    knots = np.linspace(left, right, 17)
    below, above = ((knots + shift)[None, :, None] for shift in (-1e-9, 1e-9))
    apply = lambda z, p: act.apply(np, z, p, 1.0, act.default)  # noqa: E731
    np.testing.assert_allclose(apply(below, parameters), apply(above, parameters), rtol=0, atol=1e-7)
    crossed = {**parameters, "bounds": parameters["bounds"][:, ::-1]}
    assert np.isfinite(apply(rng.normal(0, 5, (1, 50, 1)), crossed)).all()

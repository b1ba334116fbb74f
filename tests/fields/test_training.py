"""The hand-written derivative of the default RAF against autograd of the plain formula, in float64."""

import numpy as np
import pytest
import torch

from inr import fields
from inr.specs import ActivationSpec, EncodingSpec
from tests.fields.scalar_field import HARMONIC, MODULATED, random_field, some_spec

SPECS = {
    "shared": some_spec(),
    "own": some_spec(activation=ActivationSpec("raf", MODULATED, 6.0, 5.0, shared=False)),
    "shared, one tile": some_spec(tiles=(1, 1), margin=(0, 0)),
    "own, gain": some_spec(
        dims=1, channels=1, tiles=(5,), margin=(16,), gain=True,
        activation=ActivationSpec("raf", MODULATED, 9.0, 3.0, shared=False),
    ),
    "fourier": some_spec(encoding=EncodingSpec("fourier", 2, 1.5)),
    "sine": some_spec("sine", ()),
    "other bases": some_spec("raf", ("sine", "gauss", "relu3")),
    "harmonic": some_spec("raf", HARMONIC),
    "harmonic, own": some_spec(activation=ActivationSpec("raf", HARMONIC, 6.0, 5.0, shared=False)),
    "default in another order": some_spec("raf", ("carrier", "cosine2", "sine2")),
    "carrier alone": some_spec("raf", ("carrier",)),
    "carrier and gauss": some_spec("raf", ("carrier", "gauss")),
}  # fmt: skip
BY_HAND = ["shared", "own", "shared, one tile", "own, gain", "fourier"]
every_spec = pytest.mark.parametrize("name", SPECS)


def setting(name, dtype=torch.float64):
    field = random_field(SPECS[name], seed=2)
    rng = np.random.default_rng(1)
    u = torch.tensor(rng.uniform(-1, 1, (field.spec.tile_count, 30, field.spec.dims)), dtype=dtype)
    tensors = {n: torch.tensor(t, dtype=dtype).requires_grad_() for n, t in field.tensors.items()}
    return field.spec, tensors, u


@every_spec
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-5)])
def test_training_forward_equals_forward(name, dtype, tolerance):
    spec, tensors, u = setting(name, dtype)
    torch.testing.assert_close(
        fields.training_forward(spec, tensors, u),
        fields.forward(torch, spec, tensors, u),
        rtol=0,
        atol=tolerance,
    )


@every_spec
def test_its_gradients_are_those_of_the_plain_formula(name):
    spec, tensors, u = setting(name)
    u.requires_grad_()
    leaves = [*tensors.values(), u]
    # A loss whose gradient differs at every sample and channel.
    weight = torch.linspace(-1, 2, u.shape[0] * u.shape[1] * spec.channels, dtype=torch.float64)

    def gradients(forward):
        y = forward(spec, tensors, u)
        return torch.autograd.grad((y * y * weight.reshape(y.shape)).sum(), leaves)

    ours = gradients(fields.training_forward)
    plain = gradients(lambda *args: fields.forward(torch, *args))
    for key, a, b in zip([*tensors, "u"], ours, plain, strict=True):
        assert a.shape == b.shape, key
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10, msg=lambda m, key=key: f"{key}: {m}")


def steps_of(node):
    """Names of all steps of the backward pass that starts at `node`."""
    seen, todo = set(), [node]
    while todo:
        at = todo.pop()
        if at is not None and at not in seen:
            seen.add(at)
            todo += [before for before, _ in at.next_functions]
    return {type(at).__name__ for at in seen}


@every_spec
def test_the_default_goes_through_the_derivative_by_hand_and_nothing_else_does(name):
    spec, tensors, u = setting(name)
    steps = steps_of(fields.training_forward(spec, tensors, u).grad_fn)
    assert ("_ModulatedRafBackward" in steps) == (name in BY_HAND)
    assert ("SinBackward0" in steps) == (name not in [*BY_HAND, "fourier"])


def test_the_default_activation_is_what_the_derivative_by_hand_is_for():
    assert fields.activation("raf").default.bases == MODULATED == SPECS["shared"].activation.bases


@pytest.mark.parametrize("name", ["shared", "own"])
def test_parts_of_it_can_be_trained_alone(name):
    spec, tensors, u = setting(name)
    names = ["layer0.amplitude", "layer1.weight"]
    for n, tensor in tensors.items():
        tensor.requires_grad_(n in names)

    def gradients(forward):
        return torch.autograd.grad(forward(spec, tensors, u).square().sum(), [tensors[n] for n in names])

    ours, plain = gradients(fields.training_forward), gradients(lambda *a: fields.forward(torch, *a))
    for a, b in zip(ours, plain, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def test_a_second_derivative_is_refused_and_not_wrong():
    spec, tensors, u = setting("shared")
    u.requires_grad_()
    y = fields.training_forward(spec, tensors, u)
    (slope,) = torch.autograd.grad(y.sum(), u, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.square().sum().backward()


@pytest.mark.parametrize("name", BY_HAND)
def test_its_gradients_are_those_of_finite_differences(name):
    spec, tensors, u = setting(name)
    loss = lambda: fields.training_forward(spec, tensors, u).square().sum()  # noqa: E731
    grads = dict(zip(tensors, torch.autograd.grad(loss(), list(tensors.values())), strict=True))
    rng = np.random.default_rng(4)
    for key, tensor in tensors.items():
        direction = torch.tensor(rng.normal(0, 1, tensor.shape))
        step = 1e-6 * direction
        with torch.no_grad():
            tensor += step
            above = loss()
            tensor -= 2 * step
            below = loss()
            tensor += step
        slope = float((grads[key] * direction).sum())
        assert float(above - below) / 2e-6 == pytest.approx(slope, rel=1e-5, abs=1e-5), key


def test_inputs_and_parameters_are_not_changed_by_training():
    spec, tensors, u = setting("shared")
    kept = {n: t.detach().clone() for n, t in tensors.items()}
    was = u.clone()
    fields.training_forward(spec, tensors, u).sum().backward()
    assert torch.equal(u, was)
    for key, tensor in tensors.items():
        assert torch.equal(tensor.detach(), kept[key]), key


@pytest.mark.parametrize("name", ["shared", "own"])
def test_the_same_batch_gives_the_same_bits_twice(name):
    spec, tensors, u = setting(name, torch.float32)

    def once():
        for tensor in tensors.values():
            tensor.grad = None
        fields.training_forward(spec, tensors, u).square().sum().backward()
        return {n: t.grad.clone() for n, t in tensors.items()}

    first, second = once(), once()
    for key in tensors:
        assert torch.equal(first[key], second[key]), key

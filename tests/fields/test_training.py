"""The hand-written derivative of harmonic RAF against autograd of the plain formula, in float64."""

import numpy as np
import pytest
import torch

from inr import fields
from inr.specs import ActivationSpec, EncodingSpec
from tests.fields.scalar_field import random_field, some_spec

HARMONIC = ("linear", "square", "sine", "sine2", "cosine2")
SPECS = {
    "shared": some_spec(),
    "own": some_spec(activation=ActivationSpec("raf", HARMONIC, 6.0, 5.0, shared=False)),
    "shared, one tile": some_spec(tiles=(1, 1), margin=(0, 0)),
    "own, gain": some_spec(
        dims=1, channels=1, tiles=(5,), margin=(16,), gain=True,
        activation=ActivationSpec("raf", HARMONIC, 9.0, 3.0, shared=False),
    ),
    "fourier": some_spec(encoding=EncodingSpec("fourier", 2, 1.5)),
    "sine": some_spec("sine", ()),
    "other bases": some_spec("raf", ("sine", "gauss", "relu3")),
    "harmonic in another order": some_spec("raf", HARMONIC[::-1]),
}  # fmt: skip
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


@pytest.mark.parametrize("name", ["shared", "own", "shared, one tile"])
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

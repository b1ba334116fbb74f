"""Fields at points off the grid, and as a torch module: the judge is `scalar_field`, one number at a time."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from inr import fields
from inr.domain import Domain
from inr.errors import SpecError
from inr.partition import axes
from inr.specs import ActivationSpec, EncodingSpec, SignalSpec
from tests.fields import scalar_field

PICTURE = SignalSpec("image", (30, 20), 3, 8, "RGB")
SOUND = SignalSpec("audio", (64,), 1, 16, "PCM_16", Fraction(8000))
SINE = ActivationSpec("sine", (), 6.0, 5.0)
SPECS = {
    "tiles": scalar_field.some_spec(),
    "one network": scalar_field.some_spec(tiles=(1, 1), margin=(0, 0)),
    "no margins": scalar_field.some_spec(tiles=(4, 2), margin=(0, 0)),  # borders that floats hold exactly
    "the widest margins": scalar_field.some_spec(margin=(31, 31)),
    "fourier and gain": scalar_field.some_spec(encoding=EncodingSpec("fourier", 2, 1.5), gain=True),
    "uneven tiles of sound": scalar_field.some_spec(
        dims=1, channels=1, tiles=(8,), margin=(16,), levels=(0, 2, 0, 1), activation=SINE
    ),
    "video": scalar_field.some_spec(dims=3, channels=2, tiles=(2, 1, 3), margin=(8, 0, 16), activation=SINE),
}


def some_points(spec, rng, count=24):
    """Points anywhere, on borders of tiles, within their margins, and a little outside."""
    x = rng.uniform(-1, 1, (count, spec.dims))
    for d, axis in enumerate(axes(spec)):
        x[: len(axis.borders), d] = axis.borders[:count]
        x[count // 2 :, d] = axis.borders[rng.integers(0, len(axis.borders), count - count // 2)] + 0.02
    return x


@pytest.mark.parametrize("name", SPECS)
def test_a_field_at_points_is_the_scalar_field(name, rng):
    field = scalar_field.random_field(SPECS[name])
    x = some_points(field.spec, rng)
    want = [scalar_field.value(field, row) for row in x.tolist()]
    np.testing.assert_allclose(fields.at_points(field, x), want, atol=2e-5)


def test_many_points_give_what_each_gives_alone(rng):
    field = scalar_field.random_field(SPECS["tiles"])
    x = rng.uniform(-1, 1, (500, 2))
    alone = np.concatenate([fields.at_points(field, row[None]) for row in x[:20]])
    np.testing.assert_allclose(fields.at_points(field, x)[:20], alone, atol=1e-6)
    assert fields.at_points(field, x[:0]).shape == (0, 3)


@pytest.mark.parametrize("name", SPECS)
def test_a_module_has_the_values_of_its_field(name, rng):
    field = scalar_field.random_field(SPECS[name])
    signal = SignalSpec(
        {1: "audio", 2: "image", 3: "video"}[field.spec.dims], (4,) * field.spec.dims, field.spec.channels,
        rate=Fraction(1),
    )  # fmt: skip
    x = some_points(field.spec, rng, 24)
    got = fields.FieldModule(field, signal)(torch.from_numpy(x).reshape(4, 6, -1))
    assert got.shape == (4, 6, field.spec.channels)
    output = fields.at_points(field, x)
    want = output if field.spec.dims == 1 else 0.5 * output + 0.5
    np.testing.assert_allclose(got.detach().reshape(24, -1), want, atol=1e-5)


@pytest.mark.parametrize("name", ["tiles", "one network", "fourier and gain", "uneven tiles of sound"])
def test_a_module_is_differentiable_twice_in_coordinates_and_in_parameters(name, rng):
    field = scalar_field.random_field(SPECS[name])
    module = fields.FieldModule(field, PICTURE if field.spec.dims == 2 else SOUND).double()
    x = torch.from_numpy(rng.uniform(-1, 1, (3, field.spec.dims))).requires_grad_()
    assert torch.autograd.gradcheck(module, x, eps=1e-7, atol=1e-5)
    assert torch.autograd.gradgradcheck(module, x, eps=1e-7, atol=1e-4)
    weight = module.get_parameter("layer1.bias")
    (slope,) = torch.autograd.grad(module(x).square().sum(), weight)
    with torch.no_grad():
        sums = []
        for way in (1e-5, -2e-5):
            weight += way
            sums.append(module(x).square().sum().item())
    assert (sums[0] - sums[1]) / 2e-5 == pytest.approx(slope.sum().item(), rel=1e-4)


def test_the_laplacian_of_a_module_in_its_own_units_is_that_of_the_formula():
    """sin(ω w t) of one neuron: its second derivative is -(ω w)² times itself."""
    spec = scalar_field.some_spec(
        dims=1, channels=1, tiles=(1,), margin=(0,), width=1, hidden=0, activation=SINE
    )
    tensors = {"layer0.weight": [[[0.5]]], "layer0.bias": [[0.25]], "output.weight": [[[2.0]]]}
    tensors["output.bias"] = [[0.0]]
    field = fields.Field(spec, {n: np.array(tensors[n], np.float32) for n in fields.tensor_shapes(spec)})
    domain = Domain(((100.0, 300.0),), ((-40.0, 40.0),))
    signal = SignalSpec("audio", (9,), 1, 32, "FLOAT", Fraction(1), domain=domain)
    module = fields.FieldModule(field, signal).double()
    t = torch.linspace(90, 310, 9, dtype=torch.float64)[:, None].requires_grad_()
    v = module(t)
    (first,) = torch.autograd.grad(v.sum(), t, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), t)
    for row, place in enumerate(t[:, 0].tolist()):
        phase = 6.0 * (0.5 * (place - 200) / 100 + 0.25)
        assert v[row].item() == pytest.approx(80 * math.sin(phase), abs=1e-9)
        assert first[row].item() == pytest.approx(80 * 0.03 * math.cos(phase), abs=1e-9)
        assert second[row].item() == pytest.approx(-80 * 0.03**2 * math.sin(phase), abs=1e-9)


def test_the_state_dict_has_the_fields_names_and_goes_round():
    field = scalar_field.random_field(SPECS["tiles"])
    module = fields.FieldModule(field, PICTURE)
    assert set(module.state_dict()) == set(field.tensors)
    other = fields.FieldModule(scalar_field.random_field(SPECS["tiles"], seed=1), PICTURE)
    x = torch.rand(7, 2)
    assert not torch.equal(module(x), other(x))
    other.load_state_dict(module.state_dict())
    assert torch.equal(module(x), other(x))
    again = other.field()
    assert list(again.tensors) == list(field.tensors)
    for name, tensor in field.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], tensor)


def test_training_a_module_leaves_its_field_as_it_was():
    field = scalar_field.random_field(SPECS["tiles"])
    before = {name: t.copy() for name, t in field.tensors.items()}
    module = fields.FieldModule(field, PICTURE)
    optimiser = torch.optim.Adam(module.parameters(), 3e-3)
    x, losses = torch.rand(64, 2) * 2 - 1, []
    for _ in range(10):
        optimiser.zero_grad()
        loss = (module(x) - 0.5).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    for name, tensor in before.items():
        np.testing.assert_array_equal(field.tensors[name], tensor)


def test_a_single_network_goes_through_functorch():
    module = fields.FieldModule(scalar_field.random_field(SPECS["one network"]), PICTURE).double()
    x = torch.rand(4, 2, dtype=torch.float64)
    jacobian = torch.func.vmap(torch.func.jacrev(module))(x)
    assert jacobian.shape == (4, 3, 2)
    x.requires_grad_()
    (slope,) = torch.autograd.grad(module(x)[:, 1].sum(), x)
    torch.testing.assert_close(jacobian[:, 1], slope)


def test_coordinates_of_another_number_of_axes_are_a_spec_error():
    module = fields.FieldModule(scalar_field.random_field(SPECS["tiles"]), PICTURE)
    for wrong in (torch.rand(5, 3), torch.tensor(1.0), [[0.0, 0.0]]):
        with pytest.raises(SpecError, match="2 axes"):
            module(wrong)


def test_a_broken_parameter_is_named():
    module = fields.FieldModule(scalar_field.random_field(SPECS["tiles"]), PICTURE)
    with torch.no_grad():
        module.get_parameter("layer1.weight")[0, 0, 0] = math.nan
    with pytest.raises(SpecError, match=r"layer1\.weight"):
        module.field()

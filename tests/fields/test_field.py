"""Whole fields against a float64 scalar loop, NumPy against torch, and the names and shapes of tensors."""

import itertools

import numpy as np
import pytest
import torch

from inr import coords, fields, reconstruct
from inr.errors import SpecError
from inr.specs import ActivationSpec, EncodingSpec
from tests.fields.scalar_field import HARMONIC, network, random_field, rows, some_spec, value

PUBLISHED = ("linear", "square", "sine", "gauss")
SPECS = {
    "picture": some_spec(),
    "harmonic": some_spec(bases=HARMONIC),
    "carrier alone": some_spec(bases=("carrier",)),
    "carrier and gauss, own": some_spec(
        activation=ActivationSpec("raf", ("carrier", "gauss", "cosine"), 4.0, 3.0, shared=False)
    ),
    "picture, own activations": some_spec(
        activation=ActivationSpec("raf", PUBLISHED, 4.0, 3.0, shared=False)
    ),
    "sound with gain": some_spec(dims=1, channels=1, tiles=(5,), margin=(16,), gain=True),
    "sound, uneven": some_spec(dims=1, channels=1, tiles=(8,), margin=(16,), levels=(0, 2, 0, 1)),
    "clip, uneven": some_spec(dims=3, tiles=(3, 2, 1), margin=(31, 8, 0), width=4, hidden=1, levels=(1, 0)),
    "uneven without a margin": some_spec(tiles=(5, 2), margin=(0, 8), levels=(2, 0), hidden=0),
    "clip": some_spec(dims=3, tiles=(2, 1, 3), margin=(0, 0, 31), width=5, hidden=1, gain=True),
    "fourier": some_spec(encoding=EncodingSpec("fourier", 2, 1.5), width=4),
    "sine": some_spec("sine", ()),
    "single": some_spec(tiles=(1, 1), margin=(0, 0)),
    "no hidden layer": some_spec(hidden=0, margin=(0, 8)),
}
every_spec = pytest.mark.parametrize("name", SPECS)


def doubles(field, module=np):
    to = (
        (lambda t: t.astype(np.float64)) if module is np else (lambda t: torch.tensor(t, dtype=torch.float64))
    )
    return {name: to(t) for name, t in field.tensors.items()}


@every_spec
def test_the_network_of_every_tile_equals_a_scalar_loop(rng, name):
    field = random_field(SPECS[name])
    u = rng.uniform(-1.2, 1.2, (field.spec.tile_count, 5, field.spec.dims))
    got = fields.forward(np, field.spec, doubles(field), u)
    want = [[network(field.spec, field.tensors, k, p) for p in tile] for k, tile in enumerate(u.tolist())]
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


@every_spec
def test_a_whole_field_equals_a_scalar_loop(name):
    field = random_field(SPECS[name])
    grid = [coords.axis(n) for n in {1: (23,), 2: (9, 8), 3: (3, 4, 7)}[field.spec.dims]]
    want = np.array([value(field, x) for x in itertools.product(*grid)])
    got = reconstruct.points(field, grid).reshape(want.shape)
    # float32 arithmetic through three layers of sines of up to some 20 radians
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-5)


@every_spec
def test_numpy_and_torch_agree_to_rounding(rng, name):
    field = random_field(SPECS[name])
    u = rng.uniform(-1, 1, (field.spec.tile_count, 40, field.spec.dims))
    in_numpy = fields.forward(np, field.spec, doubles(field), u)
    in_torch = fields.forward(torch, field.spec, doubles(field, torch), torch.tensor(u)).numpy()
    np.testing.assert_allclose(in_torch, in_numpy, rtol=1e-12, atol=1e-12)
    single = u.astype(np.float32)
    in_numpy = fields.forward(np, field.spec, field.tensors, single)
    tensors = {n: torch.tensor(t) for n, t in field.tensors.items()}
    in_torch = fields.forward(torch, field.spec, tensors, torch.tensor(single)).numpy()
    assert in_numpy.dtype == in_torch.dtype == np.float32
    np.testing.assert_allclose(in_torch, in_numpy, rtol=0, atol=2e-5)  # sines of up to some 20 radians


@every_spec
def test_tensors_have_the_shapes_of_the_spec_and_params_counts_them_all(name):
    spec = SPECS[name]
    field = random_field(spec)
    k, h = spec.tile_count, spec.width
    shapes = {n: t.shape for n, t in field.tensors.items()}
    assert shapes["layer0.weight"] == (k, fields.encoded_size(spec.encoding, spec.dims), h)
    assert shapes["output.weight"] == (k, h, spec.channels)
    assert ("gain" in shapes) == spec.gain
    for layer in range(spec.hidden + 1):
        assert shapes[f"layer{layer}.bias"] == (k, h)
        if spec.activation.bases:
            lead = 1 if spec.activation.shared else k
            want = dict(zip(("amplitude", "frequency"), rows(spec.activation.bases), strict=True))
            for own, count in want.items():
                assert shapes.get(f"layer{layer}.{own}") == ((lead, count, h) if count else None)
    assert field.params == fields.param_count(spec) == sum(t.size for t in field.tensors.values())


def test_no_parameter_is_shared_between_layers(rng):
    field = random_field(some_spec(hidden=3))
    u = rng.uniform(-1, 1, (6, 10, 2))
    tensors = doubles(field)
    before = fields.forward(np, field.spec, tensors, u)
    # Each tensor changes the output on its own, and none is the same memory or name as another.
    assert len({id(t) for t in fields.initialise(field.spec).values()}) == len(
        fields.tensor_shapes(field.spec)
    )
    start = fields.initialise(field.spec)
    for (a, s), (b, t) in itertools.combinations(start.items(), 2):
        assert not np.shares_memory(s, t), (a, b)
    for name, tensor in tensors.items():
        changed = fields.forward(np, field.spec, {**tensors, name: tensor * 1.1}, u)
        assert np.abs(changed - before).max() > 1e-6, name


def test_a_tile_depends_on_its_own_weights_only(rng):
    field = random_field(some_spec(gain=True))
    u = rng.uniform(-1, 1, (6, 10, 2))
    before = fields.forward(np, field.spec, field.tensors, u)
    for name, tensor in field.tensors.items():
        if tensor.shape[0] == 1:
            continue
        changed = tensor.copy()
        changed[2] *= 1.5
        after = fields.forward(np, field.spec, {**field.tensors, name: changed}, u)
        moved = np.abs(after - before).max((1, 2)) > 0
        assert moved.tolist() == [False, False, True, False, False, False], name


def test_forward_does_not_change_what_it_is_given(rng):
    field = random_field(SPECS["sound with gain"])
    kept = {n: t.copy() for n, t in field.tensors.items()}
    u = rng.uniform(-1, 1, (5, 10, 1)).astype(np.float32)
    was = u.copy()
    fields.forward(np, field.spec, field.tensors, u)
    np.testing.assert_array_equal(u, was)
    for name, tensor in field.tensors.items():
        np.testing.assert_array_equal(tensor, kept[name])


@pytest.mark.parametrize("trouble", ["missing", "unknown", "shape"])
def test_tensors_that_do_not_fit_the_spec_are_refused_by_name(trouble):
    spec = SPECS["picture"]
    tensors = dict(random_field(spec).tensors)
    if trouble == "missing":
        del tensors["layer1.bias"]
    elif trouble == "unknown":
        tensors["layer1.bias2"] = np.zeros(3, np.float32)
    else:
        tensors["layer1.bias"] = tensors["layer1.bias"][:, :-1]
    with pytest.raises(SpecError, match=r"layer1\.bias.*got shape .*needed"):
        fields.Field(spec, tensors)

"""Fields over grids: planes, the linear path, and bits that do not depend on how they were asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inr import coords, fields, reconstruct, signals
from inr.errors import SpecError
from inr.fields.grids import SCALE, grid_shapes, mixing, most_levels, planes, synthesise
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, SignalSpec
from tests.fields.scalar_field import network

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
CASES = {
    "grey": ((24, 17), 1, 4),
    "colours": ((23, 30), 3, 3),
    "colours and alpha": ((12, 9), 4, 1),
    "two channels, more levels than the network sees": ((40, 33), 2, 5),
    "two rows": ((2, 25), 3, 1),
}
every_case = pytest.mark.parametrize("name", CASES)
BOTH = pytest.mark.parametrize("engine", ["numpy", "torch"])


def made(name, seed=0):
    """(field, signal): a smooth picture's coefficients, and an MLP of random weights."""
    shape, channels, levels = CASES[name]
    rng = np.random.default_rng(seed)
    activation = ActivationSpec("raf", ("carrier", "sine2", "cosine2"), 2.0, 1.0)
    encoding = EncodingSpec("grids", levels, shape=shape)
    spec = FieldSpec(2, channels, (1, 1), (0, 0), 8, 1, encoding, activation)
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    parts = [
        np.sin(3 * x + c + 2 * y) * 0.5 + 0.4 * (x + y > 0.2) + rng.normal(0, 0.05, shape)
        for c in range(channels)
    ]
    picture = np.stack(parts, -1).astype(np.float32)
    tensors = fields.analyse(picture, encoding)
    tensors |= {
        n: rng.normal(0, 0.3, s).astype(np.float32)
        for n, s in fields.tensor_shapes(spec).items()
        if n not in tensors
    }
    ordered = {n: tensors[n] for n in fields.tensor_shapes(spec)}
    return fields.Field(spec, ordered), SignalSpec("image", shape, channels, 8, MODES[channels]), picture


def whole(field, signal, **options):
    return np.concatenate([b.values for b in reconstruct.blocks(field, signal, **options)])


@every_case
def test_the_coefficients_of_a_picture_are_put_together_to_it_again(name):
    field, _, picture = made(name)
    features = planes(np, field.tensors, field.spec.encoding)
    again = fields.linear(np, np.moveaxis(features, 0, -1), field.spec)
    assert again.dtype == np.float32
    np.testing.assert_allclose(again, picture, rtol=0, atol=5e-6)
    assert list(fields.analyse(picture, field.spec.encoding)) == list(
        grid_shapes(field.spec.encoding, field.spec.channels)
    )


@every_case
def test_planes_are_the_components_and_what_each_fine_level_adds_to_the_first(name):
    field, _, _ = made(name)
    encoding, channels = field.spec.encoding, field.spec.channels
    got = planes(np, field.tensors, encoding)
    assert got.shape == (channels + min(4, encoding.count), *encoding.shape)
    assert len(got) == fields.encoded_size(encoding, 2, channels)
    np.testing.assert_array_equal(got[:channels], synthesise(np, field.tensors, encoding))
    # The transform is linear: a level adds what it would give if all else were 0.
    for level in range(min(4, encoding.count)):
        alone = {
            n: t * n.startswith(f"grid.{level}.") for n, t in field.tensors.items() if n.startswith("grid.")
        }
        np.testing.assert_allclose(
            got[channels + level], synthesise(np, alone, encoding)[0], rtol=0, atol=3e-6
        )
    rest = synthesise(np, field.tensors, encoding, coarsest=min(4, encoding.count))[0]
    np.testing.assert_allclose(got[channels:].sum(0) + rest, got[0], rtol=0, atol=3e-6)


@every_case
def test_numpy_and_torch_put_the_same_planes_together(name):
    field, _, _ = made(name)
    in_numpy = planes(np, field.tensors, field.spec.encoding)
    tensors = {n: torch.from_numpy(t) for n, t in field.tensors.items()}
    in_torch = planes(torch, tensors, field.spec.encoding).numpy()
    np.testing.assert_allclose(in_torch, in_numpy, rtol=0, atol=2e-6)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colours_are_orthonormal_and_the_first_component_is_brightness(channels):
    m = mixing(channels)
    np.testing.assert_allclose(m @ m.T, np.eye(channels), atol=1e-15)
    grey = m @ np.ones(channels)
    if channels >= 3:
        np.testing.assert_allclose(grey[:3], [np.sqrt(3), 0, 0], atol=1e-15)
        np.testing.assert_array_equal(m[3:, :3], 0)


@every_case
@BOTH
def test_on_its_own_grid_a_field_is_the_linear_path_and_the_network_of_its_planes(name, engine):
    field, signal, _ = made(name)
    got = 2.0 * whole(field, signal, engine=engine) - 1.0
    features = np.moveaxis(planes(np, field.tensors, field.spec.encoding), 0, -1).astype(float)
    linear = features[..., : signal.channels] @ mixing(signal.channels)
    # One number at a time, in float64.
    plain = replace(field.spec, encoding=EncodingSpec())  # what the network sees is looked up already
    want = [
        [network(plain, field.network, 0, (SCALE * v).tolist()) + linear[i, j] for j, v in enumerate(row)]
        for i, row in enumerate(features)
    ]
    np.testing.assert_allclose(got, want, rtol=0, atol=5e-6)


@every_case
def test_without_a_network_the_field_is_the_picture(name):
    field, signal, picture = made(name)
    silent = {n: np.zeros_like(t) if n.startswith("output.") else t for n, t in field.tensors.items()}
    got = whole(fields.Field(field.spec, silent), signal)
    np.testing.assert_allclose(got, 0.5 * picture + 0.5, rtol=0, atol=5e-6)


@every_case
@BOTH
@pytest.mark.parametrize("scale", [(1, 1), (2, 2), (3, 1), (0.5, 0.7)])
def test_bits_do_not_depend_on_blocks_chunks_or_spans(rng, name, engine, scale):
    field, signal, _ = made(name)
    signal = replace(
        signal, shape=tuple(max(1, round(n * s)) for n, s in zip(signal.shape, scale, strict=True))
    )
    want = whole(field, signal, engine=engine)
    assert want.shape == (*signal.shape, signal.channels)
    assert want.dtype == np.float32
    for memory_bytes in (1000, 30_000, 400_000):
        np.testing.assert_array_equal(whole(field, signal, engine=engine, memory_bytes=memory_bytes), want)
    n = signal.shape[0]
    for start, stop in [
        (0, 1),
        (n - 1, n),
        *(np.sort(rng.choice(n + 1, 2, False)).tolist() for _ in range(4)),
    ]:
        got = whole(field, signal, engine=engine, span=(start, stop), memory_bytes=20_000)
        np.testing.assert_array_equal(got, want[start:stop])


@every_case
@pytest.mark.parametrize("scale", [1, 2])
def test_numpy_and_torch_agree_and_round_within_one_of_255(name, scale):
    field, signal, _ = made(name)
    signal = replace(signal, shape=tuple(scale * n for n in signal.shape))
    a, b = (whole(field, signal, engine=engine) for engine in ("numpy", "torch"))
    np.testing.assert_allclose(a, b, rtol=0, atol=5e-6)
    counts = [signals.from_float(v, signal).astype(int) for v in (a, b)]
    assert np.abs(counts[0] - counts[1]).max() <= 1


@every_case
def test_bits_do_not_depend_on_the_threads_of_torch(name, one_thread):
    field, signal, _ = made(name)
    results = []
    for count in (1, 2):
        torch.set_num_threads(count)
        results.append(whole(field, signal, engine="torch"))
    np.testing.assert_array_equal(*results)


@every_case
def test_a_field_at_points_is_the_field_on_grids(rng, name):
    field, signal, _ = made(name)
    grid = [coords.axis(n) for n in signal.shape]
    every = np.stack(np.meshgrid(*grid, indexing="ij"), -1).reshape(-1, 2)
    on_grid = reconstruct.points(field, grid)
    np.testing.assert_allclose(
        fields.at_points(field, every).reshape(on_grid.shape), on_grid, rtol=0, atol=2e-5
    )
    first, second = np.sort(rng.uniform(-1, 1, 13)), np.sort(rng.uniform(-1, 1, 8))
    every = np.stack(np.meshgrid(first, second, indexing="ij"), -1).reshape(-1, 2)
    between = reconstruct.points(field, [first, second])
    np.testing.assert_allclose(
        fields.at_points(field, every).reshape(between.shape), between, rtol=0, atol=2e-5
    )
    assert fields.at_points(field, every[:0]).shape == (0, signal.channels)


def test_three_times_the_density_keeps_the_samples_in_the_middle():
    field, signal, _ = made("colours")
    dense = whole(field, replace(signal, shape=tuple(3 * n for n in signal.shape)))
    np.testing.assert_allclose(dense[1::3, 1::3], whole(field, signal), rtol=0, atol=1e-6)


@pytest.mark.parametrize("d", [0, 1])
def test_value_and_slope_of_a_field_are_continuous(d):
    """Where steps are a quarter, first differences fall by 4 and second ones by 16."""
    field, signal, _ = made("colours")
    n, largest = signal.shape[d], []
    for density in (16, 64):
        x = np.linspace(-1, 1, n * density + 1)
        line = np.stack([x, np.full(len(x), 0.211)][:: 1 - 2 * d], 1)
        values = fields.at_points(field, line).astype(float)
        largest.append([np.abs(np.diff(values, order, axis=0)).max() for order in (1, 2)])
    first, second = np.divide(*largest)
    assert first > 3
    assert second > 10


@pytest.mark.parametrize(
    ("shape", "count"),
    [((8,), 1), ((8, 8, 8), 1), ((1, 8), 1), ((8, 7), 3), ((8, 8), 0), ((8, 8), 65), ((), 1)],
)
def test_a_grid_that_cannot_be_split_so_often_is_refused(shape, count):
    with pytest.raises(SpecError, match="encoding grids"):
        EncodingSpec("grids", count, shape=shape)


@pytest.mark.parametrize(
    "change", [{"dims": 1, "tiles": (1,), "margin": (0,)}, {"tiles": (2, 1)}, {"gain": True}]
)
def test_a_field_of_grids_has_two_axes_one_tile_and_no_gain(change):
    spec = made("grey")[0].spec
    with pytest.raises(SpecError, match="grids needs as many axes as its grid, one tile and no gain"):
        replace(spec, **change)


@pytest.mark.parametrize("shape", [(2, 2), (3, 50), (7, 8), (16, 16), (33, 40), (512, 768), (2047, 2048)])
def test_a_pyramid_may_have_the_levels_that_are_proposed(shape):
    levels = most_levels(shape)
    shapes = grid_shapes(EncodingSpec("grids", levels, shape=shape), 1)
    assert all(min(s) >= 1 for s in shapes.values())
    assert sum(np.prod(s) for s in shapes.values()) == np.prod(shape)
    assert levels == 1 or min(shapes["grid.low"][1:]) >= 4


def test_json_keeps_the_shape_of_the_grid():
    spec = made("grey")[0].spec
    assert FieldSpec.from_json(spec.to_json()) == spec
    assert spec.layout == "grids"

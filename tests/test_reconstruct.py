"""Fields back to samples: bits that do not depend on how they were asked for, and no seams."""

import itertools
import tracemalloc
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from inr import coords, fields, reconstruct, signals
from inr.errors import SpecError
from inr.partition import axes
from inr.specs import ActivationSpec, SignalSpec
from tests.fields.scalar_field import HARMONIC, network, random_field, some_spec

PICTURE = SignalSpec("image", (61, 45), 3, 8, "RGB")
SOUND = SignalSpec("audio", (5003,), 1, 16, "PCM_16", Fraction(8000))
CLIP = SignalSpec("video", (7, 24, 19), 3, 8, "RGB", Fraction(25))
UNEVEN_SOUND = some_spec(dims=1, channels=1, tiles=(24,), margin=(16,), gain=True, levels=(0, 4, 0, 1, 2))
UNEVEN_CLIP = some_spec(dims=3, tiles=(3, 2, 2), margin=(4, 4, 8), levels=(0, 1))
CASES = {
    "picture": (random_field(some_spec(width=24)), PICTURE),
    "picture, one network": (random_field(some_spec(tiles=(1, 1), margin=(0, 0), width=64)), PICTURE),
    "picture, own activations": (
        random_field(some_spec(activation=ActivationSpec("raf", ("sine", "gauss"), 4.0, 3.0, shared=False))),
        PICTURE,
    ),
    "sound": (random_field(some_spec(dims=1, channels=1, tiles=(9,), margin=(16,), gain=True)), SOUND),
    "sound, uneven": (random_field(UNEVEN_SOUND), SOUND),
    "clip": (random_field(some_spec(dims=3, tiles=(2, 3, 2), margin=(0, 4, 8))), CLIP),
    "clip, uneven": (random_field(UNEVEN_CLIP), CLIP),
    "clip, harmonic": (
        random_field(some_spec(bases=HARMONIC, dims=3, tiles=(2, 3, 2), margin=(0, 4, 8))),
        CLIP,
    ),
}
every_case = pytest.mark.parametrize("name", CASES)
BOTH = pytest.mark.parametrize("engine", ["numpy", "torch"])


def whole(field, signal, **options):
    return np.concatenate([b.values for b in reconstruct.blocks(field, signal, **options)])


@pytest.fixture
def threads():
    """Set torch's threads; they are put back afterwards."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@every_case
@BOTH
def test_bits_do_not_depend_on_the_size_of_blocks_and_chunks(name, engine):
    field, signal = CASES[name]
    want = whole(field, signal, engine=engine)
    assert want.shape == (*signal.shape, signal.channels)
    for memory_bytes in (1000, 30_000, 300_000, 5_000_000):
        got = whole(field, signal, engine=engine, memory_bytes=memory_bytes)
        np.testing.assert_array_equal(got, want)


@every_case
@BOTH
def test_bits_do_not_depend_on_the_span_that_is_asked_for(rng, name, engine):
    field, signal = CASES[name]
    want = whole(field, signal, engine=engine)
    n = signal.shape[0]
    spans = [(0, 1), (n - 1, n), *(np.sort(rng.choice(n + 1, 2, False)).tolist() for _ in range(6))]
    for start, stop in spans:
        got = whole(field, signal, engine=engine, span=(start, stop), memory_bytes=50_000)
        np.testing.assert_array_equal(got, want[start:stop])


@every_case
def test_bits_do_not_depend_on_the_threads_of_torch(threads, name):
    field, signal = CASES[name]
    results = []
    for count in (1, 2):
        threads(count)
        results.append(whole(field, signal, engine="torch"))
    np.testing.assert_array_equal(*results)


def test_bits_of_a_wide_network_do_not_depend_on_threads_or_blocks(threads):
    field = random_field(some_spec(tiles=(1, 1), margin=(0, 0), width=256))
    signal = replace(PICTURE, shape=(130, 131))
    results = []
    for count, memory_bytes in itertools.product((1, 2), (1 << 18, 1 << 22, 1 << 28)):
        threads(count)
        results.append(whole(field, signal, engine="torch", memory_bytes=memory_bytes))
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


@every_case
def test_numpy_and_torch_agree_and_round_within_one_of_255(name):
    field, signal = CASES[name]
    a, b = (whole(field, signal, engine=engine) for engine in ("numpy", "torch"))
    # float32 arithmetic through three layers of sines of up to some 20 radians
    np.testing.assert_allclose(a, b, rtol=0, atol=2e-5)
    eight_bit = replace(signal, mode="PCM_U8", bits=8) if signal.kind == "audio" else signal
    steps = 128 if signal.kind == "audio" else 1
    counts = [signals.from_float(v, eight_bit).astype(np.float64) * steps for v in (a, b)]
    assert np.abs(counts[0] - counts[1]).max() <= 1


@every_case
def test_blocks_come_in_order_and_join_without_a_gap(name):
    field, signal = CASES[name]
    at = 0
    for block in reconstruct.blocks(field, signal, memory_bytes=100_000):
        assert block.start == at
        assert block.values.shape == (block.stop - block.start, *signal.shape[1:], signal.channels)
        assert block.values.dtype == np.float32
        at = block.stop
    assert at == signal.shape[0]


@every_case
@pytest.mark.parametrize("scale", [0.1, 0.37, 1.0, 2.0, 3.3])
def test_a_grid_of_any_density_covers_the_domain(name, scale):
    field, signal = CASES[name]
    # A field that is 0.5 wherever it is evaluated with full weight, and less where a window is missing.
    flat = fields.Field(
        field.spec,
        {n: np.full_like(t, {"output.bias": 0.5, "gain": 1.0}.get(n, 0.0)) for n, t in field.tensors.items()},
    )
    shape = tuple(max(1, round(n * scale)) for n in signal.shape)
    got = whole(flat, replace(signal, shape=shape))
    assert got.shape[:-1] == shape
    np.testing.assert_allclose(got, reconstruct.to_signal(0.5, signal.kind), rtol=0, atol=3e-7)


@every_case
def test_three_times_the_density_keeps_the_samples_in_the_middle(name):
    field, signal = CASES[name]
    dense = whole(field, replace(signal, shape=tuple(3 * n for n in signal.shape)))
    middle = dense[tuple(slice(1, None, 3) for _ in signal.shape)]
    np.testing.assert_allclose(middle, whole(field, signal), rtol=0, atol=2e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3)])
def test_grids_with_fewer_samples_than_tiles_work(shape):
    field = random_field(some_spec(tiles=(7, 5)))
    got = whole(field, replace(PICTURE, shape=shape))
    want = reconstruct.to_signal(reconstruct.points(field, [coords.axis(n) for n in shape]), "image")
    np.testing.assert_array_equal(got, want)


def test_the_slowest_axis_takes_coordinates_of_its_own():
    field, signal = CASES["clip"]
    times = np.sort(np.random.default_rng(0).uniform(-1, 1, signal.shape[0]))
    got = whole(field, signal, first_axis=times, memory_bytes=20_000)
    rest = [coords.axis(n) for n in signal.shape[1:]]
    want = reconstruct.to_signal(reconstruct.points(field, [times, *rest]), "video")
    np.testing.assert_array_equal(got, want)


def test_pictures_are_fitted_between_minus_one_and_one_and_sound_as_it_is():
    values = np.array([0.0, 0.25, 1.0], np.float32)
    assert reconstruct.to_field(values, "image").tolist() == [-1.0, -0.5, 1.0]
    assert reconstruct.to_field(values, "audio").tolist() == values.tolist()
    for kind in ("image", "video", "audio"):
        np.testing.assert_array_equal(reconstruct.to_signal(reconstruct.to_field(values, kind), kind), values)


def test_memory_does_not_grow_with_the_signal():
    field = random_field(some_spec(width=4, hidden=0, tiles=(12, 3)))

    def peak(rows):
        tracemalloc.start()
        for block in reconstruct.blocks(field, replace(PICTURE, shape=(rows, 500)), memory_bytes=4_000_000):
            assert np.isfinite(block.values).all()
        out = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return out

    assert peak(3000) < 1.1 * peak(1500) < 3 * 4_000_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": (10,), "kind": "audio", "rate": Fraction(1)}, r"2 axes and 3 channels.*\(10,\)"),
        ({"channels": 1, "mode": "L"}, r"3 channels; the grid asked for has shape .* and 1 channels"),
    ],
)
def test_a_grid_that_is_not_the_field_s_is_refused(change, message):
    field, signal = CASES["picture"]
    with pytest.raises(SpecError, match=message):
        next(reconstruct.blocks(field, replace(signal, **change)))


@pytest.mark.parametrize("span", [(-1, 5), (5, 5), (6, 5), (0, 62)])
def test_a_span_outside_the_grid_is_refused(span):
    field, signal = CASES["picture"]
    with pytest.raises(SpecError, match=f"span {span[0]}:{span[1]} is outside 0:61"):
        next(reconstruct.blocks(field, signal, span=span))


def test_an_unknown_engine_is_refused():
    field, signal = CASES["picture"]
    with pytest.raises(SpecError, match="engine must be auto, numpy or torch; got 'jax'"):
        next(reconstruct.blocks(field, signal, engine="jax"))


def test_small_work_is_left_to_numpy_and_large_work_to_torch():
    field, _ = CASES["picture"]
    assert not reconstruct.uses_torch(field, 10_000)
    assert reconstruct.uses_torch(field, 10**9)


def test_uneven_tiles_are_placed_and_blended_as_their_formulas_say():
    field = random_field(some_spec(dims=1, channels=1, tiles=(6,), margin=(16,), levels=(0, 2, 0)))
    borders = [-1, -1 / 3, -1 / 6, 0, 1 / 6, 1 / 3, 1]

    def share(x, k):  # of the tile right of border k
        if not 0 < k < 6:
            return float(k == 0)
        w = min(borders[k] - borders[k - 1], borders[k + 1] - borders[k])
        t = min(1.0, max(0.0, (x - borders[k]) / (2 * 0.25 * w) + 0.5))
        return t * t * (3 - 2 * t)

    x = np.sort(np.random.default_rng(3).uniform(-1, 1, 200))
    want = []
    for v in x.tolist():
        total = 0.0
        for k in range(6):
            centre, half = (borders[k] + borders[k + 1]) / 2, (borders[k + 1] - borders[k]) / 2
            weight = share(v, k) * (1 - share(v, k + 1))
            total += weight * network(field.spec, field.tensors, k, [(v - centre) / half])[0]
        want.append(total)
    for engine in ("numpy", "torch"):
        got = reconstruct.points(field, [x], engine=engine)[:, 0]
        np.testing.assert_allclose(got, want, rtol=0, atol=2e-5)


# Seams.  Along a line across the borders of an axis,
#     |f'|  <= A1 + 1.5 Δ0 / r,      |f''| <= A2 + 3 Δ1 / r + 6 Δ0 / r²
# where A1 and A2 bound slope and curvature inside the tiles, Δ0 and Δ1 bound the difference of
# neighbours in value and slope, and r is the width of a blend: |S'| <= 1.5 and |S''| <= 6.  Differences
# between neighbouring samples must then fall as δ and δ²; a jump in value or slope would not.

SEAM_CASES = {
    "picture": some_spec(tiles=(4, 3), margin=(4, 8)),
    "sound": some_spec(dims=1, channels=1, tiles=(6,), margin=(4,), gain=True),
    "clip": some_spec(dims=3, tiles=(3, 2, 3), margin=(4, 4, 4), hidden=1),
    "sound, uneven": some_spec(dims=1, channels=1, tiles=(8,), margin=(8,), gain=True, levels=(0, 2, 0, 1)),
}


def fit_samples(spec, d):
    """Samples along an axis that give its narrowest tile 32."""
    return 32 * round(2 / np.diff(axes(spec)[d].borders).min())


def line_through(field, d, x, rng):
    """The field on a line along axis d at random other coordinates; and each tile's own network there."""
    partition = axes(field.spec)
    at = [x if i == d else rng.uniform(-0.95, 0.95, 1) for i in range(field.spec.dims)]
    blended = reconstruct.points(field, at).reshape(len(x), -1).astype(np.float64)
    places = list(np.ndindex(field.spec.tiles))
    u = [
        np.stack(np.broadcast_arrays(*(a.local(v, k) for a, v, k in zip(partition, at, p, strict=True))), -1)
        for p in places
    ]
    doubles = {n: t.astype(np.float64) for n, t in field.tensors.items()}
    own = fields.forward(np, field.spec, doubles, np.stack(u))
    return blended, own.reshape(*field.spec.tiles, len(x), -1)


def bounds(field, d, x, own):
    """(A1 + 1.5 Δ0 / r, A2 + 3 Δ1 / r + 6 Δ0 / r²) from the tiles' own networks inside their reach."""
    axis, spacing = axes(field.spec)[d], x[1] - x[0]
    own = np.moveaxis(own, d, 0)
    slope, bend = np.diff(own, axis=-2) / spacing, np.diff(own, 2, axis=-2) / spacing**2
    spans = axis.spans(x)
    a1 = max(np.abs(slope[k, ..., a : b - 1, :]).max() for k, (a, b) in enumerate(spans))
    a2 = max(np.abs(bend[k, ..., a : b - 2, :]).max() for k, (a, b) in enumerate(spans))
    d0 = d1 = 0.0
    for k in range(axis.tiles - 1):
        a, b = spans[k + 1][0], spans[k][1]
        d0 = max(d0, np.abs(own[k + 1] - own[k])[..., a:b, :].max())
        d1 = max(d1, np.abs(slope[k + 1] - slope[k])[..., a : b - 1, :].max())
    r = 2 * axis.margin * np.diff(axis.borders).min()
    return a1 + 1.5 * d0 / r, a2 + 3 * d1 / r + 6 * d0 / r**2


@pytest.mark.parametrize("name", SEAM_CASES)
def test_tiles_meet_without_a_jump_in_value_or_slope(name):
    spec = SEAM_CASES[name]
    for seed, d in itertools.product(range(3), range(spec.dims)):
        field = random_field(spec, seed)
        for density in (4, 16):  # 4x, and much denser
            x = coords.axis(fit_samples(spec, d) * density)
            spacing = x[1] - x[0]
            blended, own = line_through(field, d, x, np.random.default_rng(seed))
            steepest, sharpest = bounds(field, d, x, own)
            noise = 1e-5  # float32
            assert np.abs(np.diff(blended, axis=0)).max() <= 1.02 * spacing * steepest + noise
            assert np.abs(np.diff(blended, 2, axis=0)).max() <= 1.02 * spacing**2 * sharpest + noise


@pytest.mark.parametrize("name", SEAM_CASES)
def test_differences_across_borders_shrink_as_fast_as_those_of_a_smooth_function(name):
    spec = SEAM_CASES[name]
    for d in range(spec.dims):
        field = random_field(spec, 1)
        first, second = [], []
        for density in (8, 32):
            x = coords.axis(fit_samples(spec, d) * density)
            blended, _ = line_through(field, d, x, np.random.default_rng(2))
            # Only what touches a blend counts here.
            border = axes(spec)[d].borders
            narrower = np.minimum(np.diff(border)[:-1], np.diff(border)[1:])
            reach = 1.25 * spec.margin[d] / 64 * narrower + 2 * (x[1] - x[0])
            near = (np.abs(x[:, None] - border[None, 1:-1]) <= reach).any(1)
            first.append(np.abs(np.diff(blended, axis=0))[near[1:]].max())
            second.append(np.abs(np.diff(blended, 2, axis=0))[near[2:]].max())
        # Four times denser: a jump in value would leave the first, one in slope would quarter the second.
        assert first[1] <= first[0] / 3
        assert second[1] <= second[0] / 9


def test_the_measure_of_seams_sees_the_one_that_a_margin_of_zero_leaves():
    field = random_field(some_spec(dims=1, channels=1, tiles=(6,), margin=(0,)))
    steps = []
    for density in (4, 16):
        blended, _ = line_through(field, 0, coords.axis(192 * density), np.random.default_rng(2))
        steps.append(np.abs(np.diff(blended, axis=0)).max())
    assert steps[1] > steps[0] / 3

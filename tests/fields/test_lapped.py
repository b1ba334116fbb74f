"""The lapped encoding: an orthonormal transform that can be asked between its frames."""

import math

import numpy as np
import pytest
import torch

from inr import coords, fields, reconstruct
from inr.fields import lapped
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, SignalSpec

CASES = {
    "one channel": (1000, 1, 5),
    "two channels": (700, 2, 6),
    "three channels": (333, 3, 6),
    "a whole number of windows": (256, 1, 6),
    "shorter than a window": (40, 1, 6),
    "one frame": (1, 2, 5),
}
every_case = pytest.mark.parametrize("name", CASES)


def sound(frames, channels, seed=0):
    """Tones that come and go, and noise; float32 [T, C]."""
    t = np.arange(frames)[:, None]
    rng = np.random.default_rng(seed)
    tones = np.sin(0.05 * t * (1 + np.arange(channels))) * np.exp(-t / 400.0)
    return (0.5 * tones + rng.normal(0, 0.05, (frames, channels))).astype(np.float32)


def made(name, silent=False):
    frames, channels, order = CASES[name]
    values = sound(frames, channels)
    encoding = EncodingSpec("lapped", order, shape=(frames,))
    activation = ActivationSpec("raf", ("carrier", "sine2"), 2.0, 1.0)
    spec = FieldSpec(1, channels, (1,), (0,), 4, 0, encoding, activation)
    rng = np.random.default_rng(1)
    tensors = fields.analyse(values, encoding)
    tensors = {
        n: tensors[n] if n in tensors else rng.normal(0, 0.0 if silent else 0.3, s).astype(np.float32)
        for n, s in fields.tensor_shapes(spec).items()
    }
    return (
        fields.Field(spec, tensors),
        SignalSpec("audio", (frames,), channels, 16, "PCM_16", rate=8000),
        values,
    )


def by_loops(field, place):
    """T and D of FORMAT.md, section 11.2, at a position in frames, from the sums alone."""
    grid = field.tensors["grid.lap"].astype(float)
    channels, size, count = grid.shape

    def total(values):
        out = 0.0
        for n in range(count):
            u = place - (n - 1) * size
            if not -0.5 <= u < 2 * size - 0.5:
                continue
            waves = [
                values[j, n] * math.cos(math.pi / size * (u + 0.5 + size / 2) * (j + 0.5))
                for j in range(size)
            ]
            out += math.sin(math.pi / (2 * size) * (u + 0.5)) * math.sqrt(2 / size) * sum(waves)
        return out

    bands = [np.zeros_like(grid[0]) for _ in range(4)]
    for b, part in enumerate(bands):
        part[size >> (b + 1) : size >> b] = grid[0, size >> (b + 1) : size >> b]
    return [total(part) for part in (*grid, *bands)]


@every_case
def test_the_coefficients_of_a_sound_are_put_together_to_it_again(name):
    field, signal, values = made(name, silent=True)
    got = np.concatenate([block.values for block in reconstruct.blocks(field, signal)])
    np.testing.assert_allclose(got, values, rtol=0, atol=2e-6)


@every_case
def test_the_transform_keeps_the_energy(name):
    field, _, values = made(name)
    assert np.square(field.tensors["grid.lap"]).sum() == pytest.approx(np.square(values).sum(), rel=1e-5)


@every_case
def test_quarters_of_a_frame_are_what_the_sums_say(name):
    field, signal, _ = made(name)
    frames = signal.shape[0]
    places = sorted(
        {min(max(p, -0.5), frames - 0.5) for p in (-0.5, -0.25, 0.0, frames // 2 + 0.25, frames - 0.5)}
    )
    x = (np.array(places) + 0.5) * 2.0 / frames - 1.0
    want = [by_loops(field, p) for p in places]
    np.testing.assert_allclose(field.planes.points(x[:, None]), want, rtol=0, atol=1e-5)


def test_between_the_quarters_the_spline_is_close_to_the_sums():
    field, signal, _ = made("one channel")
    places = np.array([3.1, 77.6, 500.4])
    x = (places + 0.5) * 2.0 / signal.shape[0] - 1.0
    want = [by_loops(field, p)[0] for p in places]
    np.testing.assert_allclose(field.planes.points(x[:, None])[:, 0], want, rtol=0, atol=1e-3)


@every_case
def test_a_value_does_not_depend_on_what_is_asked_beside_it(name):
    field, signal, _ = made(name)
    x = coords.axis(3 * signal.shape[0])
    whole = field.planes.product(x)
    for part in (slice(0, 5), slice(7, 8), slice(1, None, 3)):
        assert np.array_equal(field.planes.product(x[part]), whole[part])
    assert np.array_equal(whole[1::3], field.planes.product(coords.axis(signal.shape[0])))


def test_bits_do_not_depend_on_blocks_or_spans():
    field, signal, _ = made("two channels")
    whole = np.concatenate([b.values for b in reconstruct.blocks(field, signal)])
    few = np.concatenate([b.values for b in reconstruct.blocks(field, signal, memory_bytes=20_000)])
    span = np.concatenate([b.values for b in reconstruct.blocks(field, signal, span=(101, 407))])
    assert np.array_equal(few, whole)
    assert np.array_equal(span, whole[101:407])


def test_a_field_at_points_is_the_field_on_the_grid():
    field, signal, _ = made("three channels")
    x = coords.axis(signal.shape[0])
    grid = np.concatenate([b.values for b in reconstruct.blocks(field, signal)])
    np.testing.assert_allclose(fields.at_points(field, x[:, None]), grid, rtol=0, atol=1e-5)


def test_numpy_and_torch_agree():
    field, signal, _ = made("two channels")
    numpy, other = (
        np.concatenate([b.values for b in reconstruct.blocks(field, signal, engine=engine)])
        for engine in ("numpy", "torch")
    )
    np.testing.assert_allclose(numpy, other, rtol=0, atol=1e-5)


def test_the_slope_of_the_grid_is_that_of_finite_differences(rng):
    field, _, _ = made("two channels")
    tensors = {"grid.lap": field.tensors["grid.lap"]}
    encoding = field.spec.encoding
    slope = rng.normal(size=field.planes.planes.shape).astype(np.float32)
    got = fields.adjoint(torch.from_numpy(slope), tensors, encoding)["grid.lap"]
    direction = rng.normal(size=got.shape).astype(np.float32)
    moved = fields.lookup({"grid.lap": direction}, encoding).planes  # the planes are linear in the grid
    assert np.vdot(slope, moved) == pytest.approx(np.vdot(got, direction), rel=1e-4)


def test_steady_tones_want_long_windows_and_strokes_want_short_ones():
    t = np.arange(16000)
    tone = np.sin(0.1 * t)[:, None].astype(np.float32)
    strokes = np.zeros((16000, 1), dtype=np.float32)
    strokes[::400] = 1.0
    assert lapped.best_order(tone, 0.1) >= 11
    assert lapped.best_order(strokes, 0.1) <= 6


def test_at_four_times_the_rate_nothing_lies_above_the_sources_highest_frequency():
    rng = np.random.default_rng(0)
    noise = np.fft.irfft(np.fft.rfft(rng.normal(size=4096)) * (np.arange(2049) < 1840))
    field, _, _ = made("one channel", silent=True)
    encoding = EncodingSpec("lapped", 8, shape=(4096,))
    spec = FieldSpec(1, 1, (1,), (0,), 4, 0, encoding, field.spec.activation)
    tensors = field.tensors | fields.analyse(noise[:, None].astype(np.float32), encoding)
    dense = reconstruct.points(fields.Field(spec, tensors), [coords.axis(4 * 4096)])[:, 0]
    energy = np.abs(np.fft.rfft(dense * np.hanning(len(dense)))) ** 2
    assert 10 * np.log10(energy[2048 + 64 :].sum() / energy.sum()) <= -40.0

"""Between the samples: the half signal, the coordinates of what is left out, and both judges."""

import math

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from inr import coords, fields, signals
from inr.bench import heldout
from inr.bench.compare_between import can_be_halved, half_reader, held_out_db, spline_db
from inr.specs import ActivationSpec, FieldSpec, SignalSpec
from tests.bench.small_jobs import tone, waves


def line_field(slope, constant):
    """f(x) = slope · x + constant, exactly."""
    spec = FieldSpec(1, 1, (1,), (0,), 1, 0, activation=ActivationSpec("raf", bases=("linear",)))
    tensors = {n: np.zeros(s, np.float32) for n, s in fields.tensor_shapes(spec).items()}
    tensors["layer0.weight"][...] = slope
    tensors["layer0.amplitude"][...] = 1.0
    tensors["output.weight"][...] = 1.0
    tensors["output.bias"][...] = constant
    return fields.Field(spec, tensors)


@pytest.mark.parametrize("shape", [(24, 20), (23, 21)])
def test_the_half_picture_is_every_second_sample(shape):
    picture = waves(*shape, channels=3)
    with signals.open_reader(picture, kind="image") as reader, half_reader(reader) as half:
        np.testing.assert_array_equal(half.read(0, half.spec.shape[0]), picture[::2, ::2])


def test_the_half_sound_has_half_the_rate():
    with signals.open_reader(tone(601, 2), kind="audio", rate_hz=8000) as reader, half_reader(reader) as half:
        assert (half.spec.rate, half.spec.shape, half.spec.channels) == (4000, (301,), 2)


@pytest.mark.parametrize("length", [100, 101])
def test_a_ramp_through_the_half_sound_is_the_ramp_on_the_whole_one(length):
    """Sample i is i/200, so sample k of the half sound is 2k/200; an error of 0.01 then gives the dB."""
    sound = (np.arange(length, dtype=np.float32) / 200)[:, None]
    half = -(-length // 2)
    slope = half / 200  # coordinates grow by 2 / n' a sample
    with signals.open_reader(sound, kind="audio", rate_hz=8000) as reader:
        field = line_field(slope, -slope * coords.at(0, half) + 0.01)
        got = held_out_db(field, reader)
    left_out = sound[1::2].astype(np.float64)
    want = 10 * math.log10(np.square(left_out).sum() / (len(left_out) * 0.01**2))
    assert got == pytest.approx(want, abs=1e-3)


def test_the_spline_of_a_sound_is_that_of_another_library():
    """Far from the ends, where libraries differ: a sound that fades in and out."""
    n = 801
    t = np.arange(n)
    sound = (0.5 * np.sin(0.9 * t) * np.sin(np.pi * t / (n - 1)) ** 4)[:, None].astype(np.float32)
    with signals.open_reader(sound, kind="audio", rate_hz=8000) as reader:
        got = spline_db(reader)
    want = sound[:, 0].astype(np.float64)
    other = CubicSpline(t[::2], want[::2])(t[1::2])
    db = 10 * math.log10(np.square(want[1::2]).sum() / np.square(want[1::2] - other).sum())
    assert got == pytest.approx(db, abs=0.01)


def test_the_spline_of_a_picture_is_the_one_of_the_speed_benchmark():
    picture = waves(30, 26, channels=3)
    with signals.open_reader(picture, kind="image") as reader:
        got = spline_db(reader)
    values = np.clip(heldout.spline(picture[::2, ::2], (30, 26)), 0, 1)
    left_out = np.ones((30, 26), bool)
    left_out[::2, ::2] = False
    mse = np.square(values[left_out] - picture[left_out] / 255.0).mean()
    assert got == pytest.approx(-10 * math.log10(mse), abs=1e-3)


@pytest.mark.parametrize(
    ("spec", "can"),
    [
        (SignalSpec("image", (4, 4), 1), True),
        (SignalSpec("image", (3, 40), 1), False),
        (SignalSpec("audio", (600,), 1, rate=8000), True),
        (SignalSpec("audio", (60_000_000,), 1, rate=8000), False),
        (SignalSpec("video", (8, 8, 8), 3, rate=25), False),
    ],
)
def test_clips_and_what_is_too_small_or_too_large_are_not_halved(spec, can):
    assert can_be_halved(spec) is can

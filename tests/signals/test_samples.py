"""Rounding: exact on the levels of every depth, and clipped outside."""

from fractions import Fraction

import numpy as np
import pytest

from inr.errors import SpecError
from inr.signals import from_float, to_float
from inr.specs import SignalSpec


def picture(bits):
    return SignalSpec("image", (1, 1), 1, bits=bits, mode="1" if bits == 1 else "L")


def sound(mode, bits=16):
    return SignalSpec("audio", (1,), 1, bits=bits, mode=mode, rate=Fraction(8000))


@pytest.mark.parametrize(("dtype", "bits"), [("uint8", 8), ("uint16", 16)])
def test_every_picture_level_survives_the_way_to_float_and_back(dtype, bits):
    levels = np.arange(2**bits).astype(dtype)
    back = from_float(to_float(levels), picture(bits))
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, levels)


@pytest.mark.parametrize("bits", [10, 12])
def test_deep_video_rounds_to_its_own_levels_and_fills_the_scale(bits):
    spec = SignalSpec("video", (1, 1, 1), 3, bits=bits, mode="RGB", rate=Fraction(25))
    native = from_float(np.linspace(0, 1, 50_001), spec)
    assert native.dtype == np.uint16
    assert native[0] == 0
    assert native[-1] == 65535
    assert len(np.unique(native)) == 2**bits
    np.testing.assert_array_equal(from_float(to_float(native), spec), native)


def test_one_bit_pictures_are_black_or_white():
    np.testing.assert_array_equal(from_float(np.array([-1, 0.49, 0.51, 3]), picture(1)), [0, 0, 255, 255])


@pytest.mark.parametrize("mode", ["PCM_16", "LOSSY"])
def test_sixteen_bit_audio_scales_by_32768_and_clips(mode):
    native = from_float(np.array([-2.0, -1.0, 0.5 / 32768 + 1e-6, 1.0], np.float32), sound(mode))
    assert native.dtype == np.int16
    np.testing.assert_array_equal(native, [-32768, -32768, 1, 32767])


@pytest.mark.parametrize(("mode", "bits"), [("PCM_U8", 8), ("PCM_S8", 8), ("PCM_24", 24), ("PCM_32", 32)])
def test_other_integer_audio_lands_on_the_levels_of_its_depth(mode, bits):
    values = np.random.default_rng(0).uniform(-1.2, 1.2, 1000)
    rounded = from_float(values, sound(mode, bits))
    scaled = rounded * 2.0 ** (bits - 1)
    np.testing.assert_array_equal(scaled, np.rint(scaled))
    assert rounded.min() == -1.0
    assert rounded.max() == 1.0 - 2.0 ** (1 - bits)
    inside = np.abs(values) < 0.99
    assert np.abs(rounded - values)[inside].max() <= 0.5001 * 2.0 ** (1 - bits)


def test_float_audio_is_not_touched():
    values = np.array([-3.0, 1e-9, 7.0], np.float32)
    np.testing.assert_array_equal(from_float(values, sound("FLOAT", 32)), values)


def test_types_that_no_reader_gives_are_refused():
    with pytest.raises(SpecError, match="int64"):
        to_float(np.zeros(3, np.int64))

"""Evaluation against scikit-image and float64 loops, streaming or not."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from inr import reconstruct, signals
from inr.errors import SpecError
from inr.evaluate import evaluate
from inr.specs import SignalSpec
from tests.fields.scalar_field import random_field, some_spec

SPECS = {
    "picture": SignalSpec("image", (37, 29), 3, 8, "RGB"),
    "deep picture": SignalSpec("image", (37, 29), 1, 16, "L"),
    "sound": SignalSpec("audio", (3001,), 2, 16, "PCM_16", Fraction(8000)),
    "float sound": SignalSpec("audio", (3001,), 1, 32, "FLOAT", Fraction(8000)),
    "clip": SignalSpec("video", (5, 18, 23), 3, 8, "RGB", Fraction(25)),
}
every_kind = pytest.mark.parametrize("name", SPECS)


def field_of(signal):
    dims = len(signal.shape)
    spec = some_spec(dims=dims, channels=signal.channels, tiles=(2, 3, 2)[:dims], margin=(8, 4, 4)[:dims])
    return random_field(spec, seed=3, scale=0.6)


def decoded(field, signal):
    blocks = [b.values for b in reconstruct.blocks(field, signal)]
    return np.concatenate(blocks)


def reader_of(native, signal):
    rates = {"audio": {"rate_hz": signal.rate}, "video": {"fps": signal.rate}}
    return signals.open_reader(native, kind=signal.kind, **rates.get(signal.kind, {}))


@pytest.fixture(params=SPECS)
def setting(request):
    """A field, its signal, and a reference that is what it decodes to with some noise."""
    signal = SPECS[request.param]
    field = field_of(signal)
    noise = np.random.default_rng(7).normal(0, 0.03, (*signal.shape, signal.channels))
    native = signals.from_float((decoded(field, signal) + noise).astype(np.float32), signal)
    if signal.mode == "FLOAT":
        native = native.astype(np.float32)
    return field, signal, native


def loops(want, got):
    """Σ y² and mean (ŷ - y)², one number at a time."""
    pairs = list(zip(want.ravel().tolist(), got.ravel().tolist(), strict=True))
    return math.fsum(a * a for a, _ in pairs), math.fsum((b - a) ** 2 for a, b in pairs) / len(pairs)


def test_the_numbers_are_those_of_float64_loops_over_the_decoded_samples(setting):
    field, signal, native = setting
    got = evaluate(field, signal, reader_of(native, signal)).to_json()
    rounded = signals.to_float(signals.from_float(decoded(field, signal), signal))
    power, mse = loops(signals.to_float(native), rounded)
    assert got["mse"] == pytest.approx(mse, rel=1e-9)
    assert got["psnr_db"] == pytest.approx(-10 * math.log10(mse), rel=1e-9)
    if signal.kind == "audio":
        assert got["snr_db"] == pytest.approx(10 * math.log10(power / (mse * native.size)), rel=1e-9)
    else:
        want = peak_signal_noise_ratio(
            signals.to_float(native).astype(np.float64), rounded.astype(np.float64), data_range=1.0
        )
        assert got["psnr_db"] == pytest.approx(want, rel=1e-9)
        assert "snr_db" not in got
    assert "exact" not in got


def test_the_float_numbers_are_those_before_rounding_and_after_clipping(setting):
    field, signal, native = setting
    got = evaluate(field, signal, reader_of(native, signal), perceptual=False).float_json()
    low = -1.0 if signal.kind == "audio" else 0.0
    power, mse = loops(signals.to_float(native), np.clip(decoded(field, signal), low, 1.0))
    assert got["float_psnr_db"] == pytest.approx(-10 * math.log10(mse), rel=1e-9)
    if signal.kind == "audio":
        assert got["float_snr_db"] == pytest.approx(10 * math.log10(power / (mse * native.size)), rel=1e-9)


@pytest.mark.parametrize("name", ["picture", "deep picture", "clip"])
def test_ssim_is_that_of_scikit_image_with_the_gaussian_window(name):
    signal = SPECS[name]
    field = field_of(signal)
    noise = np.random.default_rng(8).normal(0, 0.05, (*signal.shape, signal.channels))
    native = signals.from_float((decoded(field, signal) + noise).astype(np.float32), signal)
    got = evaluate(field, signal, reader_of(native, signal)).to_json()
    a = signals.to_float(native).astype(np.float64)
    b = signals.to_float(signals.from_float(decoded(field, signal), signal)).astype(np.float64)
    settings = {
        "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0,
        "channel_axis": -1,
    }  # fmt: skip
    frames = zip(a, b, strict=True) if signal.kind == "video" else [(a, b)]
    want = np.mean([structural_similarity(y, z, **settings) for y, z in frames])
    assert got["ssim"] == pytest.approx(want, abs=1e-6)
    if signal.kind == "video":
        frames = [peak_signal_noise_ratio(y, z, data_range=1.0) for y, z in zip(a, b, strict=True)]
        assert got["frame_psnr_db"] == pytest.approx(np.mean(frames), rel=1e-9)


def test_streaming_in_small_blocks_equals_one_shot(setting):
    field, signal, native = setting
    reader = reader_of(native, signal)
    at_once = evaluate(field, signal, reader)
    in_parts = evaluate(field, signal, reader, memory_bytes=30_000)
    a, b = at_once.to_json() | at_once.float_json(), in_parts.to_json() | in_parts.float_json()
    assert a.keys() == b.keys()
    for key, number in a.items():
        assert b[key] == pytest.approx(number, rel=1e-9), key


@every_kind
def test_a_reference_that_the_file_decodes_to_is_exact(name):
    signal = SPECS[name]
    field = field_of(signal)
    native = signals.from_float(decoded(field, signal), signal)
    if signal.mode == "FLOAT":
        native = native.astype(np.float32)
    got = evaluate(field, signal, reader_of(native, signal))
    out = got.to_json()
    assert out["exact"] is True
    assert out["psnr_db"] is None
    assert out["mse"] == 0.0
    assert got.quality_db is None
    if signal.kind == "audio":
        assert out["snr_db"] is None


def test_quality_is_snr_for_sound_and_psnr_for_the_rest(setting):
    field, signal, native = setting
    got = evaluate(field, signal, reader_of(native, signal), perceptual=False)
    assert got.quality_db == got.to_json()["snr_db" if signal.kind == "audio" else "psnr_db"]


def test_without_perceptual_measures_only_the_primary_ones_are_there(setting):
    field, signal, native = setting
    out = evaluate(field, signal, reader_of(native, signal), perceptual=False).to_json()
    assert set(out) <= {"snr_db", "psnr_db", "mse"}


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.zeros((37, 28, 3), np.uint8), "image"),
        (np.zeros((37, 29, 1), np.uint8), "image"),
        (np.zeros((37, 29, 3), np.uint8), "video"),
    ],
)
def test_a_reference_of_another_grid_or_kind_is_refused(array, kind):
    signal = SPECS["picture"]
    reader = signals.open_reader(array, kind=kind, fps=25 if kind == "video" else None)
    with pytest.raises(SpecError, match=r"holds image of shape \(37, 29\) with 3"):
        evaluate(field_of(signal), signal, reader)


def test_pictures_too_small_for_the_ssim_window_have_none():
    signal = replace(SPECS["picture"], shape=(4, 5))
    native = np.zeros((4, 5, 3), np.uint8)
    assert "ssim" not in evaluate(field_of(signal), signal, reader_of(native, signal)).to_json()

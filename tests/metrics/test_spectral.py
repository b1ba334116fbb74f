import math

import numpy as np
import pytest
from scipy.signal import stft

from inr.metrics import LogSpectralDistance


def distance(*blocks):
    metric = LogSpectralDistance()
    for reference, estimate in blocks:
        metric.update(reference, estimate)
    return metric.compute()


def by_scipy(reference, estimate):
    """Equations (1) and (2) with SciPy's transform, one channel at a time."""
    per_channel = []
    for c in range(reference.shape[1]):
        levels = []
        for x in (reference[:, c], estimate[:, c]):
            _, _, spectrum = stft(
                x, window="hann", nperseg=2048, noverlap=1536, boundary=None, padded=False, detrend=False
            )
            levels.append(10 * np.log10(np.maximum(np.abs(2 * spectrum) ** 2, 1e-10)))
        per_channel.append(np.sqrt(((levels[0] - levels[1]) ** 2).mean(axis=0)))
    return float(np.mean(per_channel))


def sound(rng, n, channels=1):
    time = np.arange(n)[:, None] / 22050
    reference = 0.4 * np.sin(2 * np.pi * (300 + 200 * np.arange(channels)) * time * (1 + time))
    return reference, reference + rng.normal(0, 1e-3, reference.shape)


@pytest.mark.parametrize(("n", "channels"), [(2048, 1), (9000, 1), (60000, 2)])
def test_it_equals_the_same_definition_with_scipy(rng, n, channels):
    pair = sound(rng, n, channels)
    assert distance(pair) == pytest.approx(by_scipy(*pair), rel=1e-9)


def test_any_split_into_blocks_gives_the_same_value(rng):
    reference, estimate = sound(rng, 20000, 2)
    want = distance((reference, estimate))
    for _ in range(10):
        cuts = np.sort(rng.integers(0, 20001, rng.integers(1, 30)))
        blocks = zip(np.split(reference, cuts), np.split(estimate, cuts), strict=True)
        assert distance(*blocks) == pytest.approx(want, rel=1e-12)


def test_a_gain_of_10_is_20_decibels_apart(rng):
    loud = rng.uniform(-0.5, 0.5, (8192, 1))
    assert distance((loud, loud / 10)) == pytest.approx(20.0, abs=0.05)


def test_a_sine_of_amplitude_1_reads_0_decibels_at_its_bin():
    """Against silence, whose bins lie at -100 dB, the known bins of a Hann window remain."""
    n = np.arange(2048)
    sine = np.sin(2 * np.pi * 100 * n / 2048)[:, None]
    side = 100 + 20 * math.log10(0.5)
    want = math.sqrt((100.0**2 + 2 * side**2) / 1025)
    assert distance((sine, np.zeros_like(sine))) == pytest.approx(want, rel=1e-6)


def test_the_rounding_of_16_bit_sound_is_under_the_floor(rng):
    rounding = rng.uniform(-0.5, 0.5, (22050, 1)) / 32768
    assert distance((np.zeros_like(rounding), rounding)) == 0.0


def test_a_short_sound_is_one_frame_filled_up_with_silence(rng):
    reference, estimate = sound(rng, 500)
    padded = [np.pad(x, ((0, 1548), (0, 0))) for x in (reference, estimate)]
    assert distance((reference, estimate)) == pytest.approx(distance(padded), rel=1e-12)


def test_one_dimension_is_one_channel(rng):
    reference, estimate = sound(rng, 5000)
    assert distance((reference[:, 0], estimate[:, 0])) == distance((reference, estimate))


def test_without_samples_there_is_no_value():
    assert LogSpectralDistance().compute() is None

import math

import numpy as np
import pytest

from inr.errors import SignalError
from inr.metrics import SegmentalSnr


def looped(reference, estimate, rate_hz):
    """Equation (1) of inr/metrics/segmental.py, one sample at a time."""
    length = round(0.032 * rate_hz)
    values = []
    for start in range(0, len(reference) - length + 1, length):
        signal = error = 0.0
        for i in range(start, start + length):
            for c in range(reference.shape[1]):
                y, z = float(reference[i, c]), float(estimate[i, c])
                signal, error = signal + y * y, error + (z - y) ** 2
        if signal / (length * reference.shape[1]) >= 2.0**-32:
            values.append(min(35.0, max(-10.0, 10 * math.log10(signal / error))) if error else 35.0)
    return sum(values) / len(values)


def sound(rng, n, channels=1):
    """Noise whose loudness swings over five decades, so that both clamps act."""
    swing = 10 ** (2.5 * np.sin(np.arange(n) / 700) - 2.5)
    reference = np.clip(rng.normal(0, 0.3, (n, channels)) * swing[:, None], -1, 1)
    return reference, reference + rng.normal(0, 0.003, (n, channels))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [1000, 4000.5])
def test_it_equals_the_scalar_loop(rng, rate_hz, channels):
    reference, estimate = sound(rng, 5000, channels)
    metric = SegmentalSnr(rate_hz)
    metric.update(reference, estimate)
    assert metric.compute() == pytest.approx(looped(reference, estimate, rate_hz), rel=1e-12)


def test_any_split_into_blocks_gives_the_same_value(rng):
    reference, estimate = sound(rng, 4000)
    want = looped(reference, estimate, 1000)
    for _ in range(20):
        cuts = np.sort(rng.integers(0, 4001, rng.integers(1, 30)))
        metric = SegmentalSnr(1000)
        for y, y_hat in zip(np.split(reference, cuts), np.split(estimate, cuts), strict=True):
            metric.update(y, y_hat)
        assert metric.compute() == pytest.approx(want, rel=1e-12)


def test_values_are_clamped_to_the_customary_limits(rng):
    reference = rng.uniform(-1, 1, (4000, 1))
    for estimate, want in ((reference, 35.0), (reference * 1.0001, 35.0), (reference * 40, -10.0)):
        metric = SegmentalSnr(1000)
        metric.update(reference, estimate)
        assert metric.compute() == want


def test_silent_segments_are_left_out(rng):
    reference = np.zeros((64, 1))
    reference[32:] = rng.uniform(-1, 1, (32, 1))
    metric = SegmentalSnr(1000)
    metric.update(reference, reference + 0.05)
    loud = SegmentalSnr(1000)
    loud.update(reference[32:], reference[32:] + 0.05)
    assert metric.compute() == loud.compute()


def test_without_a_segment_to_judge_there_is_no_value():
    short, silent = SegmentalSnr(1000), SegmentalSnr(1000)
    short.update(np.ones((31, 1)), np.zeros((31, 1)))
    silent.update(np.zeros((320, 1)), np.ones((320, 1)))
    assert short.compute() is None
    assert silent.compute() is None
    assert SegmentalSnr(1000).compute() is None


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(SignalError, match="NaN or infinity"):
        SegmentalSnr(1000).update(np.zeros((4, 1)), np.full((4, 1), np.nan))

import math

import numpy as np
import pytest

from inr.errors import SignalError
from inr.metrics import SnrSums, mse, snr_db, update_snr


def pair(rng, shape):
    reference = rng.uniform(-1, 1, shape).astype(np.float32)
    return reference, (reference + rng.normal(0, 0.02, shape)).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 1), (400, 1), (97, 2), (33,)])
def test_snr_is_the_scalar_loop_of_equation_1(rng, shape):
    reference, estimate = pair(rng, shape)
    values = list(zip(reference.astype(float).flat, estimate.astype(float).flat, strict=True))
    signal, error = math.fsum(y * y for y, _ in values), math.fsum((z - y) ** 2 for y, z in values)
    sums = update_snr(SnrSums(), reference, estimate)
    assert snr_db(sums) == pytest.approx(10 * math.log10(signal / error), rel=1e-12)
    assert mse(sums.errors) == pytest.approx(error / len(values), rel=1e-12)


def test_any_split_into_blocks_gives_the_same_sums(rng):
    reference, estimate = pair(rng, (3001, 2))
    whole = update_snr(SnrSums(), reference, estimate)
    for _ in range(20):
        cuts = np.sort(rng.integers(0, 3002, rng.integers(1, 12)))
        sums = SnrSums()
        for y, y_hat in zip(np.split(reference, cuts), np.split(estimate, cuts), strict=True):
            sums = update_snr(sums, y, y_hat)
        assert sums.count == whole.count
        assert sums.signal == pytest.approx(whole.signal, rel=1e-12)
        assert sums.error == pytest.approx(whole.error, rel=1e-12)


def test_half_the_error_is_6_02_decibels_more(rng):
    reference = rng.uniform(-1, 1, (500, 1))
    error = rng.normal(0, 0.1, (500, 1))
    once, half = (snr_db(update_snr(SnrSums(), reference, reference + e)) for e in (error, error / 2))
    assert half - once == pytest.approx(20 * math.log10(2), abs=1e-9)


def test_louder_signal_and_error_together_keep_the_snr(rng):
    reference, estimate = (block.astype(np.float64) for block in pair(rng, (500, 1)))
    want = snr_db(update_snr(SnrSums(), reference, estimate))
    assert snr_db(update_snr(SnrSums(), 0.01 * reference, 0.01 * estimate)) == pytest.approx(want, abs=1e-9)


def test_equal_sounds_have_no_snr_and_are_exact(rng):
    reference, _ = pair(rng, (100, 1))
    sums = update_snr(SnrSums(), reference, reference.copy())
    assert snr_db(sums) is None
    assert sums.exact


def test_a_silent_reference_has_no_snr_and_is_not_exact():
    sums = update_snr(SnrSums(), np.zeros((10, 1)), np.full((10, 1), 0.1))
    assert snr_db(sums) is None
    assert not sums.exact
    assert mse(sums.errors) == pytest.approx(0.01)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(SignalError, match=r"\(8,\).*\(8, 1\)"):
        update_snr(SnrSums(), np.zeros(8), np.zeros((8, 1)))


def test_a_reference_that_is_not_finite_is_refused():
    with pytest.raises(SignalError, match="NaN or infinity"):
        update_snr(SnrSums(), np.array([np.inf]), np.array([0.0]))

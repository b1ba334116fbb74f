import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from inr.errors import SignalError
from inr.metrics import ErrorSums, FrameSums, mean_psnr_db, mse, psnr_db, update_error, update_frames


def pair(rng, shape, dtype=np.float32):
    reference = rng.random(shape).astype(dtype)
    return reference, np.clip(reference + rng.normal(0, 0.05, shape), 0, 1).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (7, 5), (16, 9, 3), (4, 6, 5, 3)])
def test_psnr_is_that_of_scikit_image(rng, shape, dtype):
    reference, estimate = pair(rng, shape, dtype)
    got = psnr_db(update_error(ErrorSums(), reference, estimate))
    want = peak_signal_noise_ratio(reference.astype(np.float64), estimate.astype(np.float64), data_range=1.0)
    assert got == pytest.approx(want, rel=1e-12)


def test_mse_is_the_scalar_loop_of_equation_1(rng):
    reference, estimate = pair(rng, (5, 4, 3))
    want = (
        math.fsum((float(b) - float(a)) ** 2 for a, b in zip(reference.flat, estimate.flat, strict=True)) / 60
    )
    assert mse(update_error(ErrorSums(), reference, estimate)) == pytest.approx(want, rel=1e-13)


def test_any_split_into_blocks_gives_the_same_sums(rng):
    reference, estimate = pair(rng, (501, 7))
    whole = update_error(ErrorSums(), reference, estimate)
    for _ in range(20):
        cuts = np.sort(rng.integers(0, 502, rng.integers(1, 12)))
        sums = ErrorSums()
        for y, y_hat in zip(np.split(reference, cuts), np.split(estimate, cuts), strict=True):
            sums = update_error(sums, y, y_hat)
        assert sums.count == whole.count
        assert sums.squared_error == pytest.approx(whole.squared_error, rel=1e-12)


def test_psnr_to_mse_to_psnr_is_a_no_op():
    for want in np.linspace(-10, 120, 27):
        assert psnr_db(ErrorSums(10 ** (-want / 10) * 64, 64)) == pytest.approx(want, abs=1e-12)


def test_half_the_error_is_6_02_decibels_more(rng):
    reference, estimate = pair(rng, (32, 32), np.float64)
    half = reference + (estimate - reference) / 2
    gain = psnr_db(update_error(ErrorSums(), reference, half)) - psnr_db(
        update_error(ErrorSums(), reference, estimate)
    )
    assert gain == pytest.approx(20 * math.log10(2), abs=1e-9)


def test_equal_signals_have_no_psnr_and_are_exact(rng):
    reference, _ = pair(rng, (8, 8))
    sums = update_error(ErrorSums(), reference, reference.copy())
    assert psnr_db(sums) is None
    assert mse(sums) == 0.0
    assert sums.exact


def test_nothing_compared_is_neither_a_value_nor_exact():
    assert psnr_db(ErrorSums()) is None
    assert mse(ErrorSums()) is None
    assert not ErrorSums().exact


def test_float32_blocks_are_summed_in_float64():
    n = 1 << 20
    reference = np.zeros(n, np.float32)
    estimate = np.full(n, 1e-4, np.float32)
    want = float(np.float32(1e-4)) ** 2
    assert mse(update_error(ErrorSums(), reference, estimate)) == pytest.approx(want, rel=1e-13)


def test_8_bit_integers_do_not_wrap_around():
    sums = update_error(ErrorSums(), np.array([250], np.uint8), np.array([5], np.uint8))
    assert sums.squared_error == 245.0**2


def test_inputs_are_not_modified(rng):
    reference, estimate = pair(rng, (9, 9), np.float64)
    kept = reference.copy(), estimate.copy()
    update_error(ErrorSums(), reference, estimate)
    np.testing.assert_array_equal(reference, kept[0])
    np.testing.assert_array_equal(estimate, kept[1])


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(SignalError, match=r"\(4, 4, 1\).*\(4, 4, 3\)"):
        update_error(ErrorSums(), np.zeros((4, 4, 1)), np.zeros((4, 4, 3)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    with pytest.raises(SignalError, match="NaN or infinity"):
        update_error(ErrorSums(), np.zeros(3), np.array([0.0, bad, 0.0]))


def test_the_mean_of_frames_is_the_mean_of_their_psnr(rng):
    reference, estimate = pair(rng, (6, 8, 9, 3), np.float64)
    want = np.mean(
        [peak_signal_noise_ratio(a, b, data_range=1.0) for a, b in zip(reference, estimate, strict=True)]
    )
    sums = update_frames(FrameSums(), reference[:2], estimate[:2])
    sums = update_frames(sums, reference[2:], estimate[2:])
    assert sums.frames == 6
    assert mean_psnr_db(sums) == pytest.approx(want, rel=1e-12)


def test_equal_frames_are_counted_apart_from_the_mean(rng):
    reference, estimate = pair(rng, (3, 8, 8, 1), np.float64)
    estimate[1] = reference[1]
    sums = update_frames(FrameSums(), reference, estimate)
    want = np.mean([peak_signal_noise_ratio(reference[i], estimate[i], data_range=1.0) for i in (0, 2)])
    assert (sums.frames, sums.exact_frames) == (2, 1)
    assert mean_psnr_db(sums) == pytest.approx(want, rel=1e-12)
    assert mean_psnr_db(update_frames(FrameSums(), reference, reference)) is None

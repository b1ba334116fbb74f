"""Half-way values: those of the cubic spline, whichever window of the signal they are made from."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from inr.signals.refine import PAD, TAPS, WEIGHTS, refine


def spline(samples):
    """SciPy's interpolating cubic spline at the same places, mirrored about the end samples."""
    places = np.meshgrid(*(np.arange(2 * n - 1) / 2 for n in samples.shape), indexing="ij")
    return map_coordinates(samples, places, order=3, mode="mirror")


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 12, 40, 301])
def test_half_way_values_are_those_of_the_cubic_spline(n, rng):
    for _ in range(10):
        samples = rng.uniform(-1, 1, n)
        np.testing.assert_allclose(refine(samples, 0), spline(samples), rtol=0, atol=2e-3 * 2)


def test_the_worst_samples_that_there_are_stay_within_two_thousandths_of_their_range():
    # Samples of ±1 with the signs of the weights make the most of what the filter leaves out.
    n = 41
    unit = np.eye(n)
    gap = np.stack([refine(e, 0) - spline(e) for e in unit])
    worst = np.abs(gap).sum(0).max()
    assert 0 < worst <= 2e-3 * 2


def test_a_plane_is_refined_like_the_spline_of_two_axes(rng):
    samples = rng.uniform(0, 1, (13, 9))
    np.testing.assert_allclose(refine(refine(samples, 0), 1), spline(samples), rtol=0, atol=2e-3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_the_samples_themselves_stay_in_every_type(dtype, rng):
    samples = (rng.uniform(0, 1, (21, 3)) * (1 if dtype == "float32" else 250)).astype(dtype)
    kept = samples.copy()
    fine = refine(samples, 0)
    assert fine.dtype == np.result_type(samples, np.float32)
    assert fine.shape == (41, 3)
    np.testing.assert_array_equal(fine[::2], samples)
    np.testing.assert_array_equal(samples, kept)


@pytest.mark.parametrize("n", [1, 2, 3, 30])
def test_a_constant_stays_constant(n):
    np.testing.assert_allclose(refine(np.full((n, 2), 200.0), 0), 200.0, rtol=1e-14)


def test_a_straight_line_stays_straight_away_from_its_ends():
    fine = refine(3.0 * np.arange(60) - 20.0, 0)
    inner = slice(2 * TAPS, -2 * TAPS)
    np.testing.assert_allclose(fine[inner], (1.5 * np.arange(119) - 20.0)[inner], rtol=0, atol=1e-11)


def test_a_mirrored_signal_has_mirrored_values(rng):
    samples = rng.uniform(-1, 1, (25, 2))
    np.testing.assert_allclose(refine(samples[::-1], 0)[::-1], refine(samples, 0), rtol=0, atol=1e-14)


@pytest.mark.parametrize(("first", "last"), [(0, 5), (1, 2), (3, 9), (10, 31), (30, 38), (38, 40), (0, 40)])
def test_a_window_with_its_pads_has_the_values_of_the_whole(first, last, rng):
    samples = rng.uniform(-1, 1, (40, 2))
    whole = refine(samples, 0)
    a, b = max(0, first - PAD), min(40, last + PAD)
    window = refine(samples[a:b], 0)
    # One half step beyond the samples first .. last-1, where the signal goes on.
    low, high = max(0, 2 * first - 1), min(79, 2 * last)
    np.testing.assert_array_equal(window[low - 2 * a : high - 2 * a], whole[low:high])


def test_axes_can_be_refined_in_any_order(rng):
    samples = rng.uniform(-1, 1, (5, 8, 11, 2))
    want = refine(refine(refine(samples, 0), 1), 2)
    assert want.shape == (9, 15, 21, 2)
    for order in [(0, 2, 1), (1, 0, 2), (2, 1, 0)]:
        fine = samples
        for axis in order:
            fine = refine(fine, axis)
        np.testing.assert_allclose(fine, want, rtol=0, atol=1e-14)


def test_one_sample_stays_alone_and_two_have_their_mean_between_them():
    np.testing.assert_array_equal(refine(np.array([[7, 8]]), 0), [[7.0, 8.0]])
    np.testing.assert_allclose(refine(np.array([2.0, 5.0]), 0), [2.0, 3.5, 5.0], rtol=1e-15)


def test_weights_fall_by_the_factor_of_the_cubic_spline():
    assert WEIGHTS.sum() == pytest.approx(0.5, abs=1e-15)
    np.testing.assert_allclose(WEIGHTS[2:] / WEIGHTS[1:-1], np.sqrt(3.0) - 2.0, rtol=1e-9)

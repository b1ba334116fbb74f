"""The grid rule against its closed form in exact fractions."""

from fractions import Fraction

import numpy as np
import pytest

from inr import coords

LENGTHS = [1, 2, 3, 7, 256, 1001]


@pytest.mark.parametrize("n", LENGTHS)
def test_sample_i_of_n_sits_at_the_centre_of_its_cell(n):
    want = [float(Fraction(2 * i + 1, n) - 1) for i in range(n)]
    got = coords.axis(n)
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, want, rtol=0, atol=2.3e-16)


def test_a_single_sample_sits_in_the_middle():
    assert coords.axis(1).tolist() == [0.0]


@pytest.mark.parametrize("n", LENGTHS)
def test_the_grid_is_symmetric_and_lies_inside_the_domain(n):
    x = coords.axis(n)
    np.testing.assert_allclose(x, -x[::-1], rtol=0, atol=2.3e-16)
    assert np.abs(x).max() < 1


@pytest.mark.parametrize("n", LENGTHS)
def test_a_part_of_an_axis_has_the_bits_of_the_whole(n, rng):
    for _ in range(20):
        start, stop = np.sort(rng.integers(0, n + 1, 2)).tolist()
        np.testing.assert_array_equal(coords.axis(n, start, stop), coords.axis(n)[start:stop])


@pytest.mark.parametrize("n", LENGTHS)
def test_index_is_the_inverse_of_at(n, rng):
    places = np.concatenate([np.arange(n), rng.uniform(-0.5, n - 0.5, 50)])
    np.testing.assert_allclose(coords.index(coords.at(places, n), n), places, rtol=0, atol=1e-12 * n)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("scale", [2, 3, 5])
def test_a_grid_s_times_as_dense_has_the_old_samples_at_the_means_of_its_runs(n, scale):
    np.testing.assert_allclose(
        coords.axis(n * scale).reshape(n, scale).mean(1), coords.axis(n), rtol=0, atol=1e-15
    )


def test_the_domain_ends_half_a_cell_beyond_the_outer_samples():
    assert coords.at(-0.5, 10) == -1.0
    assert coords.at(9.5, 10) == 1.0
    assert coords.index(-1.0, 10) == -0.5
    assert coords.index(1.0, 10) == 9.5

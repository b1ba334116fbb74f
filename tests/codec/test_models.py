"""Probability tables: integers that sum to 2^24 and follow the distribution they are named after."""

import math

import numpy as np
import pytest

from inr.codec import models


@pytest.mark.parametrize("family", [models.LAPLACE, models.GAUSS])
def test_counts_are_symmetric_positive_and_sum_to_two_to_the_24(family):
    for index in models.indices(family):
        counts = models.model(family, index).table.counts
        assert counts.sum() == 1 << 24
        assert counts.min() >= 1
        assert np.array_equal(counts, counts[::-1])
        assert counts.size <= 1000


def test_the_laplace_table_is_the_two_sided_geometric_distribution():
    for index in (0, 7, 20, 39):
        scale = models.OCTAVE[index % 4] * 2.0 ** (index // 4) / (1 << models.UNIT_BITS)
        ratio = scale / (scale + 1)
        table = models.model(models.LAPLACE, index).table
        values = np.arange(-table.edge + 1, table.edge)
        want = ratio ** np.abs(values) * (1 - ratio) / (1 + ratio)
        np.testing.assert_allclose(table.counts[1:-1] / (1 << 24), want, rtol=2e-3, atol=1e-6)


def test_the_gauss_table_is_the_sampled_normal_distribution():
    for index in (16, 20, 31, 39):
        scale = models.OCTAVE[index % 4] * 2.0 ** (index // 4) / (1 << models.UNIT_BITS)
        table = models.model(models.GAUSS, index).table
        values = np.arange(-table.edge, table.edge + 1)
        want = np.exp(-0.5 * (values / scale) ** 2)
        want = (want / want.sum())[1:-1]
        np.testing.assert_allclose(table.counts[1:-1] / (1 << 24), want, rtol=2e-3, atol=1e-6)


def test_the_fixed_point_exponential_agrees_with_the_library():
    for x in (0.0, 1e-6, 0.01, 0.5, 1.0, 2.0):
        assert models._exp(round(x * 2**48)) / 2**48 == pytest.approx(math.exp(x), rel=1e-13)


def test_scales_rise_four_to_an_octave_without_a_gap():
    for index in range(models.SCALES):
        scale = models.OCTAVE[index % 4] * 2.0 ** (index // 4) / (1 << models.UNIT_BITS)
        assert scale == pytest.approx(2.0 ** (index / 4 - 5), rel=1e-5)
        assert models.nearest(scale) == index

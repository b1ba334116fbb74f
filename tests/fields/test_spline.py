"""Planes between their points: scipy's splines, and the smoothness of a cubic spline."""

import numpy as np
import pytest
from scipy import interpolate, ndimage

from inr import coords
from inr.fields.spline import Planes, coefficients, on_points, taps

LENGTHS = [2, 3, 4, 7, 20]
BEYOND = 30  # mirrored samples: what is further away counts less than 0.27^30


@pytest.fixture
def planes(rng):
    return Planes(rng.normal(size=(3, 7, 10)).astype(np.float32))


def scipys(plane, x):
    """scipy at points of [-1, 1]², amid samples mirrored about their outer borders: d c b a | a b c d."""
    at = [BEYOND + (x[:, d] + 1) * n / 2 - 0.5 for d, n in enumerate(plane.shape)]
    wide = np.pad(plane.astype(np.float64), BEYOND, mode="symmetric")
    return ndimage.map_coordinates(wide, at, order=3)


@pytest.mark.parametrize("n", LENGTHS)
def test_coefficients_are_those_of_scipys_mirrored_filter(rng, n):
    y = rng.normal(size=(2, n, 3)).astype(np.float32)
    wide = np.pad(y.astype(np.float64), ((0, 0), (BEYOND, BEYOND), (0, 0)), mode="symmetric")
    want = ndimage.spline_filter1d(wide, 3, axis=1)[:, BEYOND:-BEYOND]
    got = coefficients(y, 1)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=0, atol=3e-6)


@pytest.mark.parametrize("n", LENGTHS)
def test_coefficients_solve_the_equations_of_the_mirrored_spline(rng, n):
    matrix = np.diag(np.full(n, 4.0)) + np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    matrix[0, 0] += 1
    matrix[-1, -1] += 1
    y = rng.normal(size=n).astype(np.float32)
    np.testing.assert_allclose(coefficients(y, 0), np.linalg.solve(matrix / 6, y), rtol=0, atol=3e-6)


def test_one_sample_is_a_constant():
    np.testing.assert_array_equal(coefficients(np.array([[3.0]], np.float32), 1), [[3.0]])


@pytest.mark.parametrize("shape", [(2, 2), (2, 9), (7, 10), (20, 3)])
def test_points_and_products_are_scipys_spline(rng, shape):
    planes = Planes(rng.normal(size=(2, *shape)).astype(np.float32))
    x = rng.uniform(-1, 1, (200, 2))
    x[:4] = [(-1, -1), (1, 1), (-1, 1), (0, -1)]
    got = planes.points(x)
    assert got.dtype == np.float32
    for e in range(2):
        np.testing.assert_allclose(got[:, e], scipys(planes.planes[e], x), rtol=0, atol=5e-6)
    first, second = np.sort(x[:9, 0]), np.sort(x[9:20, 1])
    product = planes.product(first, second)
    assert product.shape == (9, 11, 2)
    every = np.stack(np.meshgrid(first, second, indexing="ij"), -1).reshape(-1, 2)
    np.testing.assert_allclose(product.reshape(-1, 2), planes.points(every), rtol=0, atol=2e-6)


def test_the_weights_are_the_b_spline_of_scipy_and_sum_to_one(rng):
    x = np.concatenate([[-1.0, 1.0], rng.uniform(-1, 1, 100)])
    index, weight = taps(x, 12)
    assert index.min() >= 0
    assert index.max() < 12
    np.testing.assert_allclose(weight.sum(1), 1.0, atol=3e-7)
    b = interpolate.BSpline.basis_element(np.arange(-2.0, 3.0), extrapolate=False)
    at = (x + 1) * 6 - 0.5
    want = np.nan_to_num(b(at[:, None] - (np.floor(at)[:, None] + np.arange(-1, 3))))
    np.testing.assert_allclose(weight, want, rtol=0, atol=1e-6)


def test_coordinates_beyond_the_domain_count_as_its_border(planes):
    out = planes.points(np.array([[-1.0, 1.0], [-1.5, 7.0]]))
    np.testing.assert_array_equal(out[0], out[1])


def test_samples_come_back_exactly_on_the_grid_and_to_rounding_by_the_spline(planes):
    grid = [coords.axis(n) for n in (7, 10)]
    np.testing.assert_array_equal(planes.product(*grid), planes.planes.transpose(1, 2, 0))
    every = np.stack(np.meshgrid(*grid, indexing="ij"), -1).reshape(-1, 2)
    np.testing.assert_allclose(planes.points(every), planes.planes.reshape(3, -1).T, rtol=0, atol=3e-6)


@pytest.mark.parametrize("factor", [1, 2, 3, 5])
def test_every_point_of_the_grid_is_found_on_denser_grids_and_no_other(factor):
    there, index = on_points(coords.axis(factor * 1001), 1001)
    assert index.tolist() == (list(range(1001)) if factor % 2 else [])
    assert np.flatnonzero(there).tolist() == (
        list(range(factor // 2, factor * 1001, factor)) if factor % 2 else []
    )


@pytest.mark.parametrize("shape", [(21, 10), (7, 30), (21, 30), (14, 20), (9, 10), (7, 10)])
def test_a_value_does_not_depend_on_what_else_is_asked_for(planes, rng, shape):
    """A row that lies on the grid, too, among others or alone: blocks of a decode must have the same bits."""
    first, second = (coords.axis(n) for n in shape)
    whole = planes.product(first, second)
    for _ in range(6):
        a, b = np.sort(rng.choice(shape[0] + 1, 2, False))
        c, d = np.sort(rng.choice(shape[1] + 1, 2, False))
        np.testing.assert_array_equal(planes.product(first[a:b], second[c:d]), whole[a:b, c:d])
    for row in range(shape[0]):
        np.testing.assert_array_equal(planes.product(first[row : row + 1], second)[0], whole[row])


def falls(sample, n):
    """By how much the largest differences of order 1, 2, 3 along a line fall where steps are a quarter."""
    largest = []
    for density in (4, 16):
        values = sample(np.linspace(-1, 1, n * density + 1))
        largest.append(np.array([np.abs(np.diff(values, order, axis=0)).max() for order in (1, 2, 3)]))
    return largest[0] / largest[1]


@pytest.mark.parametrize("d", [0, 1])
def test_value_slope_and_curvature_are_continuous(planes, d):
    """A jump in the value would leave the first differences, one in slope quarter the second, and so on."""

    def sample(x):
        return planes.points(np.stack([x, np.full(len(x), 0.137)][:: 1 - 2 * d], 1))

    first, second, third = falls(sample, planes.planes.shape[1 + d])
    assert first > 3
    assert second > 12
    assert third > 40


def test_the_measure_of_smoothness_sees_straight_pieces(rng):
    y = rng.normal(size=10)
    first, second, _ = falls(lambda x: np.interp(x, coords.axis(10), y), 10)
    assert first > 3
    assert second < 5


def test_a_long_axis_and_a_short_one_solve_the_same_system(monkeypatch, rng):
    samples = rng.normal(size=(2, 300)).astype(np.float32)
    short = coefficients(samples, 1)
    monkeypatch.setattr("inr.fields.spline.LONG", 100)
    np.testing.assert_allclose(coefficients(samples, 1), short, rtol=0, atol=2e-6)


def test_a_place_near_a_point_of_a_long_line_is_not_the_point():
    n = 6_000_000
    there, index = on_points(np.array([coords.axis(n, 4_999_999, 5_000_000)[0], 2 * 4_999_999.6 / n - 1]), n)
    assert there.tolist() == [True, False]
    assert index.tolist() == [4_999_999]

"""Scattered samples and masked grids as readers, and the grids that fits of them are planned on."""

import numpy as np
import pytest
import torch

from inr import coords as grid_rule
from inr import signals
from inr.domain import Domain
from inr.errors import SignalError, SpecError
from inr.signals.fill import filled, gridded
from inr.signals.points import sensible_grid

XY = np.array([[10.0, -3.0], [14.0, 5.0], [11.0, 1.0], [12.0, 5.0]])
V = np.array([[1.0, 100.0], [3.0, 100.0], [2.0, 100.0], [1.5, 100.0]])


def test_coordinates_and_values_come_in_the_fields_units():
    reader = signals.ScatteredReader(XY, V, names=("row", "column", "height", "level"))
    points = reader.points()
    np.testing.assert_allclose(points.x, [[-1, -1], [1, 1], [-0.5, 0], [0, 1]])
    np.testing.assert_allclose(points.values, [[0, 0.5], [1, 0.5], [0.5, 0.5], [0.25, 0.5]])
    assert reader.spec.domain == Domain(
        ((10.0, 14.0), (-3.0, 5.0)), ((1.0, 3.0), (100.0, 100.0)), ("row", "column", "height", "level")
    )


@pytest.mark.parametrize(("dims", "kind"), [(1, "audio"), (2, "image"), (3, "video")])
def test_the_number_of_axes_says_the_kind(dims, kind, rng):
    reader = signals.ScatteredReader(rng.normal(size=(30, dims)), rng.normal(size=(30, 2)))
    assert reader.spec.kind == kind
    grid = reader.read(0, reader.spec.shape[0])
    assert grid.shape == (*reader.spec.shape, 2)
    assert grid.dtype == signals.native_dtype(reader.spec)


def test_lists_tensors_and_single_columns_are_taken_and_not_changed(rng):
    t, v = rng.normal(size=20).astype(np.float32), rng.integers(0, 9, 20)
    want = signals.ScatteredReader(t, v)
    for same in (
        signals.ScatteredReader(t.tolist(), v.tolist()),
        signals.ScatteredReader(torch.tensor(t, requires_grad=True), torch.tensor(v)),
        signals.ScatteredReader(t[:, None], v[:, None]),
    ):
        assert same.fingerprint() == want.fingerprint()
    assert signals.ScatteredReader(t, v[::-1]).fingerprint() != want.fingerprint()


WRONG = {
    "one point": (XY[:1], V[:1], SpecError, "1 point"),
    "no point": (XY[:0], V[:0], SpecError, r"\(0, 2\)"),
    "rows that do not match": (XY, V[:3], SpecError, "3 rows came for 4"),
    "four axes": (np.ones((5, 4)), np.ones(5), SpecError, "4 columns"),
    "five channels": (XY, np.ones((4, 5)), SpecError, "at most 4"),
    "a cube of coordinates": (XY[None], V, SpecError, r"\(N, columns\)"),
    "words": (np.array([["a", "b"]] * 4), V, SpecError, "real numbers"),
    "complex values": (XY, V.astype(complex), SpecError, "real numbers"),
    "NaN among the values": (XY, np.where(V == 3, np.nan, V), SignalError, "row 1"),
    "infinity among the coordinates": (np.where(XY == 11, np.inf, XY), V, SignalError, "row 2"),
    "an axis on which all points coincide": (XY * [1, 0], V, SignalError, "axis 1"),
    "a span that overflows": (np.array([[-1.5e308], [1.5e308]]), V[:2], SpecError, "finite bounds"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_scattered_data_is_one_clear_line(name):
    coords, values, error, words = WRONG[name]
    with pytest.raises(error, match=words) as caught:
        signals.ScatteredReader(coords, values)
    assert "\n" not in str(caught.value)


def test_a_grid_written_out_point_by_point_gets_that_grid(rng):
    grid = np.stack(np.meshgrid(np.arange(9), np.arange(4), np.arange(6), indexing="ij"), -1).reshape(-1, 3)
    assert sensible_grid(rng.permutation(grid).astype(float)) == (9, 4, 6)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("count", [2, 3, 10, 1000])
def test_the_grid_has_about_as_many_cells_as_there_are_points(count, dims, rng):
    shape = sensible_grid(rng.uniform(size=(count, dims)))
    assert min(shape) >= 2
    assert 0.5 * count <= np.prod(shape) <= max(1.5 * count, 2**dims)


def test_few_places_along_an_axis_leave_the_cells_to_the_others(rng):
    stations, days = rng.uniform(size=(50, 1)), np.arange(3.0)
    xy = np.array([[d, s] for s in stations[:, 0] for d in days])
    assert sensible_grid(rng.permutation(xy)) == (3, 50)
    assert sensible_grid(np.stack([rng.integers(0, 3, 500), rng.uniform(size=500)], -1)) == (3, 167)


def test_a_cell_has_the_mean_of_its_points_and_empty_cells_what_is_near():
    x = np.array([[-0.9], [-0.6], [0.9]])
    got = gridded(x, np.array([[1.0], [3.0], [8.0]]), (8,))
    assert got[0, 0] == 1.0
    assert got[1, 0] == 3.0
    assert got[7, 0] == 8.0
    assert got[6, 0] == 8.0
    assert (got[2:4, 0] == 2.0).all()
    assert got.min() >= 1.0
    assert got.max() <= 8.0


@pytest.mark.parametrize("shape", [(7,), (5, 9), (3, 4, 5)])
def test_filling_keeps_what_is_known_and_stays_within_its_range(shape, rng):
    values, known = rng.normal(size=(*shape, 2)), rng.random(shape) < 0.3
    known.flat[0] = True
    got = filled(np.where(known[..., None], values, np.nan), known)
    np.testing.assert_array_equal(got[known], values[known])
    assert np.isfinite(got).all()
    assert got.min() >= values[known].min()
    assert got.max() <= values[known].max()


def test_the_points_of_a_masked_grid_are_its_shown_samples(rng):
    picture = rng.integers(0, 256, (5, 6, 3)).astype(np.uint8)
    mask = rng.random((5, 6)) < 0.5
    reader = signals.open_masked(picture, mask, kind="image")
    points = reader.points()
    rows, columns = np.nonzero(mask)
    np.testing.assert_allclose(points.x[:, 0], grid_rule.at(rows, 5))
    np.testing.assert_allclose(points.x[:, 1], grid_rule.at(columns, 6))
    np.testing.assert_allclose(points.values, picture[mask] / 255.0, atol=1e-7)
    np.testing.assert_array_equal(reader.read(0, 5)[mask], picture[mask])


def test_what_lies_under_the_mask_has_no_influence(rng):
    picture = rng.uniform(size=(8, 8))
    mask = rng.random((8, 8)) < 0.7
    one = signals.open_masked(np.where(mask, picture, np.nan), mask, kind="image")
    other = signals.open_masked(np.where(mask, picture, 7.0), mask, kind="image")
    np.testing.assert_array_equal(one.read(0, 8), other.read(0, 8))
    np.testing.assert_array_equal(one.points().values, other.points().values)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros((5, 6), bool), "False everywhere"),
        (np.ones((5, 7), bool), r"shape \(5, 6\)"),
        (np.ones((5, 6)), "float64"),
        (np.ones((5, 6, 3), bool), r"shape \(5, 6\)"),
        (True, r"shape \(5, 6\)"),
    ],
)
def test_a_mask_that_is_none_is_one_clear_line(mask, words, rng):
    for picture in (rng.integers(0, 256, (5, 6, 3)).astype(np.uint8), rng.uniform(size=(5, 6))):
        if picture.ndim == np.ndim(mask) == 3:
            continue
        with pytest.raises(SpecError, match=f"mask.*{words}"):
            signals.open_masked(picture, mask, kind="image")

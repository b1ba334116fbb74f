"""The partition: windows that sum to one, without a step in value or slope, over every sample."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from inr import coords
from inr.partition import Axis, axes, tile_index
from inr.specs import FieldSpec


def uneven(levels, margin):
    return Axis(sum(2**v for v in levels), margin, tuple(levels))


def some_axes(count=200):
    """Every second one has tiles of several widths."""
    rng = np.random.default_rng(5)
    for turn in range(count):
        margin = int(rng.integers(0, 32)) / 64
        if turn % 2:
            levels = rng.integers(0, rng.integers(1, 6), int(rng.integers(1, 12)))
            yield uneven(levels.tolist(), margin), rng
        else:
            yield Axis(int(rng.integers(1, 40)), margin), rng


def borders(axis):
    """Where tiles meet, one after the other, as fractions of the axis turned into coordinates."""
    levels = axis.levels or [0] * axis.tiles
    at = [(Fraction(i) + Fraction(j, 2**v)) / len(levels) for i, v in enumerate(levels) for j in range(2**v)]
    return [float(2 * f - 1) for f in at] + [1.0]


def over(axis, k):
    """How far tiles reach over border k: m times the width of the narrower of its two tiles."""
    b = borders(axis)
    return axis.margin * min(b[k] - b[k - 1], b[k + 1] - b[k])


def windows(axis, x):
    """Every tile's weight at every x, zero outside its reach.  [K, N]."""
    out = np.zeros((axis.tiles, len(x)))
    for k, (a, b) in enumerate(axis.spans(x)):
        out[k, a:b] = axis.window(x[a:b], k)
    return out


def smoothstep(x, border, over):
    """Equation (2) of the module, one number at a time; over = m w."""
    if over == 0:
        return 1.0 if x >= border else 0.0
    t = min(1.0, max(0.0, (x - border) / (2 * over) + 0.5))
    return t * t * (3 - 2 * t)


def test_windows_sum_to_one_wherever_one_looks():
    for axis, rng in some_axes():
        x = np.sort(np.concatenate([rng.uniform(-1, 1, 200), axis.borders, [-1.0, 1.0]]))
        total = windows(axis, x).sum(0)
        np.testing.assert_allclose(total, 1.0, rtol=0, atol=1e-15)


def test_windows_are_equation_2():
    for axis, rng in some_axes(40):
        x = np.sort(rng.uniform(-1, 1, 30))
        weights = windows(axis, x)
        b, last = borders(axis), axis.tiles - 1
        for k in range(axis.tiles):
            left, right = (over(axis, k) if k else 0), (over(axis, k + 1) if k < last else 0)
            for i in range(len(x)):
                rise = smoothstep(x[i], b[k], left) if k else 1.0
                fall = smoothstep(x[i], b[k + 1], right) if k < last else 0.0
                assert weights[k, i] == pytest.approx(rise * (1 - fall), abs=1e-12)


def test_windows_lie_between_zero_and_one():
    for axis, rng in some_axes(50):
        weights = windows(axis, np.sort(rng.uniform(-1, 1, 300)))
        assert weights.min() >= 0.0
        assert weights.max() <= 1.0


@pytest.mark.parametrize("tiles", [2, 3, 8, 17])
@pytest.mark.parametrize("sixtyfourths", [1, 4, 16, 31])
def test_windows_have_no_step_in_value_or_slope(tiles, sixtyfourths):
    axis = Axis(tiles, sixtyfourths / 64)
    ramp = 4 * axis.margin / tiles  # width of a blend; S'' is at most 6 in units of it
    x = np.linspace(-1, 1, 400_001)
    spacing = x[1] - x[0]
    weights = windows(axis, x)
    # |S'| <= 1.5 and |S''| <= 6: a jump would show as a difference that does not shrink with the spacing.
    assert np.abs(np.diff(weights)).max() <= 1.5 * spacing / ramp * 1.01 + 1e-12
    assert np.abs(np.diff(weights, 2)).max() <= 6 * (spacing / ramp) ** 2 * 1.01 + 1e-12


@pytest.mark.parametrize("levels", [(0, 1), (1, 0), (0, 4, 0), (3, 0, 2, 2, 1)])
@pytest.mark.parametrize("sixtyfourths", [1, 16, 31])
def test_windows_of_tiles_of_different_width_have_no_step_in_value_or_slope(levels, sixtyfourths):
    axis = uneven(levels, sixtyfourths / 64)
    b = borders(axis)
    for k in range(1, axis.tiles):
        # As far as the next blends can begin: 10000 steps a blend, wherever it is and however narrow.
        reach = over(axis, k)
        x = b[k] + reach * np.linspace(-1.02, 1.02, 10_201)
        weights = np.stack([axis.window(x, k - 1), axis.window(x, k)])
        step = (x[1] - x[0]) / (2 * reach)
        assert np.abs(np.diff(weights)).max() <= 1.5 * step * 1.01
        assert np.abs(np.diff(weights, 2)).max() <= 6 * step**2 * 1.01 + 1e-13
        np.testing.assert_allclose(weights.sum(0), 1.0, rtol=0, atol=1e-15)
        assert weights[:, 0].tolist() == [1.0, 0.0]
        assert weights[:, -1].tolist() == [0.0, 1.0]


def test_without_a_margin_the_border_belongs_to_the_right_tile():
    axis = Axis(4, 0.0)
    x = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert windows(axis, x).argmax(0).tolist() == [0, 1, 2, 3, 3]
    assert axis.spans(x) == [(0, 1), (1, 2), (2, 3), (3, 5)]


@pytest.mark.parametrize("n", [1, 2, 5, 63, 64, 65, 1000])
def test_spans_cover_every_sample_and_hold_all_that_a_window_sees(n):
    x = coords.axis(n)
    for axis, _ in some_axes(80):
        spans = axis.spans(x)
        covered = np.zeros(n, dtype=int)
        for k, (a, b) in enumerate(spans):
            covered[a:b] += 1
            first = borders(axis)[k] - over(axis, k) if k else -1.0
            last = borders(axis)[k + 1] + over(axis, k + 1) if k < axis.tiles - 1 else 1.0
            assert np.all(x[:a] <= first + 1e-12)
            assert np.all((first - 1e-12 <= x[a:b]) & (x[a:b] <= last + 1e-12))
            assert np.all(x[b:] >= last - 1e-12)
        assert covered.min() >= 1
        assert covered.max() <= 2
        assert [a for a, _ in spans] == sorted(a for a, _ in spans)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 63, 64, 65, 1000, 4096])
def test_the_spans_of_a_regular_grid_are_found_without_making_it(n):
    for axis, _ in some_axes(300):
        assert axis.grid_spans(n) == axis.spans(coords.axis(n))


def test_spans_of_hours_of_sound_take_no_memory():
    spans = Axis(4, 0.125).grid_spans(1 << 40)
    quarter, margin = 1 << 38, 1 << 35
    assert spans[0] == (0, quarter + margin)
    assert spans[2] == (2 * quarter - margin, 3 * quarter + margin)
    assert spans[3] == (3 * quarter - margin, 4 * quarter)


def test_a_tile_sees_its_own_cell_between_minus_one_and_one_and_its_margins_little_beyond():
    for axis, _ in some_axes(60):
        x = coords.axis(777)
        for k, (a, b) in enumerate(axis.spans(x)):
            u = axis.local(x[a:b], k)
            assert np.abs(u).max(initial=0) <= 1 + 2 * axis.margin + 1e-12
            own = (x[a:b] >= axis.borders[k]) & (x[a:b] <= axis.borders[k + 1])
            assert np.abs(u[own]).max(initial=0) <= 1 + 1e-12
            assert np.all(np.abs(u[~own]) >= 1 - 1e-12)


def test_local_coordinates_put_the_borders_of_a_cell_at_plus_and_minus_one():
    for axis, _ in some_axes(60):
        for k in range(axis.tiles):
            np.testing.assert_allclose(axis.local(axis.borders[k : k + 2], k), [-1, 1], atol=1e-13)


def test_borders_rise_and_are_those_of_cells_cut_in_equal_parts():
    for axis, _ in some_axes():
        assert len(axis.borders) == axis.tiles + 1
        assert np.all(np.diff(axis.borders) > 0)
        np.testing.assert_allclose(axis.borders, borders(axis), rtol=0, atol=1e-15)
        assert axis.borders[[0, -1]].tolist() == [-1.0, 1.0]


def test_the_narrowest_tiles_that_a_field_can_have_still_have_rising_borders():
    axis = uneven([15] * 31 + [0], 31 / 64)
    assert np.all(np.diff(axis.borders) > 0)
    x = np.random.default_rng(0).uniform(-1, 1, 4000)
    for k in np.searchsorted(axis.borders, x) - 1:
        u = axis.local(axis.borders[k : k + 2], k)
        np.testing.assert_allclose(u, [-1, 1], rtol=0, atol=1e-9)


def test_a_division_by_hand():
    axis = uneven([0, 2, 1], 0.25)
    assert axis.borders.tolist() == pytest.approx(
        [-1, -1 / 3, -1 / 3 + 1 / 6, 0, 1 / 6, 1 / 3, 1 / 3 + 1 / 3, 1]
    )
    left, right = axis.reach()
    # Over the border at -1/3 the narrower tile is 1/6 wide; over that at 2/3 both are 1/3 wide.
    assert left[1] == pytest.approx(-1 / 3 - 1 / 24)
    assert right[0] == pytest.approx(-1 / 3 + 1 / 24)
    assert left[6] == pytest.approx(2 / 3 - 1 / 12)
    assert right[5] == pytest.approx(2 / 3 + 1 / 12)
    assert (left[0], right[6]) == (-np.inf, np.inf)


@pytest.mark.parametrize("level", [1, 3])
def test_cells_that_are_all_cut_alike_are_an_axis_of_even_tiles(level):
    cut, even = uneven([level] * 5, 0.25), Axis(5 * 2**level, 0.25)
    x = coords.axis(501)
    np.testing.assert_allclose(cut.borders, even.borders, rtol=0, atol=1e-15)
    np.testing.assert_allclose(windows(cut, x), windows(even, x), rtol=0, atol=1e-12)
    for k in range(even.tiles):
        np.testing.assert_allclose(cut.local(x, k), even.local(x, k), rtol=0, atol=1e-11)


def test_borders_do_not_depend_on_the_grid_and_end_with_the_domain():
    assert Axis(4, 0.1).borders.tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert Axis(1, 0.0).borders.tolist() == [-1.0, 1.0]


def test_a_single_tile_is_the_whole_axis_with_weight_one():
    axis, x = Axis(1, 0.0), coords.axis(9)
    assert axis.spans(x) == [(0, 9)]
    np.testing.assert_array_equal(axis.window(x, 0), 1.0)
    np.testing.assert_array_equal(axis.local(x, 0), x)


def test_the_axes_of_a_field_carry_its_tiles_and_margins_in_64ths():
    spec = FieldSpec(3, 3, (2, 3, 5), (0, 8, 31), 4, 1)
    assert axes(spec) == (Axis(2, 0.0), Axis(3, 0.125), Axis(5, 31 / 64))
    cut = replace(spec, tiles=(7, 3, 5), levels=(2, 1, 0))
    assert axes(cut) == (Axis(7, 0.0, (2, 1, 0)), Axis(3, 0.125), Axis(5, 31 / 64))


def test_tiles_are_numbered_row_major():
    spec = FieldSpec(3, 3, (2, 3, 5), (0, 0, 0), 4, 1)
    places = itertools.product(range(2), range(3), range(5))
    assert [tile_index(spec, place) for place in places] == list(range(30))

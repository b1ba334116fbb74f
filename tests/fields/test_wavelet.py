"""The 9/7 wavelet against its filters in float64, and the laws of a transform."""

import math

import numpy as np
import pytest
import torch

from inr.fields.wavelet import K, coarser, merge, split

# The filters of the irreversible transform (Antonini, Barlaud, Mathieu & Daubechies 1992, table II), from the
# middle outwards: sums of the low one 2^(1/2), of the high one 0.  Not used by the code, which lifts.
SYNTHESIS_LOW = np.array([0.788485616405665, 0.418092273222212, -0.040689417609559, -0.064538882628938])
SYNTHESIS_HIGH = np.array(
    [0.852698679009404, -0.377402855612654, -0.110624404418423, 0.023849465019380, 0.037828455506995]
)
LENGTHS = [2, 3, 4, 5, 8, 17, 30, 33]


def mirrored(i, n):
    """The sample that stands for i outside 0 .. n-1: mirrored about the first and the last one."""
    period = 2 * (n - 1)
    i %= period
    return min(i, period - i)


def synthesis_matrix(n):
    """[n, n] float64: samples from (s, d), one column for each coefficient, by mirrored filters."""
    out = np.zeros((n, n))
    for row in range(n):
        for place in range(row - 8, row + 9):  # a coefficient sits at its sample before the split
            source = mirrored(place, n)
            filter_ = SYNTHESIS_HIGH if place % 2 else SYNTHESIS_LOW
            if abs(row - place) < len(filter_):
                column = coarser(n) + source // 2 if place % 2 else source // 2
                out[row, column] += filter_[abs(row - place)]
    return out


def doubles(n, axis=0):
    return merge(np, *np.split(np.eye(n), [coarser(n)], axis=axis), axis)


@pytest.mark.parametrize("n", LENGTHS)
def test_merging_is_the_matrix_of_the_synthesis_filters(n):
    # The table has 15 digits; the gain √2/K by which it differs from lifting alone is part of the filters.
    np.testing.assert_allclose(doubles(n), synthesis_matrix(n), rtol=0, atol=2e-9)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_merging_undoes_splitting_along_any_axis(rng, n, axis):
    x = rng.normal(size=(n, n, n) if n < 9 else (n, 5, 3))
    if x.shape[axis] < 2:
        pytest.skip("an axis of one sample has no halves")
    s, d = split(np, x, axis)
    assert (s.shape[axis], d.shape[axis]) == ((x.shape[axis] + 1) // 2, x.shape[axis] // 2)
    np.testing.assert_allclose(merge(np, s, d, axis), x, rtol=0, atol=1e-13)
    single = split(np, x.astype(np.float32), axis)
    assert single[0].dtype == single[1].dtype == np.float32
    np.testing.assert_allclose(merge(np, *single, axis), x, rtol=0, atol=3e-6)


@pytest.mark.parametrize("n", LENGTHS)
def test_splitting_undoes_merging(rng, n):
    s, d = rng.normal(size=(3, coarser(n))), rng.normal(size=(3, n // 2))
    back = split(np, merge(np, s, d, 1), 1)
    np.testing.assert_allclose(back[0], s, rtol=0, atol=1e-13)
    np.testing.assert_allclose(back[1], d, rtol=0, atol=1e-13)


@pytest.mark.parametrize("n", [n for n in LENGTHS if n > 16])
def test_the_transform_is_nearly_orthonormal(n):
    """The energy of one coefficient's samples is 1 to within 5 % of amplitude, away from the ends."""
    norms = np.linalg.norm(doubles(n), axis=0)
    inner = np.concatenate([norms[2 : coarser(n) - 2], norms[coarser(n) + 2 : -2]])
    assert inner.size
    assert np.all(np.abs(inner - 1) < 0.05)


def test_random_errors_keep_their_energy_within_five_percent(rng):
    s, d = rng.normal(size=(40, 512)), rng.normal(size=(40, 512))
    energy = np.mean(merge(np, s, d, 1) ** 2)
    assert energy == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("n", LENGTHS)
def test_a_constant_has_no_details_and_a_coarse_half_larger_by_the_root_of_2(n):
    s, d = split(np, np.ones(n), 0)
    np.testing.assert_allclose(d, 0.0, atol=1e-12)
    np.testing.assert_allclose(s, math.sqrt(2), atol=1e-9)
    assert pytest.approx(1.230174104914001) == K


@pytest.mark.parametrize("power", [1, 2, 3])
def test_polynomials_up_to_the_third_power_have_no_details_away_from_the_ends(power):
    """Four vanishing moments, from the analysis filters' zeros."""
    _, d = split(np, np.linspace(-1, 1, 64) ** power, 0)
    np.testing.assert_allclose(d[2:-2], 0.0, atol=1e-10)


@pytest.mark.parametrize("n", LENGTHS)
def test_numpy_and_torch_agree_to_rounding(rng, n):
    x = rng.normal(size=(2, n)).astype(np.float32)
    halves = split(np, x, 1)
    in_torch = split(torch, torch.from_numpy(x), 1)
    for a, b in zip(halves, in_torch, strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        merge(np, *halves, 1), merge(torch, *map(torch.from_numpy, halves), 1).numpy(), rtol=0, atol=1e-6
    )


def test_what_is_transformed_is_not_changed(rng):
    x = rng.normal(size=(4, 9))
    kept = x.copy()
    s, d = split(np, x, 1)
    halves = s.copy(), d.copy()
    merge(np, s, d, 1)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(s, halves[0])
    np.testing.assert_array_equal(d, halves[1])

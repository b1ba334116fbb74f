"""BD-rate and equal-byte quality against closed forms and a dense sum."""

import math

import numpy as np
import pytest

from inr.bench.bd_rate import BdRate, bd_rate, frontier, quality_at

CURVE = [(1000, 25.0), (2000, 29.5), (4000, 33.0), (9000, 37.0), (16000, 39.5)]


def scaled(points, factor):
    return [(factor * size, db) for size, db in points]


@pytest.mark.parametrize("percent", [10.0, -10.0, 0.0, 150.0, -60.0])
def test_a_curve_that_needs_so_many_percent_more_bytes_has_that_bd_rate(percent):
    got = bd_rate(scaled(CURVE, 1 + percent / 100), CURVE)
    assert got == BdRate(pytest.approx(percent, abs=1e-9), 25.0, 39.5)


def test_turning_the_comparison_round_inverts_the_ratio():
    other = [(900, 24.0), (2500, 29.0), (5000, 35.0), (12000, 38.0)]
    there, back = bd_rate(CURVE, other), bd_rate(other, CURVE)
    assert (1 + there.percent / 100) * (1 + back.percent / 100) == pytest.approx(1.0)


def test_straight_lines_give_the_mean_of_their_distance_over_the_common_range():
    """ln R = q / 4 and ln R' = q / 5 + 1 meet on 25 .. 40: the mean distance is a closed form."""
    ours = [(math.exp(q / 4), q) for q in (20.0, 28.0, 31.0, 40.0)]
    theirs = [(math.exp(q / 5 + 1), q) for q in (25.0, 33.0, 45.0)]
    got = bd_rate(ours, theirs)
    assert (got.low_db, got.high_db) == (25.0, 40.0)
    middle = 0.5 * (25.0 + 40.0)
    assert got.percent == pytest.approx(100 * math.expm1(middle / 4 - middle / 5 - 1))


def test_the_integral_is_that_of_a_fine_sum_over_monotone_cubics():
    from scipy.interpolate import PchipInterpolator

    theirs = [(1500, 26.0), (2100, 27.0), (7000, 36.0), (20000, 38.0)]
    q = np.linspace(26.0, 38.0, 200_001)
    logs = [PchipInterpolator([p[1] for p in c], np.log([p[0] for p in c]))(q) for c in (CURVE, theirs)]
    want = 100 * math.expm1(float(np.mean(logs[0] - logs[1])))
    assert bd_rate(CURVE, theirs).percent == pytest.approx(want, abs=1e-3)


def test_points_that_others_beat_and_the_order_of_points_change_nothing():
    beaten = [(1500, 24.0), (4000, 32.0), (30000, 39.5)]
    assert bd_rate([*CURVE[::-1], *beaten], CURVE).percent == pytest.approx(0.0, abs=1e-12)
    assert frontier([*beaten, *CURVE]) == CURVE


@pytest.mark.parametrize(
    "theirs",
    [
        [],
        CURVE[:2],
        [(1000, 25.0), (2000, 24.0), (4000, 23.0)],  # one point that counts
        [(100, 10.0), (200, 15.0), (400, 20.0)],
        [(100, 50.0), (200, 55.0), (400, 60.0)],
    ],
)
def test_curves_that_share_no_quality_or_have_too_few_points_have_no_bd_rate(theirs):
    assert bd_rate(CURVE, theirs) is None
    assert bd_rate(theirs, CURVE) is None


def test_quality_at_a_size_is_linear_in_log_bytes_and_unknown_outside():
    assert quality_at(CURVE, 4000) == pytest.approx(33.0)
    assert quality_at(CURVE, math.sqrt(2000 * 4000)) == pytest.approx(31.25)
    assert quality_at(CURVE, 999) is None
    assert quality_at(CURVE, 16001) is None
    assert quality_at([], 1000) is None

"""Steady or not: rounding to ticks is forgiven, a missing frame is not."""

from fractions import Fraction

import pytest

from inr.signals.timing import timing

MS = Fraction(1, 1000)


@pytest.mark.parametrize(
    "rate", [Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60), Fraction(120)]
)
def test_a_steady_rate_is_found_behind_milliseconds(rate):
    pts = [round(1000 * i / rate) for i in range(300)]
    assert timing(pts, MS, rate) == (rate, None)
    found, times = timing(pts, MS, None)
    assert times is None
    assert float(found) == pytest.approx(float(rate), rel=1e-3)


def test_equal_steps_give_the_exact_rate_whatever_the_container_states():
    assert timing([3003 * i + 7 for i in range(50)], Fraction(1, 90_000), Fraction(25)) == (
        Fraction(30000, 1001),
        None,
    )


@pytest.mark.parametrize(("base", "step"), [(Fraction(1, 25), 1), (Fraction(1, 50), 2), (MS, 40)])
def test_one_missing_frame_makes_the_times_uneven(base, step):
    pts = [step * i for i in range(100) if i != 50]
    rate, times = timing(pts, base, Fraction(25))
    assert times == tuple(pts)
    assert float(rate) == pytest.approx(25 * 99 / 100, rel=1e-3)


def test_times_start_at_zero():
    assert timing([100, 110, 200], MS, None).pts == (0, 10, 100)


def test_a_single_frame_takes_the_stated_rate_or_its_own_duration():
    assert timing([5], MS, Fraction(12)) == (Fraction(12), None)
    assert timing([5], MS, None, last=50) == (Fraction(20), None)

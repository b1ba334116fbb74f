"""The curve of a fit: bounded, whatever the fit's length, and true at its ends."""

from inr.fitting import Progress
from inr.reports import Curve


def filled(steps, most=100):
    curve = Curve(most)
    for step in range(1, steps + 1):
        curve.add(Progress("fit", step, steps, 10.0 + step, 0.5 * step))
    return curve.points


def test_a_short_fit_keeps_every_record():
    points = filled(7)
    assert [(p.step, p.seconds, p.quality_db) for p in points] == [
        (s, 0.5 * s, 10.0 + s) for s in range(1, 8)
    ]


def test_a_long_fit_keeps_a_bounded_number_from_its_first_step_to_its_last():
    for steps in (99, 100, 101, 12_345):
        points = filled(steps)
        assert len(points) <= 101
        assert (points[0].step, points[-1].step) == (1, steps)
        gaps = [b.step - a.step for a, b in zip(points, points[1:], strict=False)]
        assert min(gaps) >= 1
        assert len(set(gaps[:-1])) == 1  # even, but for the last record
    assert len(filled(12_345)) >= 49


def test_records_of_other_phases_and_without_a_quality_are_passed_over():
    curve = Curve()
    curve.add(Progress("fit", 1))
    curve.add(Progress("quantise", 1, 1, 30.0))
    assert curve.points == []

"""When the steps of a fit are counted anew."""

from inr.fitting import clock as clock_module
from inr.fitting.clock import StepClock
from inr.fitting.schedules import REPLAN_EVERY_S


def test_a_young_fit_counts_again_each_time_its_age_doubles_and_an_old_one_every_second(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(clock_module.time, "monotonic", lambda: now[0])
    clock, counted = StepClock(), []
    for i in range(1, 400):
        now[0] = 100.0 + i / 64
        if clock.due():
            counted.append(i)
    assert counted[:6] == [1, 2, 4, 8, 16, 32]
    late = [b - a for a, b in zip(counted[7:], counted[8:], strict=False)]
    assert set(late) == {round(64 * REPLAN_EVERY_S)}

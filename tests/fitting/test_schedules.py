"""Plans of steps and the cosine on the rates."""

import math

import pytest

from inr.fitting.schedules import LEAST_VISIT, PASSES, Schedule


def scales_of(schedule):
    """The factor at every step of a plan of one slab, until it ends."""
    out = []
    while not schedule.ended:
        out.append(schedule.scale(len(out)))
        schedule.advance()
    return out


@pytest.mark.parametrize("steps", [1, 2, 7, 100, 3000])
def test_a_plan_of_steps_is_a_half_cosine_from_one_to_zero(steps):
    got = scales_of(Schedule.of_steps(steps, 1))
    want = [(1 + math.cos(math.pi * i / steps)) / 2 for i in range(steps)]
    assert got == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("steps", [1, 50, 3000])
def test_progress_adds_up_to_one(steps):
    schedule = Schedule.of_steps(steps, 1)
    scales_of(schedule)
    assert schedule.progress == pytest.approx(1.0, abs=1e-9)
    assert schedule.left == 0


def test_an_unmeasured_plan_goes_on_at_full_rate():
    schedule = Schedule(1, None)
    for _ in range(50):
        schedule.advance()
    assert not schedule.ended
    assert schedule.scale(50) == 1.0


def test_seconds_become_steps_by_what_a_step_takes():
    schedule = Schedule(1, None)
    schedule.measure(step_s=0.02, reading_s=0.0, remaining_s=5.0)
    assert schedule.left == 250


def test_a_plan_that_is_counted_anew_still_ends_at_rate_zero_without_a_jump():
    schedule, scales = Schedule(1, None), []
    schedule.measure(0.01, 0.0, 4.0)
    for i in range(10_000):
        if i in (100, 200):  # the machine slows down, then recovers
            schedule.measure(0.02 if i == 100 else 0.01, 0.0, 2.0)
        if schedule.ended:
            break
        scales.append(schedule.scale(i))
        schedule.advance()
    assert len(scales) == 400
    assert schedule.progress == pytest.approx(1.0, abs=1e-9)
    assert scales == sorted(scales, reverse=True)
    assert max(a - b for a, b in zip(scales, scales[1:], strict=False)) < 0.02


def test_a_plan_of_steps_does_not_look_at_the_clock():
    schedule = Schedule.of_steps(100, 1)
    schedule.measure(1.0, 0.0, 3.0)
    assert schedule.left == 100


def visits(schedule, steps):
    """How many steps each slab gets, and the factors it gets them with, as the sampler deals them."""
    seen = [[] for _ in range(schedule.slabs)]
    for step in range(steps):
        turn, offset = divmod(step, schedule.visit)
        done, slab = divmod(turn, schedule.slabs)
        seen[slab].append(schedule.scale(done * schedule.visit + offset))
    return seen


@pytest.mark.parametrize("slabs", [2, 3, 7, 30])
@pytest.mark.parametrize("steps", [30, 100, 997, 5000])
def test_every_slab_gets_the_whole_schedule(slabs, steps):
    schedule = Schedule.of_steps(steps, slabs)
    seen = visits(schedule, steps)
    count = schedule.visit * schedule.passes
    want = [(1 + math.cos(math.pi * i / count)) / 2 for i in range(count)]
    for scales in seen:
        assert scales[:count] == pytest.approx(want, abs=1e-12)
        # What does not divide evenly comes after the end, at rate 0.
        assert scales[count:] == pytest.approx([0.0] * (len(scales) - count), abs=1e-12)


def test_slabs_are_visited_several_times_where_the_steps_allow_long_visits():
    assert Schedule.of_steps(10_000, 4).passes == PASSES
    assert Schedule.of_steps(4 * LEAST_VISIT * 2, 4).passes == 2
    assert Schedule.of_steps(100, 4).passes == 1


def test_a_plan_of_seconds_over_slabs_takes_off_the_time_to_read_them():
    schedule = Schedule(4, None)
    schedule.measure(step_s=0.01, reading_s=0.5, remaining_s=20.0)
    assert schedule.left == schedule.visit * schedule.passes * 4
    assert schedule.left * 0.01 == pytest.approx(20.0 - 0.5 * 11, rel=0.05)
    assert schedule.frozen


def test_the_whole_plan_is_what_is_done_and_what_remains():
    schedule = Schedule(1, None)
    assert schedule.total(3) == 0  # not measured yet
    schedule.measure(0.01, 0.0, 4.0)
    assert schedule.total(3) == 403
    schedule.advance()
    assert schedule.total(4) == 403


def test_the_whole_plan_of_slabs_is_what_each_of_them_gets():
    schedule = Schedule.of_steps(1800, 3)
    assert schedule.total(7) == schedule.visit * schedule.passes == 600
    assert Schedule(3, None).total(7) == 0

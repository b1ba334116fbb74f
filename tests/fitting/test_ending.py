"""The last part of a fit: who has one, how a plan is divided, what it brings, and that it can be resumed."""

from dataclasses import replace

import numpy as np
import pytest

from inr import fitting, signals
from inr.evaluate import evaluate
from inr.fitting import ending, newton
from inr.fitting.checkpoint import load_state
from inr.fitting.ending import FEWEST, SHARE, Ending
from inr.specs import FitSpec
from tests.fitting.small_fits import finished, ready

LONG = 1200  # steps with a last part of some steps


def tune(length=3000, channels=1):
    """int16 [N, C]: three partials that swell and fade."""
    t = np.arange(length)[:, None] / 8000 + np.arange(channels) / 9000
    partials = [np.sin(2 * np.pi * f * t) * np.sin(3 * t * (k + 1)) for k, f in enumerate((220, 547, 1310))]
    return np.rint(9000 * sum(partials)).astype(np.int16)


def begin(steps=LONG, folder=None, stop_at=None, array=None, **request):
    """A fit by short windows, ready to run."""
    reader = signals.open_reader(tune() if array is None else array, kind="audio", rate_hz=8000)
    asked = FitSpec(**{"preset": "fast", "profile": "tiles", "steps": steps, "params": 4000} | request)
    return ready(asked, reader, folder=folder, stop_at=stop_at)


def fitted_db(fit):
    """SNR of its field, in dB."""
    return evaluate(fit.best(), fit.reader.spec, fit.reader).quality_db


def test_a_plan_of_steps_is_divided_and_nothing_is_lost():
    for worth, steps in ((40, 5000), (7, 999), (300, 100), (300, 10_000)):
        last = Ending(worth)
        ordinary = last.divide_steps(steps)
        assert ordinary + last.left * worth == steps
        assert last.left == 0 or last.left >= FEWEST
        assert ordinary == steps or ordinary >= SHARE * steps


def test_seconds_are_divided_where_there_is_room():
    last = Ending(worth=100)
    assert last.divide_seconds(60.0, 0.005) == pytest.approx(SHARE * 60)
    assert last.left == int((1 - SHARE) * 60 / 0.5)
    assert last.divide_seconds(2.0, 0.005) == 2.0
    assert last.left == 0


def test_the_steps_of_the_last_part_count_and_are_told():
    fit, records = finished(begin())
    assert fit.step == LONG == records[-1].steps
    assert sorted(r.step for r in records) == [r.step for r in records]
    assert len(records) < LONG
    assert all(r.steps == LONG for r in records[:-1] if r.steps is not None)


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize("channels", [1, 2])
def test_it_brings_more_than_the_steps_that_it_takes_the_place_of(monkeypatch, channels, between):
    request = {"preset": "balanced" if between else "fast", "params": 4000 * channels}
    array = tune(channels=channels)
    with_it, _ = finished(begin(2600, array=array, **request))
    monkeypatch.setattr(ending, "FEWEST", 1 << 30)
    without, _ = finished(begin(2600, array=array, **request))
    assert (with_it.plan.between > 0) == between
    got, before = (fitted_db(fit) for fit in (with_it, without))
    assert got > before + 2.0


@pytest.mark.parametrize("stop_at", [LONG // 4, LONG - 100])
def test_a_run_that_was_stopped_in_either_part_ends_in_the_same_bits(tmp_path, stop_at):
    whole, _ = finished(begin(folder=tmp_path / "whole"))
    stopped, _ = finished(begin(folder=tmp_path / "stopped", stop_at=stop_at))
    assert stop_at <= stopped.step < LONG
    again = begin(folder=tmp_path / "stopped")
    again.restore(load_state(tmp_path / "stopped"))
    resumed, records = finished(again)
    assert records
    assert resumed.step == whole.step
    for name, tensor in whole.best().tensors.items():
        np.testing.assert_array_equal(tensor, resumed.best().tensors[name])


def test_a_stop_within_a_step_gives_that_step_up(tmp_path, monkeypatch):
    monkeypatch.setattr(newton, "PIECE", 1)  # a tile at a time, and a look at `stop` before each
    whole, _ = finished(begin())
    stopped = begin(folder=tmp_path)
    asked = 0

    def stop():
        nonlocal asked
        asked += stopped.step > LONG // 2
        return asked > 50

    stopped._stop = stop
    finished(stopped)
    assert LONG // 2 < stopped.step < LONG
    again = begin(folder=tmp_path)
    again.restore(load_state(tmp_path))
    resumed, _ = finished(again)
    for name, tensor in whole.best().tensors.items():
        np.testing.assert_array_equal(tensor, resumed.best().tensors[name])


def test_a_fit_in_seconds_has_one_too():
    fit, records = finished(begin(steps=None, time_s=4.0))
    assert fit.seconds < 5.0
    told = [b.step - a.step for a, b in zip(records, records[1:], strict=False)]
    assert max(told) > 1


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"max_size": 3000, "params": None}, "rounded in the loop"),
        ({"params": 9000, "profile": "single"}, "a large block"),
        ({"steps": 60}, "a short fit"),
    ],
)
def test_who_cannot_use_one_has_none(request_, why):
    fit = begin(**request_)
    fit.network.close()
    assert fit.schedule.left == fit.plan.steps, why


def test_a_sound_in_several_slabs_has_none():
    reader = signals.open_reader(tune(), kind="audio", rate_hz=8000)
    request = FitSpec(profile="tiles", steps=LONG, params=4000)
    plan = fitting.make_plan(request, reader)
    fit = begin()
    fit.network.close()
    assert Ending.of(request, plan, reader.spec, fit.sampler).worth > 0
    huge = replace(reader.spec, shape=(1 << 40,))
    assert Ending.of(request, plan, huge, fit.sampler).worth == 0
    fit.sampler.slabs = [(0, 1), (1, 2)]
    assert Ending.of(request, plan, reader.spec, fit.sampler).worth == 0

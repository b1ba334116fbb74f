"""Fits of sounds by grids: bounds that hold, the length of windows, files that decode."""

import time

import numpy as np
import pytest

from inr import codec, fitting, reconstruct, signals
from inr.errors import SpecError
from inr.fitting.grid_plans import make_plan, takes
from inr.specs import FitSpec, SignalSpec

RATE = 8000

pytestmark = pytest.mark.usefixtures("short_trainings")


def sound(frames=6000, channels=1, seed=0):
    """A chord that fades, strokes, a little noise: float32 [T, C]."""
    t = np.arange(frames)[:, None] / RATE
    rng = np.random.default_rng(seed)
    chord = sum(np.sin(2 * np.pi * f * t * (1 + 0.1 * np.arange(channels))) for f in (220.0, 277.2, 329.6))
    stroke = np.exp(-((t * 8) % 1.0) * 12.0) * rng.normal(0, 0.3, (frames, channels))
    return (0.2 * chord * np.exp(-t) + 0.3 * stroke).clip(-1, 1).astype(np.float32)


def fit(array, **options):
    request = FitSpec(**{"profile": "grids", "steps": 60, **options})
    with signals.open_reader(array, kind="audio", rate_hz=RATE) as reader:
        steps = fitting.run(request, reader, started=time.monotonic())
        return fitting.drive(steps, lambda record: None)


def decoded(outcome):
    file = codec.decode(outcome.coded.data)
    return np.concatenate([b.values for b in reconstruct.blocks(file.field, file.signal)])


def snr(array, got):
    return 10 * np.log10(np.square(array).sum() / np.square(got - array).sum())


@pytest.mark.parametrize("size", [500, 4000])
def test_a_size_is_never_exceeded_and_mostly_used(size):
    outcome = fit(sound(), max_size=size)
    assert 0.8 * size <= len(outcome.coded.data) <= size


@pytest.mark.usefixtures("whole_trainings")
@pytest.mark.parametrize("target", [12.0, 30.0])
def test_a_target_is_reached_by_the_decoded_file_and_hardly_passed(target):
    array = sound()
    outcome = fit(array, target_psnr=target)
    assert outcome.coded.reached
    assert target <= snr(array, decoded(outcome)) <= target + 0.3


@pytest.mark.parametrize(("frames", "channels"), [(64, 1), (777, 3), (3001, 2)])
def test_sounds_of_any_length_and_channels_come_back(frames, channels):
    array = sound(frames, channels)
    outcome = fit(array, target_psnr=20.0)
    assert snr(array, decoded(outcome)) >= 20.0


def test_what_the_run_reports_is_what_the_file_shows():
    array = sound()
    outcome = fit(array, max_size=1200)
    assert outcome.evaluation.quality_db == pytest.approx(snr(array, decoded(outcome)), abs=1e-3)


def test_the_same_seed_and_steps_give_the_same_bytes():
    first, second = (fit(sound(2000), max_size=900).coded.data for _ in range(2))
    assert first == second


def test_without_a_bound_the_preset_says_how_fine():
    array = sound(3000)
    small, best = (snr(array, decoded(fit(array, preset=preset))) for preset in ("small", "best"))
    assert best > small + 6.0


def test_silence_ends_in_a_small_file_of_silence():
    outcome = fit(np.zeros((4000, 1), dtype=np.float32), max_size=1000)
    assert np.abs(decoded(outcome)).max() < 1e-3


def test_two_equal_channels_cost_hardly_more_than_one():
    one = sound(3000)
    mono, both = (len(fit(array, target_psnr=20.0).coded.data) for array in (one, np.repeat(one, 2, 1)))
    assert both < 1.1 * mono


def test_a_stopped_fit_still_ends_in_a_file():
    calls = iter(range(10**6))
    with signals.open_reader(sound(), kind="audio", rate_hz=RATE) as reader:
        request = FitSpec(profile="grids", time_s=600.0, max_size=2000)
        steps = fitting.run(request, reader, started=time.monotonic(), stop=lambda: next(calls) > 2)
        outcome = fitting.drive(steps, lambda record: None)
    assert outcome.stopped
    assert codec.decode(outcome.coded.data).field.spec.encoding.name == "lapped"


@pytest.mark.slow
def test_a_file_can_be_exported_smaller_from_itself_and_from_the_sound():
    array = sound()
    large = codec.decode(fit(array, max_size=3000).coded.data)
    own = fitting.export(large.field, large.signal, max_size=1000)
    with signals.open_reader(array, kind="audio", rate_hz=RATE) as reader:
        better = fitting.export(large.field, large.signal, max_size=1000, reference=reader)
    assert max(len(own.data), len(better.data)) <= 1000
    files = [codec.decode(coded.data) for coded in (own, better)]
    again, once = (np.concatenate([b.values for b in reconstruct.blocks(f.field, f.signal)]) for f in files)
    assert snr(array, once) >= snr(array, again) - 0.3


def test_auto_takes_grids_for_sounds_unless_something_else_is_asked_for():
    spec = SignalSpec("audio", (8000,), 1, rate=RATE)
    assert takes(FitSpec(max_size=5000), spec)
    assert takes(FitSpec(target_psnr=30.0), spec)
    assert takes(FitSpec(), spec)
    assert not takes(FitSpec(max_size=300), spec)
    assert not takes(FitSpec(max_size=5000, params=1000), spec)
    assert not takes(FitSpec(max_size=5000), SignalSpec("audio", (40,), 1, rate=RATE))
    assert not takes(
        FitSpec(max_size=50_000, memory_bytes=32_000_000), SignalSpec("audio", (10**7,), 1, rate=RATE)
    )
    with pytest.raises(SpecError, match="64 frames"):
        make_plan(FitSpec(profile="grids"), SignalSpec("audio", (40,), 1, rate=RATE))

"""Fits side by side: the bits of fits alone, and only where memory and plan allow it."""

import functools
import threading
import time

import numpy as np
import pytest
import torch

from inr import fields, fitting, signals
from inr.errors import FitError
from inr.fitting.together import PARAMS_PER_VALUE
from inr.specs import FitSpec
from tests.cli import made

KINDS = {
    "picture": (lambda seed: made.pixels(16, 24, 3, seed=seed), {"kind": "image"}),
    "sound": (
        lambda seed: np.rint(32767 * made.wave(1500, seed=seed)).astype(np.int16),
        {"kind": "audio", "rate_hz": 8000},
    ),
}


def reader_of(kind, seed=0):
    make, how = KINDS[kind]
    return signals.open_reader(make(seed), **how)


def fit(kind, seed, *, spread, **request):
    """The finished file of a fit; the field's numbers where the format has no file for it."""
    with reader_of(kind, seed) as reader:
        steps = fitting.run(FitSpec(**request), reader, started=0.0, measure=False, spread=spread)
        coded = fitting.drive(steps, lambda record: None).coded
    return coded.data or b"".join(t.tobytes() for t in coded.field.tensors.values())


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        ("picture", {"steps": 25, "profile": "tiles"}),
        ("picture", {"steps": 8, "params": 3000}),
        pytest.param("picture", {"steps": 400, "max_size": 300}, marks=pytest.mark.slow),
        ("picture", {"steps": 12, "activation": "finer"}),
        ("sound", {"steps": 25}),
    ],
)
def test_files_of_fits_side_by_side_are_those_of_fits_alone(kind, request_, two_threads):
    tasks = [lambda seed=seed: (seed, fit(kind, seed, spread=False, **request_)) for seed in range(2)]
    beside = dict(fitting.together(tasks, 2))
    assert len(set(beside.values())) == 2
    assert beside == {seed: fit(kind, seed, spread=True, **request_) for seed in range(2)}


def test_a_run_begun_side_by_side_is_resumed_alone_to_the_same_bytes(tmp_path, two_threads):
    request = FitSpec(steps=60, profile="tiles")

    def go(folder, *, spread, resume=False, most=10**9):
        asked = iter(range(10**9))
        with reader_of("picture") as reader:
            steps = fitting.run(
                request, reader, started=0.0, folder=folder, resume=resume, measure=False, spread=spread,
                stop=lambda: next(asked) >= most,
            )  # fmt: skip
            return fitting.drive(steps, lambda record: None)

    whole = go(tmp_path / "whole", spread=True).coded.data
    (begun,) = fitting.together([lambda: go(tmp_path / "run", spread=False, most=30)], 1)
    assert begun.steps == 30
    assert go(tmp_path / "run", spread=True, resume=True).coded.data == whole


def test_a_task_is_asked_for_when_a_thread_is_free_for_it():
    running, most, lock = 0, 0, threading.Lock()

    def task(number):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return number

    def tasks():
        for number in range(9):
            with lock:
                assert running < 3
            yield functools.partial(task, number)

    assert len(list(fitting.together(tasks(), 3))) == 9
    assert most == 3


def test_every_result_comes_once():
    tasks = [lambda number=number: number for number in range(20)]
    assert sorted(fitting.together(tasks, 4)) == list(range(20))


def test_no_task_gives_no_result():
    assert list(fitting.together([], 2)) == []


def test_a_task_sees_the_callers_number_of_threads_whatever_others_set(two_threads):
    meeting = threading.Barrier(3, timeout=60)

    def sets():
        torch.set_num_threads(1)
        meeting.wait()

    def asks():
        meeting.wait()
        return torch.get_num_threads()

    assert sorted(filter(None, fitting.together([sets, asks, asks], 3))) == [2, 2]
    assert torch.get_num_threads() == 2


def test_what_a_task_raises_comes_out_when_the_others_have_ended():
    ended = []

    def fails():
        raise FitError("no")

    def lasts():
        time.sleep(0.05)
        ended.append(1)

    with pytest.raises(FitError, match="no"):
        list(fitting.together([lasts, fails], 2))
    assert ended == [1]


def test_small_signals_with_counted_steps_may_join():
    with reader_of("picture") as reader:
        assert fitting.may_join(FitSpec(steps=5, device="cpu"), reader, 2)


@pytest.mark.parametrize(
    ("request_", "count"),
    [({"steps": 5}, 1), ({"time_s": 5.0}, 2), ({}, 2), ({"steps": 5, "params": 10**6}, 8)],
    ids=["one thread", "seconds", "a preset's seconds", "many parameters"],
)
def test_other_fits_stay_apart(request_, count):
    with reader_of("picture") as reader:
        assert not fitting.may_join(
            FitSpec(device="cpu", memory_bytes=100_000_000, **request_), reader, count
        )


def test_all_that_join_keep_to_the_memory_together():
    request = FitSpec(steps=5, device="cpu", memory_bytes=32_000_000)
    reader = signals.open_reader(np.zeros((500, 500, 3), np.uint8), kind="image")
    joined = [count for count in range(2, 40) if fitting.may_join(request, reader, count)]
    # Twelve values of the dense grid for each one's byte, held and read at once, in half of the memory.
    assert all(count * 500 * 500 * 3 * 2 * 4 <= 16_000_000 for count in joined)
    assert joined == list(range(2, 2 + len(joined)))


@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_takes_more_parameters_than_a_join_reckons_with(kind):
    with reader_of(kind) as reader:
        values = reader.spec.samples * reader.spec.channels
        requests = (FitSpec(), FitSpec(target_psnr=99.0), FitSpec(max_size=10**6), FitSpec(preset="best"))
        for request in requests:
            plan = fitting.make_plan(request, reader)
            assert fields.param_count(plan.field) <= PARAMS_PER_VALUE * values

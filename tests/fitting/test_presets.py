"""Plans: the budget of parameters is used and never exceeded, and slabs fit the memory."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from inr import fields, fitting, signals
from inr.errors import SpecError
from inr.fitting.layout import sample_memory
from inr.partition import axes
from inr.signals.base import Reader
from inr.specs import FitSpec, SignalSpec


class Striped(Reader):
    """A signal of any size that is made as it is read."""

    def _read(self, start, stop):
        dtype = signals.native_dtype(self.spec)
        shape = (stop - start, *self.spec.shape[1:], self.spec.channels)
        rows = np.arange(start, stop).reshape(-1, *[1] * (len(shape) - 1))
        return np.broadcast_to((rows * 37 % 251).astype(dtype), shape)


def reader_of(kind, shape, channels=None):
    rate = {"image": None, "audio": Fraction(44100), "video": Fraction(25)}[kind]
    mode = {"image": "RGB", "audio": "PCM_16", "video": "RGB"}[kind]
    bits = 16 if kind == "audio" else 8
    channels = channels or (1 if kind == "audio" else 3)
    return Striped("striped", SignalSpec(kind, shape, channels, bits, mode, rate))


SHAPES = [
    ("image", (1, 1)),
    ("image", (1, 5000)),
    ("image", (5000, 1)),
    ("image", (7, 9)),
    ("image", (256, 256)),
    ("image", (512, 768)),
    ("audio", (1,)),
    ("audio", (100,)),
    ("audio", (300_000,)),
    ("video", (1, 64, 64)),
    ("video", (3, 48, 64)),
    ("video", (100, 90, 160)),
]
BUDGETS = [1000, 2500, 10_000, 33_333, 100_000, 400_000]


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
@pytest.mark.parametrize("profile", ["auto", "single"])
def test_parameters_are_never_above_the_bound_and_nearly_used_up(kind, shape, profile):
    for budget in BUDGETS:
        plan = fitting.make_plan(FitSpec(params=budget, profile=profile), reader_of(kind, shape))
        count = fields.param_count(plan.field)
        assert count <= budget, (budget, plan.field)
        assert count >= 0.85 * budget, (budget, plan.field)


@pytest.mark.parametrize("activation", sorted(fields.ACTIVATIONS))
@pytest.mark.parametrize("budget", [2000, 50_000])
def test_the_bound_holds_for_every_activation(activation, budget):
    plan = fitting.make_plan(FitSpec(params=budget, activation=activation), reader_of("image", (128, 96)))
    assert 0.85 * budget <= fields.param_count(plan.field) <= budget
    assert plan.field.activation.name == activation


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
def test_a_plan_fits_the_signal_without_being_told_anything(kind, shape):
    reader = reader_of(kind, shape)
    plan = fitting.make_plan(FitSpec(), reader)
    assert (plan.field.dims, plan.field.channels) == (len(shape), reader.spec.channels)
    assert plan.steps is None
    assert plan.seconds is not None
    # Every tile has samples: the sampler refuses the plan otherwise.
    sampler = signals.Sampler(reader, axes(plan.field), batch=plan.batch)
    batch = sampler.next()
    assert batch.u.shape == (plan.field.tile_count, plan.batch, len(shape))
    assert all(k <= n for k, n in zip(plan.field.tiles, shape, strict=True))
    assert len(plan.reasons) >= 3


@pytest.mark.parametrize("activation", sorted(fields.ACTIVATIONS))
def test_a_plan_comes_back_from_json_text(activation):
    plan = fitting.make_plan(FitSpec(activation=activation, steps=7), reader_of("video", (3, 48, 64)))
    assert fitting.Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    assert (plan.steps, plan.seconds) == (7, None)


def test_presets_differ_in_time_and_a_request_overrides_them():
    reader = reader_of("image", (64, 64))
    seconds = [
        fitting.make_plan(FitSpec(preset=p), reader).seconds for p in ("fast", "balanced", "small", "best")
    ]
    assert seconds == sorted(seconds)
    assert len(set(seconds)) == 4
    assert fitting.make_plan(FitSpec(time_s=3.5), reader).seconds == 3.5


def test_a_finer_picture_asks_for_a_higher_frequency():
    y, x = np.mgrid[0:64, 0:64]
    omegas = []
    for waves in (1, 4):
        wave = np.rint(127 + 100 * np.sin(2 * math.pi * waves * x / 64)).astype(np.uint8)
        plan = fitting.make_plan(FitSpec(params=1000), signals.open_reader(wave, kind="image"))
        omegas.append(plan.field.activation.omega_first)
    assert omegas[1] > omegas[0]


def test_too_few_parameters_say_what_the_least_is():
    with pytest.raises(SpecError, match=r"3 parameters are too few .*the least is \d+"):
        fitting.make_plan(FitSpec(params=3), reader_of("image", (64, 64)))


def test_single_is_one_network_and_tiles_are_several():
    reader = reader_of("image", (256, 256))
    assert fitting.make_plan(FitSpec(profile="single", params=20_000), reader).field.layout == "single"
    assert fitting.make_plan(FitSpec(profile="tiles", params=20_000), reader).field.layout == "tiles"


LARGE = [
    ("image", (2600, 3000), 1),
    ("image", (9000, 7000), 3),
    ("image", (60_000, 1000), 3),
    ("audio", (40_000_000,), 2),
    ("video", (400, 360, 640), 3),
    ("video", (60, 1080, 1920), 3),
]


@pytest.mark.parametrize(("kind", "shape", "channels"), LARGE)
@pytest.mark.parametrize("memory_bytes", [36_000_000, 100_000_000])
def test_a_signal_over_the_memory_is_cut_into_slabs_that_fit_it(kind, shape, channels, memory_bytes):
    reader = reader_of(kind, shape, channels)
    plan = fitting.make_plan(FitSpec(memory_bytes=memory_bytes, params=200_000), reader)
    room = sample_memory(memory_bytes)
    sampler = signals.Sampler(reader, axes(plan.field), batch=plan.batch, memory_bytes=room)
    rows = axes(plan.field)[0].grid_spans(shape[0])
    itemsize = np.dtype(signals.native_dtype(reader.spec)).itemsize
    across = math.prod(
        sum(b - a for a, b in axis.grid_spans(n))
        for axis, n in zip(axes(plan.field)[1:], shape[1:], strict=True)
    )
    for first, last in sampler.slabs:
        samples = sum(b - a for a, b in rows[first:last]) * across
        assert samples * channels * itemsize <= room / 2
    if len(sampler.slabs) > 1:
        # Tiles of different slabs train at different times, so they can share no parameter.
        assert not plan.field.activation.shared


@pytest.mark.parametrize(("kind", "shape", "channels"), LARGE)
def test_the_size_that_is_chosen_for_a_large_signal_can_be_trained_in_the_memory(kind, shape, channels):
    plan = fitting.make_plan(FitSpec(memory_bytes=36_000_000), reader_of(kind, shape, channels))
    # Weight, gradient and two moments in float32 at the least.
    assert 16 * fields.param_count(plan.field) <= 36_000_000 - sample_memory(36_000_000)


def test_a_frame_that_does_not_fit_the_memory_says_how_much_it_takes():
    reader = reader_of("video", (3, 2160, 3840))
    plan = fitting.make_plan(FitSpec(memory_bytes=32_000_000, params=200_000), reader)
    with pytest.raises(SpecError, match=r"one row of tiles needs \d+ MB .*raise --memory"):
        signals.Sampler(reader, axes(plan.field), batch=plan.batch, memory_bytes=sample_memory(32_000_000))

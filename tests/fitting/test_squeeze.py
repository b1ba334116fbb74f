"""The file's size in the loss: what is trained is what the file holds, and it fits."""

import numpy as np
import pytest
import torch

from inr import codec, fields, fitting, signals
from inr.fitting.finish import Probe
from inr.fitting.fit import Fit
from inr.fitting.presets import make_plan
from inr.fitting.squeeze import CONTROL, FILL, LEAST_STEPS, STRENGTH, TURNS, Squeeze
from inr.specs import FitSpec
from tests.fields.scalar_field import random_field
from tests.fitting.small_fits import fading_tone, smooth_picture

pytestmark = pytest.mark.usefixtures("one_thread")


def reader_of(kind, shape):
    """A smooth picture, or a tone that fades away."""
    if kind == "image":
        return signals.open_reader(smooth_picture(*shape), kind="image")
    return signals.open_reader(fading_tone(*shape), kind="audio", rate_hz=8000)


def squeeze_of(seed=0, share=0.6):
    """A squeeze of a random field to a share of what it takes almost without loss, and its tensors."""
    reader = reader_of("image", (24, 32))
    plan = make_plan(FitSpec(params=900, steps=10), reader)
    field = random_field(plan.field, seed=seed)
    tensors = {name: torch.tensor(t) for name, t in field.tensors.items()}
    rng = np.random.default_rng(seed)
    u = rng.uniform(-1, 1, (plan.field.tile_count, 200, 2)).astype(np.float32)
    tiles = np.arange(plan.field.tile_count)
    own = fields.training_forward(plan.field, tensors, torch.tensor(u)).numpy()
    distortion = Probe(tiles, u, own, noise=1e-4).distortion(plan.field)
    whole = len(codec.encode(plan.field, field.tensors, {n: 12 for n in tensors}, reader.spec))
    squeeze = Squeeze(plan.field, reader.spec, int(share * whole))
    squeeze.choose(tensors, distortion)
    return squeeze, tensors


def test_rounded_weights_are_those_of_the_file_and_the_floats_come_back():
    squeeze, tensors = squeeze_of()
    before = {name: t.clone() for name, t in tensors.items()}
    arrays = {name: t.numpy() for name, t in before.items()}
    file = codec.decode(codec.encode(squeeze.spec, arrays, squeeze.exponents, squeeze.signal))
    with squeeze.rounded(tensors):
        for name, t in tensors.items():
            np.testing.assert_array_equal(t.numpy(), file.field.tensors[name])
    assert all(t.equal(before[name]) for name, t in tensors.items())
    assert any(not np.array_equal(arrays[n], t) for n, t in file.field.tensors.items())


def test_the_floats_come_back_after_an_error_too():
    squeeze, tensors = squeeze_of()
    before = {name: t.clone() for name, t in tensors.items()}
    with pytest.raises(RuntimeError), squeeze.rounded(tensors):
        raise RuntimeError
    assert all(t.equal(before[name]) for name, t in tensors.items())


def test_the_rate_pulls_every_weight_towards_zero_by_what_a_unit_costs():
    squeeze, tensors = squeeze_of()
    squeeze.weight = 3.0
    grads = {name: torch.zeros_like(t) for name, t in tensors.items()}
    squeeze.add_rate(tensors, grads, 0.25)
    for name, t in tensors.items():
        unit = 2.0 ** squeeze.exponents[name]
        q = t * unit
        far = q.abs() > 3
        want = 3.0 * 0.25 * squeeze.slopes[name] * unit * torch.sign(q)
        torch.testing.assert_close(grads[name][far], want[far], rtol=1e-4, atol=0)
        assert bool((grads[name] * t >= 0).all())


def test_the_weight_of_the_rate_grows_where_the_file_is_too_large_and_falls_where_it_is_not():
    squeeze, tensors = squeeze_of()
    squeeze.weight = 1.0
    squeeze.control(tensors)  # the steps were chosen to fit
    assert squeeze.weight <= (1 / FILL) ** STRENGTH
    squeeze.weight, squeeze.max_size = 1.0, squeeze.max_size // 2
    squeeze.control(tensors)
    assert squeeze.weight > 1.3


def test_whether_it_fits_is_said_of_the_real_file():
    squeeze, tensors = squeeze_of()
    assert squeeze.fits(tensors)
    size = len(codec.encode(squeeze.spec, {n: t.numpy() for n, t in tensors.items()}, squeeze.exponents,
                            squeeze.signal))  # fmt: skip
    squeeze.max_size = size - 1
    assert not squeeze.fits(tensors)
    squeeze.max_size = size
    assert squeeze.fits(tensors)


def test_steps_are_chosen_once_at_each_of_the_turns():
    squeeze, _ = squeeze_of()
    assert squeeze.turns == 1
    assert not squeeze.due(TURNS[1] - 1e-9)
    assert squeeze.due(TURNS[1])
    squeeze.turns = len(TURNS)
    assert not squeeze.due(1.0)


def fitted(size, steps, kind="image", shape=(48, 64)):
    reader = reader_of(kind, shape)
    request = FitSpec(max_size=size, steps=steps)
    fit = Fit(request, make_plan(request, reader), reader, started=0.0)
    for _ in fit.run():
        pass
    fit.network.close()
    return fit


@pytest.mark.parametrize(
    ("kind", "shape"), [("image", (48, 64)), pytest.param("audio", (4000,), marks=pytest.mark.slow)]
)
def test_a_fit_under_a_size_ends_on_the_grid_of_its_steps(kind, shape):
    fit = fitted(1500, 4 * LEAST_STEPS, kind, shape)
    assert fit.exponents is not None
    best = fit.best()
    for name, t in best.tensors.items():
        q = np.ldexp(t.astype(np.float64), fit.exponents[name])
        np.testing.assert_array_equal(q, np.rint(q))
    data = codec.encode(fit.plan.field, best.tensors, fit.exponents, fit.reader.spec)
    assert 0.8 * 1500 <= len(data) <= 1500


def test_a_short_fit_is_not_squeezed():
    assert fitted(1500, LEAST_STEPS).exponents is None


@pytest.mark.slow
def test_squeezing_beats_rounding_afterwards_at_the_same_bytes_and_steps(monkeypatch):
    """A picture at some four bits a parameter."""

    def quality(turns):
        monkeypatch.setattr("inr.fitting.squeeze.TURNS", turns)
        request = FitSpec(max_size=1000, params=1900, steps=1000)
        with reader_of("image", (64, 96)) as reader:
            ended = fitting.drive(fitting.run(request, reader, started=0.0), lambda record: None)
        assert len(ended.coded.data) <= 1000
        return ended.evaluation.quality_db

    assert quality(TURNS) > quality((2.0,)) + 3.0


def test_the_size_is_looked_at_more_often_than_the_field_is_kept():
    from inr.fitting.fit import SNAPSHOT_STEPS

    assert CONTROL < SNAPSHOT_STEPS


@pytest.mark.slow
def test_a_run_that_was_stopped_while_it_squeezed_goes_on_to_the_same_bytes(tmp_path):
    request = FitSpec(max_size=1000, params=1900, steps=500)

    def bytes_of(folder, stop_after=10**9, resume=False):
        asked = iter(range(10**9))
        with reader_of("image", (48, 64)) as reader:
            going = fitting.run(
                request, reader, started=0.0, folder=folder, resume=resume, measure=False,
                stop=lambda: next(asked) >= stop_after,
            )  # fmt: skip
            return fitting.drive(going, lambda record: None)

    whole = bytes_of(tmp_path / "whole")
    broken = bytes_of(tmp_path / "broken", stop_after=380)
    assert broken.stopped
    assert TURNS[1] * 500 < broken.steps < TURNS[2] * 500
    resumed = bytes_of(tmp_path / "broken", resume=True)
    assert resumed.steps == whole.steps == 500
    assert resumed.coded.data == whole.coded.data

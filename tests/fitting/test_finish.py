"""From a field to a file: sizes kept and used, targets reached or said not to be, little lost by default."""

import math
from dataclasses import replace

import numpy as np
import pytest

from inr import codec, fields, fitting, reconstruct, signals
from inr.errors import FitError, SpecError
from inr.evaluate import evaluate
from inr.fitting.finish import LOSS_DB, finish, own_probe
from inr.specs import SignalSpec
from tests.fields.scalar_field import random_field, some_spec
from tests.fitting.small_fits import run, start

SIGNAL = SignalSpec("image", (64, 48), 3, 8, "RGB")
FIELD = random_field(some_spec(tiles=(4, 3), width=14), seed=4, scale=0.4)
NOISE = 4e-4  # mean squared error of the field's own fit, on [-1, 1]: 40 dB


@pytest.fixture(scope="module")
def reference():
    """What the field stands for: its own picture with noise of about 40 dB."""
    values = np.concatenate([b.values for b in reconstruct.blocks(FIELD, SIGNAL)])
    noisy = values + np.random.default_rng(1).normal(0, math.sqrt(NOISE) / 2, values.shape)
    return signals.open_reader(signals.from_float(noisy, SIGNAL), kind="image")


def quality_db(field, signal, reader):
    return evaluate(field, signal, reader, perceptual=False).quality_db


def coded(reference, **request):
    return fitting.export(FIELD, SIGNAL, mse=NOISE, reference=reference, **request)


def test_a_file_loses_little_by_default(reference):
    out = coded(reference)
    before, after = quality_db(FIELD, SIGNAL, reference), quality_db(out.field, SIGNAL, reference)
    assert before - 0.5 <= after
    assert out.reached
    # Not at any price: less than half of float32, and coarser steps would lose more than half a decibel.
    assert len(out.data) < 2 * FIELD.params


def test_the_field_handed_back_is_the_one_in_the_bytes(reference):
    out = coded(reference)
    decoded = codec.decode(out.data)
    assert decoded.signal == out.signal == SIGNAL
    assert decoded.field.spec == FIELD.spec
    for name, tensor in out.field.tensors.items():
        assert tensor.tobytes() == decoded.field.tensors[name].tobytes()


@pytest.mark.parametrize("max_size", [1200, 2000, 3500, 5000])
def test_a_size_is_never_exceeded_and_mostly_used(reference, max_size):
    out = coded(reference, max_size=max_size)
    assert 0.8 * max_size <= len(out.data) <= max_size


def test_bytes_that_would_not_help_are_not_spent(reference):
    out = coded(reference, max_size=100_000)
    assert len(out.data) < 2 * FIELD.params
    got, best = (quality_db(f, SIGNAL, reference) for f in (out.field, FIELD))
    assert got == pytest.approx(best, abs=0.1)


def test_more_bytes_never_look_worse(reference):
    got = [quality_db(coded(reference, max_size=s).field, SIGNAL, reference) for s in (2000, 3000, 4500)]
    assert got == sorted(got)


def test_a_size_that_nothing_fits_says_what_would(reference):
    with pytest.raises(FitError, match=r"smallest file .* has \d+ bytes; asked for 30"):
        coded(reference, max_size=30)


def test_a_colour_profile_is_the_first_to_go(reference):
    icc = np.random.default_rng(0).integers(0, 256, 900, dtype=np.uint8).tobytes()
    signal = replace(SIGNAL, icc=icc)
    for max_size, kept in ((3000, False), (60_000, True)):
        out = fitting.export(FIELD, signal, mse=NOISE, max_size=max_size)
        assert len(out.data) <= max_size
        assert out.signal.icc == (icc if kept else None)
        assert codec.decode(out.data).signal == out.signal


@pytest.mark.parametrize("target_db", [28.0, 32.0, 35.0, 38.5])
def test_a_target_is_reached_by_the_decoded_file_with_few_bytes(reference, target_db):
    out = coded(reference, target_db=target_db)
    assert out.reached
    got = quality_db(codec.decode(out.data).field, SIGNAL, reference)
    assert target_db <= got
    assert got <= target_db + 1.5


def test_a_lower_target_makes_a_smaller_file(reference):
    sizes = [len(coded(reference, target_db=t).data) for t in (28.0, 33.0, 38.0)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_a_target_out_of_reach_is_said_and_the_best_is_kept(reference):
    out = coded(reference, target_db=60.0)
    assert not out.reached
    assert quality_db(out.field, SIGNAL, reference) >= quality_db(FIELD, SIGNAL, reference) - 0.5


def test_a_size_goes_before_a_target_and_says_so(reference):
    out = coded(reference, target_db=38.5, max_size=1500)
    assert len(out.data) <= 1500
    assert not out.reached


def test_a_target_without_a_reference_is_refused():
    with pytest.raises(SpecError, match="add --reference FILE"):
        fitting.export(FIELD, SIGNAL, target_db=30.0)


def test_a_field_can_be_coded_with_nothing_but_itself(reference):
    out = fitting.export(FIELD, SIGNAL)
    assert quality_db(FIELD, SIGNAL, reference) - 0.5 <= quality_db(out.field, SIGNAL, reference)


def test_a_decoded_file_can_be_coded_again_under_a_smaller_size(reference):
    first = codec.decode(coded(reference).data)
    again = fitting.export(first.field, first.signal, mse=NOISE, max_size=3000)
    assert 2400 <= len(again.data) <= 3000


def test_the_field_s_own_probe_is_its_output_at_points_of_its_tiles():
    probe = own_probe(FIELD, NOISE)
    assert np.abs(probe.u).max() <= 1
    own = {n: t if t.shape[0] == 1 else t[probe.tiles] for n, t in FIELD.tensors.items()}
    np.testing.assert_allclose(fields.forward(np, FIELD.spec, own, probe.u), probe.target, rtol=0, atol=2e-5)
    assert probe.distortion(FIELD.spec)(FIELD.tensors) == pytest.approx(NOISE, rel=1e-6)


def test_a_probe_of_many_samples_is_thinned_over_many_tiles():
    field = random_field(some_spec(tiles=(40, 40), width=3, hidden=0))
    thin = own_probe(field, 0.0).thinned()
    assert thin.u.shape[0] * thin.u.shape[1] <= 1 << 15
    assert len(set(thin.tiles.tolist())) >= 1000


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_a_fitted_field_loses_no_more_than_half_a_decibel_as_a_file(kind):
    fit = start(kind, 200)
    run(fit)
    best = fit.best()
    out = finish(best, fit.reader.spec, fit.probe())
    before = quality_db(best, fit.reader.spec, fit.reader)
    after = quality_db(out.field, fit.reader.spec, fit.reader)
    assert before - 2 * LOSS_DB <= after
    assert len(out.data) < 4 * best.params / 2

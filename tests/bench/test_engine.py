"""Runs of our own engine: ours with the shipped defaults, and the tuned single MLP."""

import math
from fractions import Fraction

import numpy as np
import pytest

from inr import evaluate, fields, fitting, signals
from inr.bench import tuned
from inr.bench.engine import Run, float_db, run_fit
from inr.bench.ours import fit_ours, prepare
from inr.specs import ActivationSpec, FieldSpec, FitSpec
from tests.bench.small_jobs import tone, waves

SOURCE = waves(channels=3)


def test_ours_keeps_to_its_parameters_and_its_time_and_is_judged_before_quantisation():
    run = fit_ours(SOURCE, 900, 0.5)
    assert run.params <= 900
    assert 0.4 < run.seconds < 1.5
    assert run.gflops > 0
    with signals.open_reader(SOURCE, kind="image") as reader:
        want = evaluate.evaluate(run.field, reader.spec, reader, perceptual=False).float_json()
    assert run.db == pytest.approx(want["float_psnr_db"], abs=0.01)


def test_ours_is_the_plan_that_ships():
    request = FitSpec(params=900, steps=1)
    with signals.open_reader(SOURCE, kind="image") as reader:
        fit = prepare(request, reader, 0.0)
        assert fit.plan == fitting.make_plan(request, reader)
        fit.network.close()


def test_the_work_of_a_fit_counts_every_parameter_once_a_sample_of_its_tile():
    got = run_fit(SOURCE, FitSpec(params=900, steps=3), prepare)
    with signals.open_reader(SOURCE, kind="image") as reader:
        plan = fitting.make_plan(FitSpec(params=900, steps=3), reader)
    assert got.gflops * got.seconds * 1e9 == pytest.approx(3 * 6 * got.params * plan.batch)


def test_long_signals_are_judged_on_evenly_spaced_units():
    clip = np.stack([np.full((8, 8, 3), v, np.uint8) for v in range(0, 250, 10)])
    spec = FieldSpec(3, 3, (1, 1, 1), (0, 0, 0), 4, 0, activation=ActivationSpec("sine"))
    field = fields.Field(spec, {n: np.zeros(s, np.float32) for n, s in fields.tensor_shapes(spec).items()})
    with signals.open_reader(clip, kind="video", fps=Fraction(25)) as reader:
        whole = float_db(field, reader)
        work = reader.spec.samples * field.params
        some = float_db(field, reader, most=work * 3 / 25)
    error = np.square(clip[[0, 12, 24]] / 255.0 - 0.5).mean()
    assert some == pytest.approx(10 * math.log10(1 / error), abs=1e-4)
    assert whole == pytest.approx(10 * math.log10(1 / np.square(clip / 255.0 - 0.5).mean()), abs=1e-4)


def test_the_search_draws_settings_that_differ_and_include_both_optimisers():
    drawn = tuned.settings(12)
    assert len(set(drawn)) == 12
    assert drawn == tuned.settings(12)
    assert drawn[0] == tuned.Setting()
    assert {s.muon > 0 for s in drawn} == {True, False}
    assert tuned.settings(6) == drawn[:6]


@pytest.mark.parametrize("setting", tuned.settings(4))
def test_a_setting_is_what_is_fitted(setting):
    request = FitSpec(params=3000, steps=1, profile="single", activation="sine")
    with signals.open_reader(SOURCE, kind="image") as reader:
        plain = fitting.make_plan(request, reader)
        fit = tuned._preparation(setting, 3000)(request, reader, 0.0)
        fit.network.close()
    spec, rates = fit.plan.field, fit.plan.rates
    assert (spec.layout, spec.activation.name, spec.hidden) == ("single", "sine", setting.hidden)
    assert spec.activation.omega_first == setting.reach * plain.field.activation.omega_first
    assert (rates.adam, rates.muon) == (setting.adam, setting.muon / spec.activation.omega_hidden)
    assert fit.plan.batch == min(setting.batch, 24 * 24)
    assert 2800 < fields.param_count(spec) <= 3000
    start = fields.initialise(spec, 0)
    for name, tensor in fit.network.tensors.items():
        scaled = name.startswith("layer") and name.endswith("weight")
        want = start[name] * np.float32(setting.scale if scaled else 1.0)
        np.testing.assert_allclose(tensor.numpy(), want, rtol=1e-6)


def test_the_search_gives_the_better_third_more_time_and_returns_the_best():
    said, steps = [], tuned.search(SOURCE, 600, tuned.settings(4), 0.9)
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            best, seen = end.value
            break
    assert [line.split()[1] for line in said] == ["0.3"] * 4 + ["0.9"] * 2
    assert [seconds for seconds, _ in seen] == pytest.approx([0.3, 0.9])
    last = {line.split("dB  ")[1]: float(line.split()[3]) for line in said[4:]}
    assert last[str(best)] == max(last.values())
    assert all(run.params <= 600 for _, run in seen)


def run_of(db):
    return Run(None, db, 1.0, 1, 1.0)  # type: ignore[arg-type]


def test_the_first_guess_continues_the_line_of_the_rounds():
    known = [(1.0, run_of(20.0)), (3.0, run_of(26.0))]
    assert tuned._guess(known, 32.0) == pytest.approx(9.0)
    assert tuned._guess(known, 20.0) == pytest.approx(1.0)
    assert tuned._guess(known, 99.0) == pytest.approx(3.0 * 81)
    assert tuned._guess(known[:1], 26.0) == pytest.approx(3.0)


def test_sound_files_are_fitted_too(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "tone.wav", tone(2000), 8000, subtype="FLOAT")
    assert fit_ours(tmp_path / "tone.wav", 600, 0.4).db > 3
    assert tuned.fit_tuned(tmp_path / "tone.wav", 600, 0.4, tuned.Setting()).params <= 600

"""Fits of clips by grids: bounds that hold, scenes, files that decode, and fits that go on."""

import time
from fractions import Fraction

import numpy as np
import pytest

from inr import codec, fields, fitting, reconstruct, signals
from inr.errors import FitError, SpecError
from inr.evaluate import evaluate
from inr.fitting import scenes
from inr.fitting.film import Film, excerpt
from inr.fitting.grid_plans import make_plan, takes
from inr.fitting.moving import plain_group
from inr.fitting.run import kept_run
from inr.fitting.survey import Survey
from inr.specs import EncodingSpec, FitSpec, SignalSpec

pytestmark = pytest.mark.usefixtures("short_trainings")


def clip(frames=9, shape=(24, 40), cut=None, seed=0):
    """A ball over a pattern that moves slowly, a little noise; another pattern from frame `cut` on."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]] / 20.0
    out = []
    for t in range(frames):
        other = cut is not None and t >= cut
        base = np.sin((7 if other else 3) * x + 0.05 * t) * np.cos(4 * y) * (-70 if other else 50) + 128
        ball = np.exp(-8 * ((x - 0.5 - 0.05 * t) ** 2 + (y - 0.6) ** 2))
        picture = base[..., None] + 90 * ball[..., None] * [1.0, -0.4, 0.2]
        out.append(picture + rng.normal(0, 3, (*shape, 3)))
    return np.clip(out, 0, 255).astype(np.uint8)


def go(frames, folder=None, *, resume=False, records=None, stop_after=None, **options):
    request = FitSpec(**{"profile": "grids", "steps": 60, **options})
    seen = [] if records is None else records
    with signals.open_reader(frames, kind="video", fps=25) as reader:
        steps = fitting.run(
            request, reader, started=time.monotonic(), folder=folder, resume=resume,
            stop=lambda: stop_after is not None and len(seen) >= stop_after,
        )  # fmt: skip
        return fitting.drive(steps, seen.append)


def shown(data):
    """uint8 frames of a file."""
    file = codec.decode(data)
    values = np.concatenate([b.values for b in reconstruct.blocks(file.field, file.signal)])
    return np.rint(255 * np.clip(values, 0, 1))


def psnr(frames, data):
    return 10 * np.log10(255**2 / np.square(shown(data) - frames).mean())


def spec(shape=(9, 24, 40)):
    return SignalSpec("video", shape, 3, 8, "RGB", Fraction(25))


# Bounds


@pytest.mark.parametrize("size", [1500, 5000])
def test_a_size_is_never_exceeded_and_mostly_used(size):
    outcome = go(clip(), max_size=size)
    assert 0.85 * size <= len(outcome.coded.data) <= size


@pytest.mark.slow
@pytest.mark.parametrize("cut", [None, 7])
def test_many_sizes_are_kept_and_filled(cut):
    frames = clip(16, (48, 64), cut)
    for size in np.geomspace(2500, 30_000, 6).astype(int).tolist():
        data = go(frames, max_size=size).coded.data
        assert 0.85 * size <= len(data) <= size, (size, len(data))


def test_a_size_that_holds_nothing_is_refused_with_what_would_do():
    with pytest.raises(FitError, match="--max-size: the smallest file by grids has"):
        go(clip(), max_size=150)


@pytest.mark.parametrize("target", [33.0, 38.0])
def test_a_target_is_reached_by_the_decoded_file_and_hardly_passed(target):
    frames = clip(shape=(48, 64))
    outcome = go(frames, target_psnr=target)
    assert outcome.coded.reached
    assert target <= psnr(frames, outcome.coded.data) <= target + 0.31


def test_a_target_that_a_size_does_not_allow_is_said_to_be_missed():
    outcome = go(clip(), target_psnr=45.0, max_size=2000)
    assert len(outcome.coded.data) <= 2000
    assert not outcome.coded.reached


def test_what_is_measured_is_what_the_file_shows():
    frames = clip()
    outcome = go(frames)
    assert outcome.evaluation is not None
    assert outcome.evaluation.quality_db == pytest.approx(psnr(frames, outcome.coded.data), abs=1e-4)
    assert outcome.evaluation.quality_db > 28


# Scenes and groups


def test_a_scene_begins_where_the_picture_changes_at_once():
    frames = 2.0 * clip(30, cut=11) / 255 - 1

    def source(start, stop):
        return frames[start:stop].astype(np.float32)

    assert scenes.changes(source, 30) == [11]
    assert scenes.changes(source, 11) == []


def test_groups_end_with_scenes_and_are_alike_within_one():
    assert scenes.lengths([], 70, 32) == (23, 23, 24)
    assert scenes.lengths([5, 6, 40], 41, 32) == (5, 1, 17, 17, 1)
    for cuts, total, longest in (([3, 90], 100, 1), ([], 1, 32), ([50], 64, 7)):
        found = scenes.lengths(cuts, total, longest)
        assert sum(found) == total
        assert max(found) <= longest
        assert set(cuts) <= set(np.cumsum(found).tolist())


def test_a_file_has_a_group_for_each_scene():
    grids = codec.decode(go(clip(12, cut=7)).coded.data).grids
    assert isinstance(grids, codec.Clip)
    assert grids.lengths == (7, 5)


def test_little_memory_makes_short_groups():
    encoding_of_all, small = make_plan(FitSpec(profile="grids"), spec((9, 280, 400))), 32_000_000
    records = []
    frames = np.zeros((9, 280, 400, 3), dtype=np.uint8)
    frames[:, 100:200, 100:300] = 200
    grids = codec.decode(go(frames, records=records, memory_bytes=small).coded.data).grids
    assert isinstance(grids, codec.Clip)
    assert max(grids.lengths) == small // (16 * 280 * 400 * 3)
    assert encoding_of_all.field.encoding.shape == (9, 280, 400)


# What is chosen


def test_a_heavier_weight_takes_fewer_bytes_and_loses_more():
    values = (2.0 * clip() / 255 - 1).astype(np.float32)
    plan = make_plan(FitSpec(profile="grids"), spec())
    film = Film.start(plan.field, 0)
    film.step = 0.2
    piece = excerpt(values, plan.field.encoding.count)
    film.begin([piece], 200)
    sizes, errors = [], []
    for weight in (0.02, 0.09, 0.4):
        chosen = film.weigh(piece.targets, weight)
        again = codec.read_group(chosen.stream, piece.shapes, film.networks)
        assert all(
            np.array_equal(a.places, b.places) and np.array_equal(a.values, b.values)
            for a, b in zip(again.stages, chosen.integers.stages, strict=True)
        )
        got = codec.group_values(again, piece.shapes, film.whole, film.shrink)
        sizes.append(len(chosen.stream))
        errors.append(sum(float(np.square(got[n] - t).sum()) for n, t in piece.targets.items()))
    assert sizes[0] > sizes[1] > sizes[2]
    assert errors == sorted(errors)


def test_a_survey_foresees_errors_of_plain_rounding():
    rng = np.random.default_rng(0)
    targets = {"grid.low": np.ones((4, 1, 2, 2)), "grid.0.rows": rng.laplace(0, 0.1, (4, 1, 300, 300))}
    survey = Survey.of(targets)
    assert survey.counts.sum() == 360_000
    assert survey.energy.sum() == pytest.approx(np.square(targets["grid.0.rows"]).sum())
    for step in (0.05, 0.2, 0.8):
        want = np.minimum(np.square(targets["grid.0.rows"]), 0.3 * step**2).sum()
        assert survey.error(step) == pytest.approx(0.7 * want, rel=0.02)
        above = (np.abs(targets["grid.0.rows"]) > 0.8 * step).sum()
        assert survey.bits(step) == pytest.approx(6.0 * above, rel=0.03)


def test_the_step_of_a_survey_meets_the_bits_and_the_error():
    rng = np.random.default_rng(1)
    survey = Survey.of({"grid.0.rows": rng.laplace(0, 0.1, (4, 1, 200, 200))})
    step = survey.step_for_bits(50_000)
    assert survey.bits(step) <= 50_000 <= survey.bits(step / 1.1)
    step = survey.step_for_error(100.0)
    assert survey.error(step) <= 100.0 <= survey.error(step * 1.1)


def test_plain_rounding_keeps_what_is_large_and_drops_what_is_small():
    encoding = EncodingSpec("clips", 2, shape=(3, 16, 16))
    targets = fields.analyse(
        np.random.default_rng(0).normal(0, 1, (3, 16, 16, 1)).astype(np.float32), encoding
    )
    integers = plain_group(targets, 0.5, 2)
    details = {n: s for n, s in ((n, t.shape) for n, t in targets.items()) if n != "grid.low"}
    values = codec.group_values(integers, {n: t.shape for n, t in targets.items()}, 1 << 19, (0, 0))
    for name in details:
        assert np.abs(values[name] - targets[name]).max() <= 0.5 * 0.6 + 1e-6


# Fits that end early, go on, or are asked for another size


def test_the_same_request_makes_the_same_bytes():
    assert go(clip(4), max_size=2000).coded.data == go(clip(4), max_size=2000).coded.data


@pytest.mark.parametrize("after", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_fit_that_was_stopped_and_resumed_ends_in_the_same_bytes(after, tmp_path):
    frames, options = clip(6, cut=3), {"max_size": 2000, "steps": 600}
    records = []
    whole = go(frames, records=records, **options)
    first = next(i for i, record in enumerate(records) if record.size_bytes is not None)
    begun = go(frames, tmp_path, stop_after=first + after, **options)
    assert begun.stopped
    assert len(begun.coded.data) <= 2000
    again = go(frames, tmp_path, resume=True, **options)
    assert again.coded.data == whole.coded.data


def test_a_fit_for_a_target_remembers_its_trials_when_it_is_resumed(tmp_path):
    frames, options = clip(6, cut=3), {"target_psnr": 36.0, "max_size": 60_000}
    records = []
    whole = go(frames, records=records, **options)
    first = next(i for i, record in enumerate(records) if record.size_bytes is not None)
    assert len(records) > first + 6  # more than two passes over two groups
    assert go(frames, tmp_path, stop_after=first + 5, **options).stopped
    again = go(frames, tmp_path, resume=True, **options)
    assert again.coded.data == whole.coded.data


def test_a_fit_that_was_stopped_shows_a_still_of_what_it_did_not_reach():
    frames, records = clip(12, cut=7), []
    go(frames, records=records)
    first = next(i for i, record in enumerate(records) if record.size_bytes is not None)
    data = go(frames, stop_after=first + 1).coded.data
    got = shown(data)
    assert np.square(got[:7] - frames[:7]).mean() < 60
    assert np.abs(got[7:].mean((1, 2)) - frames[7:].mean((1, 2))).max() < 30


def test_a_run_folder_of_a_clip_says_that_it_must_go_on_first(tmp_path):
    frames, records = clip(12, cut=7), []
    go(frames, records=records)
    first = next(i for i, record in enumerate(records) if record.size_bytes is not None)
    go(frames, tmp_path, stop_after=first + 1)
    with pytest.raises(SpecError, match="go on with inr fit --resume"):
        kept_run(tmp_path)


@pytest.mark.parametrize("with_reference", [False, True])
def test_a_file_is_coded_again_for_another_size(with_reference):
    frames = clip(12, cut=7)
    first = go(frames, steps=600)
    assert first.evaluation is not None
    mse, file = 4 * 10 ** (-(first.evaluation.quality_db or 0.0) / 10), codec.decode(first.coded.data)
    with signals.open_reader(frames, kind="video", fps=25) as reader:
        small = fitting.export(
            file.field, file.signal, mse=mse, reference=reader if with_reference else None, max_size=900
        )
        assert 700 < len(small.data) <= 900 < len(first.coded.data)
        got = evaluate(small.field, small.signal, reader, perceptual=False).quality_db
    assert got is not None
    assert got > 22
    assert small.loss_db > 0


# Who is fitted so


def test_clips_are_fitted_by_grids_where_there_is_time_for_a_look_at_all_of_them():
    small, large = spec((50, 128, 192)), spec((3000, 720, 1280))
    assert takes(FitSpec(), small)
    assert takes(FitSpec(time_s=20.0), small)
    assert not takes(FitSpec(time_s=3.0), small)
    assert not takes(FitSpec(), large)
    assert takes(FitSpec(time_s=7200.0), large)
    assert takes(FitSpec(profile="grids"), large)
    assert not takes(FitSpec(params=5000), small)
    assert not takes(FitSpec(max_size=1000), small)
    assert not takes(FitSpec(), spec((50, 6, 192)))


def test_a_frame_that_does_not_fit_the_memory_is_refused():
    with pytest.raises(SpecError, match="--memory 32000000"):
        make_plan(FitSpec(profile="grids", memory_bytes=32_000_000), spec((9, 720, 1280)))

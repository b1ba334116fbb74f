"""Fits of scattered points, judged between them: by known functions, and by SciPy's interpolation."""

import numpy as np
import pytest
from scipy.interpolate import LinearNDInterpolator

import inr
from inr import fields, signals
from inr.fitting import drive, run
from inr.specs import FitSpec

pytestmark = pytest.mark.usefixtures("one_thread")


def franke(xy):
    """Franke's test function, two hills and a dip on the unit square (Franke 1979, NPS-53-79-003)."""
    a, b = 9 * xy[:, 0], 9 * xy[:, 1]
    return (
        0.75 * np.exp(-((a - 2) ** 2 + (b - 2) ** 2) / 4)
        + 0.75 * np.exp(-((a + 1) ** 2) / 49 - (b + 1) / 10)
        + 0.5 * np.exp(-((a - 7) ** 2 + (b - 3) ** 2) / 4)
        - 0.2 * np.exp(-((a - 4) ** 2) - (b - 7) ** 2)
    )


def bump(x):
    return np.exp(-4 * np.square(x).sum(1)) + 0.3 * np.sin(4 * x[:, 0])


def psnr(error, values):
    return 10 * np.log10(np.ptp(values) ** 2 / np.mean(np.square(error)))


def test_between_300_points_a_field_is_better_than_linear_interpolation():
    rng = np.random.default_rng(0)
    at, between = rng.uniform(size=(300, 2)), rng.uniform(0.05, 0.95, (2000, 2))
    fitted = inr.fit(coords=at, values=franke(at), steps=300)
    want = franke(between)
    linear = LinearNDInterpolator(at, franke(at))(between)
    inside = np.isfinite(linear)
    ours = psnr(fitted.sample(between)[inside, 0] - want[inside], want)
    assert ours > psnr(linear[inside] - want[inside], want) + 3
    assert ours > 40


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("params", [300, 1200])
def test_more_parameters_than_points_do_not_ruin_what_lies_between(dims, params):
    rng = np.random.default_rng(1)
    at, between = rng.uniform(-1, 1, (400, dims)), rng.uniform(-0.9, 0.9, (2000, dims))
    fitted = inr.fit(coords=at, values=bump(at), steps=300, params=params)
    ours = psnr(fitted.sample(between)[:, 0] - bump(between), bump(between))
    linear = np.nan_to_num(LinearNDInterpolator(at, bump(at))(between)) if dims == 3 else None
    # 400 points say little about a cube: there the bar is linear interpolation.
    assert ours > (38 if linear is None else psnr(linear - bump(between), bump(between)) + 3)


def test_tiles_without_a_point_are_fitted_to_what_is_near():
    rng = np.random.default_rng(2)
    at = rng.uniform(size=(4000, 2))
    at = at[(at[:, 0] < 0.3) | (at[:, 0] > 0.7)]
    request = FitSpec(steps=150, params=8000)
    outcome = drive(run(request, signals.ScatteredReader(at, franke(at)), started=0.0), lambda record: None)
    assert outcome.plan.field.tile_count > 4
    assert outcome.evaluation is not None
    assert outcome.evaluation.quality_db > 35
    gap = np.stack([np.full(50, 0.5), np.linspace(0, 1, 50)], -1)
    unit = signals.ScatteredReader(at, franke(at)).spec.domain.to_unit(np, gap)
    values = fields.at_points(outcome.coded.field, unit)
    assert np.abs(values).max() < 3  # where the data runs from -1 to 1


def test_a_run_on_points_resumes_to_the_same_bytes(tmp_path):
    rng = np.random.default_rng(3)
    at = rng.uniform(size=(200, 2))
    request = FitSpec(steps=60)

    def reader():
        return signals.ScatteredReader(at, franke(at))

    whole = drive(run(request, reader(), started=0.0), lambda record: None)
    left = iter([False] * 40 + [True] * 1000)
    drive(run(request, reader(), started=0.0, folder=tmp_path, stop=lambda: next(left)), lambda record: None)
    again = drive(run(request, reader(), started=0.0, folder=tmp_path, resume=True), lambda record: None)
    assert again.steps == 60
    assert again.coded.data == whole.coded.data

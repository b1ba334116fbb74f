"""Curves are kept as they grow, survive an interruption, and say how many steps a target takes."""

import itertools

import pytest

from inr.bench.curves import Curve, baselines_folder, curve_path, read_curve, record_curve
from inr.bench.recipes import Recipe
from inr.errors import FormatError, SpecError
from tests.bench.small_jobs import waves

CURVE = Curve(((0, 10.0), (100, 20.0), (200, 20.0), (300, 18.0), (400, 30.0)))


@pytest.mark.parametrize(
    ("target", "steps"),
    [(5.0, 0), (10.0, 0), (15.0, 50), (20.0, 100), (24.0, 350), (30.0, 400), (31.0, None)],
)
def test_steps_to_a_target_are_interpolated_at_its_first_crossing(target, steps):
    assert CURVE.steps_to(target) == (None if steps is None else pytest.approx(steps))


def recipe(chunk=50):
    return Recipe(waves(), "image", "fork", width=8, chunk=chunk)


def test_a_recorded_curve_is_read_back_with_its_header(tmp_path):
    path = curve_path(tmp_path, "waves", "fork")
    said = list(record_curve(path, recipe(), 25, 10, "the command"))
    assert path.name == "waves-fork.csv"
    assert len(said) == 4
    curve = read_curve(path)
    assert [step for step, _ in curve.points] == [0, 10, 20, 25]
    assert curve.points[0][1] == pytest.approx(recipe().quality_db(), abs=1e-4)
    text = path.read_text()
    for key in ("# machine: {", "# date: 20", "# command: the command", "# recipe: fork"):
        assert key in text
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("taken", [1, 2, 3])
@pytest.mark.parametrize("cut", ["", "15,2", "99,20.5\n"])
def test_an_interrupted_curve_goes_on_to_the_same_points(tmp_path, taken, cut):
    whole, broken = tmp_path / "whole.csv", tmp_path / "broken.csv"
    list(record_curve(whole, recipe(), 20, 5, ""))
    list(itertools.islice(record_curve(broken, recipe(), 20, 5, ""), taken))
    with broken.open("a") as file:
        file.write(cut)
    assert len(list(record_curve(broken, recipe(), 20, 5, ""))) == 5 - taken
    assert read_curve(broken) == read_curve(whole)


def test_a_finished_curve_is_not_run_over(tmp_path):
    path = tmp_path / "a.csv"
    list(record_curve(path, recipe(), 5, 5, ""))
    before = path.read_bytes()
    with pytest.raises(SpecError, match="exists already"):
        next(record_curve(path, recipe(), 5, 5, ""))
    assert path.read_bytes() == before


@pytest.mark.parametrize("body", ["", "0,1\nx,2\n", "0,1\n5\n", "0,1\n0,2\n", "5,1\n4,2\n"])
def test_a_damaged_curve_is_refused(tmp_path, body):
    path = tmp_path / "a.csv"
    path.write_text("# date: today\nstep,db\n" + body)
    with pytest.raises(FormatError, match="run the curve again"):
        read_curve(path)


def test_kept_curves_lie_with_the_project_s_data(repository):
    assert baselines_folder() == repository / "data" / "baselines"
    for path in baselines_folder().glob("*-*.csv"):
        if path.stem.rpartition("-")[2] in ("siren", "fork"):
            assert read_curve(path).last_step > 0

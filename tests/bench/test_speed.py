"""Whole rows of `bench speed` on tiny signals."""

import itertools
import json

import pytest

from inr import bench
from inr.bench import speed
from inr.bench.curves import record_curve
from inr.bench.jobs import Job, camera, find_job, speed_jobs
from inr.errors import SpecError
from tests.bench.small_jobs import picture_job, waves

CONTRACT = {
    "signal", "params", "params_per_value", "target", "unit", "ours_s", "recipe_s", "projected", "ratio",
    "tuned_s", "ratio_tuned", "dct_db", "held_out_db",
}  # fmt: skip


@pytest.fixture
def request_of(tmp_path, monkeypatch):
    """Makes requests whose curve of `waves` reaches 15 dB at step 20, and 20 dB never."""
    monkeypatch.setitem(speed.SEARCH_S, "quick", (0.1, 0.3))
    monkeypatch.setitem(speed.SEARCH_S, "full", (0.1, 0.3))
    (tmp_path / "waves-fork.csv").write_text("# date: today\nstep,db\n0,10\n20,15\n40,16\n")
    (tmp_path / "waves-siren.csv").write_text("# date: today\nstep,db\n0,10\n30,15\n60,16\n")

    def make(mode="quick", **changes):
        return bench.BenchRequest(
            **({"mode": mode, "folder": tmp_path, "data": None, "baselines": tmp_path} | changes)
        )

    return make


def rows_and_lines(items):
    items = list(items)
    return [i for i in items if not isinstance(i, str)], [i for i in items if isinstance(i, str)]


@pytest.mark.slow
def test_a_row_has_the_keys_of_the_contract_and_its_ratios_are_those_of_its_times(request_of):
    (row,), lines = rows_and_lines(speed.run(request_of(), [picture_job()]))
    assert set(row) >= CONTRACT
    assert row["params"] <= 600
    assert row["params_per_value"] == pytest.approx(row["params"] / 576, abs=1e-3)
    assert row["projected"] is True
    assert row["recipe"] == "fork"
    assert "recipe_at_least" not in row
    for ratio, seconds in (("ratio", "recipe_s"), ("ratio_tuned", "tuned_s")):
        assert row[ratio] == pytest.approx(row[seconds] / row["ours_s"], abs=0.01)
    json.loads(json.dumps(row, allow_nan=False))
    assert any("15.00 dB at step 20, projected" in line for line in lines)
    assert all(line.startswith("waves: ") for line in lines)
    shown = bench.cells(bench.find_bench("speed").columns, row)
    assert len(shown) == 10
    assert "projected" in shown[4]
    assert "spline" in shown[8]


def test_a_target_that_the_curve_never_reaches_gives_a_lower_bound(request_of):
    job = picture_job(target_db=17.0, tuned=False, held_out=False)
    (row,), lines = rows_and_lines(speed.run(request_of(), [job]))
    assert row["recipe_at_least"] is True
    assert row["recipe"] == "siren"  # the one that was run longest
    assert any("not by step 60" in line for line in lines)
    assert bench.cells(bench.find_bench("speed").columns, row)[4].splitlines()[1].startswith(">= ")


def test_a_row_with_a_budget_says_how_far_it_got(request_of):
    job = picture_job(target_db=None, budget_s=0.4, held_out=False)
    (row,), _ = rows_and_lines(speed.run(request_of(), [job]))
    assert "target" not in row
    assert row["budget_s"] == 0.4
    assert row["psnr_db"] > 10
    assert {"tuned_db", "recipe_s"} <= set(row)
    assert "in 0.4 s" in bench.cells(bench.find_bench("speed").columns, row)[2]


def test_a_target_out_of_reach_has_no_ratio(request_of):
    job = picture_job(target_db=140.0, tuned=False, held_out=False)
    (row,), _ = rows_and_lines(speed.run(request_of(), [job]))
    assert row["ours_at_least"] is True
    assert "ratio" not in row


def test_full_runs_the_recipe_itself(request_of):
    job = picture_job(target_db=10.0, tuned=False, held_out=False)
    (row,), lines = rows_and_lines(speed.run(request_of("full"), [job]))
    assert row["projected"] is False
    assert any("measured" in line for line in lines) or row["recipe_at_least"]


def test_without_a_curve_nothing_is_claimed_of_the_recipe(request_of, tmp_path):
    job = picture_job(signal="other", tuned=False, held_out=False)
    (row,), lines = rows_and_lines(speed.run(request_of(), [job]))
    assert not {"recipe_s", "projected", "ratio"} & set(row)
    assert any("scripts/curves.py other" in line for line in lines)


def test_a_curve_that_was_recorded_is_the_one_that_is_used(request_of, tmp_path):
    recipe = bench.Recipe(waves(), "image", "siren", width=12)
    list(record_curve(tmp_path / "own-siren.csv", recipe, 6, 2, ""))
    job = picture_job(signal="own", target_db=5.0, tuned=False, held_out=False)
    (row,), _ = rows_and_lines(speed.run(request_of(), [job]))
    assert (row["recipe"], row["recipe_s"]) == ("siren", 0.0)


def test_rows_whose_data_are_absent_are_skipped_with_one_line(request_of, tmp_path):
    job = Job("gone.wav", "audio/gone.wav", 100, budget_s=1.0)
    for data in (None, tmp_path):
        rows, lines = rows_and_lines(speed.run(request_of(data=data), [job]))
        assert rows == []
        assert lines == ["gone.wav: skipped: INR_DATA names no folder with audio/gone.wav"]


def test_resume_gives_finished_rows_back_and_goes_on(request_of):
    jobs = [
        picture_job(signal=name, target_db=None, budget_s=0.3, tuned=False, held_out=False, width=0)
        for name in ("first", "second")
    ]
    (first,) = (i for i in itertools.islice(speed.run(request_of(), jobs), 4) if not isinstance(i, str))
    rows, lines = rows_and_lines(speed.run(request_of(resume=True), jobs))
    assert rows[0] == first
    assert [row["signal"] for row in rows] == ["first", "second"]
    assert {line.partition(":")[0] for line in lines} == {"second"}


def test_the_rows_are_those_of_the_project_s_claims():
    jobs = speed_jobs("default")
    assert len({json.dumps(job.identity) for job in jobs}) == len(jobs) == 13
    assert {job.params for job in jobs if "kodim" in job.signal} == {300_000}
    assert find_job("camera").target_db == 38.2
    assert find_job("div2k-04").target_db == find_job("div2k-08").target_db == 35.0
    assert [job.budget_s for job in jobs if job.name == "gt_bach"] == [2.0, 60.0]
    # Less than the 60 and 100 s that the claims allow.
    assert find_job("kodim05").budget_s == 20.0
    assert find_job("bikes").budget_s == 60.0
    assert [job.signal for job in speed_jobs("quick")] == ["camera", "gt_bach.wav"]
    with pytest.raises(SpecError, match="known are bikes, camera"):
        find_job("nobody")


def test_camera_is_a_small_grey_picture_that_needs_no_data():
    assert (camera().shape, camera().dtype.name) == ((256, 256), "uint8")
    assert 100 < camera().mean() < 160


def test_the_reference_data_hold_every_signal(reference_data):
    assert all(job.source(reference_data) is not None for job in speed_jobs("default"))


def test_the_machine_says_what_it_is_and_what_it_can():
    found = bench.machine(0.05)
    assert found["matmul_gflops"] > 0.1
    assert {"cpu", "cores", "threads", "torch"} <= set(found)
    json.dumps(found, allow_nan=False)

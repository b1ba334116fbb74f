"""`inr bench`: wrong names, a run that goes on, its table and its JSON."""

import json
from pathlib import Path

import pytest

from inr.bench import Journal
from inr.bench.jobs import speed_jobs
from tests.cli.commands import inr

ROW = {
    "params": 1000, "params_per_value": 0.5, "target": 30.0, "unit": "dB PSNR", "ours_s": 2.0,
    "psnr_db": 30.1, "ours_gflops": 50.0, "dct_db": None, "held_out_db": 25.0, "spline_db": 26.0,
    "recipe": "fork", "recipe_gflops": 90.0, "recipe_s": 1200.0, "projected": True, "ratio": 600.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch"], "known are digits, raf, rd, speed"),
        (["speed", "--quick", "--full"], "exclude each other"),
        (["speed", "--quick", "-o", "nowhere"], "no folder that exists"),
        ([], "See inr --help"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(words, said):
    got = inr("bench", *words)
    assert got.code == 2
    assert said in got.complaint
    assert list(Path().iterdir()) == []


def finished_journal():
    """A journal with every row of the quick mode."""
    journal = Journal(Path(), "speed", "quick", resume=False)
    rows = [ROW | {"signal": job.signal} for job in speed_jobs("quick")]
    for job, row in zip(speed_jobs("quick"), rows, strict=True):
        journal.add(job.identity, row)
    return rows


def test_resume_with_all_rows_finished_prints_one_json_object():
    rows = finished_journal()
    got = inr("bench", "speed", "--quick", "--resume", "--json")
    assert got.code == 0
    assert got.json["rows"] == rows
    assert got.json["seconds"] >= 0
    assert got.json["machine"]["matmul_gflops"] > 0


def test_the_table_says_projected_wherever_it_is():
    finished_journal()
    got = inr("bench", "speed", "--quick", "--resume")
    assert got.code == 0
    for word in ("camera", "gt_bach", "projected", "600x", "exact", "GFLOP/s", "matmul_gflops"):
        assert word in got.out.replace("\n", " "), word


def test_rows_of_another_mode_are_not_mixed():
    finished_journal()
    got = inr("bench", "speed", "--resume")
    assert got.code == 2
    assert "quick" in got.complaint


def test_rows_without_data_are_skipped_on_stderr(monkeypatch):
    """Only the rows that need no data are left, and of those the journal has each."""
    monkeypatch.delenv("INR_DATA", raising=False)
    journal = Journal(Path(), "speed", "quick", resume=False)
    camera = speed_jobs("quick")[0]
    journal.add(camera.identity, ROW | {"signal": "camera"})
    got = inr("bench", "speed", "--quick", "--resume", "--json")
    assert [row["signal"] for row in got.json["rows"]] == ["camera"]
    assert got.complaint.startswith("gt_bach.wav: skipped: INR_DATA")
    assert len(json.dumps(got.json)) > 100

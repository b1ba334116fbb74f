"""`inr pde` and `inr ntk`: wrong words, their JSON, their tables, and runs that go on."""

import json
from pathlib import Path

import pytest

from inr.science import ntk as kernels
from tests.cli.commands import inr

KEYS = {"problem", "dim", "width", "activation", "steps", "seed", "seconds"}
SHORT = ["--steps", 3, "--width", 8, "--quick"]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pde"], "See inr --help"),
        (["pde", "stokes"], "known are poisson, singular, oscillation, all, eigen"),
        (
            ["pde", "eigen", "--problem", "stokes"],
            "known are fokker-planck, schroedinger, cubic, double-well",
        ),
        (["pde", "poisson", "--problem", "cubic"], "--problem belongs to eigen"),
        (["pde", "poisson", "--activations", "relu3,swoosh"], "'swoosh' is not known here; known are relu3"),
        (["pde", "poisson", "--steps", 0], "--steps must be at least 1"),
        (["pde", "poisson", "--steps", "1.5"], "See inr --help"),
        (["pde", "poisson", "--dim", 0], "--dim must be at least 1"),
        (["pde", "singular", "--width", 3], "--width must be at least 10"),
        (["pde", "eigen", "--dim", 11], "--dim must be 1 to 10"),
        (["pde", "poisson", "--quick", "--full"], "exclude each other"),
        (["pde", "poisson", "-o", "nowhere"], "no folder that exists"),
        (["ntk", "--activations", "swoosh"], "no activation 'swoosh'; known are"),
        (["ntk", "--width", 0], "--width must be at least 1"),
        (["ntk", "--seeds", 0], "--seeds must be at least 1"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(words, said):
    got = inr(*words)
    assert got.code == 2
    assert said in got.complaint
    assert list(Path().iterdir()) == []


def test_pde_prints_one_json_object_with_a_row_a_run():
    got = inr("pde", "poisson", *SHORT, "--activations", "relu3,poly", "--seeds", 2, "--json")
    assert got.code == 0, got.err
    assert set(got.json) == {"rows", "machine", "seconds"}
    rows = got.json["rows"]
    assert [(row["activation"], row["seed"]) for row in rows] == [
        ("relu3", 0), ("relu3", 1), ("poly", 0), ("poly", 1),
    ]  # fmt: skip
    assert all(set(row) >= KEYS | {"rel_l2"} and "eigenvalue" not in row for row in rows)
    assert {(row["problem"], row["dim"], row["width"], row["steps"]) for row in rows} == {
        ("poisson", 2, 8, 3)
    }
    assert "step 3/3" in got.err


def test_pde_eigen_has_the_keys_of_eigenvalues():
    got = inr(
        "pde", "eigen", *SHORT, "--problem", "double-well", "--dim", 3, "--activations", "sine", "--json"
    )
    assert got.code == 0, got.err
    rows = got.json["rows"]
    assert [row["state"] for row in rows] == [1, 2]
    for row in rows:
        assert set(row) >= KEYS | {"rel_l2", "eigenvalue", "eigenvalue_exact", "quadrature_error"}


def test_a_table_has_the_columns_that_apply():
    got = inr("pde", "poisson", *SHORT, "--activations", "poly")
    assert got.code == 0, got.err
    for word in ("poisson", "poly", "relative L2", "seconds", "matmul_gflops"):
        assert word in got.out
    assert "eigenvalue" not in got.out


def test_each_row_is_on_the_disk_and_resume_does_not_run_it_again():
    words = ["pde", "poisson", *SHORT, "--activations", "poly,tanh", "--json"]
    first = inr(*words)
    path = Path("bench-pde-poisson.jsonl")
    lines = path.read_text().splitlines()
    assert [json.loads(line)["row"] for line in lines[1:]] == first.json["rows"]
    path.write_text("\n".join(lines[:2]) + "\n")
    second = inr(*words, "--resume")
    assert "poly seed" not in second.err
    assert "tanh seed" in second.err
    assert second.json["rows"][0] == first.json["rows"][0]
    assert second.json["rows"][1]["rel_l2"] == first.json["rows"][1]["rel_l2"]


def test_resume_with_other_options_runs_what_is_missing():
    inr("pde", "poisson", *SHORT, "--activations", "poly", "--json")
    got = inr(
        "pde", "poisson", "--quick", "--width", 8, "--steps", 4, "--activations", "poly", "--resume", "--json"
    )
    assert [row["steps"] for row in got.json["rows"]] == [4]


def test_ntk_prints_one_json_object(monkeypatch):
    monkeypatch.setattr(kernels, "GRIDS", {"1d": (24,), "2d": (6, 6)})
    got = inr("ntk", "--activations", "relu", "--width", 4, "--json")
    assert got.code == 0, got.err
    rows = got.json["rows"]
    assert [(row["grid"], row["step"]) for row in rows] == [
        (g, s) for g in ("1d", "2d") for s in (0, 100, 500)
    ]
    assert set(rows[0]) >= {
        "activation", "grid", "width", "seed", "step", "condition_number", "at_floor",
        "effective_rank", "half_width",
    }  # fmt: skip
    table = inr("ntk", "--activations", "relu", "--width", 4, "--resume")
    assert "drawn: ntk.png" in got.err
    assert Path("ntk.png").stat().st_size > 10_000
    assert "effective rank" in " ".join(table.out.split())
    assert "omega" not in table.out

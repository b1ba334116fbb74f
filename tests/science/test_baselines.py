"""The kept rows of short runs: they are of the plans that ship, and hold what is claimed of them."""

import json
from statistics import median

import pytest

from inr.science import Request, jobs

BAR = 0.27


@pytest.fixture(scope="module")
def rows(repository):
    return json.loads((repository / "data" / "baselines" / "pde" / "quick.json").read_text())["rows"]


@pytest.mark.parametrize("problem", ["poisson", "singular", "oscillation"])
def test_the_kept_rows_are_of_the_quick_plan(rows, problem):
    kept = [row for row in rows if row["problem"] == problem]
    planned = [job.row for job in jobs(Request(problem, mode="quick", seeds=3))]
    assert [{key: row[key] for key in plan} for row, plan in zip(kept, planned, strict=True)] == planned


@pytest.mark.parametrize("problem", ["poisson", "singular", "oscillation"])
def test_the_median_error_of_poly_sine_gauss_is_below_that_of_relu3_by_the_bar(rows, problem):
    errors = {
        name: median(r["rel_l2"] for r in rows if (r["problem"], r["activation"]) == (problem, name))
        for name in ("relu3", "poly-sine-gauss")
    }
    assert errors["poly-sine-gauss"] <= BAR * errors["relu3"]


def test_on_oscillation_no_seed_of_poly_sine_gauss_ends_at_another_solution(rows):
    errors = [
        r["rel_l2"] for r in rows if (r["problem"], r["activation"]) == ("oscillation", "poly-sine-gauss")
    ]
    assert len(errors) == 3
    assert max(errors) < 0.01


@pytest.fixture(scope="module", params=[2, 5])
def states(request, repository):
    path = repository / "data" / "baselines" / "pde" / f"eigen-d{request.param}.json"
    return request.param, json.loads(path.read_text())["rows"]


def test_the_kept_eigenvalues_are_of_the_quick_plan(states):
    dim, kept = states
    planned = [
        job.row | ({"state": n + 1} if job.states > 1 else {})
        for job in jobs(Request("eigen", mode="quick", dim=dim))
        for n in range(job.states)
    ]
    assert [{key: row[key] for key in plan} for row, plan in zip(kept, planned, strict=True)] == planned


def test_poly_sine_gauss_has_a_hundredth_of_relus_error_on_every_problem_of_the_plane(states):
    dim, kept = states
    errors = {}
    for row in kept:
        errors.setdefault(row["problem"], {}).setdefault(row["activation"], []).append(
            row["eigenvalue_error"]
        )
    below = [p for p, e in errors.items() if max(e["poly-sine-gauss"]) <= 0.01 * min(e["relu"])]
    # In five dimensions on one alone: data/baselines/pde/README.md says why.
    assert below == (list(errors) if dim == 2 else ["fokker-planck"])
    ours = [r for r in kept if r["problem"] in below and r["activation"] == "poly-sine-gauss"]
    assert all(r["quadrature_error"] < 0.01 * r["eigenvalue_error"] for r in ours)

"""The comparison of kernels at equal width: what is matched, and what the verdicts count."""

import functools

import pytest

from inr.errors import SpecError
from inr.science import ntk as kernels
from inr.science import ntk_match
from inr.science.ntk import NtkJob
from inr.science.ntk_match import bisect, matching_omega, start_half_width, verdicts
from tests.cli.commands import inr


def row(activation, seed, condition, half_width, **more):
    return {
        "activation": activation, "grid": "1d", "step": 0, "seed": seed, "condition_number": condition,
        "at_floor": False, "half_width": half_width, **more,
    }  # fmt: skip


@pytest.mark.parametrize("border", range(3, 12))
def test_bisection_finds_the_border_of_a_range(border):
    assert bisect(lambda n: n < border, 3, 11) == min(border, 11)


def test_the_matching_sine_starts_as_wide_as_the_raf():
    raf = NtkJob("raf", 30.0, "1d", 12, 1)
    omega = matching_omega(raf)
    sine = NtkJob("sine", omega, "1d", 12, 1)
    assert (16.0 * omega).is_integer()
    assert start_half_width(sine) == pytest.approx(start_half_width(raf), rel=0.02)


def test_every_raf_has_its_three_rivals(monkeypatch):
    monkeypatch.setattr(ntk_match, "matching_omega", lambda job: 40.0 + job.seed)
    found = ntk_match.jobs(("raf",), 8, 2)
    assert [(j.activation, j.omega, j.seed, j.matches) for j in found[:8]] == [
        ("relu", None, 0, None), ("sine", 30.0, 0, None), ("raf", 30.0, 0, None), ("sine", 40.0, 0, "raf"),
        ("relu", None, 1, None), ("sine", 30.0, 1, None), ("raf", 30.0, 1, None), ("sine", 41.0, 1, "raf"),
    ]  # fmt: skip
    assert {job.grid for job in found} == {"1d", "2d"}


def test_only_rafs_can_be_matched():
    with pytest.raises(SpecError, match="'sine' is no RAF"):
        ntk_match.jobs(("sine",))


def test_verdicts_pair_seeds_and_count_those_below():
    rows = [
        *(row("relu", s, 1e13, 60.0, at_floor=True) for s in range(2)),
        *(row("sine", s, 1e4, 5.0) for s in range(2)),
        row("raf", 0, 1e3, 4.0), row("raf", 1, 2e4, 4.0),
        row("sine", 0, 5e2, 4.0, matches="raf"), row("sine", 1, 4e4, 4.0, matches="raf"),
    ]  # fmt: skip
    found = {v["rival"]: v for v in verdicts(rows)}
    assert list(found) == ["relu", "sine 30", "sine as wide"]
    assert found["relu"]["bound"] is True
    assert found["relu"]["below"] == 2
    assert found["sine 30"]["ratios"] == pytest.approx([0.1, 2.0])
    assert found["sine 30"]["below"] == 1
    assert found["sine as wide"]["ratios"] == pytest.approx([2.0, 0.5])
    assert (found["sine 30"]["half_width"], found["sine 30"]["rival_half_width"]) == (4.0, 5.0)


def test_ntk_match_prints_its_verdicts(tmp_path, monkeypatch):
    monkeypatch.setattr(kernels, "GRIDS", {"1d": (24,), "2d": (6, 6)})
    monkeypatch.setattr(ntk_match, "GRIDS", {"1d": (24,)})
    monkeypatch.setattr(ntk_match, "NtkJob", functools.partial(NtkJob, checkpoints=(0, 2)))
    matching_omega.cache_clear()
    words = ("ntk", "--match", "--activations", "raf", "--width", 4, "-o", tmp_path)
    got = inr(*words, "--json")
    assert got.code == 0, got.err
    assert set(got.json) == {"rows", "verdicts", "machine", "seconds"}
    assert len(got.json["rows"]) == 4 * 2
    assert [v["rival"] for v in got.json["verdicts"][:3]] == ["relu", "sine 30", "sine as wide"]
    table = inr(*words, "--resume")
    assert "condition number over that of sine as wide" in " ".join(table.out.split())
    assert "of 1 seeds" in " ".join(table.out.split())
    matching_omega.cache_clear()

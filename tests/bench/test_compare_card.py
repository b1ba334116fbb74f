"""Means and spreads of a comparison, and its table."""

import statistics

import pytest

from inr import bench

DB = {"sine": [30.0, 31.0, 33.5], "raf": [34.0, 34.5, 35.25]}


def rows():
    usual = {"signal": "x", "params": 100, "steps": 50, "seconds": 1.0, "lr": 0.01, "omega": 20.0}
    return [
        {**usual, "activation": name, "seed": seed, "psnr_db": db, "held_out_db": db - 5, "spline_db": 27.0}
        for name, values in DB.items()
        for seed, db in enumerate(values)
    ]


def test_means_and_standard_deviations_are_those_of_the_seeds_best_first():
    got = bench.compare_summary(rows())
    assert [row["activation"] for row in got] == ["raf", "sine"]
    for row in got:
        values = DB[row["activation"]]
        assert row["seeds"] == 3
        assert row["psnr_db"] == pytest.approx(statistics.mean(values))
        assert row["psnr_db_std"] == pytest.approx(statistics.stdev(values))
        assert row["held_out_db_std"] == pytest.approx(statistics.stdev(values))


def test_a_single_seed_has_no_spread_and_an_exact_one_no_mean():
    one = rows()[0]
    (alone,) = bench.compare_summary([one])
    assert "psnr_db_std" not in alone
    (exact,) = bench.compare_summary([one, one | {"seed": 1, "psnr_db": None}])
    assert exact["psnr_db"] is None
    shown = dict(zip((title for title, _ in bench.COMPARE), bench.cells(bench.COMPARE, exact), strict=True))
    assert shown["PSNR dB"] == "exact"


def test_the_table_shows_mean_and_spread_and_leaves_out_what_does_not_apply():
    first = bench.compare_summary(rows())[0]
    shown = dict(zip((title for title, _ in bench.COMPARE), bench.cells(bench.COMPARE, first), strict=True))
    assert shown["PSNR dB"] == "34.58 +- 0.63"
    assert shown["SNR dB"] == shown["start x"] == ""
    assert shown["params"] == "100"

"""Whole runs of `bench raf` on tiny parts of its signals, its claims, and the parameters that 35 dB take."""

import json
import math
import re

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from inr import bench
from inr.bench import raf
from inr.bench.compare_search import Setting
from inr.bench.raf_fit import fit
from inr.bench.raf_needed import interpolated
from inr.bench.raf_plan import FULL, QUICK, Plan, recipe
from inr.bench.raf_search import search
from inr.bench.raf_signals import SOURCES, RafSource, make_signal
from inr.bench.raf_summary import claims, summary
from inr.errors import SpecError
from tests.bench.small_jobs import tone, waves
from tests.cli.commands import inr

PICTURE = RafSource("image", "waves", None, lambda _: waves(12, 10))
SOUND = RafSource("audio", "tone", None, lambda _: tone(40))
CLIP = RafSource("video", "clip", None, lambda _: np.stack([waves(8, 8, 3)] * 6))
STEPS = {"image": 3, "audio": 3, "video": 3}
TINY = Plan(
    steps=STEPS,
    search=STEPS,
    crop={"image": None, "audio": None, "video": None},
    width={"image": 4, "audio": 4, "video": 4},
    needed_steps=2,
    needed_widths=(2, 3),
    needed_search_width=2,
)
CONTRACT = {"experiment", "signal", "activation", "params", "steps", "seed", "mse", "psnr_db", "held_out_db"}


def request(folder, **changes):
    return bench.BenchRequest(**({"mode": "quick", "folder": folder, "data": None} | changes))


def split(items):
    items = list(items)
    return [i for i in items if not isinstance(i, str)], [i for i in items if isinstance(i, str)]


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory):
    """Folder, rows and lines of a run over a picture, a sound and a clip."""
    folder = tmp_path_factory.mktemp("raf")
    return folder, *split(raf.run(request(folder), (PICTURE, SOUND, CLIP), TINY))


def test_rows_keep_the_contract_and_everybody_takes_part(tiny_run):
    _, rows, _ = tiny_run
    fitted = [row for row in rows if row["experiment"] != "parameters"]
    for row in fitted:
        assert set(row) >= CONTRACT
        assert ("snr_db" in row) == (row["experiment"] == "audio")
    names = {kind: [r["activation"] for r in fitted if r["experiment"] == kind] for kind in STEPS}
    for kind, form in (("image", "raf-image"), ("audio", "raf-audio"), ("video", "raf-image")):
        assert names[kind] == [form, "sine", "sine-x2", "sine-60", f"{form}-tuned", "sine-tuned"]
    json.loads(json.dumps(rows, allow_nan=False))


def test_a_row_is_a_fit_of_all_samples_and_another_judged_between_half_of_them(tiny_run):
    row = next(r for r in tiny_run[1] if (r["signal"], r["activation"]) == ("waves", "sine-x2"))
    signal = make_signal("image", "waves", waves(12, 10), None)
    whole = fit(signal, recipe("image")[2], 4, 3).errors(signal, np.arange(120))
    assert row["mse"] == pytest.approx(whole.error / 120, rel=1e-6)
    left = [i for i in range(120) if (i // 10) % 2 or (i % 10) % 2]
    between = fit(signal.half(), recipe("image")[2], 4, 3).errors(signal, np.array(left))
    assert row["held_out_db"] == pytest.approx(10 * math.log10(90 / between.error), rel=1e-6)
    values = waves(12, 10)[..., 0] / 255
    places = np.meshgrid(np.arange(12) / 2, np.arange(10) / 2, indexing="ij")
    spline = map_coordinates(values[::2, ::2], places, order=3, mode="mirror").clip(0, 1)
    error = np.square(spline - values).ravel()[left].mean()
    assert row["spline_db"] == pytest.approx(-10 * math.log10(error), abs=1e-4)


def test_the_search_is_printed_and_its_best_setting_is_the_one_that_is_used(tiny_run):
    _, rows, lines = tiny_run
    for name in ("raf-image", "sine"):
        tried = [
            line for line in lines if line.startswith(f"waves: {name}: search, 3 steps: ") and " dB" in line
        ]
        assert 6 <= len(tried) <= 12
        best = max(tried, key=lambda line: float(line.split()[5]))
        rate, frequency = (float(found) for found in re.findall(r" x([\d.]+)", best))
        row = next(r for r in rows if r["activation"] == f"{name}-tuned" and r["signal"] == "waves")
        assert row["lr"] == pytest.approx(1e-4 * rate)
        assert row.get("start_scale", row.get("omega", 0) / 30) == frequency


@pytest.mark.parametrize(("i", "j"), [(0, 0), (2, 1), (3, 0), (-1, -1), (1, 2)])
def test_the_search_climbs_a_hill_from_the_recipe_s_own_setting(i, j):
    """Hills over the logarithms of both, on which a higher frequency wants a lower rate."""

    def hill(setting):
        x, y = math.log(setting.rate, 2.5) - i, math.log2(setting.frequency) - j
        return 50 - (x + y) ** 2 - 0.3 * (x - y) ** 2

    found, lines = ended(search(hill))
    assert (found.setting.rate, found.setting.frequency) == pytest.approx((2.5**i, 2.0**j))
    assert found.tried[0] == {"rate": 1.0, "frequency": 1.0, "db": round(hill(Setting()), 4)}
    assert len(found.tried) == sum(" dB" in line for line in lines) <= 12


def test_a_search_without_an_end_is_ended_and_says_so():
    found, lines = ended(search(lambda s: math.log(s.rate)))
    assert len(found.tried) == 12
    assert found.setting.rate == pytest.approx(2.5**11)
    assert lines[-1] == "ended by its limit of 12 fits"


def test_a_search_passes_over_fits_that_failed():
    found, lines = ended(search(lambda s: -math.inf if s.rate > 1 else 10.0))
    assert found.setting == Setting()
    assert sum("failed" in line for line in lines) == 1
    json.dumps(found.to_json(), allow_nan=False)


def ended(generator):
    """What a generator returns, and what it yielded before."""
    lines = []
    while True:
        try:
            lines.append(next(generator))
        except StopIteration as end:
            return end.value, lines


def test_a_finished_run_is_given_back_without_a_fit(tiny_run):
    folder, rows, lines = tiny_run
    again, said = split(raf.run(request(folder, resume=True), (PICTURE, SOUND, CLIP), TINY))
    assert again == rows
    assert said == [line for line in lines if "claim" in line or "needs" in line]
    with pytest.raises(SpecError, match="was asked for"):
        list(raf.run(request(folder, mode="full", resume=True), (PICTURE,), TINY))


def test_a_run_that_was_stopped_goes_on_with_the_same_rows(tiny_run, tmp_path):
    begun = raf.run(request(tmp_path), (PICTURE,), TINY)
    first = [item for _, item in zip(range(30), begun, strict=False) if not isinstance(item, str)]
    again, _ = split(raf.run(request(tmp_path, resume=True), (PICTURE,), TINY))
    assert again[: len(first)] == first
    # Sums may end otherwise in their last digit, and three steps at a high rate make more of that.
    unbroken = [r for r in tiny_run[1] if r["signal"] == "waves"]
    measured = ("mse", "psnr_db", "held_out_db")
    for row, other in zip(again, unbroken, strict=True):
        assert {k: v for k, v in row.items() if k not in measured} == {
            k: v for k, v in other.items() if k not in measured
        }
        assert [row.get(k, 0.0) for k in measured] == pytest.approx(
            [other.get(k, 0.0) for k in measured], rel=0.05
        )
    assert 0 < len(first) < len(again)


def test_signals_whose_data_are_absent_are_skipped_with_a_line(tmp_path):
    rows, lines = split(raf.run(request(tmp_path), SOURCES[4:], TINY))
    assert rows == []
    assert lines[0] == "bach: skipped: INR_DATA names no folder with audio/gt_bach.wav"
    assert len(lines) == 3


def test_the_full_plan_is_the_paper_s_and_the_quick_one_crops():
    assert dict(FULL.steps) == {"image": 2000, "audio": 2001, "video": 100_000}
    assert set(FULL.crop.values()) == {None}
    assert dict(FULL.width) == dict(QUICK.width) == {"image": 256, "audio": 256, "video": 400}
    assert all(QUICK.crop.values())
    assert (FULL.needed_widths[0], FULL.needed_widths[-1]) == (32, 256)


def row(activation, mse, experiment="image", held_out_db=20.0, **more):
    return {
        "experiment": experiment, "signal": "it", "activation": activation, "steps": 9, "mse": mse,
        "psnr_db": -10 * math.log10(mse) if mse else None, "held_out_db": held_out_db, "spline_db": 25.0,
    } | more  # fmt: skip


def test_the_claim_of_pictures_is_read_both_ways():
    rows = [
        row("raf-image", 1e-4), row("sine", 1e-2), row("raf-image-tuned", 1e-5, held_out_db=18.5),
        row("sine-tuned", 1e-4),
    ]  # fmt: skip
    (line,) = claims(rows)
    assert line == (
        "it: claim +58 %, measured PSNR +100 %, error -99 %; tuned RAF +10.00 dB; "
        "tuned and held out RAF -1.50 dB"
    )


@pytest.mark.parametrize(("mse", "word"), [(0.0086, "mse x0.860, met"), (0.0087, "mse x0.870, not met")])
def test_the_claim_of_sound_and_video_is_a_ratio_of_errors(mse, word):
    for experiment, form in (("audio", "raf-audio"), ("video", "raf-image")):
        (line,) = claims([row(form, mse, experiment), row("sine", 0.01, experiment)])
        assert f"claim -14 %, measured {word}" in line
        assert "tuned not measured" in line


def test_exact_fits_have_no_ratio():
    (line,) = claims(
        [row("raf-image", 0.0), row("sine", 0.01), row("raf-image-tuned", 0.0), row("sine-tuned", 0)]
    )
    assert "measured an exact fit" in line
    assert "tuned level" in line


def test_the_table_has_a_line_a_signal_with_its_three_verdicts(tiny_run):
    _, rows, _ = tiny_run
    found = bench.find_bench("raf")
    table = found.summary(rows)
    assert [r["signal"] for r in table] == ["waves", "tone", "clip", "waves", "waves", "waves"]
    shown = [bench.cells(found.columns, r) for r in table]
    for line in shown[:3]:
        assert "claim" in line[2]
        assert all("RAF " in line[i] and " / " in line[i] for i in (3, 5, 6, 7))
        assert "spline" in line[7]
    assert [line[8].split(":")[0] for line in shown[3:]] == ["raf-image", "sine", "relu"]
    assert len(summary(rows)) == 6


def test_the_number_of_parameters_is_a_line_in_the_logarithm_between_two_widths():
    assert interpolated([(1000, 30.0), (4000, 40.0)]) == {"params_needed": 2000}
    assert interpolated([(10, 1.0), (1000, 30.0), (4000, 35.0)]) == {"params_needed": 4000}
    assert interpolated([(1000, 36.0)]) == {"params_needed": 1000, "at_most": True}
    assert interpolated([(1000, 30.0), (2000, 34.9)]) == {"params_needed": 2000, "at_least": True}
    assert interpolated([(1000, 30.0), (2000, math.inf)]) == {"params_needed": 2000}


def test_parameters_needed_have_a_row_a_network_and_one_an_activation(tiny_run):
    rows = [r for r in tiny_run[1] if r["experiment"] == "parameters"]
    assert [(r["activation"], r.get("width")) for r in rows] == [
        (name, width) for name in ("raf-image", "sine", "relu") for width in (2, 3, None)
    ]
    assert [r["params"] for r in rows if r["activation"] == "sine" and "width" in r] == [27, 49]
    assert all(r["at_least"] for r in rows if "params_needed" in r)


@pytest.mark.parametrize("words", [["waves.png"], ["--steps", "3"]])
def test_the_command_takes_neither_signals_nor_steps(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    got = inr("bench", "raf", *words)
    assert got.code == 2
    assert "takes no signals" in got.complaint
    assert list(tmp_path.iterdir()) == []

"""Whole runs of `bench rd` on tiny signals: rows, what is left out, going on, the table."""

import itertools
import json
import sys
from fractions import Fraction

import pytest

from inr import bench, evaluate, signals
from inr.bench import rd
from inr.bench.codecs import Contender, measure
from inr.bench.codecs.ours import ours
from inr.bench.jobs import RdJob, rd_jobs
from inr.bench.rd_figure import PUBLISHED, draw, file_name, read_published
from inr.bench.rd_summary import curves, is_kodak, kodak_mean, summary
from inr.errors import FormatError, SignalError, SpecError
from inr.fitting.grid_plans import takes
from inr.specs import FitSpec, SignalSpec
from tests.cli import made

CONTRACT = {"signal", "codec", "size_bytes", "bits_per_sample", "psnr_db", "encode_s", "decode_s"}
SIZES = (700, 1100, 1700)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """One small signal of each kind."""
    folder = tmp_path_factory.mktemp("signals")
    return {
        "image": made.picture(folder / "picture.png", 64, 96),
        "audio": made.sound(folder / "sound.wav", 6000),
        "video": made.clip(folder / "clip.mp4", 6, 32, 48),
    }


@pytest.fixture
def request_of(tmp_path):
    """Makes requests for fits of a few steps."""

    def make(**changes):
        return bench.BenchRequest(**({"folder": tmp_path, "data": None, "steps": 30} | changes))

    return make


def job_of(path, sizes=SIZES):
    return RdJob(path.name, str(path), shared=False, sizes=sizes)


def rows_and_lines(items):
    items = list(items)
    return [i for i in items if not isinstance(i, str)], [i for i in items if isinstance(i, str)]


@pytest.mark.parametrize(
    "kind", ["image", *(pytest.param(k, marks=pytest.mark.slow) for k in ("audio", "video"))]
)
def test_rows_have_the_keys_of_the_contract_and_ours_are_never_larger_than_asked(sources, request_of, kind):
    rows, _ = rows_and_lines(rd.run(request_of(), [job_of(sources[kind])]))
    for row in rows:
        assert set(row) >= CONTRACT - ({"encode_s", "decode_s"} if row["codec"] == "source" else set())
        assert ("kbps" in row) == (kind != "image")
        assert ("snr_db" in row) == (kind == "audio")
    own = [row for row in rows if row["codec"] == "inr"]
    assert len(own) == len(SIZES)
    assert all(row["size_bytes"] <= size for row, size in zip(own, SIZES, strict=True))
    others = {"image": {"jpeg"}, "audio": {"mp3", "opus"}, "video": {"x264", "source"}}[kind]
    assert others <= {row["codec"] for row in rows}
    json.dumps(rows, allow_nan=False)


def test_rates_are_those_of_the_file_and_the_signal(sources, request_of):
    rows, _ = rows_and_lines(rd.run(request_of(), [job_of(sources["audio"], (900,))]))
    for row in rows:
        assert row["bits_per_sample"] == pytest.approx(8 * row["size_bytes"] / 6000, abs=1e-5)
        assert row["kbps"] == pytest.approx(8 * row["size_bytes"] / 0.75 / 1000, abs=1e-3)


@pytest.mark.parametrize("kind", ["image", "audio", "video"])
def test_our_point_is_what_the_product_s_own_evaluation_says_of_the_file(sources, tmp_path, kind):
    from inr import codec

    contender = ours(sources[kind], [900], time_s=None, steps=20)
    (setting,) = contender.settings
    kept = {}

    def encode(options, path):
        contender.encode(options, path)
        kept["data"] = path.read_bytes()

    spy = Contender("inr", ".inr", contender.settings, encode, contender.decode)
    with signals.open_reader(sources[kind]) as reader:
        point = measure(spy, setting, reader, tmp_path)
        decoded = codec.decode(kept["data"])
        want = evaluate.evaluate(decoded.field, decoded.signal, reader, perceptual=False)
    assert point.size_bytes == len(kept["data"]) <= 900
    assert point.sums.error == pytest.approx(want.sums.error)
    assert point.sums.count == want.sums.count


def test_a_fit_takes_the_time_that_was_asked_for(sources, tmp_path):
    contender = ours(sources["image"], [900], time_s=0.6, steps=None)
    assert list(contender.settings) == ["900 bytes, 0.6 s"]
    with signals.open_reader(sources["image"]) as reader:
        point = measure(contender, "900 bytes, 0.6 s", reader, tmp_path)
    assert 0.4 < point.encode_s < 8


def test_sizes_that_no_file_can_have_are_left_out_with_one_line_and_the_others_stay(sources, request_of):
    rows, lines = rows_and_lines(rd.run(request_of(), [job_of(sources["image"], (3, 900))]))
    assert [row["setting"] for row in rows if row["codec"] == "inr"] == ["900 bytes, 30 steps"]
    (line,) = (line for line in lines if "inr, 3 bytes, 30 steps: left out" in line)
    assert line.startswith("picture.png: ")


@pytest.mark.slow
def test_resume_gives_finished_points_back_and_goes_on(sources, request_of):
    job = job_of(sources["image"])
    first = list(itertools.islice((i for i in rd.run(request_of(), [job]) if not isinstance(i, str)), 4))
    rows, lines = rows_and_lines(rd.run(request_of(resume=True), [job]))
    assert rows[:4] == first
    assert len({(row["codec"], row["setting"]) for row in rows}) == len(rows)
    assert not any("inr, " in line for line in lines)
    again, _ = rows_and_lines(rd.run(request_of(resume=True), [job]))
    assert again == rows


def test_a_file_with_other_content_is_measured_anew(request_of, tmp_path):
    path = made.picture(tmp_path / "a.png", 64, 64)
    before, _ = rows_and_lines(rd.run(request_of(), [job_of(path, (900,))]))
    made.picture(path, 64, 64, seed=5)
    after, lines = rows_and_lines(rd.run(request_of(resume=True), [job_of(path, (900,))]))
    assert any("inr, 900 bytes" in line for line in lines)
    assert after[0]["psnr_db"] != before[0]["psnr_db"]


def test_signals_whose_data_are_absent_are_skipped_with_one_line(request_of, tmp_path):
    for data in (None, tmp_path):
        rows, lines = rows_and_lines(rd.run(request_of(data=data), [RdJob("kodim15", "kodak/kodim15.png")]))
        assert rows == []
        assert lines == ["kodim15: skipped: INR_DATA names no folder with kodak/kodim15.png"]


def test_a_named_signal_that_cannot_be_read_ends_the_run_before_it_begins(request_of, tmp_path, sources):
    request = request_of(signals=(str(sources["image"]), str(tmp_path / "gone.png")))
    with pytest.raises(SignalError, match="gone.png"):
        next(rd.run(request))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "asked", [{"time_s": 1.0, "steps": 2}, {"time_s": -1.0, "steps": None}, {"steps": 0}]
)
def test_times_that_no_fit_can_have_are_refused_before_anything_is_written(request_of, tmp_path, asked):
    with pytest.raises(SpecError, match="--time|--steps"):
        next(rd.run(request_of(**asked)))
    assert list(tmp_path.iterdir()) == []


def test_the_signals_are_the_shared_ones_unless_others_are_named(reference_data):
    names = [job.signal for job in rd_jobs("default")]
    assert names == [
        "kodim03", "kodim05", "kodim15", "kodim20", "kodim23",
        "librispeech_3s", "gt_bach", "bikes", "bigbuckbunny",
    ]  # fmt: skip
    assert all(job.source(reference_data) is not None for job in rd_jobs("full"))
    assert [job.signal for job in rd_jobs("quick")] == ["kodim15", "librispeech_3s"]


def test_named_signals_count_once_and_are_called_by_what_tells_them_apart():
    jobs = rd_jobs("quick", ("x/a.png", "y/a.png", "x/b.wav", "sample:bell", "x/a.png"))
    assert [job.path for job in jobs] == ["x/a.png", "y/a.png", "x/b.wav", "sample:bell"]
    assert [job.signal for job in jobs] == ["x/a.png", "y/a.png", "b.wav", "sample:bell"]
    assert [job.source(None) for job in jobs] == [job.path for job in jobs]


def test_five_sizes_are_asked_for_and_rise_with_the_signal():
    with signals.open_reader("sample:astronaut") as reader:
        sizes = rd.target_sizes(reader.spec)
    assert sizes == [round(bpp * 512 * 512 / 8) for bpp in (0.15, 0.3, 0.6, 1.0, 1.5)]


def point(signal, codec, setting, size, db, kind="image"):
    row = {"signal": signal, "kind": kind, "codec": codec, "setting": setting, "size_bytes": size}
    row |= {"bits_per_sample": size / 1000, "psnr_db": db, "encode_s": 1.0, "decode_s": 0.1}
    return row | ({"kbps": size / 100, "snr_db": db} if kind == "audio" else {})


def curve(signal, codec, factor, offset=0.0, kind="image"):
    sizes = (1000, 2000, 4000, 8000)
    return [
        point(signal, codec, f"s{i}", round(factor * size), 25.0 + 4 * i + offset, kind)
        for i, size in enumerate(sizes)
    ]


def test_the_table_shows_the_opponents_at_our_bytes_and_the_bd_rates():
    rows = curve("a.png", "inr", 1.1) + curve("a.png", "jpeg", 1.0)
    table = summary(rows)
    assert [row.get("size_bytes") for row in table] == [1100, 2200, 4400, 8800, None]
    assert "jpeg" in table[0]["at"]
    assert table[0]["at"]["jpeg"] == pytest.approx(25.0 + 4 * 0.1375, abs=1e-3)  # log2 1.1
    assert table[3]["at"] == {}
    assert table[4]["bd"]["jpeg"].percent == pytest.approx(10.0)
    cells = [bench.cells(bench.find_bench("rd").columns, row) for row in table]
    titles = [title for title, _ in bench.find_bench("rd").columns]
    shown = dict(zip(titles, cells[0], strict=True))
    assert (shown["bytes"], shown["inr"], shown["jpeg"]) == ("1,100", "25.00 dB", "25.55")
    last = dict(zip(titles, cells[4], strict=True))
    assert (last["rate"], last["jpeg"]) == ("BD-rate", "+10 %\n25.0-37.0 dB")


def test_of_two_ways_to_code_the_better_one_counts_at_every_size():
    half = [
        point("a", "jpeg", f"quality {i}, 4:2:0", s, db)
        for i, (s, db) in enumerate([(100, 20), (400, 26.4), (1600, 27)])
    ]
    full = [
        point("a", "jpeg", f"quality {i}, 4:4:4", s, db)
        for i, (s, db) in enumerate([(200, 20), (420, 26.5), (1500, 31)])
    ]
    assert sorted(curves(half + full)["jpeg"]) == [
        (100, 20), (400, 26.4), (420, 26.5), (1500, 31), (1600, 27),
    ]  # fmt: skip
    got = curves(half + full, "bits_per_sample")["jpeg"]
    assert sorted(got)[:2] == [(0.1, 20), (0.4, 26.4)]


def test_sound_is_compared_by_snr_and_its_rate_is_in_kilobits():
    table = summary(
        curve("a.wav", "inr", 1.0, kind="audio") + curve("a.wav", "opus", 1.0, -1.0, kind="audio")
    )
    assert table[1]["db"] == 29.0
    assert table[1]["at"]["opus"] == pytest.approx(28.0)
    assert bench.cells(bench.find_bench("rd").columns, table[1])[2] == "20.0 kbit/s"


def test_exact_points_are_no_part_of_a_curve_and_are_called_exact():
    rows = [*curve("c.mp4", "inr", 1.0, kind="video")]
    rows.append({"signal": "c.mp4", "kind": "video", "codec": "source", "setting": "h264", "size_bytes": 9,
                 "bits_per_sample": 0.1, "kbps": 3.0, "psnr_db": None, "exact": True})  # fmt: skip
    table = summary(rows)
    assert len(table) == 5
    assert bench.cells(bench.find_bench("rd").columns, table[-1])[-1] == "exact"


def test_kodak_s_pictures_get_a_mean_of_the_settings_that_all_of_them_have():
    rows = (
        curve("x/kodim01.png", "inr", 1.0)
        + curve("kodim02", "inr", 1.0, 2.0)[:3]
        + curve("b.png", "inr", 1.0)
    )
    mean = kodak_mean(rows)
    assert [row["signal"] for row in mean] == ["kodim, mean of 2"] * 3
    assert [row["psnr_db"] for row in mean] == [26.0, 30.0, 34.0]
    assert kodak_mean(curve("kodim01", "inr", 1.0)) == []
    assert [is_kodak(s) for s in ("kodim07", "a/kodim07.png", mean[0]["signal"], "kodim7", "xkodim07")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_the_published_curves_are_those_of_24_pictures_and_keep_their_order_at_a_third_of_a_bit(repository):
    curves = read_published(repository / "data" / "baselines" / PUBLISHED)
    assert {"COIN", "INRIC basic", "C3", "Cool-Chic 5", "VTM"} <= set(curves)
    assert {images for _, images in curves.values()} == {"24"}
    at = {}
    for name, (points, _) in curves.items():
        assert points == sorted(points)
        assert [db for _, db in points] == sorted(db for _, db in points)
        at[name] = bench.quality_at(points, 0.3)
    assert at["COIN"] == pytest.approx(26.35, abs=0.02)
    assert at["INRIC basic"] == pytest.approx(28.42, abs=0.02)
    assert at["COIN"] < at["INRIC basic"] < at["C3"] < at["VTM"] < at["Cool-Chic 5"]


def test_a_damaged_line_of_the_published_curves_is_named(tmp_path):
    path = tmp_path / PUBLISHED
    path.write_text("codec,bpp,psnr_db,source,images\nA,0.1,20,x,24\nA,,21,x,24\n")
    with pytest.raises(FormatError, match="line 3"):
        read_published(path)
    assert read_published(tmp_path / "none.csv") == {}


@pytest.mark.parametrize(("signal", "published"), [("kodim15", True), ("photo.png", False)])
def test_a_figure_is_drawn_with_published_means_beside_kodak_alone(tmp_path, repository, signal, published):
    pytest.importorskip("matplotlib")
    from PIL import Image

    rows = curve(signal, "inr", 1.0) + curve(signal, "jpeg", 1.2)
    line = draw(rows, tmp_path, repository / "data" / "baselines")
    path = tmp_path / f"rd-{file_name(signal)}.png"
    assert line == f"{signal}: drawn: {path}"
    with_means = Image.open(path).convert("L")
    assert draw(rows, tmp_path, tmp_path) == line  # no published curves there
    without = Image.open(path).convert("L")
    assert with_means.size[0] > 500
    assert (with_means.tobytes() != without.tobytes()) == published


def test_two_pictures_of_kodak_s_also_get_a_figure_of_their_mean(request_of, tmp_path):
    pytest.importorskip("matplotlib")
    paths = [made.picture(tmp_path / f"kodim0{n}.png", 40, 40, seed=n) for n in (1, 2)]
    request = request_of(baselines=tmp_path)
    rows, lines = rows_and_lines(rd.run(request, [job_of(path, (700,)) for path in paths]))
    assert lines[-1] == f"kodim, mean of 2: drawn: {tmp_path / 'rd-kodim-mean-of-2.png'}"
    assert (tmp_path / "rd-kodim-mean-of-2.png").is_file()
    assert {row["signal"] for row in rows} == {"kodim01.png", "kodim02.png"}
    assert {row["signal"] for row in summary(rows)} == {"kodim01.png", "kodim02.png", "kodim, mean of 2"}


def test_without_matplotlib_the_extra_is_named_and_the_rows_are_there_all_the_same(
    sources, request_of, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    rows, lines = rows_and_lines(rd.run(request_of(), [job_of(sources["image"], (900,))]))
    assert rows
    assert lines[-1] == 'no figures, table only: matplotlib is missing; pip install "inr[plot]"'
    assert list(tmp_path.glob("*.png")) == []


def test_names_of_files_keep_nothing_that_a_folder_would_not_take():
    assert file_name("../a b/kodim01.png") == "a-b-kodim01-png"
    assert file_name("sample:astronaut") == "sample-astronaut"


def test_a_long_clip_gets_the_time_of_one_look_unless_a_time_is_named():
    def clip(frames, height, width):
        return SignalSpec("video", (frames, height, width), 3, mode="RGB", rate=Fraction(25))

    short, long = clip(20, 64, 96), clip(132, 720, 1280)
    assert rd.fit_seconds("default", short) == rd.FIT_S["default"]
    seconds = rd.fit_seconds("default", long)
    for time_s, by_grids in ((seconds, True), (rd.FIT_S["default"], False)):
        assert takes(FitSpec(max_size=10**6, time_s=time_s), long) == by_grids

"""The video codecs: pooled RGB PSNR as our reader sees the files, from planes or from RGB."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from inr import metrics, signals
from inr.bench.codecs import measure, opponents, source_codec, video
from inr.bench.codecs.ffmpeg import has_encoder
from tests.cli import made

NEED = pytest.mark.skipif(
    not (has_encoder("libx264") and has_encoder("libx265")), reason="this FFmpeg lacks libx264 or libx265"
)


def named(reader):
    found, missing = opponents(reader)
    assert missing == []
    return {contender.name: contender for contender in found}


@NEED
@pytest.mark.parametrize("name", ["x264", "x265"])
def test_a_point_is_the_pooled_psnr_of_the_frames_that_come_back(tmp_path, name):
    path = made.clip(tmp_path / "clip.mp4", frames=5, height=64, width=96)
    with signals.open_reader(path) as reader:
        contender = named(reader)[name]
        kept = tmp_path / "kept.mkv"

        def encode(options, path):
            """Keeps the file: x264 need not write the same one twice, see AVX-512 in `codecs.video`."""
            contender.encode(options, path)
            kept.write_bytes(path.read_bytes())

        point = measure(replace(contender, encode=encode), "crf 26", reader, tmp_path)
        with signals.open_reader(kept) as again:
            want = reader.read(0, 5) / 255.0 - again.read(0, 5) / 255.0
    assert point.size_bytes == kept.stat().st_size
    assert point.sums.count == want.size
    assert metrics.psnr_db(point.sums.errors) == pytest.approx(-10 * np.log10(np.mean(want**2)), abs=1e-3)


@NEED
@pytest.mark.parametrize("name", ["x264", "x265"])
def test_quality_and_size_fall_as_crf_rises(tmp_path, name):
    path = made.clip(tmp_path / "clip.mp4", frames=6, height=64, width=96)
    with signals.open_reader(path) as reader:
        contender = named(reader)[name]
        points = [measure(contender, f"crf {crf}", reader, tmp_path) for crf in (18, 30, 42)]
    sizes = [p.size_bytes for p in points]
    assert sizes == sorted(sizes, reverse=True)
    assert points[0].sums.error < points[1].sums.error < points[2].sums.error


@NEED
@pytest.mark.parametrize("matrix", [1, 5])
@pytest.mark.parametrize("name", ["x264", "x265"])
def test_a_clip_with_planes_keeps_the_tags_that_its_colours_are_read_by(tmp_path, name, matrix):
    def tagged(stream):
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 1

    path = made.clip(tmp_path / "clip.mp4", height=64, width=64, before=tagged)
    with signals.open_reader(path) as reader:
        assert video.has_planes(reader)
        contender = named(reader)[name]
        contender.encode(contender.settings["crf 18"], tmp_path / "again.mkv")
        with signals.open_reader(tmp_path / "again.mkv") as again:
            assert again.spec.colour == reader.spec.colour
            # Another matrix or range would move whole channels.
            moved = again.read(0, 6).astype(float) - reader.read(0, 6)
    assert np.abs(moved.mean((0, 1, 2))).max() < 0.5


@NEED
@pytest.mark.parametrize("size", [(64, 64), (65, 71)])
@pytest.mark.parametrize("colour", [(200, 30, 60), (20, 90, 220)])
def test_a_clip_without_planes_goes_through_rgb_with_its_colours_kept(tmp_path, size, colour):
    """Read by another matrix or range, such colours are off by ten levels and more."""
    frames = np.tile(np.array(colour, np.uint8), (4, *size, 1))
    with signals.open_reader(frames, kind="video", fps=Fraction(25)) as reader:
        assert not video.has_planes(reader)
        for contender in named(reader).values():
            contender.encode(contender.settings["crf 18"], tmp_path / "again.mkv")
            with signals.open_reader(tmp_path / "again.mkv") as again:
                assert np.abs(again.read(0, 4).astype(int) - frames).max() <= 3, contender.name
            (tmp_path / "again.mkv").unlink()


@NEED
def test_planes_are_kept_from_a_needless_detour(tmp_path):
    """The finest setting from planes is nearer to the clip than RGB and back alone allows."""
    path = made.clip(tmp_path / "clip.mp4", height=64, width=64, options={"crf": "1"})
    with signals.open_reader(path) as reader:
        frames = reader.read(0, reader.spec.shape[0])
        planes = measure(named(reader)["x264"], "crf 18", reader, tmp_path)
    with signals.open_reader(frames, kind="video", fps=Fraction(25)) as reader:
        made_of_rgb = measure(named(reader)["x264"], "crf 18", reader, tmp_path)
    assert planes.sums.error < made_of_rgb.sums.error


@NEED
def test_a_clip_s_own_file_counts_where_it_is_compressed(tmp_path):
    lossy = made.clip(tmp_path / "clip.mp4", height=32, width=32)
    lossless = made.clip(
        tmp_path / "clip.mkv", height=32, width=32, codec="ffv1", layout="bgr0", options={"level": "3"}
    )
    with signals.open_reader(lossy) as reader:
        assert source_codec(reader) == "h264"
    with signals.open_reader(lossless) as reader:
        assert source_codec(reader) is None
    with signals.open_reader(made.moving(3, 16, 16), kind="video", fps=Fraction(25)) as reader:
        assert source_codec(reader) is None


@NEED
def test_frames_that_x265_would_break_on_leave_it_out_with_one_line(tmp_path):
    with signals.open_reader(made.clip(tmp_path / "clip.mp4", height=64, width=62)) as reader:
        found, missing = opponents(reader)
    assert [contender.name for contender in found] == ["x264"]
    assert missing == ["x265 left out: it needs frames of at least 64 x 64 pixels"]


@pytest.mark.skipif(not has_encoder("ffv1"), reason="this FFmpeg has no ffv1")
def test_clips_of_more_than_8_bits_leave_the_opponents_out_with_one_line(tmp_path):
    path = made.clip(
        tmp_path / "deep.mkv", height=32, width=32, codec="ffv1", layout="gbrp10le", options={"level": "3"}
    )
    with signals.open_reader(path) as reader:
        found, missing = opponents(reader)
    assert found == []
    assert missing == ["opponents left out: they take 8 bits; this clip has 10"]

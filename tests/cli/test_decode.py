"""`inr decode`: every suffix, other densities, instants and spans, and what does not go together."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from inr import codec, coords, reconstruct
from inr.signals import SUFFIXES, open_reader
from tests.cli import made
from tests.cli.commands import SURROUNDINGS, inr


def decoded(*arguments):
    """Decode; the native samples of what was written."""
    got = inr("decode", *arguments)
    assert got.code == 0, got
    with open_reader(arguments[1]) as reader:
        return reader.read(0, reader.spec.shape[0])


@pytest.mark.parametrize(("kind", "suffix"), [(k, s) for k, suffixes in SUFFIXES.items() for s in suffixes])
def test_every_suffix_that_is_known_is_written_and_can_be_read(kind, suffix, fitted):
    got = inr("decode", fitted[kind], f"out{suffix}")
    assert got.code == 0, got
    want = codec.load(fitted[kind]).signal
    with open_reader(f"out{suffix}", kind=kind) as reader:
        assert reader.spec.shape[1:] == want.shape[1:]
        assert abs(reader.spec.shape[0] - want.shape[0]) <= (2000 if suffix == ".mp3" else 0)
        assert reader.spec.channels == want.channels
    lossy = suffix in (".jpg", ".jpeg", ".ogg", ".mp3", ".mp4", ".webm")
    assert ("lossy" in got.err) == lossy


@pytest.mark.parametrize(
    ("kind", "suffix"), [("image", ".wav"), ("audio", ".png"), ("video", ".png"), ("image", "")]
)
def test_a_suffix_of_another_kind_is_refused_with_the_ones_that_go(kind, suffix, fitted):
    got = inr("decode", fitted[kind], f"out{suffix}")
    assert got.code == 2
    assert SUFFIXES[kind][0] in got.complaint
    assert os.listdir() == []


@pytest.mark.parametrize("scale", [4, 2, 1, 0.5, 0.01])
def test_scale_makes_a_picture_denser_or_coarser(scale, fitted):
    values = decoded(fitted["image"], "out.png", "--scale", scale)
    assert values.shape == (max(1, round(30 * scale)), max(1, round(40 * scale)), 3)


@pytest.mark.parametrize(
    ("fps", "between"), [("50", True), ("12.5", True), ("25", False), ("8.3333333", False)]
)
def test_frames_between_those_of_the_source_come_with_a_warning(fps, between, fitted):
    got = inr("decode", fitted["video"], "out.mkv", "--fps", fps)
    assert got.code == 0
    assert ("neighbouring frames" in got.err) == between


def test_scale_of_a_clip_leaves_its_frames_and_scale_of_a_sound_its_duration(fitted):
    assert decoded(fitted["video"], "out.mkv", "--scale", 2).shape == (6, 48, 64, 3)
    assert decoded(fitted["audio"], "out.wav", "--scale", 2).shape == (4000, 1)
    assert soundfile.info("out.wav").samplerate == 16_000


def test_size_is_width_by_height(fitted):
    assert decoded(fitted["image"], "out.png", "--size", "50x20").shape == (20, 50, 3)
    assert decoded(fitted["video"], "out.mkv", "--size", "16x10").shape == (6, 10, 16, 3)


def test_rate_changes_the_samples_a_second_and_not_the_duration(fitted):
    for rate in (44_100, 4000, 8000):
        decoded(fitted["audio"], "out.wav", "--rate", rate, "--force")
        got = soundfile.info("out.wav")
        assert got.samplerate == rate
        assert got.frames == round(2000 * rate / 8000)


def test_fps_changes_the_frames_a_second_and_not_the_duration(fitted):
    for fps, frames in ((50, 12), (12.5, 3), (25, 6)):
        assert len(decoded(fitted["video"], "out.mkv", "--fps", fps, "--force")) == frames
        with av.open("out.mkv") as container:
            assert float(container.streams.video[0].average_rate) == pytest.approx(fps, rel=1e-3)


def test_a_denser_grid_passes_through_the_values_of_the_network(fitted):
    file = codec.load(fitted["image"])
    values = decoded(fitted["image"], "out.png", "--scale", 3)
    grid = [coords.axis(90), coords.axis(120)]
    want = np.clip(reconstruct.points(file.field, grid) * 0.5 + 0.5, 0, 1) * 255
    assert np.abs(values - want).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("at", [0, 0.1, 0.13, 0.24])
def test_an_instant_of_a_clip_is_a_picture(at, fitted):
    got = decoded(fitted["video"], "out.png", "--at", at)
    assert got.shape == (24, 32, 3)
    file = codec.load(fitted["video"])
    grid = [coords.at(np.array([min(at * 25, 5)]), 6), coords.axis(24), coords.axis(32)]
    want = np.clip(reconstruct.points(file.field, grid)[0] * 0.5 + 0.5, 0, 1) * 255
    assert np.abs(got - want).max() <= 0.5 + 1e-3


def test_an_instant_can_be_scaled(fitted):
    assert decoded(fitted["video"], "out.png", "--at", 0.1, "--scale", 2).shape == (48, 64, 3)
    assert decoded(fitted["video"], "out.jpg", "--at", 0.1, "--size", "20x10").shape == (10, 20, 3)


def test_an_instant_of_an_unevenly_timed_clip_follows_its_times():
    made.clip(Path("uneven.mp4"), pts=(0, 1, 3, 4, 8, 9))
    assert inr("fit", "uneven.mp4", "--steps", 20).code == 0
    for frame, seconds in ((2, 3 / 25), (4, 8 / 25)):
        whole = decoded("uneven.inr", "all.mkv", "--force")
        one = decoded("uneven.inr", "one.png", "--at", seconds, "--force")
        assert np.abs(whole[frame].astype(int) - one).max() <= 1


@pytest.mark.parametrize(
    ("kind", "out", "span"),
    [("video", "out.mkv", (2, 5)), ("audio", "out.wav", (100, 1200)), ("image", "out.png", (3, 4))],
)
def test_a_span_is_that_part_of_the_whole(kind, out, span, fitted):
    whole = decoded(fitted[kind], f"whole{Path(out).suffix}")
    part = decoded(fitted[kind], out, "--frames", f"{span[0]}:{span[1]}")
    np.testing.assert_array_equal(part, whole[slice(*span)])


def test_a_span_may_leave_either_end_open(fitted):
    assert len(decoded(fitted["video"], "a.mkv", "--frames", "4:")) == 2
    assert len(decoded(fitted["video"], "b.mkv", "--frames", ":4")) == 4
    assert len(decoded(fitted["video"], "c.mkv", "--frames", "8:12", "--fps", 50)) == 4


WRONG = {
    "a rate for a picture": ("image", "out.png", ["--rate", "8000"]),
    "a rate for a clip": ("video", "out.mkv", ["--rate", "8000"]),
    "frames a second for a sound": ("audio", "out.wav", ["--fps", "25"]),
    "an instant of a picture": ("image", "out.png", ["--at", "0"]),
    "an instant of a sound": ("audio", "out.wav", ["--at", "0"]),
    "a size of a sound": ("audio", "out.wav", ["--size", "3x3"]),
    "scale and size": ("image", "out.png", ["--scale", "2", "--size", "3x3"]),
    "scale and rate": ("audio", "out.wav", ["--scale", "2", "--rate", "8000"]),
    "an instant and frames a second": ("video", "out.png", ["--at", "0.1", "--fps", "50"]),
    "an instant and a span": ("video", "out.png", ["--at", "0.1", "--frames", "0:2"]),
    "an instant as a clip": ("video", "out.mkv", ["--at", "0.1"]),
    "an instant after the end": ("video", "out.png", ["--at", "9"]),
    "an instant before the start": ("video", "out.png", ["--at", "-1"]),
    "an instant that is no number": ("video", "out.png", ["--at", "nan"]),
    "no scale": ("image", "out.png", ["--scale", "0"]),
    "a negative scale": ("image", "out.png", ["--scale", "-1"]),
    "a scale that is no number": ("image", "out.png", ["--scale", "nan"]),
    "an endless scale": ("image", "out.png", ["--scale", "inf"]),
    "a scale beyond all pictures": ("image", "out.png", ["--scale", "1e6"]),
    "an endless scale of sound": ("audio", "out.wav", ["--scale", "inf"]),
    "a size beyond all pictures": ("image", "out.png", ["--size", "999999999x999999999"]),
    "a size of nothing": ("image", "out.png", ["--size", "0x5"]),
    "a size in words": ("image", "out.png", ["--size", "big"]),
    "an endless rate": ("audio", "out.wav", ["--rate", "inf"]),
    "a rate that is no number": ("audio", "out.wav", ["--rate", "nan"]),
    "no rate": ("audio", "out.wav", ["--rate", "0"]),
    "a rate beyond all sound": ("audio", "out.wav", ["--rate", "1e15"]),
    "endless frames a second": ("video", "out.mkv", ["--fps", "inf"]),
    "frames a second that are no number": ("video", "out.mkv", ["--fps", "nan"]),
    "no frames a second": ("video", "out.mkv", ["--fps", "0"]),
    "frames beyond all clips": ("video", "out.mkv", ["--fps", "1e15"]),
    "a span outside": ("video", "out.mkv", ["--frames", "4:99"]),
    "a span of nothing": ("video", "out.mkv", ["--frames", "3:3"]),
    "a span backwards": ("video", "out.mkv", ["--frames", "4:2"]),
    "a span in words": ("video", "out.mkv", ["--frames", "all"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_go_together_is_one_line_and_exit_code_2(name, fitted):
    kind, out, options = WRONG[name]
    got = inr("decode", fitted[kind], out, *options)
    assert got.code == 2, got
    assert got.complaint.startswith("inr: ")
    assert os.listdir() == []


def test_a_fit_of_many_tiles_decodes_at_four_times_its_size_without_seams():
    """Across a tile border the slope jumps no more than it does elsewhere."""
    made.picture("wide.png", 64, 96)
    assert inr("fit", "wide.png", "--steps", 300, "--params", 4000).code == 0
    field = codec.load("wide.inr").field.spec
    assert field.tile_count > 2
    values = decoded("wide.inr", "out.png", "--scale", 4).astype(float)
    assert values.shape == (256, 384, 3)
    steps = np.abs(np.diff(values, axis=1)).mean(axis=(0, 2))  # [383], between columns x and x + 1
    borders = [round(384 * k / field.tiles[1]) - 1 for k in range(1, field.tiles[1])]
    assert borders
    inside = np.delete(steps, borders)
    assert max(steps[b] for b in borders) <= inside.max()


def test_two_decodes_write_the_same_bytes(fitted):
    for name in ("a.png", "b.png"):
        assert inr("decode", fitted["image"], name).code == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    with Image.open("a.png") as picture:
        assert picture.size == (40, 30)


def test_decoding_measuring_and_looking_need_no_torch(fitted, sources):
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from inr.cli.main import run\n"
        f"file, source = {str(fitted['image'])!r}, {str(sources['image'])!r}\n"
        "sys.exit(run(['decode', file, 'out.png']) or run(['eval', file, source]) or run(['info', file]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=SURROUNDINGS, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path("out.png").is_file()

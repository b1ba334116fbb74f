"""Sizes of others, as an independent encoder makes them."""

import io
import os
from math import log10

import numpy as np
import pytest
import soundfile
from PIL import Image

from inr import signals
from inr.reports import Comparison, Jpeg, compare
from tests.cli import made


def compared(path, size_bytes, **options):
    with signals.open_reader(path) as reader:
        return compare(reader, size_bytes, **options)


def test_the_sizes_of_a_picture_are_those_of_its_file_and_of_a_png(tmp_path):
    path = made.picture(tmp_path / "p.bmp", 50, 60)
    found = compared(path, 1000)
    file = io.BytesIO()
    Image.open(path).save(file, format="PNG")
    assert (found.source, found.source_bytes) == ("p.bmp", os.path.getsize(path))
    assert (found.lossless.name, found.lossless.size_bytes) == ("PNG", len(file.getvalue()))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_jpeg_is_the_best_of_all_that_fit(tmp_path, channels):
    path = made.picture(tmp_path / "p.png", 120, 160, channels)
    native = np.asarray(Image.open(path))
    size = 2500
    best = -np.inf
    for quality in range(1, 96):
        for colours in ("4:2:0", "4:4:4"):
            file = io.BytesIO()
            options = {"quality": quality, "subsampling": colours, "optimize": True, "progressive": True}
            Image.fromarray(native).save(file, format="JPEG", **options)
            if len(file.getvalue()) <= size:
                error = np.asarray(Image.open(file)).astype(float) - native
                best = max(best, 10 * log10(255**2 / np.square(error).mean()))
    found = compared(path, size).jpeg
    assert found.size_bytes <= size
    # Sizes and decibels rise with the quality but for a hair.
    assert found.psnr_db == pytest.approx(best, abs=0.05)


def test_where_no_jpeg_is_so_small_the_smallest_is_named_and_the_words_say_so(tmp_path):
    found = compared(made.picture(tmp_path / "p.png"), 20)
    assert found.jpeg.size_bytes > 20
    assert found.jpeg.quality == 1
    assert "no file this small" in found.jpeg_words(20)
    assert "at the same size" in found.jpeg_words(found.jpeg.size_bytes)


def test_words_of_an_equal_jpeg_say_exact():
    assert "exact" in Comparison("a", 1, jpeg=Jpeg(10, 95, "4:2:0", None)).jpeg_words(10)


@pytest.mark.parametrize(("subtype", "channels"), [("PCM_16", 2), ("PCM_24", 1), ("FLOAT", 1)])
def test_the_flac_holds_the_sound_at_16_bits(tmp_path, subtype, channels):
    path = made.sound(tmp_path / "s.wav", 5000, channels, subtype=subtype)
    found = compared(path, 1000)
    sound, rate = soundfile.read(path, dtype="float64")
    file = io.BytesIO()
    levels = np.rint(sound * 32768).astype(np.int16)
    soundfile.write(file, levels, rate, format="FLAC", subtype="PCM_16")
    assert found.lossless.name == "16-bit FLAC"
    assert found.lossless.size_bytes == pytest.approx(len(file.getvalue()), rel=0.02)
    assert found.jpeg is None


def test_what_does_not_apply_is_left_out(tmp_path):
    deep = tmp_path / "deep.png"
    Image.fromarray(made.pixels(20, 20, 1, depth=16)[..., 0]).save(deep)
    inks = tmp_path / "inks.tif"
    Image.new("CMYK", (20, 20), (10, 20, 30, 40)).save(inks)
    for path in (deep, inks, made.clip(tmp_path / "c.mp4")):
        found = compared(path, 1000)
        assert (found.lossless, found.jpeg) == (None, None)
        assert found.source_bytes == os.path.getsize(path)
    assert compared(made.picture(tmp_path / "p.png"), 1000, encode=False).jpeg is None
    # A rate that no sound file holds.
    with signals.open_reader(np.zeros((100, 1), np.float32), kind="audio", rate_hz=8000.5) as reader:
        assert compare(reader, 10) == Comparison("array", 0)


def test_alpha_and_one_bit_have_a_png_and_alpha_has_no_jpeg(tmp_path):
    Image.fromarray(made.pixels(20, 30, 4)).save(tmp_path / "a.png")
    found = compared(tmp_path / "a.png", 1000)
    assert found.lossless.size_bytes == pytest.approx(os.path.getsize(tmp_path / "a.png"), abs=100)
    assert found.jpeg is None
    Image.new("1", (64, 64)).save(tmp_path / "one.png")
    assert compared(tmp_path / "one.png", 1000).lossless.size_bytes == os.path.getsize(tmp_path / "one.png")

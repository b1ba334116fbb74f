"""What a page shows is what a decoder writes, at the places it says."""

import numpy as np
import pytest

from inr import fields, reconstruct, signals
from inr.fields import Field
from inr.reports import excerpt
from inr.reports.excerpt import Excerpts
from inr.specs import ActivationSpec, FieldSpec


def field_of(signal, tiles, seed=0):
    """Random start values of a small tiled field."""
    spec = FieldSpec(len(signal.shape), signal.channels, tiles, (8,) * len(tiles), 8, 1,
                     activation=ActivationSpec("sine", (), 10.0, 10.0))  # fmt: skip
    return Field(spec, fields.initialise(spec, seed))


def decoded(field, signal):
    blocks = reconstruct.blocks(field, signal)
    whole = np.concatenate([block.values for block in blocks])
    return signals.to_float(signals.from_float(whole, signal))


def opened(array, **options):
    reader = signals.open_reader(array, **options)
    return reader, reader.spec


@pytest.mark.parametrize("room", [1 << 20, 300])
def test_a_picture_is_shown_at_every_so_many_pixels(rng, monkeypatch, room):
    monkeypatch.setattr(excerpt, "PICTURE_PIXELS", room)
    pixels = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    reader, signal = opened(pixels, kind="image")
    field = field_of(signal, (2, 2))
    shown = Excerpts(field, signal, reader).overview()
    k = shown.stride
    assert (k == 1) == (room > 2000)
    np.testing.assert_array_equal(shown.original[0] * 255, pixels[::k, ::k])
    np.testing.assert_allclose(shown.decoded[0], decoded(field, signal)[::k, ::k], atol=1.01 / 255)
    assert shown.original[0].size <= 3 * room


def test_the_frames_of_a_clip_are_those_it_names(rng):
    frames = rng.integers(0, 256, (9, 20, 30, 3), dtype=np.uint8)
    reader, signal = opened(frames, kind="video", fps=10)
    field = field_of(signal, (1, 2, 2))
    shown = Excerpts(field, signal, reader).overview()
    assert shown.frames == (0, 3, 5, 8)
    np.testing.assert_array_equal(shown.original * 255, frames[list(shown.frames)])
    np.testing.assert_allclose(shown.decoded, decoded(field, signal)[list(shown.frames)], atol=1.01 / 255)


def test_the_worst_place_is_where_the_error_is(monkeypatch):
    monkeypatch.setattr(excerpt, "PICTURE_PIXELS", 20_000)
    pixels = np.full((256, 300, 1), 128, np.uint8)
    pixels[150:200, 30:70] = 255
    reader, signal = opened(pixels, kind="image")
    field = field_of(signal, (1, 1))
    excerpts = Excerpts(field, signal, reader)
    planes, top, left = excerpts.worst(excerpts.overview())
    assert planes.original.shape == (1, excerpt.DETAIL, excerpt.DETAIL, 1)
    assert top <= 150
    assert top + excerpt.DETAIL >= 200
    assert left <= 30
    assert left + excerpt.DETAIL >= 70
    part = pixels[top : top + excerpt.DETAIL, left : left + excerpt.DETAIL]
    np.testing.assert_array_equal(planes.original[0] * 255, part)


@pytest.mark.parametrize("length", [1, 40, 3000, 60_000])
def test_the_windows_of_a_sound_lie_where_they_say(rng, monkeypatch, length):
    monkeypatch.setattr(excerpt, "COLUMNS", 50)
    sound = rng.uniform(-0.5, 0.5, (length, 2)).astype(np.float32)
    reader, signal = opened(sound, kind="audio", rate_hz=8000)
    field = field_of(signal, (3,))
    windows = Excerpts(field, signal, reader).windows()
    size = windows.original.shape[1]
    assert len(windows.starts) <= 50
    assert (windows.starts[0], windows.starts[-1] + size) == (0, length)
    assert windows.whole == (length < 50 * 256)
    whole = decoded(field, signal)
    for place, start in enumerate(windows.starts):
        np.testing.assert_array_equal(windows.original[place], sound[start : start + size])
        np.testing.assert_allclose(windows.decoded[place], whole[start : start + size], atol=1e-5)

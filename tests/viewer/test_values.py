"""The page's field has the values of Python's, through plain JavaScript."""

from dataclasses import replace

import numpy as np
import pytest

from inr import coords
from tests.codec import random_fields
from tests.viewer import made
from tests.viewer.javascript import array, ask, text, value


def raster(columns, rows, x=0, y=0, t=None, of=None):
    """A view of samples x .. , y .. of a grid of `of` = (height, width)."""
    height, width = of or (rows, columns)
    return {
        "columns": columns, "rows": rows, "t": t,
        "x0": float(coords.at(x, width)), "dx": 2 / width,
        "y0": float(coords.at(y, height)), "dy": 2 / height,
    }  # fmt: skip


def pixels(answer, rows, columns, channels):
    return array(value(answer), np.uint8).reshape(rows, columns, 4)[..., :channels]


def assert_near(got, want):
    assert got.shape == want.shape
    assert np.abs(got.astype(int) - want.astype(int)).max() <= 1
    assert np.ptp(want) > 60  # else every picture would do


def test_pictures_are_those_that_decode_writes(tmp_path):
    files = {name: made.made(made.PICTURE, spec) for name, spec in made.PICTURES.items()}
    requests = [{"ask": "raster", "file": text(d), "view": raster(64, 64)} for d, _ in files.values()]
    for answer, (_, field) in zip(ask(requests, tmp_path), files.values(), strict=True):
        assert_near(pixels(answer, 64, 64, 3), made.decoded(field, made.PICTURE))


def test_pictures_of_every_mode_and_depth_are_those_that_decode_writes(tmp_path):
    for mode, signal in made.MODES.items():
        spec = replace(made.PICTURES["tiles"], channels=signal.channels)
        data, field = made.made(signal, spec)
        view = raster(56, 40)
        (answer,) = ask([{"ask": "raster", "file": text(data), "view": view}], tmp_path)
        got = pixels(answer, 40, 56, signal.channels).astype(int)
        want = made.as_bytes(made.decoded(field, signal)).astype(int)
        level = 255 // (2 ** min(signal.bits, 8) - 1)
        # A value beside the border of two levels may fall to either.
        assert np.abs(got - want).max() <= level, mode
        assert np.mean(got != want) < 0.01, mode


def test_a_part_and_a_denser_grid_are_those_that_decode_writes(tmp_path):
    data, field = made.made(made.PICTURE, made.PICTURES["tiles"])
    part = {"ask": "raster", "file": text(data), "view": raster(20, 10, x=7, y=31, of=(64, 64))}
    denser = {"ask": "raster", "file": text(data), "view": raster(192, 192)}
    got, large = ask([part, denser], tmp_path)
    assert_near(pixels(got, 10, 20, 3), made.decoded(field, made.PICTURE)[31:41, 7:27])
    assert_near(pixels(large, 192, 192, 3), made.decoded(field, made.at_scale(made.PICTURE, 3)))


def test_frames_are_those_that_decode_writes(tmp_path):
    data, field = made.made(made.CLIP, made.CLIP_FIELD)
    times = coords.axis(made.CLIP.shape[0]).tolist()
    requests = [{"ask": "raster", "file": text(data), "view": raster(31, 24, t=t)} for t in times]
    got = np.stack([pixels(a, 24, 31, 3) for a in ask(requests, tmp_path)])
    assert_near(got, made.decoded(field, made.CLIP))


def test_sound_has_the_samples_that_decode_writes(tmp_path):
    data, field = made.made(made.SOUND, made.SOUND_FIELD)
    grid = [coords.axis(made.SOUND.shape[0]).tolist()]
    (answer,) = ask([{"ask": "values", "file": text(data), "grid": grid}], tmp_path)
    got = array(value(answer), np.float64).reshape(-1, 2)
    want = made.decoded(field, made.SOUND)
    assert np.abs(np.clip(np.rint(32768 * got), -32768, 32767) - want).max() <= 2
    assert np.ptp(want.astype(int)) > 10000


@pytest.mark.parametrize("kind", ["image", "audio", "video"])
def test_random_fields_have_the_values_of_64_bit_floats(kind, tmp_path):
    requests, wanted = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        signal = random_fields.signal(rng)
        if signal.kind != kind or len(requests) == 20:
            continue
        spec = random_fields.field(rng, signal)
        tamed = replace(
            spec.activation,
            omega_first=min(spec.activation.omega_first, 30.0),
            omega_hidden=min(spec.activation.omega_hidden, 30.0),
        )
        data, field = made.made(signal, replace(spec, activation=tamed), seed)
        grid = [np.sort(rng.uniform(-1, 1, n)) for n in (5, 7, 9)[: spec.dims]]
        requests.append({"ask": "values", "file": text(data), "grid": [x.tolist() for x in grid]})
        wanted.append(made.exact_values(field, grid))
    assert len(requests) == 20
    for answer, want in zip(ask(requests, tmp_path), wanted, strict=True):
        got = array(value(answer), np.float64).reshape(want.shape)
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6 * np.abs(want).max())

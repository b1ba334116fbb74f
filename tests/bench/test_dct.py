"""The closed-form rival: its transform, its choice of coefficients, its decibels."""

import math
from fractions import Fraction

import numpy as np
import pytest

from inr import signals
from inr.bench import dct
from tests.bench.small_jobs import tone, waves


def matrix(n):
    """The orthonormal DCT-II from its definition, float64 [n, n]."""
    k, i = np.mgrid[0:n, 0:n]
    return np.cos(math.pi * k * (2 * i + 1) / (2 * n)) * np.where(k == 0, 1, math.sqrt(2)) / math.sqrt(n)


def noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("count", [1, 40, 500, 4000])
def test_a_picture_s_decibels_are_those_of_an_explicit_transform_and_sort(count):
    picture = np.rint(0.7 * waves(64, 64) + 0.3 * noise((64, 64, 1))).astype(np.uint8)
    with signals.open_reader(picture, kind="image") as reader:
        got = dct._db(reader, count, (16, 16), np.eye(1, dtype=np.float32))
    m = matrix(16)
    blocks = (picture[..., 0] / 255.0).reshape(4, 16, 4, 16).transpose(0, 2, 1, 3)
    sizes = np.sort(np.square(m @ blocks @ m.T).ravel())[::-1]
    assert got == pytest.approx(10 * math.log10(64 * 64 / sizes[count:].sum()), abs=0.03)


def test_the_error_is_that_of_the_picture_rebuilt_from_the_kept_coefficients():
    picture = waves(64, 64)
    with signals.open_reader(picture, kind="image") as reader:
        got, block = dct.dct_db(reader, 20)
    m = matrix(block[0])
    blocks = (picture[..., 0] / 255.0).reshape(64 // block[0], block[0], -1, block[0]).transpose(0, 2, 1, 3)
    c = m @ blocks @ m.T
    c[np.abs(c) < np.sort(np.abs(c).ravel())[-20]] = 0
    error = np.square(m.T @ c @ m - blocks).mean()
    assert got == pytest.approx(10 * math.log10(1 / error), abs=0.05)


def test_as_many_coefficients_as_values_are_exact_and_more_never_hurt():
    with signals.open_reader(noise((64, 128, 3)), kind="image") as reader:
        assert dct.dct_db(reader, 64 * 128 * 3)[0] == math.inf
        got = [dct.dct_db(reader, n)[0] for n in (10, 100, 1000, 10_000)]
    assert got == sorted(got)


def test_equal_channels_cost_as_much_as_one():
    grey = np.rint(0.5 * waves(64, 64) + 0.5 * noise((64, 64, 1))).astype(np.uint8)
    with (
        signals.open_reader(grey, kind="image") as one,
        signals.open_reader(grey.repeat(3, 2), kind="image") as three,
    ):
        assert dct.dct_db(three, 300)[0] == pytest.approx(dct.dct_db(one, 300)[0], abs=0.05)


@pytest.mark.parametrize("length", [600, 4096, 5000])
def test_sound_is_judged_by_its_snr_whatever_its_length_and_loudness(length):
    sound = tone(length)
    got = []
    for factor in (1.0, 0.01):
        with signals.open_reader((factor * sound).astype(np.float32), kind="audio", rate_hz=8000) as reader:
            got.append(dct.dct_db(reader, 60)[0])
    assert got[0] == pytest.approx(got[1], abs=0.1)
    assert got[0] > 20


@pytest.mark.parametrize("piece", [1, 4000, 1 << 23])
def test_a_clip_in_pieces_gives_the_same_as_whole(piece, monkeypatch):
    clip = noise((20, 19, 34, 3))
    monkeypatch.setattr(dct, "BATCH", piece)
    with signals.open_reader(clip, kind="video", fps=Fraction(25)) as reader:
        axes = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0].astype(np.float32)
        got = dct._db(reader, 3000, (10, 8, 8), axes)
    padded = np.pad(clip / 255.0 @ axes, [(0, 0), (0, 5), (0, 6), (0, 0)], mode="symmetric")
    m, n = matrix(10), matrix(8)
    blocks = padded.reshape(2, 10, 3, 8, 5, 8, 3)
    c = np.einsum("ta,xb,yc,iajbkcd->itjxkyd", m, n, n, blocks)
    sizes = np.sort(np.square(c).ravel())[::-1]
    assert got == pytest.approx(10 * math.log10(sizes.size / sizes[3000:].sum()), abs=0.03)


def test_silence_is_exact():
    with signals.open_reader(np.zeros((300, 1), np.float32), kind="audio", rate_hz=8000) as reader:
        assert dct.dct_db(reader, 10)[0] == math.inf

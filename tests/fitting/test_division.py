"""Sound is cut where it holds much, its frequency is found, and it is read in pieces."""

import math
from fractions import Fraction

import numpy as np
import pytest

from inr import signals
from inr.fitting.division import LEAST, LEVELS, READ_AT_ONCE, Division, divide
from inr.partition import Axis
from inr.signals.base import Reader
from inr.specs import SignalSpec

CELL = 1000
BURSTS = (3, 4, 9, 14)


def sound(array):
    return signals.open_reader(array, kind="audio", rate_hz=8000)


def bursts(rng, cells=16, loud=BURSTS):
    """int16 [N, 1]: noise in some cells, silence in the others."""
    wave = np.zeros((cells * CELL, 1))
    for cell in loud:
        wave[cell * CELL : (cell + 1) * CELL] = rng.normal(0, 6000, (CELL, 1))
    return np.clip(wave, -32768, 32767).astype(np.int16)


def noise(rng, length, channels=1):
    return np.clip(rng.normal(0, 5000, (length, channels)), -32768, 32767).astype(np.int16)


def tone(radians, length):
    return (0.5 * np.sin(radians * np.arange(length) + 0.3)).astype(np.float32)[:, None]


# Where tiles are short


def test_noise_bursts_get_short_tiles_and_the_silence_between_them_long_ones(rng):
    levels = np.array(divide(sound(bursts(rng)), tiles=64, kept=1500).levels)
    assert len(levels) == 16
    loud = np.isin(np.arange(16), BURSTS)
    assert levels[loud].min() >= 3
    assert levels[~loud].max() == 0


def test_a_burst_gets_tiles_in_proportion_to_what_it_holds(rng):
    wave = bursts(rng)
    quarter = slice(9 * CELL, 10 * CELL)
    wave[quarter] = (tone(0.3, CELL) * np.hanning(CELL)[:, None] * 20_000).astype(np.int16)
    levels = divide(sound(wave), tiles=64, kept=1500).levels
    assert 0 <= levels[9] < min(levels[cell] for cell in BURSTS if cell != 9)


def test_more_tiles_never_make_a_tile_longer(rng):
    # 64 to 67 tiles have the same 16 cells.
    reader = sound(bursts(rng))
    levels = [np.array(divide(reader, tiles, kept=1500).levels) for tiles in (64, 65, 66, 67)]
    assert all((more >= fewer).all() for fewer, more in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize("tiles", [1, 2, 3, 5, 8, 23, 64, 127, 400])
def test_stationary_noise_gets_tiles_of_one_length(tiles, rng):
    levels = divide(sound(noise(rng, 40_000)), tiles=tiles, kept=4000).levels
    assert len(set(levels)) <= 1


def test_stationary_noise_gets_all_its_tiles(rng):
    for tiles in (20, 21, 22, 23):
        levels = divide(sound(noise(rng, 40_000)), tiles=tiles, kept=4000).levels
        assert not levels or sum(2**level for level in levels) == tiles


def test_even_asks_for_tiles_of_one_length_whatever_the_sound(rng):
    assert divide(sound(bursts(rng)), tiles=64, kept=1500, even=True).levels == ()


@pytest.mark.parametrize("kept", [1, 100, 5000, 1_000_000])
@pytest.mark.parametrize("tiles", [1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100, 333, 2000])
def test_tiles_are_never_more_than_asked_for_and_never_too_short(tiles, kept, rng):
    for wave in (bursts(rng), noise(rng, 9001, 2), np.zeros((3000, 1), np.int16)):
        levels = divide(sound(wave), tiles, kept).levels
        made = sum(2**level for level in levels)
        assert made <= tiles
        assert all(0 <= level <= LEVELS for level in levels)
        if levels:
            widths = np.diff(Axis(made, 0.0, levels).borders) / 2 * len(wave)
            assert widths.min() >= LEAST


# Which frequencies


@pytest.mark.parametrize("radians", [0.05, 0.31, 1.0, 2.2, 3.0])
@pytest.mark.parametrize("even", [True, False])
def test_the_median_frequency_of_a_tone_is_the_tone_in_radians_per_half_tile(radians, even):
    length, tiles = 64_000, 40
    local = divide(sound(tone(radians, length)), tiles, kept=60, even=even).local
    half = length / tiles / 2
    bin_width = 2 * math.pi / (length / (tiles // 4)) * half
    assert abs(local - radians * half) <= bin_width


def test_quiet_high_partials_count_as_much_as_a_loud_low_one():
    # 30 dB apart: 99 % of the energy is at 0.1, most of what counts is at 1.3 and above.
    length = 64_000
    wave = tone(0.1, length) + sum(0.03 * tone(w, length) for w in (1.3, 1.5, 1.7, 1.9))
    local = divide(sound(wave), 40, kept=400).local
    assert 1.2 * 800 < local < 1.8 * 800


def test_shorter_tiles_have_fewer_radians(rng):
    # All that counts is in the bursts, whose tiles are shorter than tiles of one length would be.
    reader = sound(bursts(rng))
    division = divide(reader, 64, kept=1500)
    even = divide(reader, 64, kept=1500, even=True)
    shortest = 2 ** max(division.levels)
    assert even.local * 4 / shortest == pytest.approx(division.local, rel=0.3)
    assert division.local < 0.75 * even.local


# Odd sounds


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("length", [1, 2, 3, 47, 95, 96, 97, 191, 192, 193, 1000])
@pytest.mark.parametrize("loudness", [0, 1, 5000])
def test_short_silent_and_many_channelled_sounds_are_divided(length, channels, loudness, rng):
    wave = (loudness * rng.uniform(-1, 1, (length, channels))).astype(np.int16)
    for tiles in {1, 2, 9, length}:
        division = divide(sound(wave), tiles, kept=100)
        assert isinstance(division, Division)
        assert 0.0 <= division.local <= math.pi * length / 2
        assert sum(2**level for level in division.levels) <= tiles


def test_stereo_counts_what_either_channel_holds(rng):
    one, other = bursts(rng, loud=(3,)), bursts(rng, loud=(11,))
    levels = divide(sound(np.concatenate([one, other], 1)), 64, kept=1500).levels
    assert min(levels[3], levels[11]) > max(level for i, level in enumerate(levels) if i not in (3, 11))


def test_the_loudness_of_the_whole_does_not_matter(rng):
    wave = rng.normal(0, 0.1, (16 * CELL, 1)) * (np.arange(16 * CELL)[:, None] % 5000 < 2000)
    loud, quiet = (divide(sound((wave * gain).astype(np.float32)), 64, 1500) for gain in (1.0, 2.0**-5))
    assert loud == quiet


# Reading


class Long(Reader):
    """Sound that is made as it is read; keeps the longest run that was asked for."""

    def __init__(self, length):
        super().__init__("long", SignalSpec("audio", (length,), 1, 16, "PCM_16", Fraction(44100)))
        self.longest = 0

    def _read(self, start, stop):
        self.longest = max(self.longest, stop - start)
        return ((np.arange(start, stop) * 7919 % 1009) - 500).astype(np.int16)[:, None]


@pytest.mark.parametrize(
    "tiles",
    [
        1,
        40,
        4000,
    ],
)
def test_a_long_sound_is_read_in_pieces(tiles):
    reader = Long(2 * READ_AT_ONCE + 12_345)
    divide(reader, tiles, kept=10_000)
    assert 0 < reader.longest <= 1.01 * READ_AT_ONCE


@pytest.mark.parametrize("length", [4000, 8000, 60_000])
def test_the_rounding_noise_of_a_quiet_source_says_nothing_of_what_to_reach(length):
    """A tone has fewer coefficients than the budget would keep; the others are noise of 16 bits."""
    t = np.arange(length)
    tone = np.rint(9000 * np.sin(0.04 * t))[:, None].astype(np.int16)
    with signals.open_reader(tone, kind="audio", rate_hz=8000) as reader:
        got = divide(reader, 8, length // 4, even=True)
    assert got.levels == ()
    # Its own frequency, and the skirts that the window gives it; noise would say ten times as much.
    assert 0.5 <= got.local / (0.04 * length / 16) <= 2

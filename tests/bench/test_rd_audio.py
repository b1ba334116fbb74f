"""The sound codecs: no delay is left, whatever the rate, and resampling costs next to nothing."""

import numpy as np
import pytest

from inr import metrics, signals
from inr.bench.codecs import audio, measure, opponents
from inr.bench.codecs.ffmpeg import has_encoder
from tests.cli.made import wave


def opened(sound, rate_hz):
    return signals.open_reader(sound.astype(np.float32), kind="audio", rate_hz=rate_hz)


def click(length, at, channels=1):
    """Silence but for a short pulse that is not the same forwards and backwards."""
    sound = np.zeros((length, channels), np.float32)
    sound[at : at + 3] = np.array([[0.9], [-0.4], [0.2]])
    return sound


@pytest.mark.parametrize("late", [0, 1, 57, 1105, -312])
@pytest.mark.parametrize("length", [8000, 9000])
def test_the_delay_of_a_click_is_found_and_taken_out(late, length):
    reference = click(8000, 3000)
    delayed = 0.5 * click(length, 3000 + late)
    assert audio.lag(reference, delayed, 8000) == late
    back = audio.shifted(delayed, late, 8000)
    np.testing.assert_allclose(back, 0.5 * reference)


def test_a_delay_is_found_under_noise_and_in_two_channels(rng):
    sound = rng.normal(0, 0.2, (20_000, 2)).astype(np.float32)
    delayed = np.concatenate([np.zeros((321, 2), np.float32), sound]) + rng.normal(0, 0.2, (20_321, 2))
    assert audio.lag(sound, delayed, 44_100) == 321


@pytest.mark.parametrize(("by", "length"), [(0, 10), (3, 4), (-3, 10), (2, 20), (30, 5), (-30, 5)])
def test_shifting_moves_every_sample_by_the_same_and_fills_with_silence(by, length):
    sound = np.arange(1.0, 11.0)[:, None]
    want = [sound[i + by, 0] if 0 <= i + by < 10 else 0.0 for i in range(length)]
    assert audio.shifted(sound, by, length)[:, 0].tolist() == want


@pytest.mark.parametrize(
    ("rate", "wanted"), [(44_100, 48_000), (16_000, 48_000), (22_050, 48_000), (11_025, 12_000)]
)
def test_resampling_moves_nothing_and_comes_back_to_the_same_sound(rate, wanted):
    """A tone and its samples at the other rate, from the formula; ends are left out."""

    def tone(hz):
        return np.sin(2 * np.pi * 1000.3 * np.arange(hz // 4) / hz)[:, None].astype(np.float32)

    there = audio.resample(tone(rate), rate, wanted)
    edge = wanted // 50
    want = tone(wanted)
    assert abs(len(there) - len(want)) <= 3
    n = min(len(there), len(want)) - edge
    assert np.abs(there[edge:n] - want[edge:n]).max() < 1e-4
    back = audio.resample(there, wanted, rate)[: rate // 4]
    assert np.abs(back - tone(rate))[edge:-edge].max() < 1e-4


@pytest.mark.parametrize("name", ["mp3", "opus"])
@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2), (8000, 1), (37_800, 1)])
def test_codecs_come_back_in_place_at_any_rate(tmp_path, name, rate, channels):
    """Without alignment the SNR of noise would be negative, and that of resampling with a delay as well."""
    if not has_encoder({"mp3": "libmp3lame", "opus": "libopus"}[name]):
        pytest.skip(f"this FFmpeg has no encoder for {name}")
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.normal(0, 1, (rate, channels)), axis=0)
    spectrum[int(0.3 * len(spectrum)) :] = 0  # below what the codecs cut off
    spectrum[: len(spectrum) // 200] = 0
    sound = np.fft.irfft(spectrum, n=rate, axis=0)
    sound *= 0.3 / np.abs(sound).max()
    with opened(sound, rate) as reader:
        contender = {c.name: c for c in opponents(reader)[0]}[name]
        point = measure(contender, list(contender.settings)[-1], reader, tmp_path)
    assert point.sums.count == sound.size
    assert metrics.snr_db(point.sums) > 12


@pytest.mark.parametrize("name", ["mp3", "opus"])
def test_what_the_players_drop_leaves_no_delay_to_correct(tmp_path, name):
    """The alignment is a safeguard: on a click it finds nothing to do."""
    if not has_encoder({"mp3": "libmp3lame", "opus": "libopus"}[name]):
        pytest.skip(f"this FFmpeg has no encoder for {name}")
    sound = 0.3 * wave(16_000, rate_hz=16_000)
    sound[8000:8010] += 0.6
    with opened(sound, 16_000) as reader:
        contender = {c.name: c for c in opponents(reader)[0]}[name]
        path = tmp_path / f"click{contender.suffix}"
        contender.encode(contender.settings[list(contender.settings)[-1]], path)
        got = np.concatenate(list(contender.decode(path)))
    decoded_hz = {"mp3": 16_000, "opus": 48_000}[name]
    want = audio.resample(sound.astype(np.float32), 16_000, decoded_hz)
    assert abs(audio.lag(want, got, decoded_hz)) <= 1


@pytest.mark.parametrize("late", [0, 700, -40])
def test_a_player_that_left_a_delay_would_cost_its_codec_nothing(late):
    """What is decoded is put in its place, in pieces of any length."""
    sound = 0.5 * wave(16_000, rate_hz=16_000).astype(np.float32)
    delayed = audio.shifted(sound, -late, 16_000 + max(0, late))
    with opened(sound, 16_000) as reader:
        contender = opponents(reader)[0][0]
        (got,) = contender.restore([delayed[:5], delayed[5:9000], delayed[9000:]])
    np.testing.assert_array_equal(got[max(0, -late) :], sound[max(0, -late) :])


def test_sizes_and_quality_rise_with_the_bit_rate(tmp_path):
    rng = np.random.default_rng(0)
    sound = wave(16_000, rate_hz=16_000) * 0.5 + rng.normal(0, 0.03, (16_000, 1))
    with opened(sound, 16_000) as reader:
        for contender in opponents(reader)[0]:
            points = [measure(contender, s, reader, tmp_path) for s in contender.settings]
            sizes, errors = [p.size_bytes for p in points], [p.sums.error for p in points]
            assert sizes == sorted(sizes), contender.name
            assert errors[-1] < 0.3 * errors[0], contender.name


def test_rates_that_a_codec_does_not_know_go_up_to_the_next_it_knows():
    assert audio.known_rate(44_100, audio.MP3_RATES) == 44_100
    assert audio.known_rate(44_100, audio.OPUS_RATES) == 48_000
    assert audio.known_rate(37_800, audio.MP3_RATES) == 44_100
    assert audio.known_rate(96_000, audio.MP3_RATES) == 48_000


def test_more_than_two_channels_leave_the_opponents_out_with_one_line():
    with opened(np.zeros((500, 3)), 8000) as reader:
        found, missing = opponents(reader)
    assert found == []
    assert missing == ["opponents left out: they take one or two channels; this has 3"]


def test_sound_of_16_bits_is_judged_in_16_bits(tmp_path):
    sound = np.rint(20_000 * wave(8000)).astype(np.int16)
    with signals.open_reader(sound, kind="audio", rate_hz=8000) as reader:
        contender = opponents(reader)[0][0]
        path = tmp_path / f"a{contender.suffix}"
        contender.encode(contender.settings[list(contender.settings)[-1]], path)
        (got,) = contender.restore(contender.decode(path))
    assert got.dtype == np.int16
    assert got.shape == sound.shape

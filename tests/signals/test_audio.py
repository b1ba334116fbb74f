"""Sound: exact for exact formats, the same samples in any order, and honest about damage."""

from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from inr.errors import SignalError, SpecError
from inr.signals import from_float, open_reader, open_writer, to_float
from inr.specs import SignalSpec

EXACT = {
    ".wav": ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"),
    ".flac": ("PCM_S8", "PCM_16", "PCM_24"),
    ".aiff": ("PCM_16", "PCM_24", "FLOAT"),
}
BITS = {
    "PCM_U8": 8,
    "PCM_S8": 8,
    "PCM_16": 16,
    "PCM_24": 24,
    "PCM_32": 32,
    "FLOAT": 32,
    "DOUBLE": 64,
    "LOSSY": 16,
}


def sound(frames, channels=1, mode="PCM_16", rate=44100):
    return SignalSpec("audio", (frames,), channels, bits=BITS[mode], mode=mode, rate=Fraction(rate))


def tone(frames, channels=1, peak=0.5):
    time = np.arange(frames)[:, None] / 44100
    return (peak * np.sin(2 * np.pi * (220 + 55 * np.arange(channels)) * time)).astype(np.float32)


def write_all(path, spec, values):
    with open_writer(path, spec) as writer:
        writer.write(values[: len(values) // 3])
        writer.write(values[len(values) // 3 :])
    return writer.notes


@pytest.mark.parametrize(("suffix", "mode"), [(s, m) for s, modes in EXACT.items() for m in modes])
@pytest.mark.parametrize(("frames", "channels", "rate"), [(1, 1, 8000), (999, 6, 192000), (2000, 2, 44100)])
def test_exact_formats_give_back_every_sample(tmp_path, suffix, mode, frames, channels, rate):
    spec = sound(frames, channels, mode, rate)
    values = np.random.default_rng(0).uniform(-1.1, 1.1, (frames, channels)).astype(np.float32)
    path = tmp_path / f"a{suffix}"
    write_all(path, spec, values)
    with open_reader(path) as reader:
        assert reader.spec == spec
        native = reader.read(0, frames)
    assert native.dtype == (np.int16 if mode == "PCM_16" else np.float32)
    np.testing.assert_array_equal(to_float(native), to_float(from_float(values, spec)))


def test_integer_formats_clip_and_never_wrap_around(tmp_path):
    write_all(tmp_path / "a.flac", sound(4, mode="FLOAT"), np.array([[5.0], [-5.0], [1.0], [0.25]]))
    got, _ = soundfile.read(tmp_path / "a.flac")
    np.testing.assert_allclose(got, [1, -1, 1, 0.25], atol=1e-6)


def test_flac_says_that_it_cannot_hold_floats(tmp_path):
    notes = write_all(tmp_path / "a.flac", sound(100, mode="FLOAT"), tone(100))
    assert "24" in notes[0]
    with open_reader(tmp_path / "a.flac") as reader:
        assert reader.spec.mode == "PCM_24"


@pytest.mark.parametrize("suffix", [".ogg", ".mp3"])
def test_lossy_formats_keep_the_length_and_read_the_same_in_any_order(tmp_path, suffix):
    frames = 60_000
    rng = np.random.default_rng(0)
    values = tone(frames, 2) + rng.normal(0, 0.1, (frames, 2))
    notes = write_all(tmp_path / f"a{suffix}", sound(frames, 2), values)
    assert "lossy" in notes[0]
    with open_reader(tmp_path / f"a{suffix}") as reader:
        assert reader.spec == sound(frames, 2, "LOSSY")
        whole = reader.read(0, frames)
        for start in rng.integers(0, frames - 500, 12):
            np.testing.assert_array_equal(reader.read(start, start + 500), whole[start : start + 500])
    assert np.corrcoef(whole[:, 0], values[:, 0])[0, 1] > 0.9


def test_a_wav_is_read_by_pieces_and_in_any_order(tmp_path):
    values = tone(5000, 2)
    write_all(tmp_path / "a.wav", sound(5000, 2, "FLOAT"), values)
    with open_reader(tmp_path / "a.wav") as reader:
        for start, stop in [(4000, 5000), (0, 7), (7, 4000), (100, 100)]:
            np.testing.assert_array_equal(reader.read(start, stop), values[start:stop])
        with pytest.raises(SpecError, match="5001"):
            reader.read(0, 5001)


@pytest.mark.parametrize(
    ("suffix", "form"), [(".wav", "WAV"), (".wav", "RF64"), (".aiff", "AIFF"), (".flac", "FLAC")]
)
def test_a_file_cut_in_half_is_refused_and_not_read_as_half(tmp_path, suffix, form):
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, tone(20_000), 44100, subtype="PCM_16", format=form)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SignalError) as caught, open_reader(path) as reader:
        reader.read(0, 20_000)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wav_that_streams_with_unknown_length_still_reads(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(1000), 44100, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    with open_reader(path) as reader:
        assert reader.spec.shape == (1000,)


def test_nan_is_refused_with_the_frame_that_holds_it(tmp_path):
    values = tone(100)
    values[42] = np.nan
    soundfile.write(tmp_path / "a.wav", values, 44100, subtype="FLOAT")
    with open_reader(tmp_path / "a.wav") as reader:
        reader.read(0, 42)
        with pytest.raises(SignalError, match="frame 42"):
            reader.read(10, 100)


def test_no_samples_at_all_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((0, 1)), 44100)
    with pytest.raises(SignalError, match="no samples"):
        open_reader(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("suffix", "rate"), [(".mp3", 12345), (".wav", Fraction(44101, 7)), (".flac", 10_000_000)]
)
def test_rates_that_a_format_cannot_hold_are_refused_before_any_work(tmp_path, suffix, rate):
    with pytest.raises(SpecError, match="rate"):
        open_writer(tmp_path / f"a{suffix}", sound(10, rate=rate))
    assert list(tmp_path.iterdir()) == []


def encode_container(path, codec, values, rate=44100):
    """Mono floats through PyAV, not through our writers."""
    layout = {"aac": "fltp", "alac": "s16p"}[codec]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono", format=layout)
        if layout == "s16p":
            values = np.rint(values * 32768).astype(np.int16)
        for start in range(0, len(values), 1024):
            frame = av.AudioFrame.from_ndarray(values[start : start + 1024].T.copy(), layout, "mono")
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("suffix", [".m4a", ".mp4"])
def test_aac_opens_as_audio_whatever_the_suffix_and_lines_up_with_the_source(tmp_path, suffix):
    values = tone(30_000)
    encode_container(tmp_path / f"a{suffix}", "aac", values)
    with open_reader(tmp_path / f"a{suffix}") as reader:
        assert (reader.spec.kind, reader.spec.mode, reader.spec.rate) == ("audio", "LOSSY", 44100)
        whole = reader.read(0, reader.spec.shape[0])
        np.testing.assert_array_equal(reader.read(1500, 9000), whole[1500:9000])
    middle = slice(5000, 25_000)
    error = {
        lag: np.mean((whole[5000 + lag : 25_000 + lag] - values[middle]) ** 2) for lag in range(-150, 151)
    }
    assert abs(min(error, key=error.__getitem__)) <= 1
    assert error[0] < 0.05**2


def test_alac_in_m4a_keeps_its_sixteen_bits(tmp_path):
    values = tone(10_000)
    encode_container(tmp_path / "a.m4a", "alac", values)
    with open_reader(tmp_path / "a.m4a") as reader:
        assert reader.spec.mode == "PCM_16"
        native = reader.read(0, 10_000)
    np.testing.assert_array_equal(native, np.rint(values * 32768).astype(np.int16))

"""The door of the room: names, arrays, refusals, and writers that leave nothing behind."""

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import soundfile
from PIL import Image
from skimage import data as skimage_data

from inr.errors import SignalError, SpecError
from inr.signals import SUFFIXES, open_reader, open_writer, sample_paths
from inr.signals.builtin import find_sample
from inr.specs import SignalSpec

SPECS = {
    "image": SignalSpec("image", (4, 6), 3, mode="RGB"),
    "audio": SignalSpec("audio", (40,), 2, bits=16, mode="PCM_16", rate=Fraction(44100)),
    "video": SignalSpec("video", (4, 16, 16), 3, mode="RGB", rate=Fraction(25)),
}
ALL = [(kind, suffix) for kind, suffixes in SUFFIXES.items() for suffix in suffixes]


def values(spec):
    return np.full((*spec.shape, spec.channels), 0.25)


@pytest.mark.parametrize(("kind", "suffix"), ALL)
def test_a_writer_leaves_nothing_when_the_block_raises(tmp_path, kind, suffix):
    spec = SPECS[kind]
    path = tmp_path / f"a{suffix}"
    with pytest.raises(ZeroDivisionError), open_writer(path, spec) as writer:  # noqa: PT012
        writer.write(values(spec)[:2])
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "suffix"), ALL)
def test_a_writer_wants_exactly_the_announced_length(tmp_path, kind, suffix):
    spec = SPECS[kind]
    with (
        pytest.raises(SpecError, match="3 units were written"),
        open_writer(tmp_path / f"a{suffix}", spec) as writer,
    ):
        writer.write(values(spec)[:3])
    path = tmp_path / f"a{suffix}"
    with pytest.raises(SpecError, match="announced"), open_writer(path, spec) as writer:  # noqa: PT012
        writer.write(values(spec))
        writer.write(values(spec)[:1])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "suffix"), ALL)
def test_an_existing_file_is_kept_unless_overwriting_is_asked_for(tmp_path, kind, suffix):
    spec, path = SPECS[kind], tmp_path / f"a{suffix}"
    path.write_bytes(b"precious")
    with pytest.raises(SpecError, match="exists"):
        open_writer(path, spec)
    assert path.read_bytes() == b"precious"
    with open_writer(path, spec, overwrite=True) as writer:
        writer.write(values(spec))
    with open_reader(path) as reader:
        assert reader.spec.shape == spec.shape
    assert list(tmp_path.iterdir()) == [path]


def test_nan_is_not_written(tmp_path):
    with pytest.raises(SignalError, match="NaN"), open_writer(tmp_path / "a.png", SPECS["image"]) as writer:
        writer.write(np.full((4, 6, 3), np.nan))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "name"), [("image", "a.wav"), ("audio", "a.png"), ("video", "a"), ("video", "a.mov")]
)
def test_an_unknown_suffix_is_refused_and_the_known_ones_are_listed(tmp_path, kind, name):
    with pytest.raises(SpecError, match=SUFFIXES[kind][0]):
        open_writer(tmp_path / name, SPECS[kind])


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(SpecError, match="folder"):
        open_writer(tmp_path / "no" / "a.png", SPECS["image"])


@pytest.mark.parametrize("suffix", [".png", ".wav", ".mp4", ".mp3", ".xyz", ""])
@pytest.mark.parametrize("content", [b"", b"\0" * 64, b"hello, world " * 40, b"RIFF\0\0\0\0WAVE"])
def test_rubbish_under_any_suffix_is_one_clear_line(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(SignalError) as caught:
        open_reader(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_what_is_not_a_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo.wav")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    for name, words in [
        ("", "folder"),
        ("none.png", "No such file"),
        ("fifo.wav", "regular"),
        ("loop.png", "links"),
    ]:
        with pytest.raises(SignalError, match=words):
            open_reader(tmp_path / name)


def test_a_file_of_another_kind_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(10), 8000)
    with pytest.raises(SignalError, match="holds audio; image is needed"):
        open_reader(tmp_path / "a.wav", kind="image")
    with pytest.raises(SpecError, match="arrays"):
        open_reader(tmp_path / "a.wav", rate_hz=8000)


def test_a_fingerprint_is_that_of_the_content(tmp_path):
    for name, seed in [("a.png", 0), ("b.png", 0), ("c.png", 1)]:
        pixels = np.random.default_rng(seed).integers(0, 256, (5, 5)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / name)
    a, b, c = (open_reader(tmp_path / name).fingerprint() for name in ("a.png", "b.png", "c.png"))
    assert a == b != c


def test_a_sample_is_the_picture_that_scikit_image_gives():
    with open_reader("sample:astronaut") as reader:
        np.testing.assert_array_equal(reader.read(0, 512), skimage_data.astronaut())
    with open_reader("sample:cat") as reader:
        np.testing.assert_array_equal(reader.read(0, 300), skimage_data.chelsea())


def test_every_sample_opens():
    for name in sample_paths():
        with open_reader(f"sample:{name}") as reader:
            assert len(reader.read(0, 1)) == 1


def test_the_projects_own_samples_win_and_unknown_ones_are_listed(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "bell.wav").write_bytes(b"")
    assert find_sample("bell", [tmp_path / "a", tmp_path / "b"]) == tmp_path / "b" / "bell.wav"
    with pytest.raises(SpecError, match=r"nope: no such sample; known are .*astronaut.*cat"):
        open_reader("sample:nope")


@pytest.mark.parametrize(("shape", "kind", "dtype", "mode", "bits"), [
    ((4, 5), "image", "uint8", "L", 8), ((4, 5, 2), "image", "uint8", "LA", 8),
    ((4, 5), "image", "bool", "1", 1),
    ((4, 5, 3), "image", "uint16", "RGB", 16), ((4, 5, 4), "image", "float64", "RGBA", 16),
    ((9,), "audio", "int16", "PCM_16", 16), ((9, 2), "audio", "float64", "FLOAT", 32),
    ((9,), "audio", "uint8", "PCM_U8", 8),
    ((3, 4, 5, 3), "video", "uint8", "RGB", 8), ((3, 4, 5), "video", "float32", "RGB", 16),
])  # fmt: skip
def test_arrays_of_every_accepted_type_read_as_signals(shape, kind, dtype, mode, bits):
    rng = np.random.default_rng(0)
    whole = np.dtype(dtype).kind in "iu"
    array = (rng.integers(0, np.iinfo(dtype).max, shape) if whole else rng.random(shape) > 0.5).astype(dtype)
    before = array.copy()
    reader = open_reader(array, kind=kind, rate_hz=8000, fps=25)
    assert (reader.spec.kind, reader.spec.mode, reader.spec.bits) == (kind, mode, bits)
    native = reader.read(1, 3)
    assert native.shape == (2, *reader.spec.shape[1:], reader.spec.channels)
    assert native.dtype.name in ("uint8", "uint16", "int16", "float32")
    np.testing.assert_array_equal(array, before)
    changed = array.copy()
    changed.flat[0] = not changed.flat[0] if dtype == "bool" else changed.flat[0] / 2 + 1
    if dtype in ("uint8", "int16"):
        assert open_reader(changed, kind=kind, rate_hz=8000, fps=25).fingerprint() != reader.fingerprint()


@pytest.mark.parametrize(("array", "arguments", "words"), [
    (np.zeros((4, 4)), {}, "kind="),
    (np.zeros((4, 4)), {"kind": "picture"}, "kind="),
    (np.zeros(4), {"kind": "audio"}, "rate_hz="),
    (np.zeros((2, 4, 4)), {"kind": "video", "fps": 0}, "fps="),
    (np.full((4, 4), 1.5), {"kind": "image"}, r"\[0, 1\]"),
    (np.zeros((4, 4), np.int64), {"kind": "image"}, "int64"),
    (np.zeros((4, 4, 5), np.uint8), {"kind": "image"}, "5 channels"),
    (np.zeros((2, 4, 4, 4), np.uint8), {"kind": "video", "fps": 25}, "4 channels"),
    (np.zeros((2, 2, 2)), {"kind": "audio", "rate_hz": 8000}, "shape"),
    (np.array([np.nan]), {"kind": "audio", "rate_hz": 8000}, "NaN"),
    (np.zeros((0, 4)), {"kind": "image"}, "no samples"),
])  # fmt: skip
def test_arrays_that_are_no_signal_are_refused(array, arguments, words):
    with pytest.raises((SpecError, SignalError), match=words):
        open_reader(array, **arguments)


def test_the_room_loads_no_heavy_library():
    heavy = "torch av soundfile PIL imageio skimage tifffile"
    code = f"import inr.signals, sys; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ffmpeg_writes_nothing_to_the_terminal(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom" + b"\xff" * 500)
    code = (
        "from inr.signals import open_reader\n"
        "from inr.errors import SignalError\n"
        f"try: open_reader({str(tmp_path / 'a.mp4')!r})\nexcept SignalError as e: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")

"""The committed samples are what scripts/make_samples.py makes."""

import importlib.util

import av
import numpy as np
import pytest
import soundfile


@pytest.fixture(scope="module")
def generator(repository):
    spec = importlib.util.spec_from_file_location("make_samples", repository / "scripts" / "make_samples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def frames_of(path):
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_the_bell_is_the_melody_to_the_last_step_of_16_bits(generator, repository):
    stored, rate_hz = soundfile.read(repository / "data" / "bell.flac", dtype="int16")
    assert rate_hz == generator.RATE_HZ
    # The platform's sin may differ in its last bit, which rounding can turn into one step.
    assert np.abs(stored - 32768 * generator.bell()).max() <= 1.0


def test_the_clip_is_the_drawing_up_to_what_h264_loses(generator, repository):
    stored, drawn = frames_of(repository / "data" / "clip.mp4"), generator.clip()
    assert stored.shape == drawn.shape == (50, 128, 192, 3)
    mse = np.mean((stored.astype(float) - drawn) ** 2) / 255**2
    assert -10 * np.log10(mse) > 36


def test_making_them_again_gives_the_same_samples(generator, repository, tmp_path):
    generator.main(tmp_path)
    for name in ("bell.flac", "clip.mp4"):
        assert (tmp_path / name).stat().st_size < 200_000
    again, _ = soundfile.read(tmp_path / "bell.flac", dtype="int16")
    stored, _ = soundfile.read(repository / "data" / "bell.flac", dtype="int16")
    assert np.abs(again.astype(int) - stored).max() <= 1
    assert len(frames_of(tmp_path / "clip.mp4")) == 50

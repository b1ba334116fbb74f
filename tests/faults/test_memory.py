"""Hours of sound, minutes of video and large pictures fit and decode in bounded memory.  Slow."""

import subprocess
import sys

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from tests.cli.commands import SURROUNDINGS

pytestmark = pytest.mark.slow
MB = 1e6
BOUND_MB = 1500
BUDGET_MB = 256
OPTIONS = [
    "--params",
    "200000",
    "--memory",
    f"{BUDGET_MB}MB",
    "--no-eval",
    "--steps",
    "50",
    "--quiet",
    "--force",
]

# VmHWM and not ru_maxrss: the latter counts what the process that forked us once held.
MEASURED = """
import sys
from inr.cli.main import run
code = run(sys.argv[1:])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print("PEAK", int(peak.split()[1]) * 1024)
sys.exit(code)
"""
LIBRARIES = """
import torch, av, soundfile, constriction, inr.fitting, inr.cli.main, PIL.Image
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print("PEAK", int(peak.split()[1]) * 1024)
"""


def peak_mb(code, *words):
    """Run Python code in a process of its own; the most memory it held, in MB."""
    process = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, env=SURROUNDINGS
    )
    assert process.returncode == 0, process.stderr
    return int(process.stdout.split("PEAK")[1]) / MB


@pytest.fixture(scope="module", autouse=True)
def _linux():
    if not sys.platform.startswith("linux"):
        pytest.skip("needs /proc/self/status to measure memory")


@pytest.fixture(scope="module")
def show(request):
    """Print in spite of the capture: these numbers are quoted."""
    manager = request.config.pluginmanager.getplugin("capturemanager")

    def say(text):
        with manager.global_and_fixture_disabled():
            print(f"\n  {text}", flush=True)

    return say


def long_sound(source, path, minutes):
    """The source again and again, as stereo, written block by block."""
    values, rate_hz = soundfile.read(source, dtype="int16", always_2d=True)
    both = np.concatenate([values[:, :1], -values[::-1, :1]], axis=1)
    left = minutes * 60 * rate_hz
    with soundfile.SoundFile(path, "w", rate_hz, 2, "PCM_16") as file:
        while left > 0:
            file.write(both[:left])
            left -= len(both)
    return path


def long_clip(source, path, minutes):
    """The source's packets again and again, at later and later times; nothing is encoded."""
    with av.open(str(path), "w") as out:
        target, shift, seconds = None, 0, 0.0
        while seconds < minutes * 60:
            with av.open(str(source)) as container:
                stream = container.streams.video[0]
                target = target or out.add_stream_from_template(stream)
                ticks = int(1 / (stream.average_rate * stream.time_base))
                count = 0
                for packet in container.demux(stream):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, target
                    out.mux(packet)
                    count += 1
                shift += count * ticks
                seconds += count / float(stream.average_rate)
    return path


def test_a_recording_of_20_minutes_stays_in_bounds_and_twice_the_length_adds_nothing(
    reference_data, tmp_path, show
):
    source = reference_data / "audio" / "gt_bach.wav"
    peaks = []
    for minutes in (20, 40):
        path = long_sound(source, tmp_path / f"{minutes}.wav", minutes)
        peaks.append(peak_mb(MEASURED, "fit", path, "-o", tmp_path / f"{minutes}.inr", *OPTIONS))
        show(f"fit of {minutes} minutes of stereo sound: {peaks[-1]:.0f} MB")
        path.unlink()
    assert peaks[0] <= BOUND_MB
    assert peaks[1] <= 1.05 * peaks[0]


def test_a_clip_of_3_minutes_stays_in_bounds_and_twice_the_length_adds_nothing(
    reference_data, tmp_path, show
):
    source = reference_data / "video" / "bigbuckbunny.mp4"
    peaks = []
    for minutes in (3, 6):
        path = long_clip(source, tmp_path / f"{minutes}.mp4", minutes)
        file = tmp_path / f"{minutes}.inr"
        peaks.append(peak_mb(MEASURED, "fit", path, "-o", file, *OPTIONS))
        show(f"fit of {minutes} minutes of 720p: {peaks[-1]:.0f} MB")
        decoding = peak_mb(MEASURED, "decode", file, tmp_path / "out.mkv", "--frames", "0:250", "--force")
        show(f"decode of 250 of its frames: {decoding:.0f} MB")
        assert decoding <= BOUND_MB
    assert peaks[0] <= BOUND_MB
    assert peaks[1] <= 1.05 * peaks[0]


def test_a_picture_of_8192_pixels_a_side_takes_two_frames_and_the_budget(reference_data, tmp_path, show):
    with Image.open(reference_data / "kodak" / "kodim15.png") as picture:
        values = np.asarray(picture)
    Image.fromarray(np.tile(values, (16, 11, 1))[:8192, :8192]).save(tmp_path / "big.png", compress_level=1)
    frame_mb = 3 * 8192**2 / MB
    libraries = peak_mb(LIBRARIES)
    fitting = peak_mb(MEASURED, "fit", tmp_path / "big.png", "-o", tmp_path / "big.inr", *OPTIONS)
    decoding = peak_mb(MEASURED, "decode", tmp_path / "big.inr", tmp_path / "out.png")
    show(f"libraries {libraries:.0f} MB, a frame {frame_mb:.0f} MB, the budget {BUDGET_MB} MB")
    show(f"fit of 8192 x 8192 RGB: {fitting:.0f} MB; decode: {decoding:.0f} MB")
    assert fitting <= libraries + 2 * frame_mb + BUDGET_MB
    assert decoding <= libraries + 2 * frame_mb + BUDGET_MB

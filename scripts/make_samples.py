"""Make data/bell.flac and data/clip.mp4 from nothing but arithmetic.

    python scripts/make_samples.py [FOLDER]

The samples are the same on every run; the bytes of the two files may differ with
the versions of libFLAC and x264.  FOLDER is `data` next to this script's folder.
"""

import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile

RATE_HZ = 22_050
SECONDS = 3.0
FPS = 25
FRAMES, HEIGHT, WIDTH = 50, 128, 192

# Partials of a struck bar that is tuned like a bell: frequency ratio, loudness, decay in seconds.
# The 1 : 1.002 pair beats slowly, as a bell that is not perfectly round does.
PARTIALS = (
    (0.5, 0.25, 1.30),
    (1.0, 0.60, 1.00),
    (1.002, 0.40, 0.95),
    (1.2, 0.25, 0.60),
    (2.0, 0.35, 0.50),
    (2.76, 0.20, 0.28),
    (4.07, 0.12, 0.16),
    (5.40, 0.07, 0.09),
)
# Onset in seconds, pitch in Hz (a phrase over D major), loudness.
NOTES = (
    (0.00, 293.66, 1.0),
    (0.35, 440.00, 0.7),
    (0.70, 587.33, 0.8),
    (1.05, 739.99, 0.6),
    (1.40, 659.26, 0.7),
    (1.75, 440.00, 0.6),
    (2.10, 587.33, 0.9),
)

# Balls: centre (x, y) and swing (x, y) as parts of the frame height, radius, turns in the clip, colour.
BALLS = (
    ((0.50, 0.55), (0.30, 0.25), 0.17, 1, (0.95, 0.45, 0.20)),
    ((1.05, 0.45), (0.25, 0.30), 0.12, 2, (0.25, 0.70, 0.90)),
    ((0.80, 0.60), (0.55, 0.12), 0.09, 3, (0.85, 0.85, 0.35)),
)


def bell() -> np.ndarray:
    """The melody; float64 [N] in [-1, 1]."""
    time = np.arange(round(RATE_HZ * SECONDS)) / RATE_HZ
    sound = np.zeros_like(time)
    for onset, pitch_hz, loudness in NOTES:
        since = np.maximum(time - onset, 0.0)
        strike = 1.0 - np.exp(-since / 0.002)  # 2 ms: a soft mallet, no click
        for ratio, weight, decay in PARTIALS:
            ring = np.exp(-since / decay) * np.sin(2 * np.pi * ratio * pitch_hz * since)
            sound += loudness * weight * strike * ring
    fade = np.clip((SECONDS - time) / 0.05, 0.0, 1.0)
    return 0.8 * sound * fade / np.abs(sound).max()


def background(x: np.ndarray, y: np.ndarray, phase: float) -> np.ndarray:
    """A slanted gradient under a woven texture that drifts with the phase; [H, W, 3]."""
    warm, cool = np.array([0.55, 0.40, 0.50]), np.array([0.15, 0.25, 0.40])
    slope = np.clip(0.6 * y + 0.2 * x, 0.0, 1.0)[..., None]
    weave = np.sin(60 * x + 6 * np.sin(5 * y + phase)) * np.sin(55 * y + 4 * np.sin(4 * x - phase))
    return cool * (1 - slope) + warm * slope + 0.05 * weave[..., None]


def clip() -> np.ndarray:
    """Three shaded balls on closed orbits; uint8 [T, H, W, 3], full range RGB."""
    y, x = (np.mgrid[:HEIGHT, :WIDTH] + 0.5) / HEIGHT
    frames = np.empty((FRAMES, HEIGHT, WIDTH, 3), np.uint8)
    for t in range(FRAMES):
        phase = 2 * np.pi * t / FRAMES
        picture = background(x, y, phase)
        for (cx, cy), (sx, sy), radius, turns, colour in BALLS:
            u = (x - cx - sx * np.cos(turns * phase)) / radius
            v = (y - cy - sy * np.sin(turns * phase)) / radius
            cover = np.clip((1 - np.hypot(u, v)) * radius * HEIGHT, 0.0, 1.0)[..., None]  # 1 px soft edge
            height = np.sqrt(np.clip(1 - u * u - v * v, 0.0, 1.0))
            light = np.clip(-0.5 * u - 0.6 * v + 0.62 * height, 0.0, 1.0)  # from the upper left
            shade = (0.2 + 0.8 * light)[..., None] * np.array(colour) + 0.5 * light[..., None] ** 24
            picture = picture * (1 - cover) + shade * cover
        frames[t] = np.rint(255 * np.clip(picture, 0.0, 1.0))
    return frames


def write_clip(path: Path, frames: np.ndarray) -> None:
    """H.264 in 4:2:0, BT.601 and limited range, with the tags that say so."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "16", "preset": "veryslow", "threads": "1"}
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc = 6, 6, 6  # SMPTE 170M
        context.color_range = 1  # limited
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace="ITU601", dst_color_range="MPEG")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def main(folder: Path) -> None:
    """Write both samples into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / "bell.flac", bell(), RATE_HZ, subtype="PCM_16")
    write_clip(folder / "clip.mp4", clip())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "data")

"""Small signals for command lines, made on the spot and written without our own writers."""

from fractions import Fraction

import av
import numpy as np
import soundfile
from PIL import Image


def pixels(height, width, channels=3, depth=8, seed=0):
    """Smooth colours with some grain; integers of `depth` bits, [height, width, channels]."""
    y, x = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    waves = [0.5 + 0.35 * np.sin((3 + c) * x + (2 + c) * y + c) for c in range(channels)]
    grain = np.random.default_rng(seed).normal(0, 0.02, (height, width, channels))
    values = np.clip(np.stack(waves, -1) + grain, 0, 1)
    return np.rint(values * (2**depth - 1)).astype(np.uint8 if depth == 8 else np.uint16)


def picture(path, height=30, width=40, channels=3, seed=0, **options):
    """A picture through Pillow; the mode follows from the channels."""
    values = pixels(height, width, channels, seed=seed)
    Image.fromarray(values[..., 0] if channels == 1 else values).save(path, **options)
    return path


def wave(frames, channels=1, rate_hz=8000, seed=0):
    """A chord with some hiss; float64 [frames, channels] within ±0.8."""
    t = np.arange(frames)[:, None] / rate_hz
    tones = 0.35 * np.sin(2 * np.pi * 220 * t + np.arange(channels)) + 0.25 * np.sin(2 * np.pi * 331 * t)
    return tones + np.random.default_rng(seed).normal(0, 0.005, (frames, channels))


def sound(path, frames=2000, channels=1, rate_hz=8000, subtype="PCM_16", seed=0):
    """A sound file through libsndfile."""
    soundfile.write(path, wave(frames, channels, rate_hz, seed), rate_hz, subtype=subtype)
    return path


def moving(frames, height, width):
    """Smooth colours that move: uint8 [frames, height, width, 3]."""
    return np.stack([np.roll(pixels(height, width, 3, seed=1), 2 * t, axis=1) for t in range(frames)])


def clip(
    path,
    frames=6,
    height=24,
    width=32,
    *,
    codec="libx264",
    layout="yuv420p",
    rate=25,
    pts=None,
    time_base=None,
    before=None,
    options=None,
):
    """A video through PyAV; `before` may change the stream before the first frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = width, height, layout
        base = time_base or 1 / Fraction(rate)
        stream.time_base = stream.codec_context.time_base = base
        if before is not None:
            before(stream)
        for number, values in enumerate(moving(frames, height, width)):
            frame = av.VideoFrame.from_ndarray(values, format="rgb24").reformat(format=layout)
            frame.pts, frame.time_base = number if pts is None else pts[number], base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path

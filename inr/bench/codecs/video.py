"""x264 and x265 through PyAV, tuned for PSNR, and the clip's own file where that is compressed.

They are given the clip's own 4:2:0 planes where it has such: a detour through RGB would cost
them colour that they are not asked to lose.  What they write is read by our own reader, so
that RGB is made from it as it was made from the source.

x264's AVX-512 code does not always write the same file twice (seen with library version 165 on a
busy machine; never with its other code), by up to a tenth on a clip of five small frames.
"""

import os
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inr import signals
from inr.bench.codecs.contender import Contender, Found
from inr.bench.codecs.ffmpeg import av_module, has_encoder

CRF = (18, 22, 26, 30, 34, 38, 42, 46)
PRESET = "medium"
# x265 (library version 216) writes past its own buffers where a frame is smaller than one of its blocks.
X265_LEAST = 64
ENCODERS = {
    "x264": ("libx264", {}),
    "x265": ("libx265", {"x265-params": "log-level=none"}),  # it writes to stderr past FFmpeg
}
LOSSLESS = ("ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "png", "magicyuv")
PLANES = "yuv420p"
# Numbers of swscale and of ITU-T H.273: BT.601, limited and full range.
SWSCALE_601, MATRIX_601, LIMITED, FULL = 5, 6, 1, 2


def opponents(reader: signals.Reader) -> Found:
    """The video codecs of this FFmpeg.

    Args:
        reader: a clip.

    Returns: the opponents, and one line for each that is left out.
    """
    if reader.spec.bits > 8:
        return [], [f"opponents left out: they take 8 bits; this clip has {reader.spec.bits}"]
    found: list[Contender] = []
    missing: list[str] = []
    for name, (encoder, options) in ENCODERS.items():
        if not has_encoder(encoder):
            missing.append(f"{name} left out: this build of FFmpeg has no {encoder}")
            continue
        if name == "x265" and min(reader.spec.shape[1:]) < X265_LEAST:
            missing.append(f"x265 left out: it needs frames of at least {X265_LEAST} x {X265_LEAST} pixels")
            continue
        settings = {
            f"crf {crf}": {"crf": str(crf), "preset": PRESET, "tune": "psnr", **options} for crf in CRF
        }
        found.append(Contender(name, ".mkv", settings, partial(_encode, reader, encoder), _decode))
    return found, missing


def source_codec(reader: signals.Reader) -> str | None:
    """What the clip's own file is compressed with; None where it is lossless or no file."""
    if not os.path.isfile(reader.source):
        return None
    with av_module().open(reader.source) as container:
        name = container.streams.video[0].codec_context.name
    return None if name in LOSSLESS else name


def _encode(reader: signals.Reader, encoder: str, options: dict[str, str], path: Path) -> None:
    spec = reader.spec
    planes = has_planes(reader)
    rate = (spec.rate or Fraction(1)).limit_denominator(1 << 16)
    odd = spec.shape[1] % 2 or spec.shape[2] % 2
    layout = "yuv444p" if odd and not planes else PLANES
    with av_module().open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=rate, options=dict(options))
        stream.height, stream.width = spec.shape[1:]
        stream.pix_fmt = layout
        codec = stream.codec_context
        codec.time_base = 1 / rate
        if planes:
            codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range = spec.colour
        else:
            codec.colorspace, codec.color_range = MATRIX_601, LIMITED
        for number, frame in enumerate(_own_frames(reader) if planes else _made_frames(reader, layout)):
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def has_planes(reader: signals.Reader) -> bool:
    """Whether the source's file holds 4:2:0 frames of 8 bits as they are shown."""
    if not os.path.isfile(reader.source):
        return False
    with av_module().open(reader.source) as container:
        frame = next(container.decode(container.streams.video[0]), None)
        return (
            frame is not None
            and frame.format.name == PLANES
            and frame.rotation == 0
            and (frame.height, frame.width) == reader.spec.shape[1:]
        )


def _own_frames(reader: signals.Reader) -> Iterator[Any]:
    """The source's frames as its decoder gives them."""
    with av_module().open(reader.source) as container:
        for frame in container.decode(container.streams.video[0]):
            frame.pict_type = 0  # else the encoder keeps the source's choice of key frames
            yield frame


def _made_frames(reader: signals.Reader, layout: str) -> Iterator[Any]:
    """Frames made of the reader's RGB."""
    new = av_module().VideoFrame.from_ndarray
    for number in range(reader.spec.shape[0]):
        frame = new(np.ascontiguousarray(reader.read(number, number + 1)[0]), format="rgb24")
        yield frame.reformat(
            format=layout, dst_colorspace=SWSCALE_601, src_color_range=FULL, dst_color_range=LIMITED
        )


def _decode(path: Path) -> Iterator[np.ndarray]:
    with signals.open_reader(path, kind="video") as reader:
        for number in range(reader.spec.shape[0]):
            yield reader.read(number, number + 1)

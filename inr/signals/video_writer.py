"""Frames to files: .mkv keeps every sample (FFV1 in RGB), .mp4 and .webm are lossy.

FFV1 holds RGB itself, so no matrix stands between our samples and the file.
The lossy ones get the source's matrix, limited range, and tags that say so.
"""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from inr.errors import SpecError
from inr.signals import colour, matroska
from inr.signals.base import Writer
from inr.signals.quiet import av_quiet
from inr.signals.samples import counts_of
from inr.specs import SignalSpec

Array = np.ndarray
CODECS = {".mkv": "ffv1", ".mp4": "libx264", ".webm": "libvpx-vp9"}
OPTIONS = {
    "ffv1": {"level": "3", "slicecrc": "1"},
    "libx264": {"crf": "14"},
    "libvpx-vp9": {"crf": "18", "b": "0", "cpu-used": "4", "row-mt": "1"},
}
LOSSY_NOTE = "{} is lossy; write .mkv to keep the samples"
DEPTH_NOTE = "{} is written with 8 of the {} bits; write .mkv to keep them"
MILLISECOND_NOTE = "{} keeps the time of each frame to the millisecond"
# Limits of the encoders: side of a frame in pixels.
LONGEST = {"ffv1": 1 << 16, "libx264": 16384, "libvpx-vp9": 16384}
TICKS = (1 << 31) - 1


class VideoWriter(Writer):
    """A video; blocks are runs of frames.

    Raises:
        SpecError: the format that the suffix names cannot hold the frames or their rate.
    """

    def __init__(self, path: Path, spec: SignalSpec) -> None:
        suffix = path.suffix.lower()
        self._codec = CODECS[suffix]
        self._layout = _layout(self._codec, spec)
        self._time_base = _time_base(path, spec)
        _check(path, spec, self._codec)
        notes = []
        if self._codec != "ffv1":
            notes.append(LOSSY_NOTE.format(suffix))
            if spec.bits > 8:
                notes.append(DEPTH_NOTE.format(suffix, spec.bits))
        if suffix != ".mp4" and spec.pts is not None:
            notes.append(MILLISECOND_NOTE.format(suffix))
        super().__init__(path, spec, tuple(notes))
        self._container: Any = None
        self._count = 0

    def _start(self, temporary: Path) -> None:
        rate = self.spec.rate
        assert rate is not None
        # The checksum of the track header would not survive the pixel's shape; see `matroska`.
        self._matroska = temporary.suffix != ".mp4" and self.spec.aspect != 1
        options = {"write_crc": "0"} if self._matroska else {}
        self._temporary = temporary
        self._container = av_quiet().open(str(temporary), "w", options=options)
        self._stream = stream = self._container.add_stream(
            self._codec, rate=rate.limit_denominator(1 << 16), options=dict(OPTIONS[self._codec])
        )
        stream.height, stream.width = self.spec.shape[1:]
        stream.pix_fmt = self._layout
        codec = stream.codec_context
        stream.time_base = codec.time_base = self._time_base
        codec.sample_aspect_ratio = self.spec.aspect
        primaries, transfer, _, _ = self.spec.colour
        codec.color_primaries, codec.color_trc = primaries, transfer
        if self._matroska:
            stream.metadata["title"] = matroska.ROOM
        if self._codec != "ffv1":
            codec.colorspace = colour.output_matrix(self.spec.colour)
            codec.color_range = colour.LIMITED

    def _put(self, block: Array) -> None:
        for pixels in block:
            frame = self._frame(pixels)
            frame.pts = self._count if self.spec.pts is None else self.spec.pts[self._count]
            frame.time_base = self._time_base
            self._container.mux(self._stream.encode(frame))
            self._count += 1

    def _frame(self, pixels: Array) -> Any:  # noqa: ANN401 - av types
        """One frame in the layout of the encoder; pixels is native RGB [H, W, 3]."""
        new = av_quiet().VideoFrame.from_ndarray
        if self._layout.startswith("gbrp"):
            return new(counts_of(pixels, self.spec.bits), format=self._layout)
        if pixels.dtype == np.uint16:
            pixels = np.rint(pixels / 257.0).astype(np.uint8)
        frame = new(np.ascontiguousarray(pixels), format="rgb24")
        if self._codec == "ffv1":
            return frame.reformat(format=self._layout)
        return colour.to_yuv(frame, self._layout, colour.output_matrix(self.spec.colour))

    def _finish(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        if self._matroska:
            height, width = self.spec.shape[1:]
            matroska.set_pixel_aspect(self._temporary, self.spec.aspect, width, height)

    def _abandon(self) -> None:
        if self._container is not None:
            self._container.close()


def _layout(codec: str, spec: SignalSpec) -> str:
    """The pixel format to encode."""
    if codec == "ffv1":
        return "bgr0" if spec.bits <= 8 else f"gbrp{spec.bits}le"
    odd = spec.shape[1] % 2 or spec.shape[2] % 2
    return "yuv444p" if odd else "yuv420p"


def _time_base(path: Path, spec: SignalSpec) -> Fraction:
    """Seconds per tick: that of the stored times, or one tick a frame."""
    rate = spec.rate
    assert rate is not None
    base = spec.time_base if spec.pts is not None and spec.time_base is not None else 1 / rate
    if max(base.numerator, base.denominator) > TICKS:
        base = base.limit_denominator(TICKS)
    if base.numerator > TICKS or base == 0:
        raise SpecError(f"{path}: {rate} frames a second cannot be written; choose another rate")
    return base


def _check(path: Path, spec: SignalSpec, codec: str) -> None:
    """Refuse what the encoder cannot take, before any work is done."""
    if spec.channels != 3 or spec.bits not in (8, 10, 12, 16):
        raise SpecError(
            f"{path}: {spec.channels} channels of {spec.bits} bits; video needs RGB of 8, 10, 12 or 16 bits"
        )
    if max(spec.shape[1:]) > LONGEST[codec]:
        raise SpecError(
            f"{path}: frames of {spec.shape[2]} x {spec.shape[1]}; "
            f"{codec} takes sides up to {LONGEST[codec]}; choose a smaller size"
        )

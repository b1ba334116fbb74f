"""Decoded video frames to RGB and back, by the matrix and range of their tags.

Numbers are those of ITU-T H.273.  A frame without tags is taken as BT.601, limited
range, because that is what FFmpeg does: our RGB is then everyone's RGB.  Values are
handed to swscale explicitly, since PyAV before 17 does not look at the tags itself.
Beyond 8 bits its white is 255 · 256 of 65535 (0.996), which is kept for the same reason.
"""

from typing import Any

import numpy as np

from inr.signals.samples import counts_of, full_scale

Array = np.ndarray
UNSPECIFIED = 2
LIMITED, FULL = 1, 2
BT601 = 6
# H.273 matrix coefficients -> swscale's number.  10 (constant luminance) is read as 9,
# as FFmpeg does.
SWSCALE = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}


def tags(frame: Any, codec: Any) -> tuple[int, int, int, int]:  # noqa: ANN401 - av types
    """(primaries, transfer, matrix, range) of a frame, or of its stream."""
    return tuple(  # pyright: ignore[reportReturnType]
        int(getattr(frame, name, None) or getattr(codec, name, None) or default)
        for name, default in (
            ("color_primaries", UNSPECIFIED),
            ("color_trc", UNSPECIFIED),
            ("colorspace", 0),
            ("color_range", 0),
        )
    )  # fmt: skip


def depth(frame: Any) -> int:  # noqa: ANN401 - av types
    """Bits per channel, as 8, 10, 12 or 16."""
    bits = max(component.bits for component in frame.format.components)
    return next((known for known in (8, 10, 12) if bits <= known), 16)


def has_alpha(frame: Any) -> bool:  # noqa: ANN401 - av types
    """Whether the pixel format carries transparency."""
    return any(component.is_alpha for component in frame.format.components)


def to_rgb(frame: Any, bits: int) -> Array:  # noqa: ANN401 - av types
    """Native RGB of a frame: uint8, or uint16 on the levels of `bits`; [H, W, 3]."""
    name = frame.format.name
    if bits > 8 and name in ("gbrp10le", "gbrp12le", "gbrp16le"):
        return full_scale(frame.to_ndarray(), bits)  # exact: swscale would be off by one
    arguments: dict[str, int] = {}
    if not frame.format.is_rgb:
        if int(frame.colorspace) in SWSCALE:
            arguments["src_colorspace"] = SWSCALE[int(frame.colorspace)]
        if int(frame.color_range) in (LIMITED, FULL):
            arguments["src_color_range"] = int(frame.color_range)
        arguments["dst_color_range"] = FULL
    if bits == 8:
        return frame.to_ndarray(format="rgb24", **arguments)
    return on_levels(frame.to_ndarray(format="rgb48le", **arguments), bits)


def on_levels(full: Array, bits: int) -> Array:
    """Round full-scale uint16 to the levels that `bits` can tell apart."""
    if bits >= 16:
        return full
    return full_scale(counts_of(np.arange(65536), bits), bits)[full]


def output_matrix(colour: tuple[int, int, int, int]) -> int:
    """The matrix to write with: the source's, or BT.601 where it has none."""
    return colour[2] if colour[2] in (1, 5, 6, 9) else BT601


def to_yuv(frame: Any, layout: str, matrix: int) -> Any:  # noqa: ANN401 - av types
    """An RGB frame in a YUV layout, limited range."""
    return frame.reformat(
        format=layout, dst_colorspace=SWSCALE[matrix], src_color_range=FULL, dst_color_range=LIMITED
    )

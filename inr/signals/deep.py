"""16-bit colour that Pillow would halve without a word: PNG and PPM through PyAV.

PyAV's codecs keep `rgb48be` and `rgba64be` exactly.  Grey with alpha (`ya16be`) has no
NumPy form there, so bytes are taken from the plane, and put there, by hand.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inr.errors import SignalError
from inr.signals.quiet import av_quiet

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.ImageFile import ImageFile

Array = np.ndarray
# FFmpeg's names of the packed 16-bit layouts, without the byte order, and ours.
LAYOUTS = {"gray16": "L", "ya16": "LA", "rgb48": "RGB", "rgba64": "RGBA"}
NAMES = {mode: f"{name}be" for name, mode in LAYOUTS.items()}
CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
# PNG colour types that have more than one channel: RGB, grey + alpha, RGB + alpha.
COLOUR_TYPES = (2, 4, 6)


def png_is_deep_colour(path: Path) -> bool:
    """Whether a PNG's header says 16 bits and more than one channel (PNG 3rd edition, 11.2.1)."""
    with path.open("rb") as file:
        header = file.read(26)
    return len(header) == 26 and header[24] == 16 and header[25] in COLOUR_TYPES


def ppm_is_deep_colour(picture: "ImageFile") -> bool:
    """Whether a PPM counts beyond 255; Pillow scales it to 8 bits then."""
    arguments = picture.tile[0].args if picture.tile else None
    deep = isinstance(arguments, tuple) and isinstance(arguments[-1], int) and arguments[-1] > 255
    return deep and picture.mode == "RGB"


def read_colour(path: Path) -> tuple[Array, str]:
    """A deep PNG, PPM or TIFF as uint16 [H, W, C] and its mode."""
    av = av_quiet()
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    name = frame.format.name
    if name[:-2] not in LAYOUTS:
        raise SignalError(f"{path}: a picture of layout {name}; convert it to a 16-bit RGB PNG")
    mode = LAYOUTS[name[:-2]]
    return _plane(frame, CHANNELS[mode]), mode


def _plane(frame: "VideoFrame", channels: int) -> Array:
    """The only plane of a packed 16-bit frame, without the padding of its rows."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    rows = np.ascontiguousarray(rows[: frame.height, : frame.width * channels * 2])
    order = ">u2" if frame.format.name.endswith("be") else "<u2"
    return rows.view(order).reshape(frame.height, frame.width, channels).astype(np.uint16)


def write_png(path: Path, pixels: Array, mode: str, icc: bytes | None) -> None:
    """Write uint16 [H, W, C] as a 16-bit PNG, exactly."""
    from fractions import Fraction

    av = av_quiet()
    height, width, channels = pixels.shape
    frame = av.VideoFrame(width, height, NAMES[mode])
    plane = frame.planes[0]
    rows = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)
    rows[:height, : width * channels * 2] = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    codec = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, NAMES[mode]
    codec.time_base = Fraction(1, 1)
    frame.pts = 0
    packets = [*codec.encode(frame), *codec.encode(None)]
    data = b"".join(bytes(packet) for packet in packets)
    path.write_bytes(with_profile(data, icc) if icc else data)


def with_profile(png: bytes, icc: bytes) -> bytes:
    """Insert an iCCP chunk after the header chunk (PNG 3rd edition, 11.3.2.3)."""
    import zlib

    body = b"iCCP" + b"icc\0\0" + zlib.compress(icc)
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    after_header = 8 + 25
    return png[:after_header] + chunk + png[after_header:]

"""A file's size beside the source's, beside lossless files of the same samples, beside JPEG.

Everything here is for the person's eyes and must never cost them the fit: what a format cannot
hold, or what would take long, is left out.
"""

import io
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np

from inr import metrics, signals
from inr.errors import InrError
from inr.specs import SignalSpec

# Beyond these a comparison would take seconds: pixels of a PNG and of a JPEG, values of a sound.
PNG_PIXELS, JPEG_PIXELS, FLAC_VALUES = 8_000_000, 4_000_000, 64_000_000
FLAC_BLOCK, STRIP_ROWS = 1 << 18, 256
JPEG_QUALITIES = (1, 95)  # beyond 95 Pillow's files grow and hardly gain
SUBSAMPLINGS = ("4:2:0", "4:4:4")
PNG_MODES = {"1": "L", "L": "L", "LA": "LA", "RGB": "RGB", "RGBA": "RGBA"}


@dataclass(frozen=True)
class Lossless:
    """What the same samples take without loss.

    Attributes:
        name: "PNG" or "16-bit FLAC".
        size_bytes: of the file.
    """

    name: str
    size_bytes: int


@dataclass(frozen=True)
class Jpeg:
    """The best JPEG that is not larger than a given size; the smallest there is, where none is so small.

    Attributes:
        size_bytes: of the file.
        quality: Pillow's, 1 to 95.
        subsampling: of its colours.
        psnr_db: against the source; None where the two are equal.
    """

    size_bytes: int
    quality: int
    subsampling: str
    psnr_db: float | None


@dataclass(frozen=True)
class Comparison:
    """Sizes to hold ours against.

    Attributes:
        source: the file's name, without its folders.
        source_bytes: its size; 0 where the signal came from no file.
        lossless, jpeg: None where they do not apply or were not tried.
    """

    source: str
    source_bytes: int
    lossless: Lossless | None = None
    jpeg: Jpeg | None = None

    def jpeg_words(self, size_bytes: int) -> str:
        """What JPEG makes of the picture at `size_bytes`, in a sentence's words; empty where not tried."""
        if self.jpeg is None:
            return ""
        quality = "exact" if self.jpeg.psnr_db is None else f"PSNR {self.jpeg.psnr_db:.2f} dB"
        where = f"{self.jpeg.size_bytes:,} bytes, quality {self.jpeg.quality}, {self.jpeg.subsampling}"
        if self.jpeg.size_bytes > size_bytes:
            return f"JPEG has no file this small; its smallest: {quality} ({where})"
        return f"JPEG at the same size: {quality} ({where})"


def compare(reader: signals.Reader, size_bytes: int, *, encode: bool = True) -> Comparison:
    """Hold a file of `size_bytes` against what others make of its source.

    Args:
        reader: the source.
        size_bytes: of ours; 0 where there is no file.
        encode: also try PNG and JPEG, or FLAC.
    """
    path = Path(reader.source)
    found = Comparison(path.name, source_bytes(reader))
    if not encode:
        return found
    # A codec that refuses, a full disk, a lack of memory: the comparison is left out.
    with suppress(InrError, OSError, MemoryError, ValueError):
        if reader.spec.kind == "audio":
            return changed(found, lossless=_flac(reader))
        if reader.spec.kind == "image":
            found = changed(found, lossless=_png(reader))
            return changed(found, jpeg=_jpeg(reader, size_bytes) if size_bytes else None)
    return found


def source_bytes(reader: signals.Reader) -> int:
    """The size of the file that a signal came from; 0 for none."""
    with suppress(OSError):
        return os.path.getsize(reader.source)
    return 0


def _png(reader: signals.Reader) -> Lossless | None:
    from PIL import Image

    spec = reader.spec
    if spec.bits > 8 or spec.mode not in PNG_MODES or spec.samples > PNG_PIXELS:
        return None
    picture = Image.fromarray(_pixels(reader), PNG_MODES[spec.mode])
    if spec.mode == "1":
        picture = picture.convert("1", dither=Image.Dither.NONE)
    return Lossless("PNG", len(_saved(picture, format="PNG")))


def _pixels(reader: signals.Reader) -> np.ndarray:
    """A picture's samples, [H, W] where it has one channel."""
    native = reader.read(0, reader.spec.shape[0])
    return native[..., 0] if reader.spec.channels == 1 else native


def _flac(reader: signals.Reader) -> Lossless | None:
    spec = reader.spec
    if spec.samples * spec.channels > FLAC_VALUES:
        return None
    sixteen: SignalSpec = changed(spec, bits=16, mode="PCM_16")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lossless.flac"
        with signals.open_writer(path, sixteen) as writer:
            for start in range(0, spec.shape[0], FLAC_BLOCK):
                stop = min(start + FLAC_BLOCK, spec.shape[0])
                writer.write(signals.to_float(reader.read(start, stop)))
        return Lossless("16-bit FLAC", os.path.getsize(path))


def _jpeg(reader: signals.Reader, size_bytes: int) -> Jpeg | None:
    from PIL import Image

    spec = reader.spec
    if spec.bits > 8 or spec.mode not in ("1", "L", "RGB") or spec.samples > JPEG_PIXELS:
        return None
    native = _pixels(reader)
    picture = Image.fromarray(native)
    colours = SUBSAMPLINGS[:1] if spec.channels == 1 else SUBSAMPLINGS
    tried = [_largest(picture, native, size_bytes, colour) for colour in colours]
    fitting = [jpeg for jpeg in tried if jpeg.size_bytes <= size_bytes]
    if not fitting:
        return min(tried, key=lambda jpeg: jpeg.size_bytes)
    return max(fitting, key=lambda jpeg: np.inf if jpeg.psnr_db is None else jpeg.psnr_db)


def _largest(picture: Any, native: np.ndarray, size_bytes: int, colour: str) -> Jpeg:
    """The highest quality whose file fits, by halving; the lowest quality where none does."""
    from PIL import Image

    low, high = JPEG_QUALITIES
    best, quality = b"", low
    while low <= high:
        middle = (low + high) // 2
        data = _saved(
            picture, format="JPEG", quality=middle, subsampling=colour, optimize=True, progressive=True
        )
        if len(data) <= size_bytes or middle == JPEG_QUALITIES[0]:
            best, quality, low = data, middle, middle + 1
        else:
            high = middle - 1
    with Image.open(io.BytesIO(best)) as decoded:
        got = np.asarray(decoded)
    sums = metrics.ErrorSums()
    for top in range(0, len(native), STRIP_ROWS):
        strips = (signals.to_float(values[top : top + STRIP_ROWS]) for values in (native, got))
        sums = metrics.update_error(sums, *strips)
    return Jpeg(len(best), quality, colour, metrics.psnr_db(sums))


def _saved(picture: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, **options)
    return file.getvalue()

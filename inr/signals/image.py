"""Pictures: one decoded frame in memory, in its own depth.

The header is read first: size, frame count and mode are judged before a pixel is
decoded, so that a 1 kB file that claims 60000 x 60000 pixels costs nothing.
Eight-bit pictures go through Pillow.  Pillow halves 16-bit colour without a word,
so those go through `deep`.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from inr.errors import SignalError
from inr.signals import deep, tiff
from inr.signals.base import Reader, failures
from inr.specs import IMAGE_MODES, SignalSpec

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

Array = np.ndarray
MAX_PIXELS = 1 << 28
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "AVIF", "PPM")
ANIMATED = ("PNG", "WEBP", "GIF", "AVIF")
ORIENTATION = 0x0112
# Rows that are converted at a time: the decoded picture and its array are then the
# only two copies, and never a third.
STRIP_VALUES = 1 << 22
# Pillow modes that are stored in another way than they should be read.
READ_AS = {"P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB"}
WITH_ALPHA = {"1": "LA", "L": "LA", "P": "RGBA", "RGB": "RGBA"}


class ImageReader(Reader):
    """A still picture: uint8 or uint16, shape [rows, W, C]."""

    def __init__(self, path: Path) -> None:
        with warnings.catch_warnings(), failures(path, "not a readable picture", "re-export it as PNG"):
            warnings.simplefilter("ignore")
            self._pixels, spec, notes = _open(path)
        super().__init__(str(path), spec, notes)

    def _read(self, start: int, stop: int) -> Array:
        return np.ascontiguousarray(self._pixels[start:stop])


def orient(pixels: Array, orientation: int) -> Array:
    """Turn and mirror as EXIF says (tag 0x0112, values 1 .. 8; any other means upright)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _open(path: Path) -> tuple[Array, SignalSpec, tuple[str, ...]]:
    """Pixels, upright, with their spec and notes."""
    with path.open("rb") as file:
        prefix = file.read(16)
    header = tiff.deep_header(path) if prefix[:2] in (b"II", b"MM") else None
    if header is not None:
        _check_size(path, header.width, header.height)
        pixels = orient(tiff.read_deep(path, header), header.orientation)
        return pixels, _spec(pixels, header.mode, 16, header.icc), _pages(header.pages)
    with _header(path, prefix) as picture:
        _judge(path, picture)
        pixels, mode, bits = _decode(path, picture)
        pixels = orient(pixels, _orientation(picture))
        icc = picture.info.get("icc_profile")
        return pixels, _spec(pixels, mode, bits, icc), _pages(getattr(picture, "n_frames", 1))


def _spec(pixels: Array, mode: str, bits: int, icc: object) -> SignalSpec:
    profile = icc if isinstance(icc, bytes) and icc else None
    return SignalSpec("image", pixels.shape[:2], IMAGE_MODES[mode], bits=bits, mode=mode, icc=profile)


def _pages(count: int) -> tuple[str, ...]:
    return (f"only the first of {count} pages is read",) if count > 1 else ()


def _header(path: Path, prefix: bytes) -> "ImageFile":
    """The picture, not yet decoded.

    `Image.open` would do the same, but with a limit of its own that only warns at
    first; the plugins are asked directly instead.
    """
    from PIL import Image

    Image.init()
    for name in FORMATS:
        factory, accept = Image.OPEN.get(name, (None, None))
        if factory is not None and accept is not None and accept(prefix) is True:
            return cast("Any", factory)(str(path), str(path))
    raise SignalError(
        f"{path}: no known picture format; one of {', '.join(FORMATS)} is needed; convert it to PNG"
    )


def _judge(path: Path, picture: "ImageFile") -> None:
    """Refuse by the header what must not or cannot be decoded."""
    _check_size(path, *picture.size)
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and picture.format in ANIMATED:
        raise SignalError(
            f"{path}: an animation of {frames} frames; a picture has one; "
            "save one frame as PNG, or convert it to .mp4 or .mkv to fit a video"
        )


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise SignalError(
            f"{path}: {width} x {height} pixels; at most {MAX_PIXELS} (2^28) are read; scale or crop it first"
        )


def _decode(path: Path, picture: "ImageFile") -> tuple[Array, str, int]:
    """Pixels [H, W, C], mode and bits."""
    deep_png = picture.format == "PNG" and deep.png_is_deep_colour(path)
    if deep_png or (picture.format == "PPM" and deep.ppm_is_deep_colour(picture)):
        return *deep.read_colour(path), 16
    picture.load()
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format in ("PNG", "PPM")):
        return np.asarray(picture).astype(np.uint16)[..., None], "L", 16
    mode = WITH_ALPHA.get(picture.mode) if "transparency" in picture.info else None
    mode = mode or READ_AS.get(picture.mode, picture.mode)
    if mode not in IMAGE_MODES:
        raise SignalError(
            f"{path}: pixels of mode {picture.mode!r}; 8 or 16 bits of grey, RGB or CMYK are needed; "
            "convert it to PNG or TIFF"
        )
    return _strips(picture, mode), mode, 1 if mode == "1" else 8


def _strips(picture: "ImageFile", mode: str) -> Array:
    """The picture as uint8 [H, W, C], converted a strip of rows at a time."""
    width, height = picture.size
    channels = IMAGE_MODES[mode]
    pixels = np.empty((height, width, channels), dtype=np.uint8)
    rows = max(1, STRIP_VALUES // (width * channels))
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        strip = picture.crop((0, top, width, bottom)).convert("L" if mode == "1" else mode)
        pixels[top:bottom] = np.asarray(strip).reshape(bottom - top, width, channels)
    return pixels


def _orientation(picture: "ImageFile") -> int:
    """EXIF orientation; 1 (upright) where there is none or it is nonsense."""
    # A PNG without the tag would be decoded once more in search of it.
    if picture.format == "PNG" and not ("exif" in picture.info or "XML:com.adobe.xmp" in picture.info):
        return 1
    value = picture.getexif().get(ORIENTATION, 1)
    return value if isinstance(value, int) else 1

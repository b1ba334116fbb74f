"""Pictures to files: PNG, JPEG, TIFF, WebP and BMP, from one buffered frame."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inr.errors import SpecError
from inr.signals import deep, tiff
from inr.signals.base import Writer
from inr.specs import SignalSpec

if TYPE_CHECKING:
    from PIL.Image import Image

Array = np.ndarray
SUFFIXES = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF",
    ".webp": "WEBP", ".bmp": "BMP",
}  # fmt: skip
# What each format can hold, and the largest side of a picture.
MODES = {
    "PNG": ("1", "L", "LA", "RGB", "RGBA"), "JPEG": ("1", "L", "RGB", "CMYK"),
    "TIFF": ("1", "L", "LA", "RGB", "RGBA", "CMYK"), "WEBP": ("1", "L", "LA", "RGB", "RGBA"),
    "BMP": ("1", "L", "RGB"),
}  # fmt: skip
LONGEST = {"JPEG": 65535, "WEBP": 16383}
DEEP = ("PNG", "TIFF")
OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {}, "BMP": {}, "JPEG": {"quality": 95, "subsampling": 0},
    "TIFF": {"compression": "tiff_adobe_deflate"}, "WEBP": {"lossless": True, "exact": True},
}  # fmt: skip
LOSSY_NOTE = "JPEG is lossy; write .png to keep the samples"
DEPTH_NOTE = "{} holds 8 of the 16 bits; write .png or .tiff to keep them"


class ImageWriter(Writer):
    """One picture; blocks are runs of rows.

    Raises:
        SpecError: the format that the suffix names cannot hold the picture.
    """

    def __init__(self, path: Path, spec: SignalSpec) -> None:
        self._format = SUFFIXES[path.suffix.lower()]
        _check(path, spec, self._format)
        self._deep = spec.bits > 8 and self._format in DEEP
        notes = (LOSSY_NOTE,) if self._format == "JPEG" else ()
        if spec.bits > 8 and not self._deep:
            notes += (DEPTH_NOTE.format(self._format),)
        super().__init__(path, spec, notes)
        self._row = 0
        self._frame: Array | Image | None = None
        self._temporary = path

    def _start(self, temporary: Path) -> None:
        from PIL import Image

        self._temporary = temporary
        height, width = self.spec.shape
        if self._deep:
            self._frame = np.zeros((height, width, self.spec.channels), dtype=np.uint16)
        else:
            self._frame = Image.new(self.spec.mode, (width, height))

    def _put(self, block: Array) -> None:
        from PIL import Image

        if isinstance(self._frame, np.ndarray):
            self._frame[self._row : self._row + len(block)] = block
        elif self._frame is not None and len(block):
            if block.dtype == np.uint16:
                block = np.rint(block / 257.0).astype(np.uint8)
            flat = np.ascontiguousarray(block[..., 0] if self.spec.channels == 1 else block)
            size = (flat.shape[1], flat.shape[0])
            mode = "L" if self.spec.mode == "1" else self.spec.mode
            strip = Image.frombytes(mode, size, flat.tobytes())
            # Without dither: 0 and 255 go to one bit exactly.
            strip = strip.convert("1", dither=Image.Dither.NONE) if self.spec.mode == "1" else strip
            self._frame.paste(strip, (0, self._row))
        self._row += len(block)

    def _finish(self) -> None:
        frame, self._frame = self._frame, None
        if isinstance(frame, np.ndarray):
            write = deep.write_png if self._format == "PNG" else tiff.write_deep
            write(self._temporary, frame, self.spec.mode, self.spec.icc)
        elif frame is not None:
            save_picture(frame, self._temporary, self._format, self.spec.icc)

    def _abandon(self) -> None:
        self._frame = None


def save_picture(picture: "Image", path: Path, name: str, icc: bytes | None) -> None:
    """Save through Pillow, with the colour profile where the format has a place for one."""
    options = dict(OPTIONS[name])
    if icc and name != "BMP":
        options["icc_profile"] = icc
    if name == "TIFF" and picture.mode == "1":
        options["compression"] = "group4"
    picture.save(path, format=name, **options)


def _check(path: Path, spec: SignalSpec, name: str) -> None:
    """Refuse what the format cannot hold before any work is done."""
    if spec.mode not in MODES[name]:
        better = ".tiff or .jpg" if spec.mode == "CMYK" else ".png"
        raise SpecError(f"{path}: {name} cannot hold {spec.mode} pixels; use {better}")
    longest = LONGEST.get(name, 1 << 30)
    if max(spec.shape) > longest:
        raise SpecError(
            f"{path}: {spec.shape[1]} x {spec.shape[0]} pixels; {name} holds sides up to {longest}; use .png"
        )

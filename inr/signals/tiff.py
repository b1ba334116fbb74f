"""16-bit TIFF with more than one channel: Pillow halves it or does not know it.

The header comes from tifffile, and the pixels too, where it can undo the compression;
LZW it leaves to an optional package, so those pages go through PyAV.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inr.errors import SignalError
from inr.signals.deep import read_colour

Array = np.ndarray
ORIENTATION = 274
ICC_PROFILE = 34675
# TIFF 6.0, section 8: 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK.
WHITE_IS_ZERO = 0
GREY = {1: "L", 2: "LA"}
MODES = {0: GREY, 1: GREY, 2: {3: "RGB", 4: "RGBA"}, 5: {4: "CMYK"}}


class TiffHeader(NamedTuple):
    """What is known before a pixel is decoded."""

    width: int
    height: int
    mode: str
    orientation: int
    icc: bytes | None
    pages: int


def deep_header(path: Path) -> TiffHeader | None:
    """The header of a 16-bit TIFF of several channels; None for any other TIFF.

    Raises:
        SignalError: the samples are neither 8 nor 16 bits, or the channels are of no known kind.
    """
    import tifffile

    with tifffile.TiffFile(path) as file:
        page: Any = file.pages[0]
        if page.bitspersample <= 8 or (page.samplesperpixel == 1 and page.dtype == np.uint16):
            return None
        photometric, channels = int(page.photometric), page.samplesperpixel
        mode = MODES.get(photometric, {}).get(channels)
        if page.dtype != np.uint16 or mode is None:
            raise SignalError(
                f"{path}: a TIFF of {channels} channels of {page.dtype}; "
                "8 or 16 bits of grey, RGB or CMYK are needed; convert it"
            )
        tags = {code: page.tags[code].value for code in (ORIENTATION, ICC_PROFILE) if code in page.tags}
        return TiffHeader(
            page.imagewidth, page.imagelength, mode,
            int(tags.get(ORIENTATION, 1)), tags.get(ICC_PROFILE), len(file.pages),
        )  # fmt: skip


def read_deep(path: Path, header: TiffHeader) -> Array:
    """The first page as uint16 [H, W, C]."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        page: Any = file.pages[0]
        try:
            pixels = page.asarray()
        except ValueError:  # a compression that needs `imagecodecs`
            pixels, mode = read_colour(path)
            if mode != header.mode:
                raise
            return pixels
        if page.axes.startswith("S"):  # one plane a channel
            pixels = np.moveaxis(pixels, 0, -1)
        inverted = int(page.photometric) == WHITE_IS_ZERO
    pixels = np.asarray(pixels).reshape(header.height, header.width, -1)
    return 65535 - pixels if inverted else pixels


def write_deep(path: Path, pixels: Array, mode: str, icc: bytes | None) -> None:
    """Write uint16 [H, W, C] as a 16-bit TIFF, exactly."""
    import tifffile

    photometric = {"L": "minisblack", "LA": "minisblack", "CMYK": "separated"}.get(mode, "rgb")
    tifffile.imwrite(
        path,
        pixels[..., 0] if mode == "L" else pixels,
        photometric=photometric,
        planarconfig=None if mode == "L" else "contig",
        extrasamples=["unassalpha"] if mode in ("LA", "RGBA") else None,
        compression="zlib",
        iccprofile=icc,
        metadata=None,
    )

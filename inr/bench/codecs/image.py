"""JPEG, JPEG 2000, WebP and AVIF as Pillow writes them, each with what makes its files smallest.

JPEG is progressive with Huffman tables of its own, once with halved and once with full colour;
JPEG 2000 is the irreversible transform in a bare codestream; AVIF keeps full colour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inr import signals
from inr.bench.codecs.contender import Contender, Found

JPEG_QUALITIES = (3, 5, 7, 9, 12, 15, 19, 25, 30, 37, 45, 55, 65, 72, 78, 82, 86, 90, 93, 96)
# Bits a value; Pillow is told the ratio to the 8 bits that a value has.
JPEG2000_BITS = (0.015, 0.025, 0.04, 0.065, 0.1, 0.15, 0.22, 0.33, 0.5, 0.75, 1.1)
WEBP_QUALITIES = (1, 5, 12, 22, 35, 50, 62, 72, 80, 87, 92, 96)
AVIF_QUALITIES = (5, 12, 20, 28, 36, 45, 54, 63, 72, 80, 87, 93)


@dataclass(frozen=True)
class _Format:
    """How Pillow calls a codec, and the options of its settings."""

    name: str
    feature: str
    suffix: str
    settings: dict[str, dict[str, Any]]


def opponents(reader: signals.Reader) -> Found:
    """The picture codecs of this Pillow.

    Args:
        reader: a picture.

    Returns: the opponents, and one line for each that is left out.
    """
    from PIL import features

    if reader.spec.bits > 8 or reader.spec.mode not in ("1", "L", "RGB"):
        what = f"{reader.spec.mode} of {reader.spec.bits} bits"
        return [], [f"opponents left out: they take grey or RGB of 8 bits; this is {what}"]
    native = reader.read(0, reader.spec.shape[0])
    grey = reader.spec.channels == 1
    found: list[Contender] = []
    missing: list[str] = []
    for form in _formats(grey):
        if not features.check(form.feature):
            missing.append(f"{form.name} left out: this build of Pillow does not have it")
            continue
        encode, decode = partial(_encode, native), partial(_decode, "L" if grey else "RGB")
        found.append(Contender(form.name, form.suffix, form.settings, encode, decode))
    return found, missing


def _formats(grey: bool) -> list[_Format]:
    jpeg = {
        f"quality {q}, {colour}": {
            "quality": q,
            "subsampling": colour,
            "progressive": True,
            "optimize": True,
        }
        for colour in (("4:4:4",) if grey else ("4:2:0", "4:4:4"))
        for q in JPEG_QUALITIES
    }
    jpeg2000 = {
        f"{bits:g} bits a value": {
            "irreversible": True,
            "mct": 0 if grey else 1,
            "quality_mode": "rates",
            "quality_layers": [8.0 / bits],
        }
        for bits in JPEG2000_BITS
    }
    webp = {f"quality {q}": {"quality": q, "method": 6} for q in WEBP_QUALITIES}
    colour = {} if grey else {"subsampling": "4:4:4"}
    avif = {f"quality {q}": {"quality": q, "speed": 6, **colour} for q in AVIF_QUALITIES}
    return [
        _Format("jpeg", "jpg", ".jpg", jpeg),
        _Format("jpeg2000", "jpg_2000", ".j2k", jpeg2000),
        _Format("webp", "webp", ".webp", webp),
        _Format("avif", "avif", ".avif", avif),
    ]


def _encode(native: np.ndarray, options: dict[str, Any], path: Path) -> None:
    from PIL import Image

    Image.fromarray(native[..., 0] if native.shape[-1] == 1 else native).save(path, **options)


def _decode(mode: str, path: Path) -> Iterator[np.ndarray]:
    """The whole picture; what knows no grey comes back as colours whose luma is meant."""
    from PIL import Image

    with Image.open(path) as picture:
        values = np.asarray(picture.convert(mode))
    yield values[..., None] if mode == "L" else values

"""One self-contained HTML file: template, style, scripts, and the bytes to show.

The scripts are plain functions in one scope, joined in the order below.  CORE decodes and
evaluates and knows no document, so it also runs outside a browser; the others draw.
"""

import base64
import html
import re
from functools import lru_cache
from importlib import resources

CORE = (
    "bytes.js",
    "inflate.js",
    "header.js",
    "models.js",
    "coder.js",
    "classes.js",
    "context.js",
    "neighbours.js",
    "magnitudes.js",
    "moving.js",
    "grids.js",
    "clips.js",
    "lapped.js",
    "weights.js",
    "partition.js",
    "activations.js",
    "wavelet.js",
    "moments.js",
    "spline.js",
    "waves.js",
    "network.js",
    "field.js",
    "reference.js",
    "quality.js",
    "profile.js",
)
DRAWING = (
    "pace.js",
    "shader.js",
    "gridshader.js",
    "gl.js",
    "colour.js",
    "view.js",
    "stage.js",
    "picture.js",
    "clip.js",
    "sound.js",
    "spectrum.js",
    "panel.js",
    "curves.js",
    "page.js",
)
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page(data: bytes, reference: bytes | None = None, title: str = "inr") -> str:
    """The page of a `.inr` file.

    Args:
        data: the bytes of the file.  They are not looked into here: the page says what is wrong
            with a damaged one.
        reference: the original on the same grid, to compare with: a picture as PNG (no palette, not
            interlaced), a sound as WAV.
        title: what the page is called; any text.

    Returns: an HTML document that fetches nothing.
    """
    parts = {
        "title": html.escape(title),
        "style": _text("page.css"),
        "script": f'(() => {{\n"use strict";\n{script((*CORE, *DRAWING))}}})();',
        "file": base64.b64encode(data).decode("ascii"),
        "reference": base64.b64encode(reference or b"").decode("ascii"),
    }
    # In one pass, so that what is put in is never taken for a place to put something.
    return _PLACE.sub(lambda place: parts[place[1]], _text("page.html"))


def script(names: tuple[str, ...]) -> str:
    """The text of some of the scripts, joined."""
    return "".join(_text(name) for name in names)


@lru_cache
def _text(name: str) -> str:
    return resources.files("inr.viewer").joinpath(name).read_text(encoding="utf-8")

"""Pictures as data URIs, and errors as colours that every eye can order."""

import base64
import io

import numpy as np

Array = np.ndarray
# Cividis (Nuñez, Anderton & Renslow 2018) at nine even places; it rises in lightness throughout.
RAMP = np.array(
    [
        [0, 34, 78], [26, 56, 111], [67, 78, 108], [97, 101, 111], [125, 124, 120],
        [155, 148, 118], [188, 174, 108], [222, 201, 88], [254, 232, 56],
    ],
    dtype=np.float64,
)  # fmt: skip
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
QUANTILE = 0.998  # of the error that gets the ramp's end


def png(values: Array, icc: bytes | None = None, *, cmyk: bool = False) -> str:
    """A picture as a PNG data URI.

    Args:
        values: float in [0, 1], [H, W, C].
        icc: its colour profile.
        cmyk: four channels are inks, and are shown as RGB.
    """
    from PIL import Image

    levels = np.rint(np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)
    levels = np.ascontiguousarray(levels[..., 0] if levels.shape[-1] == 1 else levels)
    if cmyk:
        picture, icc = Image.fromarray(levels, "CMYK").convert("RGB"), None
    else:
        picture = Image.fromarray(levels)
    file = io.BytesIO()
    picture.save(file, format="PNG", **({"icc_profile": icc} if icc else {}))
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def error_scale(*errors: Array) -> float:
    """The mean absolute error that gets the ramp's end; never 0."""
    return max([1 / 255, *(float(np.quantile(error, QUANTILE)) for error in errors)])


def absolute(original: Array, decoded: Array) -> Array:
    """Mean absolute error over channels; [..., C] -> [...]."""
    return np.abs(decoded - original).mean(-1)


def coloured(error: Array, scale: float) -> str:
    """An error map, 0 to `scale`, as a PNG data URI; [H, W]."""
    place = np.clip(error / scale, 0.0, 1.0) * (len(RAMP) - 1)
    at = np.arange(len(RAMP))
    return png(np.stack([np.interp(place, at, RAMP[:, c]) for c in range(3)], -1) / 255.0)


def gradient() -> str:
    """The ramp as a CSS gradient, for the scale below a map."""
    return "linear-gradient(to right, " + ", ".join(f"rgb({r:.0f} {g:.0f} {b:.0f})" for r, g, b in RAMP) + ")"

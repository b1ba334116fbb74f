"""Native samples to floats and back: the only place where values are rounded.

    pictures:  x = v / (2^b - 1),        v = round((2^b - 1) clip(x, 0, 1))             (1)
    audio:     x = v / 2^(b-1),          v = round(2^(b-1) x), clipped to -2^(b-1) .. 2^(b-1) - 1    (2)

b is the source's depth.  Depths of 9 to 16 bits live full-scale in uint16, so that
x = v / 65535 whatever the depth, and one-bit pictures live in uint8 as 0 and 255.
What evaluation measures is `to_float(from_float(x, spec))`.
"""

import numpy as np

from inr.errors import SpecError
from inr.specs import SignalSpec

Array = np.ndarray
FULL_SCALE: dict[str, float] = {"uint8": 255.0, "uint16": 65535.0, "int16": 32768.0}
# Depth of the integer sample formats, and whether they fit int16 without loss of meaning.
PCM_BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "LOSSY": 16}


def to_float(native: Array) -> Array:
    """Native samples as float32: pictures in [0, 1], audio in [-1, 1].

    Raises:
        SpecError: the type is not one that readers give.
    """
    name = native.dtype.name
    if name in ("float32", "float64"):
        return native.astype(np.float32, copy=False)
    if name not in FULL_SCALE:
        raise SpecError(f"samples: {name} came; one of uint8, uint16, int16, float32 is needed")
    return np.divide(native, np.float32(FULL_SCALE[name]), dtype=np.float32)


def from_float(values: Array, spec: SignalSpec) -> Array:
    """Clip and round to the source's depth: equation (1) for pictures and video, (2) for audio.

    Returns: uint8 or uint16 for pictures; int16 for audio of 16 bits; else audio stays
    a float type, on the levels of its format (FLOAT and DOUBLE are not touched).
    """
    if spec.kind == "audio":
        return _audio(values, spec.mode)
    unit = np.clip(values, 0.0, 1.0)
    if spec.bits == 1:
        return np.where(unit >= 0.5, np.uint8(255), np.uint8(0))
    levels = float(2**spec.bits - 1)
    counts = np.rint(unit * levels)
    if spec.bits <= 8:
        return np.rint(counts * (255.0 / levels)).astype(np.uint8)
    return counts.astype(np.uint16) if spec.bits >= 16 else full_scale(counts, spec.bits)


def native_dtype(spec: SignalSpec) -> str:
    """The type that readers of such a signal hand out: uint8, uint16, int16 or float32."""
    if spec.kind == "audio":
        return "int16" if spec.mode == "PCM_16" else "float32"
    return "uint8" if spec.bits <= 8 else "uint16"


def full_scale(counts: Array, bits: int) -> Array:
    """Levels 0 .. 2^bits - 1 spread over 0 .. 65535; uint16."""
    return np.rint(np.asarray(counts, dtype=np.float64) * (65535.0 / (2**bits - 1))).astype(np.uint16)


def counts_of(native: Array, bits: int) -> Array:
    """The inverse of `full_scale`: the nearest of the 2^bits levels; uint16."""
    if bits >= 16:
        return native
    return np.rint(native * ((2**bits - 1) / 65535.0)).astype(np.uint16)


def _audio(values: Array, mode: str) -> Array:
    if mode in ("FLOAT", "DOUBLE"):
        return values
    scale = 2.0 ** (PCM_BITS[mode] - 1)
    # float32 holds every level up to 24 bits; 2^31 - 1 needs float64.
    wide = values.astype(np.float64) if mode == "PCM_32" else values
    levels = np.clip(np.rint(wide * scale), -scale, scale - 1.0)
    if mode in ("PCM_16", "LOSSY"):
        return levels.astype(np.int16)
    return levels / scale

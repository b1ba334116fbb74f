"""NumPy arrays as signals, for those who have their samples in memory."""

import hashlib
from fractions import Fraction

import numpy as np

from inr.errors import SignalError, SpecError
from inr.signals.base import Reader
from inr.specs import KINDS, SignalSpec

Array = np.ndarray
PICTURE_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
SHAPES = {
    "image": "(H, W) or (H, W, C)", "audio": "(N,) or (N, C)", "video": "(T, H, W) or (T, H, W, 3)",
}  # fmt: skip
DIMENSIONS = {"image": (2, 3), "audio": (1, 2), "video": (3, 4)}
AUDIO_TYPES = {
    "int16": ("PCM_16", 16),
    "float32": ("FLOAT", 32),
    "float64": ("FLOAT", 32),
    "uint8": ("PCM_U8", 8),
}


class ArrayReader(Reader):
    """An array as a signal; the array is neither copied whole nor changed."""

    def __init__(
        self, array: Array, kind: str | None, rate_hz: float | Fraction | None, fps: float | Fraction | None
    ) -> None:
        self._array = _with_channels(array, kind)
        if kind == "audio":
            spec = _audio_spec(self._array, _rate(rate_hz, "audio", "rate_hz"))
        else:
            rate = _rate(fps, "video", "fps") if kind == "video" else None
            spec = _picture_spec(self._array, kind, rate)
        super().__init__("array", spec)

    def _read(self, start: int, stop: int) -> Array:
        block = self._array[start:stop]
        name = block.dtype.name
        if self.spec.kind == "audio":
            native = (block.astype(np.float32) - 128.0) / 128.0 if name == "uint8" else block
            return native if name == "int16" else native.astype(np.float32)
        if name == "bool":
            block = block * np.uint8(255)
        elif name.startswith("float"):
            block = np.rint(block * 65535.0).astype(np.uint16)
        return np.repeat(block, 3, axis=3) if self.spec.kind == "video" and block.shape[3] == 1 else block

    def _hashed(self) -> str:
        """SHA-256 of type, shape and values, as hex digits."""
        digest = hashlib.sha256(f"{self._array.dtype.str} {self._array.shape}".encode())
        for row in self._array:
            digest.update(np.ascontiguousarray(row).data)
        return digest.hexdigest()


def _with_channels(array: Array, kind: str | None) -> Array:
    """The array with a channel axis, or an error that says what is needed."""
    if kind is None or kind not in KINDS:
        raise SpecError(f"array: kind= must be one of {', '.join(KINDS)}; got {kind!r}")
    if array.ndim not in DIMENSIONS[kind]:
        raise SpecError(f"array: shape {array.shape} came; {kind} needs {SHAPES[kind]}")
    if array.size == 0:
        raise SignalError(f"array: shape {array.shape} holds no samples; {kind} needs at least one")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise SignalError("array: holds NaN or infinity; finite samples are needed; replace them first")
    return array if array.ndim == DIMENSIONS[kind][1] else array[..., None]


def _rate(value: float | Fraction | None, kind: str, name: str) -> Fraction:
    if value is None or not 0 < value < float("inf"):
        raise SpecError(f"array: {kind} needs {name}= above 0; got {value}")
    # 29.97 as a float means 2997/100, not its 53-bit expansion.
    return Fraction(value).limit_denominator(1 << 20)


def _audio_spec(array: Array, rate: Fraction) -> SignalSpec:
    name = array.dtype.name
    if name not in AUDIO_TYPES:
        raise SpecError(f"array: audio of {name} came; one of {', '.join(AUDIO_TYPES)} is needed; convert it")
    mode, bits = AUDIO_TYPES[name]
    return SignalSpec("audio", array.shape[:1], array.shape[1], bits=bits, mode=mode, rate=rate)


def _picture_spec(array: Array, kind: str | None, rate: Fraction | None) -> SignalSpec:
    name, channels = array.dtype.name, array.shape[-1]
    depths = {"bool": 1, "uint8": 8, "uint16": 16, "float32": 16, "float64": 16}
    if name not in depths:
        raise SpecError(f"array: {kind} of {name} came; one of {', '.join(depths)} is needed; convert it")
    if name.startswith("float") and not (array.min() >= 0 and array.max() <= 1):
        raise SpecError(
            f"array: {kind} values reach {array.min()} .. {array.max()}; "
            "floats must lie in [0, 1]; scale them"
        )
    if kind == "video":
        if channels not in (1, 3):
            raise SpecError(f"array: video of {channels} channels came; 1 or 3 are needed; drop the others")
        return SignalSpec("video", array.shape[:3], 3, bits=max(8, depths[name]), mode="RGB", rate=rate)
    if channels not in PICTURE_MODES or (name == "bool" and channels != 1):
        raise SpecError(f"array: {name} picture of {channels} channels came; 1 to 4 are needed (bool: 1)")
    mode = "1" if name == "bool" else PICTURE_MODES[channels]
    return SignalSpec("image", array.shape[:2], channels, bits=depths[name], mode=mode)

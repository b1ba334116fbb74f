"""The signals of the RAF paper's experiments, whole or cropped, with the coordinates of its code.

    sound     x_i = 100 (2 i / (n - 1) - 1)                                (1)
    others    x_i = 2 i / (n - 1) - 1 along every axis

n counts the samples of the *whole* signal, end points included.  A crop keeps these coordinates, so
that a frequency means the same as in the whole; a crop spread over [-1, 1] would make every signal
smoother than it is.  Pictures are squashed to 256 x 256 grey pixels and rounded to 8 bits, sound is
mixed to one channel and divided by the peak of the whole, video keeps its colours.

Crops: the middle of pictures and clips; of sound the part with the most energy, which is never silence.

Source: Liang et al. 2021, arXiv:2101.04844, sections 4.1.1 to 4.1.3, and the authors' data loading.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from inr import signals
from inr.bench.jobs import CAMERA_SIDE, camera
from inr.bench.recipes import SOUND_STRETCH
from inr.specs import Kind

Array = np.ndarray


@dataclass(frozen=True)
class RafSignal:
    """Samples on a grid.

    Attributes:
        experiment: "audio", "image" or "video".
        name: as the rows call it.
        native: the samples as a reader gives them, [..., C].
        axes: coordinates along each axis, equation (1).
        peak: what sound is divided by.
    """

    experiment: Kind
    name: str
    native: Array
    axes: tuple[Array, ...]
    peak: float = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Samples along each axis."""
        return self.native.shape[:-1]

    @property
    def count(self) -> int:
        """Samples, channels not counted."""
        return math.prod(self.shape)

    @cached_property
    def _flat(self) -> Array:
        return self.native.reshape(-1, self.native.shape[-1])

    def points(self, index: Array) -> Array:
        """Coordinates of the samples with those flat numbers.  Shape: [n] -> [n, D], float32."""
        places = np.unravel_index(index, self.shape)
        return np.stack([axis[i] for axis, i in zip(self.axes, places, strict=True)], -1).astype(np.float32)

    def waveform(self, index: Array) -> Array:
        """Values for judging, [n, C]: pictures and video in [0, 1], sound in [-1, 1]."""
        return signals.to_float(self._flat[index])

    def targets(self, index: Array) -> Array:
        """Values that are fitted, [n, C]: in [-1, 1]."""
        values = self.waveform(index)
        return values / np.float32(self.peak) if self.experiment == "audio" else 2.0 * values - 1.0

    def from_targets(self, values: Array) -> Array:
        """The inverse of `targets`, clipped."""
        clipped = np.clip(values, -1.0, 1.0)
        return clipped * np.float32(self.peak) if self.experiment == "audio" else 0.5 * (clipped + 1.0)

    def half(self) -> "RafSignal":
        """Every second sample of each axis, where it was."""
        every = slice(None, None, 2)
        native = np.ascontiguousarray(self.native[(every,) * len(self.shape)])
        axes = tuple(axis[every] for axis in self.axes)
        return RafSignal(self.experiment, self.name, native, axes, self.peak)

    def left_out(self) -> Array:
        """Flat numbers of the samples that `half` does not have."""
        out = np.ones(self.shape, dtype=bool)
        out[(slice(None, None, 2),) * len(self.shape)] = False
        return np.flatnonzero(out)


@dataclass(frozen=True)
class RafSource:
    """Where a signal comes from.

    Attributes:
        experiment: "audio", "image" or "video".
        name: as the rows call it.
        path: of the file in the reference data; None for what scikit-image brings.
        read: the whole signal from the file.
    """

    experiment: Kind
    name: str
    path: str | None
    read: Callable[[Path], Array]

    def load(self, data: Path | None, crop: tuple[int, ...] | None) -> RafSignal | None:
        """The signal, cropped to at most so many samples an axis; None where its file is absent."""
        file = Path() if self.path is None else None if data is None else data / self.path
        if file is None or (self.path is not None and not file.is_file()):
            return None
        return make_signal(self.experiment, self.name, self.read(file), crop)


def make_signal(experiment: Kind, name: str, whole: Array, crop: tuple[int, ...] | None) -> RafSignal:
    """A signal of an experiment from all its samples.

    Args:
        experiment: "audio", "image" or "video".
        name: as the rows call it.
        whole: [..., C] as a reader gives it; sound of any number of channels.
        crop: samples along each axis at most; None for all.
    """
    peak = 1.0
    if experiment == "audio":
        whole = signals.to_float(whole).mean(axis=1, keepdims=True)
        peak = float(np.abs(whole).max()) or 1.0
    shape = whole.shape[:-1]
    kept = tuple(min(n, c) for n, c in zip(shape, crop or shape, strict=True))
    first = [(n - k) // 2 for n, k in zip(shape, kept, strict=True)]
    if experiment == "audio":
        first = [_loudest(whole[:, 0], kept[0])]
    window = tuple(slice(a, a + k) for a, k in zip(first, kept, strict=True))
    stretch = SOUND_STRETCH if experiment == "audio" else 1.0
    axes = tuple(
        stretch * (2.0 * np.arange(n)[part] / max(1, n - 1) - 1.0)
        for n, part in zip(shape, window, strict=True)
    )
    return RafSignal(experiment, name, np.ascontiguousarray(whole[window]), axes, peak)


def _loudest(sound: Array, length: int) -> int:
    """First sample of the part of that length with the most energy."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    return int(np.argmax(energy[length:] - energy[: len(energy) - length]))


def _picture(name: str, _: Path) -> Array:
    """One of scikit-image's pictures, 256 x 256, grey, uint8 [256, 256, 1]."""
    if name == "camera":
        return camera()[..., None]
    from skimage import color, data
    from skimage.transform import resize

    found = getattr(data, name)()
    grey = color.rgb2gray(found) if found.ndim == 3 else found / 255.0
    small = np.asarray(resize(grey, (CAMERA_SIDE, CAMERA_SIDE), anti_aliasing=True))
    return np.rint(255.0 * small).astype(np.uint8)[..., None]


def _recording(file: Path) -> Array:
    with signals.open_reader(file) as reader:
        return reader.read(0, reader.spec.shape[0])


SOURCES = (
    *(RafSource("image", n, None, partial(_picture, n)) for n in ("camera", "astronaut", "cat", "coins")),
    *(RafSource("audio", n, f"audio/gt_{n}.wav", _recording) for n in ("bach", "counting")),
    RafSource("video", "bikes", "video/bikes.mp4", _recording),
)

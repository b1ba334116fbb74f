"""Samples that are no whole grid: points anywhere, or the unmasked part of a grid.

Readers of such samples give them as they are in `points`, for fitting and for measuring.  As every
reader they can also be read as a grid; that one has its empty places filled (fill.py), and a fit is
planned on it.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from inr import coords as grid_rule
from inr.domain import Domain
from inr.errors import SignalError, SpecError
from inr.signals.base import Reader
from inr.signals.fill import filled, gridded
from inr.signals.open import open_reader
from inr.signals.samples import FULL_SCALE, native_dtype, to_float
from inr.specs import AXES, Kind, SignalSpec

Array = np.ndarray
KIND_OF_AXES: dict[int, Kind] = {1: "audio", 2: "image", 3: "video"}
MOST_CHANNELS = {"audio": 256, "image": 4, "video": 4}  # what a file holds
DEPTH = {"audio": (32, "FLOAT"), "image": (16, ""), "video": (16, "")}


@dataclass(frozen=True)
class Points:
    """Samples in any order.

    Attributes:
        x: [N, D] coordinates in [-1, 1], float64, slowest axis first.
        values: [N, C] in signal units, float32.
    """

    x: Array
    values: Array


class PointReader(Reader):
    """A signal of which only some points are known."""

    @abstractmethod
    def points(self) -> Points:
        """All of them, at least one."""


class ScatteredReader(PointReader):
    """Values at scattered coordinates, in any units.

    Args:
        coords: (N, D), or (N,) for one axis; NumPy, torch or nested lists.
        values: (N, C), or (N,) for one channel.
        names: of the axes and then of the channels, to be kept in the file.
        domain: units to use instead of those of the data, such as those of a fitted field.

    Attributes:
        given: the values as they came, float64 [N, C].

    Raises:
        SpecError: shapes do not belong together, there are too few points, axes or too many channels.
        SignalError: NaN or infinity is among the numbers, or all coordinates of an axis are the same.
    """

    def __init__(
        self, coords: Any, values: Any, *, names: Sequence[str] = (), domain: Domain | None = None
    ) -> None:
        t, v = _columns(coords, "coords"), _columns(values, "values")
        _check(t, v)
        if domain is None:
            domain = Domain(_bounds(t, spread=True), _bounds(v, spread=False), tuple(names))
        kind = KIND_OF_AXES[t.shape[1]]
        bits, mode = DEPTH[kind]
        rate = None if kind == "image" else Fraction(1)
        spec = SignalSpec(kind, sensible_grid(t), v.shape[1], bits=bits, mode=mode, rate=rate, domain=domain)
        super().__init__("points", spec)
        self.given = v
        output = domain.output(np, v)
        unit = output if kind == "audio" else 0.5 * output + 0.5
        self._points = Points(domain.to_unit(np, t), unit.astype(np.float32))
        self._grid: Array | None = None

    def points(self) -> Points:
        """What was given, in the field's units."""
        return self._points

    def _read(self, start: int, stop: int) -> Array:
        if self._grid is None:
            whole = gridded(self._points.x, self._points.values, self.spec.shape)
            self._grid = _native(whole, native_dtype(self.spec))
        return self._grid[start:stop]

    def _hashed(self) -> str:
        """SHA-256 of coordinates, values and units."""
        digest = hashlib.sha256(repr((self.spec.domain, self._points.x.shape)).encode())
        for array in (self._points.x, self._points.values):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


class MaskedReader(PointReader):
    """A grid of which only the places where `mask` is True are samples.

    Args:
        reader: the whole grid; what it holds under the mask has no influence.
        mask: bool, of the grid's shape, without a channel axis.

    Raises:
        SpecError: the mask is not bool, or of another shape, or False everywhere.
    """

    def __init__(self, reader: Reader, mask: Array) -> None:
        super().__init__(reader.source, reader.spec, reader.notes)
        self.mask = checked_mask(mask, reader.spec.shape)
        self._reader = reader
        self._native: Array | None = None

    def points(self) -> Points:
        """Grid coordinates and values of the unmasked places, in the grid's order."""
        place = np.nonzero(self.mask)
        x = [grid_rule.at(index, n) for index, n in zip(place, self.spec.shape, strict=True)]
        return Points(np.stack(x, -1), to_float(self._whole()[place]))

    def _read(self, start: int, stop: int) -> Array:
        return self._whole()[start:stop]

    def _whole(self) -> Array:
        if self._native is None:
            native = self._reader.read(0, self.spec.shape[0])
            whole = filled(to_float(native), self.mask)
            self._native = np.where(self.mask[..., None], native, _native(whole, native.dtype.name))
        return self._native

    def _hashed(self) -> str:
        digest = hashlib.sha256(self._reader.fingerprint().encode())
        digest.update(np.packbits(self.mask).data)
        return digest.hexdigest()

    def close(self) -> None:
        """Let go of the grid's file."""
        self._reader.close()


def open_masked(source: str | Path | Array, mask: Any, **options: Any) -> MaskedReader:
    """A reader of a masked grid: a file, a built-in sample or an array, whose hidden samples may be NaN.

    Args:
        source: as for `open_reader`.
        mask: as for `MaskedReader`.
        options: the other arguments of `open_reader`.

    Raises:
        SpecError, SignalError: as for `open_reader` and `MaskedReader`.
    """
    if isinstance(source, np.ndarray) and source.dtype.kind == "f":
        shown = _array(mask)
        shown = checked_mask(shown, source.shape[: shown.ndim])
        source = np.where(shown.reshape(shown.shape + (1,) * (source.ndim - shown.ndim)), source, 0.0)
    return MaskedReader(open_reader(source, **options), _array(mask))


def checked_mask(mask: Any, shape: tuple[int, ...]) -> Array:
    """The mask as a bool array [*shape].

    Raises:
        SpecError: it is not bool, of another shape, or False everywhere.
    """
    mask = _array(mask)
    if mask.dtype != np.bool_ or mask.shape != shape:
        raise SpecError(
            f"mask: {mask.dtype} of shape {mask.shape} came; bool of shape {shape} is needed, "
            "True where a sample counts"
        )
    if not mask.any():
        raise SpecError("mask: is False everywhere, so no sample is left; set it True where a sample counts")
    return mask


def sensible_grid(coords: Array) -> tuple[int, ...]:
    """A grid of about as many cells as there are points [N, D], no axis finer than its coordinates.

    Points that are a grid, written out one by one, get that grid.
    """
    count, dims = coords.shape
    unique = [len(np.unique(coords[:, d])) for d in range(dims)]
    shape = list(unique)
    left, room = dims, float(count)
    for d in sorted(range(dims), key=lambda d: unique[d]):
        shape[d] = min(unique[d], max(2, round(room ** (1.0 / left))))
        left, room = left - 1, room / shape[d]
    return tuple(unique) if np.prod(unique, dtype=np.float64) <= count else tuple(shape)


def _array(given: Any) -> Array:
    """NumPy's view of what came; torch tensors may be on a device and may want gradients."""
    return np.asarray(given.detach().cpu() if hasattr(given, "detach") else given)


def _columns(given: Any, what: str) -> Array:
    """Float64 [N, columns]."""
    array = _array(given)
    if array.dtype.kind not in "fiub":
        raise SpecError(f"{what}: {array.dtype} came; real numbers are needed; convert them")
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise SpecError(f"{what}: shape {array.shape} came; (N, columns) is needed, or (N,) for one column")
    array = array.astype(np.float64).reshape(len(array), -1)
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(1))[0])
        raise SignalError(f"{what}: NaN or infinity in row {row}; finite numbers are needed; drop such rows")
    return array


def _check(coords: Array, values: Array) -> None:
    (count, dims), channels = coords.shape, values.shape[1]
    if dims not in KIND_OF_AXES:
        raise SpecError(f"coords: {dims} columns came; 1 to {max(AXES.values())} axes are needed")
    if len(values) != count:
        raise SpecError(f"values: {len(values)} rows came for {count} coordinates; one each is needed")
    if count < 2:
        raise SpecError(f"coords: {count} point came; at least 2 are needed")
    most = MOST_CHANNELS[KIND_OF_AXES[dims]]
    if channels > most:
        raise SpecError(
            f"values: {channels} columns came; a file of {dims} axes holds at most {most}; fit them in groups"
        )


def _bounds(columns: Array, *, spread: bool) -> tuple[tuple[float, float], ...]:
    low, high = columns.min(0).tolist(), columns.max(0).tolist()
    same = [d for d, (a, b) in enumerate(zip(low, high, strict=True)) if a == b]
    if spread and same:
        raise SignalError(
            f"coords: all points have the same coordinate {low[same[0]]:g} on axis {same[0]}; "
            "leave that axis out"
        )
    return tuple(zip(low, high, strict=True))


def _native(whole: Array, dtype: str) -> Array:
    """Signal units as a reader's native type."""
    if dtype not in FULL_SCALE:
        return whole.astype(np.float32)
    levels = np.rint(whole * FULL_SCALE[dtype])
    return np.clip(levels, np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype)

"""Another grid over the same signal: denser, at another rate, an instant, a span.

The field is defined everywhere, so a view is only a question of coordinates.  Times are turned
into the frame axis here, because frames of some clips are not evenly spaced.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from inr import coords, reconstruct
from inr.errors import SpecError
from inr.fields import Field
from inr.specs import SignalSpec

# Decoding stops where reading does (signals): pixels of a frame, samples of a signal.
MAX_PIXELS = 1 << 28
MAX_SAMPLES = 1 << 40
LARGEST = 1e9  # of a scale or a rate


@dataclass(frozen=True)
class View:
    """A grid to decode on: another density, another rate, an instant, a span.

    Attributes:
        grid: what will be decoded; for an instant a picture's spec.
        span: units along the slowest axis of `sampled`.
        sampled: the grid in the field's own axes.
        first_axis: coordinates of the slowest axis where they are not the regular grid.
    """

    grid: SignalSpec
    sampled: SignalSpec
    span: tuple[int, int] | None
    first_axis: np.ndarray | None

    @classmethod
    def of(
        cls,
        signal: SignalSpec,
        *,
        scale: float | None = None,
        size: tuple[int, int] | None = None,
        rate_hz: float | None = None,
        fps: float | None = None,
        at: float | None = None,
        span: tuple[int, int] | None = None,
    ) -> "View":
        """The view that the arguments of `Fitted.sample` describe.

        Raises:
            SpecError: the arguments do not fit the kind of signal.
        """
        wrong = [
            name
            for name, value, kinds in (
                ("size", size, ("image", "video")),
                ("rate", rate_hz, ("audio",)),
                ("fps", fps, ("video",)),
                ("at", at, ("video",)),
            )
            if value is not None and signal.kind not in kinds
        ]
        if wrong:
            raise SpecError(f"--{wrong[0]} does not apply to {signal.kind}; leave it out")
        if scale is not None and (size is not None or rate_hz is not None):
            raise SpecError("--scale and an exact size or rate exclude each other; give one of them")
        if at is not None and (fps is not None or span is not None):
            raise SpecError("--at is one instant, so --fps and --frames do not go with it; leave them out")
        if at is not None:
            return cls._instant(signal, at, scale, size)
        grid = _denser(signal, scale, size, rate_hz, fps)
        uneven = fps is not None and signal.pts is not None
        first_axis = _instants(signal, np.arange(grid.shape[0]) / float(grid.rate or 1)) if uneven else None
        if span is None:
            return cls(grid, grid, None, first_axis)
        a, b = span
        if not 0 <= a < b <= grid.shape[0]:
            raise SpecError(f"--frames {a}:{b} is outside 0:{grid.shape[0]}")
        pts = None if grid.pts is None else tuple(t - grid.pts[a] for t in grid.pts[a:b])
        return cls(replace(grid, shape=(b - a, *grid.shape[1:]), pts=pts), grid, span, first_axis)

    @classmethod
    def _instant(
        cls, signal: SignalSpec, at: float, scale: float | None, size: tuple[int, int] | None
    ) -> "View":
        seconds = signal.seconds or 0.0
        if not 0 <= at <= seconds:
            raise SpecError(f"--at {at:g}: outside the clip's 0 .. {seconds:g} seconds")
        _, height, width = _denser(signal, scale, size, None, None).shape
        sampled = replace(signal, shape=(1, height, width), pts=None)
        picture = SignalSpec("image", (height, width), signal.channels, 8 if signal.bits <= 8 else 16, "RGB")
        return cls(picture, sampled, None, _instants(signal, np.array([at])))

    def blocks(
        self, field: Field, *, memory_bytes: int = 256_000_000, device: str = "cpu"
    ) -> Iterator[reconstruct.Block]:
        """Blocks of the view in order along the slowest axis; an instant is one block of one frame."""
        return reconstruct.blocks(
            field,
            self.sampled,
            span=self.span,
            first_axis=self.first_axis,
            memory_bytes=memory_bytes,
            device=device,
        )


def _instants(signal: SignalSpec, seconds: np.ndarray) -> np.ndarray:
    """Coordinates along the frame axis of moments of a video; outside the clip its ends."""
    if signal.pts is not None and signal.time_base is not None:
        times = np.asarray(signal.pts, dtype=np.float64) * float(signal.time_base)
        index = np.interp(seconds, times, np.arange(len(times)))
    else:
        index = np.minimum(seconds * float(signal.rate or 1), signal.shape[0] - 1.0)
    return coords.at(index, signal.shape[0])


def _denser(
    signal: SignalSpec,
    scale: float | None,
    size: tuple[int, int] | None,
    rate_hz: float | None,
    fps: float | None,
) -> SignalSpec:
    """The signal's spec on another grid over the same domain."""
    for name, value in (("scale", scale), ("rate", rate_hz), ("fps", fps)):
        if value is not None and not 0 < value < LARGEST:
            raise SpecError(f"--{name} must lie above 0 and below {LARGEST:g}; got {value:g}")
    factor = 1.0 if scale is None else scale
    shape = list(signal.shape)
    rate, pts = signal.rate, signal.pts
    if signal.kind == "audio":
        wanted = (
            Fraction(rate_hz).limit_denominator(1000)
            if rate_hz is not None
            else (rate or 1) * Fraction(factor)
        )
        # A file's rate is a whole number of samples a second.
        wanted = Fraction(max(1, round(wanted)))
        shape[0] = max(1, round(shape[0] * wanted / (rate or 1)))
        return _bounded(replace(signal, shape=tuple(shape), rate=wanted))
    height, width = shape[-2:]
    new_width, new_height = size or (max(1, round(width * factor)), max(1, round(height * factor)))
    if min(new_width, new_height) < 1:
        raise SpecError(f"--size must be at least 1x1; got {new_width}x{new_height}")
    shape[-2:] = [new_height, new_width]
    if fps is not None:
        rate, pts = Fraction(fps).limit_denominator(1001), None
        shape[0] = max(1, round((signal.seconds or 0.0) * float(rate)))
    return _bounded(
        replace(signal, shape=tuple(shape), rate=rate, pts=pts, time_base=signal.time_base if pts else None)
    )


def _bounded(signal: SignalSpec) -> SignalSpec:
    """The spec itself, unless a picture, a frame or the whole is too large to be written."""
    pixels = 1 if signal.kind == "audio" else math.prod(signal.shape[-2:])
    if pixels > MAX_PIXELS or signal.samples > MAX_SAMPLES:
        raise SpecError(
            f"a grid of {' x '.join(map(str, signal.shape))} samples; at most {MAX_PIXELS} pixels a frame "
            f"and {MAX_SAMPLES} samples in all can be decoded; choose a coarser one"
        )
    return signal

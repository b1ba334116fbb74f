"""The Python API: three lines, NumPy in and out.

    field = inr.fit("photo.png", time=30)
    inr.save(field, "photo.inr")
    inr.load("photo.inr").sample(scale=2)        # uint8 [2 H, 2 W, C]

Arrays work as files do; they need to say what they are:

    >>> import numpy as np
    >>> import inr
    >>> t = np.arange(2000) / 8000
    >>> tone = np.float32(0.5) * np.sin(2 * np.pi * 440 * t).astype(np.float32)
    >>> field = inr.fit(tone, kind="audio", rate_hz=8000, steps=300)
    >>> field.sample().shape
    (2000, 1)
    >>> field.evaluate(tone)["snr_db"] > 20
    True
"""

import math
import time as clock
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from inr import codec, coords, evaluate, reconstruct, signals
from inr.errors import FitError, SpecError
from inr.fields import Field
from inr.specs import FitSpec, SignalSpec

# Decoding stops where reading does (signals): pixels of a frame, samples of a signal.
MAX_PIXELS = 1 << 28
MAX_SAMPLES = 1 << 40
LARGEST = 1e9  # of a scale or a rate


@dataclass(frozen=True)
class Fitted:
    """A signal as a network: what `fit` and `load` give.

    Attributes:
        field: the network with the weights that the file holds.
        signal: the grid, depth and rate of what it was fitted to.
        data: the bytes of the `.inr` file.
        report: what the fit reported, with the keys of `inr fit --json`; empty after `load`.
    """

    field: Field
    signal: SignalSpec
    data: bytes
    report: dict[str, Any]

    def sample(
        self,
        scale: float | None = None,
        *,
        size: tuple[int, int] | None = None,
        rate_hz: float | None = None,
        fps: float | None = None,
        at: float | None = None,
        span: tuple[int, int] | None = None,
    ) -> np.ndarray:
        """The signal's values on a grid; without arguments on the one it was fitted to.

        Args:
            scale: density along every spatial axis (audio: along time).
            size: (width, height) of pictures and frames.
            rate_hz: samples a second, audio.
            fps: frames a second, video.
            at: one instant of a video, in seconds; gives one frame.
            span: only units span[0] .. span[1]-1 of the slowest axis of the new grid.

        Returns: the source's own type: uint8 or uint16 [H, W, C] or [T, H, W, C] for pictures
        and video, int16 or float32 [N, C] for audio.

        Raises:
            SpecError: the arguments do not fit the kind of signal.
        """
        view = View.of(self.signal, scale=scale, size=size, rate_hz=rate_hz, fps=fps, at=at, span=span)
        parts = [signals.from_float(b.values, view.grid) for b in view.blocks(self.field)]
        values = np.concatenate(parts)
        return values[0] if at is not None else values

    def evaluate(self, reference: str | Path | np.ndarray) -> dict[str, Any]:
        """PSNR, MSE and SSIM, or SNR, against the signal it was made from.

        Returns: the keys of `inr eval --json`, without those of the file.

        Raises:
            SpecError: the reference has another grid.
            SignalError: it cannot be read.
        """
        with _open(reference, self.signal.kind, self.signal.rate) as reader:
            return evaluate.evaluate(self.field, self.signal, reader).to_json()


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
        if span is not None:
            a, b = span
            if not 0 <= a < b <= grid.shape[0]:
                raise SpecError(f"--frames {a}:{b} is outside 0:{grid.shape[0]}")
            pts = None if grid.pts is None else tuple(t - grid.pts[a] for t in grid.pts[a:b])
            return cls(replace(grid, shape=(b - a, *grid.shape[1:]), pts=pts), grid, span, None)
        return cls(grid, grid, None, None)

    @classmethod
    def _instant(
        cls, signal: SignalSpec, at: float, scale: float | None, size: tuple[int, int] | None
    ) -> "View":
        seconds = signal.seconds or 0.0
        if not 0 <= at <= seconds:
            raise SpecError(f"--at {at:g}: outside the clip's 0 .. {seconds:g} seconds")
        if signal.pts is not None and signal.time_base is not None:
            times = np.asarray(signal.pts, dtype=np.float64) * float(signal.time_base)
            index = float(np.interp(at, times, np.arange(len(times))))
        else:
            index = min(at * float(signal.rate or 1), signal.shape[0] - 1.0)
        _, height, width = _denser(signal, scale, size, None, None).shape
        sampled = replace(signal, shape=(1, height, width), pts=None)
        picture = SignalSpec("image", (height, width), signal.channels, 8 if signal.bits <= 8 else 16, "RGB")
        return cls(picture, sampled, None, coords.at(np.array([index]), signal.shape[0]))

    def blocks(self, field: Field, *, memory_bytes: int = 256_000_000, device: str = "cpu") -> Any:
        """Blocks of the view in order; as `reconstruct.blocks`, an instant as a picture's block."""
        for block in reconstruct.blocks(
            field,
            self.sampled,
            span=self.span,
            first_axis=self.first_axis,
            memory_bytes=memory_bytes,
            device=device,
        ):
            values = block.values
            yield block if self.first_axis is None else replace(block, values=values, stop=block.start + 1)


def fit(
    source: str | Path | np.ndarray,
    *,
    kind: str | None = None,
    rate_hz: float | None = None,
    fps: float | None = None,
    progress: Callable[[Any], None] | None = None,
    evaluated: bool = True,
    time: float | None = None,
    **options: Any,
) -> Fitted:
    """Fit a network to a signal.

    Args:
        source: a file, "sample:NAME", or an array: picture [H, W] or [H, W, C], audio [N] or
            [N, C], video [T, H, W, 3].
        kind: "image", "audio" or "video", for arrays.
        rate_hz: samples a second, for audio arrays.
        fps: frames a second, for video arrays.
        progress: called with a `fitting.Progress` after every step.
        evaluated: measure the decoded file at the end.
        time: bound on the seconds of fitting; about 30 by default.
        options: the other fields of `FitSpec`: preset, profile, activation, params, max_size,
            target_psnr, steps, memory_bytes, seed, device.

    Raises:
        SpecError: an option is unknown or cannot be met.
        SignalError: the source cannot be read.
        FitError: the fit broke off, or `max_size` cannot be met.
    """
    from inr import fitting  # torch, a second and a half

    known = set(FitSpec.__dataclass_fields__) - {"time_s"}
    unknown = sorted(set(options) - known)
    if unknown:
        raise SpecError(f"fit: unknown options {unknown}; known are {sorted({'time', *known})}")
    started = clock.monotonic()
    request = FitSpec(time_s=time, **options)
    with _open(source, kind, rate_hz if rate_hz is not None else fps) as reader:
        steps = fitting.run(request, reader, started=started, measure=evaluated)
        while True:
            try:
                record = next(steps)
            except StopIteration as end:
                outcome: fitting.Outcome = end.value
                break
            if progress is not None:
                progress(record)
    if outcome.failure is not None:
        raise FitError(outcome.failure)
    report = fitting.report(outcome, request, len(outcome.coded.data), clock.monotonic() - started)
    return Fitted(outcome.coded.field, outcome.coded.signal, outcome.coded.data, report)


def save(fitted: Fitted, path: str | Path, *, overwrite: bool = False) -> None:
    """Write the `.inr` file.

    Raises:
        SpecError: the file exists and `overwrite` is not set, or the suffix is not `.inr`.
    """
    if Path(path).suffix != ".inr":
        raise SpecError(
            f"{path}: a field is saved as .inr; to write a signal, use `sample` and your own writer"
        )
    codec.save(path, fitted.data, overwrite=overwrite)


def load(path: str | Path) -> Fitted:
    """Read a `.inr` file; it holds all that decoding needs.

    Raises:
        FormatError: the file is missing, damaged, or of a later version.
    """
    decoded = codec.load(path)
    return Fitted(decoded.field, decoded.signal, Path(path).read_bytes(), {})


def _open(source: str | Path | np.ndarray, kind: str | None, rate: float | Fraction | None) -> signals.Reader:
    if not isinstance(source, np.ndarray):
        return signals.open_reader(source)
    rates = {"audio": {"rate_hz": rate}, "video": {"fps": rate}}.get(kind or "", {})
    return signals.open_reader(source, kind=kind, **rates)


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

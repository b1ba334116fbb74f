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

import time as clock
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from inr import codec, evaluate, signals
from inr.errors import FitError, SpecError
from inr.fields import Field
from inr.specs import FitSpec, SignalSpec
from inr.views import View


@dataclass(frozen=True)
class Fitted:
    """A signal as a network: what `fit` and `load` give.

    Attributes:
        field: the network with the weights that the file holds.
        signal: the grid, depth and rate of what it was fitted to.
        data: the bytes of the `.inr` file; empty where the format has no number for the activation.
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
        outcome = fitting.drive(steps, progress or (lambda record: None))
    if outcome.failure is not None:
        raise FitError(outcome.failure)
    report = fitting.report(outcome, request, len(outcome.coded.data), clock.monotonic() - started)
    return Fitted(outcome.coded.field, outcome.coded.signal, outcome.coded.data, report)


def save(fitted: Fitted, path: str | Path, *, overwrite: bool = False) -> None:
    """Write the `.inr` file.

    Raises:
        SpecError: the file exists and `overwrite` is not set, the suffix is not `.inr`, or the format
            has no number for the activation.
    """
    if not fitted.data:
        raise SpecError(f"{path}: {codec.unwritable(fitted.field.spec.activation.name)}")
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
    data = codec.read(path)
    decoded = codec.decode(data, where=str(path))
    return Fitted(decoded.field, decoded.signal, data, {})


def _open(source: str | Path | np.ndarray, kind: str | None, rate: float | Fraction | None) -> signals.Reader:
    if not isinstance(source, np.ndarray):
        return signals.open_reader(source)
    rates = {"audio": {"rate_hz": rate}, "video": {"fps": rate}}.get(kind or "", {})
    return signals.open_reader(source, kind=kind, **rates)

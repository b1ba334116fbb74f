"""A field against its reference, in one streaming pass.

Every block is rounded to the source's depth before it is compared, so the numbers are those of
the file that `decode` writes, and both come from the same code path:

    pictures, video   PSNR = 10 log10(1 / MSE), values on [0, 1], MSE pooled over all samples
    audio             SNR = 10 log10(Σ y² / Σ (y - ŷ)²) on the waveform

`float_mse` is that of the values before rounding, clipped to the range that can be shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from inr import metrics, reconstruct, signals
from inr.errors import SpecError
from inr.fields import Field, at_points
from inr.specs import SignalSpec

POINTS_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Evaluation:
    """How far a field's samples are from the reference.

    Attributes:
        kind: of the signal; "points" for scattered data.
        sums: signal and error power of the rounded samples.
        float_sums: the same before rounding, clipped.
        ssim: mean structural similarity of pictures and frames; None for audio, for frames
            under 11 pixels a side, and where it was not asked for.
        frame_psnr_db: video: mean of the frames' PSNR.
        segmental_snr_db, log_spectral_db: audio only.
    """

    kind: str
    sums: metrics.SnrSums
    float_sums: metrics.SnrSums
    ssim: float | None = None
    frame_psnr_db: float | None = None
    segmental_snr_db: float | None = None
    log_spectral_db: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The keys of the command-line contract; equal signals have null and `"exact": true`."""
        out: dict[str, Any] = {}
        if self.kind == "audio":
            out["snr_db"] = metrics.snr_db(self.sums)
        out |= {"psnr_db": metrics.psnr_db(self.sums.errors), "mse": metrics.mse(self.sums.errors)}
        extra = {
            "ssim": self.ssim,
            "frame_psnr_db": self.frame_psnr_db,
            "segmental_snr_db": self.segmental_snr_db,
            "log_spectral_db": self.log_spectral_db,
        }
        out |= {name: value for name, value in extra.items() if value is not None}
        return out | ({"exact": True} if self.sums.exact else {})

    def float_json(self) -> dict[str, Any]:
        """PSNR, and SNR of audio, before rounding."""
        out = {"float_psnr_db": metrics.psnr_db(self.float_sums.errors)}
        return out | ({"float_snr_db": metrics.snr_db(self.float_sums)} if self.kind == "audio" else {})

    @property
    def quality_db(self) -> float | None:
        """The primary number: SNR of audio, PSNR of the rest; None when exact."""
        return metrics.snr_db(self.sums) if self.kind == "audio" else metrics.psnr_db(self.sums.errors)


def evaluate(
    field: Field,
    signal: SignalSpec,
    reference: signals.Reader,
    *,
    memory_bytes: int = 256_000_000,
    device: str = "cpu",
    perceptual: bool = True,
) -> Evaluation:
    """Compare the field, sampled on its own grid, with a reference of the same grid.

    Of a masked grid only the unmasked samples count.  Scattered points are compared where they lie,
    and nothing is rounded: PSNR and MSE are those of values whose range is [0, 1].

    Args:
        field: the network.
        signal: what it stands for, with the depth to round to.
        reference: the signal to compare with.
        memory_bytes: bound on the blocks.
        device: torch device of large evaluations.
        perceptual: also SSIM (pictures, video), segmental SNR and log-spectral distance (audio).

    Raises:
        SpecError: the reference is another kind of signal, or has another grid.
    """
    if isinstance(reference, signals.ScatteredReader):
        return _at_points(field, signal, reference.points())
    _same_grid(signal, reference.spec, reference.source)
    sums = floats = metrics.SnrSums()
    extra = _Extra(signal) if perceptual and not isinstance(reference, signals.MaskedReader) else None
    for want, values in _pairs(field, signal, reference, memory_bytes, device):
        got = signals.to_float(signals.from_float(values, signal))
        sums = metrics.update_snr(sums, want, got)
        low = -1.0 if signal.kind == "audio" else 0.0
        floats = metrics.update_snr(floats, want, np.clip(values, low, 1.0))
        if extra is not None:
            extra.update(want, got)
    return Evaluation(signal.kind, sums, floats, **(extra.compute() if extra else {}))


def _pairs(
    field: Field, signal: SignalSpec, reference: signals.Reader, memory_bytes: int, device: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    mask = reference.mask if isinstance(reference, signals.MaskedReader) else None
    for block in reconstruct.blocks(field, signal, memory_bytes=memory_bytes, device=device):
        want, got = signals.to_float(reference.read(block.start, block.stop)), block.values
        if mask is None:
            yield want, got
        elif mask[block.start : block.stop].any():
            counts = mask[block.start : block.stop]
            yield want[counts], got[counts]


def _at_points(field: Field, signal: SignalSpec, points: signals.Points) -> Evaluation:
    sums = metrics.SnrSums()
    for start in range(0, len(points.x), POINTS_AT_ONCE):
        part = slice(start, start + POINTS_AT_ONCE)
        got, want = at_points(field, points.x[part]), points.values[part]
        if signal.kind == "audio":
            want = 0.5 * want + 0.5
        sums = metrics.update_snr(sums, want, 0.5 * got + 0.5)
    return Evaluation("points", sums, sums)


def _same_grid(ours: SignalSpec, theirs: SignalSpec, source: str) -> None:
    if (ours.kind, ours.shape, ours.channels) != (theirs.kind, theirs.shape, theirs.channels):
        raise SpecError(
            f"{source}: {theirs.kind} of shape {theirs.shape} with {theirs.channels} channels; the file "
            f"holds {ours.kind} of shape {ours.shape} with {ours.channels}; "
            "compare with the signal it was made from"
        )


class _Extra:
    """The measures beside the primary one, by kind."""

    def __init__(self, signal: SignalSpec) -> None:
        self._kind = signal.kind
        self._frames = metrics.FrameSums()
        if signal.kind == "audio":
            self._segmental = metrics.SegmentalSnr(float(signal.rate or 1))
            self._spectral = metrics.LogSpectralDistance()
        else:
            self._ssim = metrics.PictureSsim() if signal.kind == "image" else metrics.VideoSsim()

    def update(self, want: np.ndarray, got: np.ndarray) -> None:
        if self._kind == "audio":
            self._segmental.update(want, got)
            self._spectral.update(want, got)
            return
        self._ssim.update(want, got)
        if self._kind == "video":
            self._frames = metrics.update_frames(self._frames, want, got)

    def compute(self) -> dict[str, float | None]:
        if self._kind == "audio":
            return {
                "segmental_snr_db": self._segmental.compute(),
                "log_spectral_db": self._spectral.compute(),
            }
        out = {"ssim": self._ssim.compute()}
        return out | ({"frame_psnr_db": metrics.mean_psnr_db(self._frames)} if self._kind == "video" else {})

"""PSNR, the distance of pictures and video, from sums that add up block by block.

    MSE  = Σ (ŷ - y)² / n,    y, ŷ in [0, 1]                              (1)
    PSNR = 10 log10(1 / MSE)  dB                                          (2)

n counts values (channels included).  Round and clip ŷ to the depth of the source
first: what counts is the decoded picture.  Video has two numbers: (2) of the MSE of
all frames together, and the mean over frames of (2), which a few good frames lift.
"""

import math
from dataclasses import dataclass

import numpy as np

from inr.metrics.blocks import check_shapes, energy, error

Array = np.ndarray


@dataclass(frozen=True)
class ErrorSums:
    """Σ (ŷ - y)² and n of equation (1); two of them add.

    >>> ErrorSums(0.5, 10) + ErrorSums(0.25, 6)
    ErrorSums(squared_error=0.75, count=16)
    """

    squared_error: float = 0.0
    count: int = 0

    def __add__(self, other: "ErrorSums") -> "ErrorSums":
        return ErrorSums(self.squared_error + other.squared_error, self.count + other.count)

    @property
    def exact(self) -> bool:
        """Something was compared, and it was equal."""
        return self.count > 0 and self.squared_error == 0.0


@dataclass(frozen=True)
class FrameSums:
    """Σ PSNR over the frames that differ, how many those are, and how many are equal; two of them add."""

    psnr_db: float = 0.0
    frames: int = 0
    exact_frames: int = 0

    def __add__(self, other: "FrameSums") -> "FrameSums":
        return FrameSums(
            self.psnr_db + other.psnr_db, self.frames + other.frames, self.exact_frames + other.exact_frames
        )


def update_error(sums: ErrorSums, reference: Array, estimate: Array) -> ErrorSums:
    """Add one block to the sums of equation (1).

    Args:
        sums: of the blocks so far; `ErrorSums()` at the start.
        reference: y, in [0, 1] (or any unit: the MSE is then in its square).
        estimate: ŷ.

    Shape: any, the same for both.

    Raises:
        SignalError: the shapes differ, or a value is NaN or infinite.

    >>> update_error(ErrorSums(), np.zeros((2, 2)), np.full((2, 2), 0.5))
    ErrorSums(squared_error=1.0, count=4)
    """
    return sums + ErrorSums(energy(error(reference, estimate)), reference.size)


def mse(sums: ErrorSums) -> float | None:
    """Equation (1); None when nothing was compared.

    >>> mse(ErrorSums(1.0, 4))
    0.25
    """
    return sums.squared_error / sums.count if sums.count else None


def psnr_db(sums: ErrorSums) -> float | None:
    """Equation (2), in dB; None when the signals are equal or nothing was compared.

    >>> psnr_db(ErrorSums(0.04, 4))
    20.0
    """
    value = mse(sums)
    return 10 * math.log10(1 / value) if value else None


def update_frames(sums: FrameSums, reference: Array, estimate: Array) -> FrameSums:
    """Add a block of whole frames to the mean PSNR of frames.

    Shape: [T, H, W, C], the same for both; values in [0, 1].

    Raises:
        SignalError: the shapes differ, or a value is NaN or infinite.
    """
    check_shapes(reference, estimate)
    for y, y_hat in zip(reference, estimate, strict=True):
        value = psnr_db(update_error(ErrorSums(), y, y_hat))
        sums += FrameSums(exact_frames=1) if value is None else FrameSums(value, 1)
    return sums


def mean_psnr_db(sums: FrameSums) -> float | None:
    """Mean of equation (2) over the frames, in dB.

    Frames that are exactly equal have no finite PSNR and are left out; None when
    that leaves no frame.
    """
    return sums.psnr_db / sums.frames if sums.frames else None

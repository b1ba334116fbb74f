"""SNR, the distance of sound, from sums that add up block by block.

    SNR = 10 log10( Σ y² / Σ (ŷ - y)² )  dB,    y, ŷ in [-1, 1]           (1)

The sums run over all frames and channels of the waveform.
"""

import math
from dataclasses import dataclass

import numpy as np

from inr.metrics.blocks import energy, error
from inr.metrics.psnr import ErrorSums

Array = np.ndarray


@dataclass(frozen=True)
class SnrSums:
    """Σ y², Σ (ŷ - y)² and the number of values; two of them add."""

    signal: float = 0.0
    error: float = 0.0
    count: int = 0

    def __add__(self, other: "SnrSums") -> "SnrSums":
        return SnrSums(self.signal + other.signal, self.error + other.error, self.count + other.count)

    @property
    def exact(self) -> bool:
        """Something was compared, and it was equal."""
        return self.count > 0 and self.error == 0.0

    @property
    def errors(self) -> ErrorSums:
        """The part that `mse` needs."""
        return ErrorSums(self.error, self.count)


def update_snr(sums: SnrSums, reference: Array, estimate: Array) -> SnrSums:
    """Add one block to the sums of equation (1).

    Args:
        sums: of the blocks so far; `SnrSums()` at the start.
        reference: y, the waveform in [-1, 1].
        estimate: ŷ.

    Shape: any, the same for both; [N, C] for a block of sound.

    Raises:
        SignalError: the shapes differ, or a value is NaN or infinite.

    >>> update_snr(SnrSums(), np.array([1.0, -1.0]), np.array([0.5, -1.0]))
    SnrSums(signal=2.0, error=0.25, count=2)
    """
    return sums + SnrSums(energy(reference), energy(error(reference, estimate)), reference.size)


def snr_db(sums: SnrSums) -> float | None:
    """Equation (1), in dB.

    None where (1) has no finite value: the signals are equal (`sums.exact`), or the
    reference is digital silence, and then the MSE is the number to look at.

    >>> snr_db(SnrSums(signal=2.0, error=0.02, count=2))
    20.0
    >>> snr_db(SnrSums(signal=0.0, error=0.02, count=2)) is None
    True
    """
    if sums.signal == 0.0 or sums.error == 0.0:
        return None
    return 10 * math.log10(sums.signal / sums.error)

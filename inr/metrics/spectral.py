"""Log-spectral distance: how far apart two sounds are in the spectrum, phase left out.

    LSD = mean_m sqrt( mean_k ( L_m[k] - L̂_m[k] )² )  dB                  (1)
    L_m[k] = 10 log10 max( |X_m[k]|², 1e-10 )                             (2)

X_m is the Fourier transform of frame m (2048 samples, hop 512, periodic Hann window),
scaled so that a sine of amplitude 1 reads 0 dB at its bin.  The floor of -100 dB lies
some 25 dB above what the rounding of 16-bit sound puts into a bin, so bins that hold
nothing else do not count.  Lower is better; equal sounds give 0.
Source: the definition in Gray & Markel, "Distance measures for speech processing",
IEEE Trans. ASSP 24(5), 1976, with the FFT in the place of their LPC spectrum.
"""

import numpy as np

from inr.metrics.blocks import energy, error

Array = np.ndarray

FRAME, HOP = 2048, 512
FLOOR = 1e-10
# Frames transformed at a time: 64 x 2048 samples in float64 and their spectra are 3 MB.
BATCH = 64


class LogSpectralDistance:
    """Equation (1) of a waveform that comes in blocks, mean over frames and channels.

    >>> import numpy as np
    >>> metric, tone = LogSpectralDistance(), np.sin(np.arange(8000))[:, None]
    >>> metric.update(tone, tone)
    >>> metric.compute()
    0.0
    """

    def __init__(self) -> None:
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
        self._window = hann * (2 / hann.sum())
        self._rest: Array | None = None  # [2, n < FRAME, C]: reference and estimate
        self._sum_db, self._frames = 0.0, 0

    def update(self, reference: Array, estimate: Array) -> None:
        """Add the next block of the waveform.

        Shape: [N, C] or [N], the same for both; values in [-1, 1].

        Raises:
            SignalError: the shapes differ, or a value is NaN or infinite.
        """
        energy(error(reference, estimate))  # refuses values that are not finite
        both = np.stack([reference, estimate]).astype(np.float64).reshape(2, len(reference), -1)
        if self._rest is not None:
            both = np.concatenate([self._rest, both], axis=1)
        frames = max(0, (both.shape[1] - FRAME) // HOP + 1)
        for first in range(0, frames, BATCH):
            last = min(first + BATCH, frames)
            self._add(both[:, first * HOP : (last - 1) * HOP + FRAME])
        self._rest = both[:, frames * HOP :].copy()

    def compute(self) -> float | None:
        """Equation (1) in dB; None when no sample came.

        The samples after the last whole frame (fewer than a hop) are not counted; a
        sound shorter than one frame is one frame, filled up with silence.
        """
        if self._frames:
            return self._sum_db / self._frames
        if self._rest is None or not self._rest.shape[1]:
            return None
        padded = np.pad(self._rest, ((0, 0), (0, FRAME - self._rest.shape[1]), (0, 0)))
        return float(self._distances(padded).mean())

    def _add(self, both: Array) -> None:
        distances = self._distances(both)
        # One by one, so that the sum does not depend on the blocks.
        for distance in distances.tolist():
            self._sum_db += distance
        self._frames += len(distances)

    def _distances(self, both: Array) -> Array:
        """The terms of (1), frame by frame; [2, n, C] -> [frames * C]."""
        frames = np.lib.stride_tricks.sliding_window_view(both, FRAME, axis=1)[:, ::HOP]  # [2, m, C, FRAME]
        power = np.abs(np.fft.rfft(frames * self._window)) ** 2
        level_db = 10 * np.log10(np.maximum(power, FLOOR))
        return np.sqrt(np.mean((level_db[0] - level_db[1]) ** 2, axis=-1)).ravel()

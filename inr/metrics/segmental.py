"""Segmental SNR: the SNR of short segments, averaged, so that quiet passages count too.

    segSNR = mean_m clamp( 10 log10( Σ_m y² / Σ_m (ŷ - y)² ), -10, 35 )  dB    (1)

over segments of 32 ms, end to end, all channels of a segment together.  The clamp
keeps one segment that is nearly silent or nearly perfect from deciding the mean:
more than 35 dB is not heard as better, less than -10 dB not as worse.
Source: Hansen & Pellom, "An effective quality evaluation protocol for speech
enhancement algorithms", ICSLP 1998 (limits of -10 and 35 dB).
"""

import numpy as np

from inr.metrics.blocks import energy, error

Array = np.ndarray

SEGMENT_S = 0.032
FLOOR_DB, CEILING_DB = -10.0, 35.0
# Mean power under that of half a step of 16-bit sound: the segment is silent.
SILENCE = 2.0**-32


class SegmentalSnr:
    """Equation (1) of a waveform that comes in blocks; segments run on across their borders.

    Args:
        rate_hz: sampling rate.

    >>> import numpy as np
    >>> metric, tone = SegmentalSnr(8000), np.sin(np.arange(8000))[:, None]
    >>> metric.update(tone, 0.9 * tone)
    >>> round(metric.compute(), 6)
    20.0
    """

    def __init__(self, rate_hz: float) -> None:
        self._length = max(1, round(SEGMENT_S * float(rate_hz)))
        self._rest: tuple[Array, Array] | None = None
        self._sum_db, self._segments = 0.0, 0

    def update(self, reference: Array, estimate: Array) -> None:
        """Add the next block of the waveform.

        Shape: [N, C] or [N], the same for both; values in [-1, 1].

        Raises:
            SignalError: the shapes differ, or a value is NaN or infinite.
        """
        wrong = error(reference, estimate)
        energy(wrong)  # refuses values that are not finite
        signal = np.asarray(reference, dtype=np.float64)
        if self._rest is not None:
            signal = np.concatenate([self._rest[0], signal])
            wrong = np.concatenate([self._rest[1], wrong])
        whole = len(signal) // self._length * self._length
        # Copied, so that a block is not kept alive by its tail.
        self._rest = (signal[whole:].copy(), wrong[whole:].copy())
        self._add(signal[:whole], wrong[:whole])

    def compute(self) -> float | None:
        """Equation (1) in dB; None without a whole segment that is not silent.

        The samples after the last whole segment are not counted.
        """
        return self._sum_db / self._segments if self._segments else None

    def _add(self, signal: Array, wrong: Array) -> None:
        power = self._means(signal)
        heard = power >= SILENCE
        # Any ratio of 1e30 is far above the ceiling: it stands for an error of zero.
        noise = np.maximum(self._means(wrong)[heard], power[heard] * 1e-30)
        values = np.clip(10 * np.log10(power[heard] / noise), FLOOR_DB, CEILING_DB)
        # One by one, so that the sum does not depend on the blocks.
        for value in values.tolist():
            self._sum_db += value
        self._segments += int(heard.sum())

    def _means(self, values: Array) -> Array:
        """Mean square of each segment; [segments]."""
        segments = len(values) // self._length
        per_segment = values.size // segments if segments else 0
        return np.square(values).reshape(segments, per_segment).mean(axis=1) if segments else np.zeros(0)

"""SSIM, the structural similarity of pictures, in memory that does not grow with the picture.

    SSIM = mean_{i, c} (2 μ_y μ_ŷ + C1)(2 σ_yŷ + C2) / ((μ_y² + μ_ŷ² + C1)(σ_y² + σ_ŷ² + C2))    (1)

μ, σ: weighted means, variances and covariance under an 11x11 Gaussian window (σ = 1.5,
weights that sum to 1), C1 = 0.01², C2 = 0.03² for values in [0, 1]; i runs over the
pixels whose window lies inside the picture.  The term of a pixel depends on 5 rows
above and 5 below it, so strips that overlap by 10 rows give the terms of the whole.

Source: Wang, Bovik, Sheikh & Simoncelli, "Image quality assessment: from error
visibility to structural similarity", IEEE Trans. Image Processing 13(4), 2004;
computed by scikit-image with the settings of that paper.
"""

from typing import Any

import numpy as np

from inr.errors import SignalError
from inr.metrics.blocks import check_shapes

Array = np.ndarray

WINDOW = 11
OVERLAP = WINDOW - 1
# Pixels of a strip: its dozen float64 planes then take about 25 MB.
STRIP_PIXELS = 1 << 18


def ssim(reference: Array, estimate: Array) -> float | None:
    """Equation (1) of one picture; None when a side is under 11 pixels.

    Shape: [H, W, C], the same for both; values in [0, 1].

    Raises:
        SignalError: the shapes differ, or are not [H, W, C], or a value is NaN or infinite.

    >>> picture = np.linspace(0, 1, 16 * 16).reshape(16, 16, 1)
    >>> round(ssim(picture, picture), 12)
    1.0
    >>> ssim(picture[:8], picture[:8]) is None
    True
    """
    rows = PictureSsim()
    rows.update(reference, estimate)
    return rows.compute()


class PictureSsim:
    """Equation (1) of one picture that comes in blocks of rows, top to bottom.

    Rows wait until they fill a strip, since each strip costs ten rows more than it adds.
    """

    def __init__(self) -> None:
        self._waiting: list[Array] = []  # each [2, h, W, C]: reference and estimate
        self._sum, self._rows = 0.0, 0

    def update(self, reference: Array, estimate: Array) -> None:
        """Add the next rows.

        Shape: [h, W, C], the same for both; W and C the same in every block.

        Raises:
            SignalError: the shapes differ, or are not [h, W, C], or a value is NaN or infinite.
        """
        check_shapes(reference, estimate)
        if reference.ndim != 3:
            raise SignalError(f"ssim: rows must be [rows, width, channels]; got {reference.shape}")
        step = max(1, STRIP_PIXELS // max(1, reference.shape[1]))
        for first in range(0, len(reference), step):
            part = slice(first, first + step)
            self._waiting.append(np.stack([reference[part], estimate[part]]).astype(np.float64))
            if sum(rows.shape[1] for rows in self._waiting) >= step + OVERLAP:
                both = np.concatenate(self._waiting, axis=1)
                total, rows = _strip(both)
                self._sum, self._rows = self._sum + total, self._rows + rows
                self._waiting = [both[:, -OVERLAP:].copy()]

    def compute(self) -> float | None:
        """Equation (1) of the rows so far; None when a side is under 11 pixels."""
        total, rows = self._sum, self._rows
        if self._waiting:
            rest = _strip(np.concatenate(self._waiting, axis=1))
            total, rows = total + rest[0], rows + rest[1]
        return total / rows if rows else None


class VideoSsim:
    """Mean over frames of equation (1), for video that comes in blocks of whole frames."""

    def __init__(self) -> None:
        self._sum, self._frames = 0.0, 0

    def update(self, reference: Array, estimate: Array) -> None:
        """Add the next frames.

        Shape: [T, H, W, C], the same for both; values in [0, 1].

        Raises:
            SignalError: the shapes differ, or are not [T, H, W, C], or a value is NaN or infinite.
        """
        check_shapes(reference, estimate)
        for y, y_hat in zip(reference, estimate, strict=True):
            value = ssim(y, y_hat)
            if value is not None:
                self._sum += value
                self._frames += 1

    def compute(self) -> float | None:
        """The mean so far; None when a side of the frames is under 11 pixels."""
        return self._sum / self._frames if self._frames else None


def _strip(both: Array) -> tuple[float, int]:
    """The sum over rows of the mean of (1) in a row, and the number of rows; [2, h, W, C] in float64."""
    rows = both.shape[1] - OVERLAP
    if rows < 1 or both.shape[2] < WINDOW:
        return 0.0, 0
    from skimage.metrics import structural_similarity

    value: Any = structural_similarity(
        both[0],
        both[1],
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        channel_axis=-1,
    )
    if not np.isfinite(value):
        raise SignalError("ssim: a block holds NaN or infinity; check the reference, then the fit.")
    return rows * float(value), rows

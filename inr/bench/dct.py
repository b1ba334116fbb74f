"""The closed-form rival: block cosine transforms, and as many coefficients as we have parameters.

    c = DCT-II of each block, orthonormal;  keep the N of largest |c|;  error = Σ c² of the others    (1)

The last step is Parseval's.  The comparison is generous to the rival: where the kept coefficients
stand costs nothing, they are real numbers, the block size is the best of a few, and the transform
across the channels (principal axes, orthonormal) is free as well.  Blocks that reach over the end
of the signal continue it by mirroring, and what they hold there counts like the rest.

The signal passes once, a row of blocks at a time: Σ c² and the number of coefficients are kept in
BINS classes of log |c|, and only the class that the N-th coefficient falls into is split in
proportion.  A class spans 1 % in |c|.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from inr import signals

BLOCKS: dict[str, tuple[tuple[int, ...], ...]] = {
    "image": ((8, 8), (16, 16), (32, 32), (64, 64)),
    "audio": ((256,), (512,), (1024,), (2048,), (4096,)),
    "video": ((10, 8, 8), (10, 16, 16), (25, 16, 16), (50, 8, 8)),
}
BINS = 1 << 12
PER_OCTAVE = 64.0
LOWEST = 2.0**-40
BATCH = 1 << 23  # values a piece; a row of blocks is taken in such pieces of whole blocks
AXES_FROM = 4  # windows of the signal that the channels' axes are found in


@dataclass
class Spectrum:
    """How many coefficients there are of each size, and what they hold together."""

    counts: np.ndarray = field(default_factory=lambda: np.zeros(BINS))
    energy: np.ndarray = field(default_factory=lambda: np.zeros(BINS))

    def add(self, coefficients: np.ndarray) -> None:
        """Sort coefficients into their classes."""
        c = np.abs(coefficients.ravel())
        place = np.log2(np.maximum(c, LOWEST) / LOWEST) * PER_OCTAVE
        at = np.minimum(place.astype(np.int64), BINS - 1)
        self.counts += np.bincount(at, minlength=BINS)
        self.energy += np.bincount(at, weights=np.square(c, dtype=np.float64), minlength=BINS)

    def lost(self, kept: int) -> float:
        """Σ c² of all but the `kept` largest."""
        above = np.cumsum(self.counts[::-1])[::-1]  # coefficients in this class or a higher one
        whole = above <= kept
        at = int(np.argmax(whole)) - 1 if whole.any() else BINS - 1
        if at < 0:
            return 0.0
        share = (kept - (above[at] - self.counts[at])) / self.counts[at]
        return float(self.energy[:at].sum() + (1.0 - share) * self.energy[at])


def dct_db(reader: signals.Reader, count: int) -> tuple[float, tuple[int, ...]]:
    """PSNR, or SNR of sound, with `count` coefficients.

    Returns: the decibels, and the block size that gives them.
    """
    axes = _channel_axes(reader)
    best = max((_db(reader, count, block, axes), block) for block in BLOCKS[reader.spec.kind])
    return best


def _db(reader: signals.Reader, count: int, block: tuple[int, ...], axes: np.ndarray) -> float:
    """Equation (1) with one block size."""
    from scipy.fft import dctn

    spectrum = Spectrum()
    dims = tuple(range(1, 2 * len(block), 2))
    for rows in _block_rows(reader, block):
        split = [part for n, b in zip(rows.shape[:-1], block, strict=True) for part in (n // b, b)]
        blocks = (rows @ axes).reshape(*split, rows.shape[-1])
        spectrum.add(np.asarray(dctn(blocks, axes=dims, norm="ortho")))
    lost, values = spectrum.lost(count), spectrum.counts.sum()
    peak = spectrum.energy.sum() if reader.spec.kind == "audio" else values
    return 10.0 * math.log10(peak / lost) if lost > 0 < peak else math.inf


def _block_rows(reader: signals.Reader, block: tuple[int, ...]) -> Iterator[np.ndarray]:
    """The signal as floats, whole blocks at a time along the slowest axis, mirrored to full blocks."""
    shape, channels = reader.spec.shape, reader.spec.channels
    across = math.prod(shape[1:]) * channels
    run = block[0] * max(1, BATCH // (across * block[0]))
    for a in range(0, shape[0], run):
        rows = signals.to_float(reader.read(a, min(a + run, shape[0])))
        missing = [(0, -n % b) for n, b in zip(rows.shape, block, strict=False)]
        yield np.pad(rows, [*missing, (0, 0)], mode="symmetric") if any(m for _, m in missing) else rows


def _channel_axes(reader: signals.Reader) -> np.ndarray:
    """Orthonormal directions of the channels, those of their second moments; float32 [C, C]."""
    n = reader.spec.shape[0]
    run = max(1, min(n // AXES_FROM, BATCH // max(1, reader.spec.samples // n)))
    moments = np.zeros((reader.spec.channels,) * 2)
    for a in np.linspace(0, n - run, AXES_FROM).astype(int).tolist():
        values = signals.to_float(reader.read(a, a + run)).reshape(-1, reader.spec.channels)
        moments += (values.T @ values).astype(np.float64)
    return np.linalg.eigh(moments)[1].astype(np.float32)

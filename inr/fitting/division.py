"""Where sound needs short tiles, and which frequencies they hold.

A pause and a consonant of the same length hold very different amounts of signal, and tiles all
have the same number of parameters.  Each cell is therefore cut into 2^l tiles in proportion to
the number of its spectral coefficients that a transform coder of the same budget would keep:
those above the one threshold that leaves `kept` of them in the whole signal.  Speech with pauses
gains up to 20 dB from it at equal parameters, music about 2 (data/baselines/README.md).

The same coefficients say what the first layer must reach: their median frequency, in radians per
half tile.  The rms frequency of the energy, which serves pictures, says too little about sound,
whose quiet high partials decide once the loud low ones are fitted.
"""

from dataclasses import dataclass

import numpy as np

from inr import signals

CELL = 4  # tiles a cell has on average
LEVELS = 4  # a cell is cut into 2^LEVELS tiles at most
LEAST = 48  # samples that the shortest tile must have
THRESHOLDS = -0.5 * np.arange(64.0)  # log2 of a coefficient over a full-scale sine's, falling
LOOKED_AT_MOST = 1 << 24  # samples in all, and
LOOKED_AT_A_TIME = 1 << 16  # of a cell: of long sounds a part of every cell stands for it
READ_AT_ONCE = 1 << 20
HANNING_RMS, ABOVE_NOISE = np.sqrt(3.0 / 8.0), 4.0  # 12 dB above noise hardly any bin of it is left
LOOKED_AT = 64  # cells whose frequencies are looked at


@dataclass(frozen=True)
class Division:
    """How a sound is cut into tiles.

    Attributes:
        levels: cell i has 2^levels[i] tiles; empty where tiles are of one length.
        local: median frequency of the coefficients that count, in radians per half tile.
    """

    levels: tuple[int, ...]
    local: float


def divide(reader: signals.Reader, tiles: int, kept: int, *, even: bool = False) -> Division:
    """Cut a sound into about `tiles` tiles, never more.

    Args:
        reader: audio.
        tiles: K.
        kept: spectral coefficients that count in the whole sound.
        even: tiles of one length.
    """
    n = reader.spec.shape[0]
    cells = min(max(1, tiles // CELL), max(1, n // (2 * LEAST)))
    edges = np.linspace(0, n, cells + 1).astype(np.int64)
    counts = _counts(reader, edges)
    threshold = min(int(np.searchsorted(counts.sum(0), kept)), _last_threshold(reader, edges))
    levels = np.zeros(cells, dtype=int)
    if cells > 1 and not even:
        levels = _levels(counts[:, threshold], tiles, min(LEVELS, int(np.log2(n / cells / LEAST))))
    if levels.min() == levels.max():
        levels[:] = 0
    halves = n / (2.0 * tiles) if not levels.any() else n / (2.0 * cells) / np.exp2(levels)
    local = _median_frequency(reader, edges, threshold, np.broadcast_to(halves, cells))
    return Division(tuple(levels.tolist()) if levels.any() else (), local)


def _last_threshold(reader: signals.Reader, edges: np.ndarray) -> int:
    """The last threshold above the rounding noise of the source's depth, which is no part of the sound.

    A pure tone has fewer coefficients than any budget keeps: without this, noise said what to reach.
    """
    rounding = 2.0 ** (1 - reader.spec.bits) / np.sqrt(12.0)
    of_a_bin = rounding * HANNING_RMS / np.sqrt(_looked_at(edges))
    above = int(np.searchsorted(-THRESHOLDS, -np.log2(ABOVE_NOISE * of_a_bin)))
    return min(max(above - 1, 0), len(THRESHOLDS) - 1)


def _levels(need: np.ndarray, tiles: int, most: int) -> np.ndarray:
    """The largest levels in proportion to `need` whose tiles are no more than `tiles`."""
    low, high = -40.0, 40.0  # log2 of the tiles that a unit of need gets
    log_need = np.log2(np.maximum(need, 1e-3))
    for _ in range(50):
        middle = (low + high) / 2
        levels = np.clip(np.round(log_need + middle), 0, most)
        low, high = (middle, high) if np.exp2(levels).sum() <= tiles else (low, middle)
    return np.clip(np.round(log_need + low), 0, most).astype(int)


def _counts(reader: signals.Reader, edges: np.ndarray) -> np.ndarray:
    """How many coefficients of each cell lie above each threshold.  Shape: [cells, thresholds]."""
    cells, whole = len(edges) - 1, int(np.diff(edges).min())
    length = _looked_at(edges)
    counts = np.zeros((cells, len(THRESHOLDS)), dtype=np.int64)
    at_once = max(1, READ_AT_ONCE // length) if length == whole else 1
    for first in range(0, cells, at_once):
        last = min(first + at_once, cells)
        begin = int(edges[first])
        samples = signals.to_float(
            reader.read(begin, int(edges[last]) if length == whole else begin + length)
        )
        for cell in range(first, last):
            start = int(edges[cell]) - begin
            place = _places(samples[start : start + length])
            found = np.bincount(place.ravel(), minlength=len(THRESHOLDS)).cumsum()
            counts[cell] = np.rint(2 * found * (whole / length))
    return counts


def _looked_at(edges: np.ndarray) -> int:
    """Samples of each cell that are looked at."""
    cells, whole = len(edges) - 1, int(np.diff(edges).min())
    return min(whole, LOOKED_AT_A_TIME, max(4096, LOOKED_AT_MOST // cells))


def _places(samples: np.ndarray) -> np.ndarray:
    """For each complex coefficient (two numbers) of one cell, the first threshold below it."""
    window = np.hanning(len(samples) + 2)[1:-1, None]
    size = np.abs(np.fft.rfft(samples * window, axis=0)) / len(samples)
    place = np.searchsorted(-THRESHOLDS, -np.log2(np.maximum(size, 1e-30)))
    return np.minimum(place, len(THRESHOLDS) - 1)


def _median_frequency(reader: signals.Reader, edges: np.ndarray, threshold: int, halves: np.ndarray) -> float:
    """Median over some cells of the frequency of what counts, times the half length of their tiles."""
    found = []
    length = _looked_at(edges)
    for cell in np.unique(np.linspace(0, len(edges) - 2, LOOKED_AT).astype(int)).tolist():
        start = int(edges[cell])
        place = _places(signals.to_float(reader.read(start, start + length)))
        bins = np.nonzero(place <= threshold)[0]
        found.append(bins * (2.0 * np.pi / length) * halves[cell])
    every = np.concatenate(found)
    return float(np.median(every)) if every.size else 0.0

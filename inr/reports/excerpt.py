"""What a page shows of a signal: all of a small one, a regular selection of a large one.

Original and decoded samples of the same places.  The field is evaluated at these places alone,
so a page of a large picture or a long sound costs no more than that of a small one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inr import coords, reconstruct, signals
from inr.fields import Field
from inr.specs import SignalSpec

Array = np.ndarray
PICTURE_PIXELS, FRAME_PIXELS = 1 << 20, 1 << 17
FRAMES = 4
DETAIL = 96  # pixels a side of the detail
SPECTRUM_SIDE = 1024  # pixels a side of what a spectrum is taken of
COLUMNS = 800  # windows of a sound
WINDOW_S = 0.032


@dataclass(frozen=True)
class Planes:
    """Frames of a picture (one) or a clip.

    Attributes:
        original, decoded: float32 [T, H, W, C] in [0, 1], rounded to the source's depth.
        frames: their numbers.
        stride: every so many pixels are there, along both sides.
    """

    original: Array
    decoded: Array
    frames: tuple[int, ...]
    stride: int


@dataclass(frozen=True)
class Windows:
    """Windows of a sound at regular places, in order; they overlap in a short one.

    Attributes:
        original, decoded: float32 [M, W, C] in [-1, 1].
        starts: [M], the first sample of each.
        whole: every sample lies in a window.
    """

    original: Array
    decoded: Array
    starts: Array
    whole: bool


class Excerpts:
    """Samples of a field beside those of its source.

    Args:
        field: the decoded one.
        signal: what it stands for.
        reader: the source.
    """

    def __init__(self, field: Field, signal: SignalSpec, reader: signals.Reader) -> None:
        self._field, self._signal, self._reader = field, signal, reader
        self._sides = signal.shape[-2:]

    def overview(self) -> Planes:
        """The whole picture, or a few frames of the clip, in at most about a million pixels."""
        height, width = self._sides
        picture = self._signal.kind == "image"
        room = PICTURE_PIXELS if picture else FRAME_PIXELS
        stride = max(1, int(np.ceil(np.sqrt(height * width / room))))
        return self._planes(self.frames(), range(0, height, stride), range(0, width, stride))

    def frames(self) -> tuple[int, ...]:
        """The frames that are shown; a picture is one."""
        if self._signal.kind == "image":
            return (0,)
        count = self._signal.shape[0]
        return tuple(dict.fromkeys(int(t) for t in np.linspace(0, count - 1, FRAMES).round()))

    def middle(self) -> Planes:
        """The middle of the same frames, pixel by pixel."""
        side = SPECTRUM_SIDE if self._signal.kind == "image" else SPECTRUM_SIDE // 4
        rows, columns = (_centred(n, min(n, side)) for n in self._sides)
        return self._planes(self.frames(), rows, columns)

    def worst(self, shown: Planes) -> tuple[Planes, int, int] | None:
        """The part of a picture where the error is largest, pixel by pixel, with its first row and column.

        None where the picture is hardly larger than the part.
        """
        height, width = self._sides
        if min(height, width) < 2 * DETAIL:
            return None
        side = max(1, DETAIL // shown.stride)
        power = np.square(shown.decoded[0] - shown.original[0]).mean(-1, dtype=np.float64)
        sums = np.pad(power.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        boxes = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
        row, column = np.unravel_index(np.argmax(boxes), boxes.shape)
        top, left = (min(int(at) * shown.stride, n - DETAIL) for at, n in ((row, height), (column, width)))
        return self._planes((0,), range(top, top + DETAIL), range(left, left + DETAIL)), top, left

    def windows(self) -> Windows:
        """A sound through windows of about 32 ms."""
        length, rate = self._signal.shape[0], float(self._signal.rate or 1)
        size = min(length, 1 << max(5, round(np.log2(WINDOW_S * rate))))
        count = max(1, min(COLUMNS, 4 * length // size - 3))
        starts = np.linspace(0, length - size, count).round().astype(np.int64)
        places = np.unique(starts[:, None] + np.arange(size))
        original = np.concatenate([self._read(run) for run in _runs(places)])
        decoded = self._points([coords.at(places, length)])
        rows = np.searchsorted(places, starts)[:, None] + np.arange(size)
        return Windows(original[rows], decoded[rows], starts, whole=len(places) == length)

    def _read(self, run: range) -> Array:
        return signals.to_float(self._reader.read(run.start, run.stop))

    def _planes(self, frames: Sequence[int], rows: range, columns: range) -> Planes:
        height, width = self._sides
        grid = [coords.at(np.asarray(rows), height), coords.at(np.asarray(columns), width)]
        if self._signal.kind == "image":
            across = slice(columns.start, columns.stop, columns.step)
            if rows.step == 1:
                native = self._reader.read(rows.start, rows.stop)[:, across]
            else:
                native = np.concatenate([self._reader.read(r, r + 1)[:, across] for r in rows])
            original, decoded = signals.to_float(native)[None], self._points(grid)[None]
        else:
            grid.insert(0, coords.at(np.asarray(frames), self._signal.shape[0]))
            original = np.stack([self._frame(t, rows, columns) for t in frames])
            decoded = self._points(grid)
        return Planes(original, decoded, tuple(frames), rows.step)

    def _frame(self, t: int, rows: range, columns: range) -> Array:
        native = self._reader.read(t, t + 1)[0]
        part = native[rows.start : rows.stop : rows.step, columns.start : columns.stop : columns.step]
        return signals.to_float(part)

    def _points(self, grid: list[Array]) -> Array:
        """What a decoder writes at the product of these coordinates."""
        samples = int(np.prod([len(x) for x in grid]))
        engine = "torch" if reconstruct.uses_torch(self._field, samples) else "numpy"
        raw = reconstruct.points(self._field, grid, engine=engine)
        values = reconstruct.to_signal(raw, self._signal.kind)
        return signals.to_float(signals.from_float(values, self._signal))


def _centred(length: int, side: int) -> range:
    start = (length - side) // 2
    return range(start, start + side)


def _runs(places: Array) -> list[range]:
    """Rising numbers as runs without gaps, none longer than a reader likes."""
    cuts = np.flatnonzero(np.diff(places) > 1) + 1
    return [range(int(part[0]), int(part[-1]) + 1) for part in np.split(places, cuts)]

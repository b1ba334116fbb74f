"""What is known around an integer of a clip before it is read (FORMAT.md, section 12.2).

Most of a clip's integers are 0, in whole regions.  So a plane is cut into blocks of BLOCK x BLOCK points:
first comes, for each block, whether it holds anything, and then the points of those that do.  Blocks and
points are both read in the four phases of neighbours.py, and each has a context network of its own.

Bands of one level of time are read in one stage, or, where there are many, in two: first every second one,
then those between; all bands of a stage at once.  What a point sees beside what one of a picture sees: the
same place and the 3x3 around it in the two bands beside its own, in the second stage; in the slower band
above it; the 3x3 in the low band.  A block sees how many points are not 0 in the blocks at its place there.
Details along the columns are read transposed, as in pictures.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from inr.codec.context import UNIT, log2_pieces
from inr.codec.neighbours import PHASES, RING
from inr.fields import PARTS

Array = np.ndarray
Shapes = Mapping[str, tuple[int, ...]]
Place = tuple[Array, Array, Array]  # bands, rows and columns of points
BLOCK, HALO = 16, 2
LARGEST = 32767  # that a neighbour counts as
BESIDE = 6  # flags and numbers that say where a plane belongs
POINT_INPUTS = 4 + 11 + len(PHASES) + BESIDE
BLOCK_INPUTS = 3 + 7 + len(PHASES) + BESIDE


@dataclass(frozen=True)
class Sparse:
    """The integers of one stage that are not 0.

    Attributes:
        places: of each among all integers of the stage, the tensors one after the other; rising.
        values: what it is, int32.
    """

    places: Array
    values: Array

    @classmethod
    def of(cls, integers: Mapping[str, Array]) -> "Sparse":
        """From the tensors, in stored order."""
        found, start = [], 0
        for q in integers.values():
            there = np.flatnonzero(q)
            found.append((there + start, q.reshape(-1)[there]))
            start += q.size
        return cls(np.concatenate([p for p, _ in found]), np.concatenate([v for _, v in found]))

    def dense(self, shapes: Shapes) -> dict[str, Array]:
        """The tensors, int32."""
        out = {name: np.zeros(shape, dtype=np.int32) for name, shape in shapes.items()}
        for name, places, values in self.parts(shapes):
            out[name].reshape(-1)[places] = values
        return out

    def parts(self, shapes: Shapes) -> Iterator[tuple[str, Array, Array]]:
        """Of each tensor: its name, the places of what is not 0 in it, and their values."""
        start = 0
        for name, shape in shapes.items():
            stop = start + math.prod(shape)
            a, b = np.searchsorted(self.places, (start, stop))
            yield name, self.places[a:b] - start, self.values[a:b]
            start = stop


class Magnitudes:
    """|q| of all bands of one level of time, as whole blocks with a border of zeros."""

    def __init__(self, shapes: Shapes) -> None:
        """All 0; `shapes` are [bands, C, h, w] by names like `grid.3.rows`."""
        self.shapes = shapes
        self._padded: dict[str, Array] = {}
        for level in {_level(name) for name in shapes}:
            own = [name for name in shapes if _level(name) == level]
            blocks = [max(-(-shapes[name][axis] // BLOCK) for name in own) for axis in (2, 3)]
            for name in own:
                size = (BLOCK * n + 2 * HALO for n in blocks)
                self._padded[name] = np.zeros((*shapes[name][:2], *size), dtype=np.int16)
        self._counts: dict[tuple[str, int, int], Array] = {}

    def padded(self, name: str, component: int, turned: bool) -> Array:
        """The planes of all bands with their border, [bands, ...]."""
        plane = self._padded[name][:, component]
        return plane.transpose(0, 2, 1) if turned else plane

    def counts(self, name: str, component: int, turned: bool, size: int = BLOCK) -> Array:
        """How many points are not 0 in each square of `size` points; only of planes that are finished."""
        key = (name, component, size)
        if key not in self._counts:
            self._counts[key] = self.count(name, component, size)
        counts = self._counts[key]
        return counts.transpose(0, 2, 1) if turned else counts

    def count(self, name: str, component: int, size: int = BLOCK) -> Array:
        """The same of a plane as it is now."""
        whole = self._padded[name][:, component, HALO:-HALO, HALO:-HALO] != 0
        rows, columns = whole.shape[1] // size, whole.shape[2] // size
        return whole.reshape(len(whole), rows, size, columns, size).sum(4, dtype=np.int32).sum(2)

    def forget_counts(self) -> None:
        """Bands of another stage come: what was counted of a plane is not all any more."""
        self._counts.clear()


@dataclass(frozen=True)
class Stage:
    """Some bands of one level of time that are read together.

    Attributes:
        level: of time.  distance: levels below the low band, 0 for itself.
        rows: which bands of the level.  first: band of the group that is the level's first one.
        later: 1 where the bands beside them are known, else 0.
    """

    level: int
    distance: int
    rows: Array
    first: int
    later: int

    @property
    def bands(self) -> Array:
        """Which bands of the group."""
        return self.first + self.rows


@dataclass(frozen=True)
class Past:
    """What was read before a stage: the slower level of time, and the low band; None where there is none."""

    above: Magnitudes | None
    low: Magnitudes | None


class MovingPlane:
    """One part of one level of one component of all bands of a stage, while they are read or written.

    Attributes:
        stage: the bands.
        shape: of one of its planes as it is read: transposed for details along the columns.
        alive: bool [bands, rows, columns], which blocks hold anything; filled by `put_blocks`.
    """

    def __init__(self, name: str, component: int, now: Magnitudes, stage: Stage, past: Past) -> None:
        """`now` has the planes of this level of time that come before, and takes those of this stage."""
        self.name, self.component, self.stage = name, component, stage
        self._level, self._part = _level(name), name.split(".")[2]
        self._now, self._past = now, past
        self.turned = self._part == "columns"
        height, width = now.shapes[name][2:]
        self.shape = (width, height) if self.turned else (height, width)
        self.alive = np.zeros([len(stage.rows), *(-(-n // BLOCK) for n in self.shape)], dtype=bool)
        self._padded = now.padded(name, component, self.turned)

    def read_as(self, tensor: Array) -> Array:
        """A tensor [bands of the stage, C, h, w] as this plane is read: a view of [bands, ...]."""
        plane = tensor[:, self.component]
        return plane.transpose(0, 2, 1) if self.turned else plane

    def blocks(self) -> Iterator[tuple[tuple[slice, slice, slice], Array]]:
        """For each phase its blocks and their inputs [n, BLOCK_INPUTS]; `put_blocks` must follow."""
        _, rows, columns = self.alive.shape
        sides = [side[:, :rows, :columns] for side in self._block_sides()]
        padded = np.zeros((len(self.alive), rows + 2, columns + 2), dtype=np.int32)
        for phase, (a, b) in enumerate(PHASES):
            where = (slice(None), slice(a, None, 2), slice(b, None, 2))
            down, across = (rows - a + 1) // 2, (columns - b + 1) // 2
            if not (down and across):
                continue
            padded[:, 1:-1, 1:-1] = self.alive

            def at(
                dy: int, dx: int, top: int = 1 + a, left: int = 1 + b, n: int = down, m: int = across
            ) -> Array:
                return padded[:, top + dy : top + dy + 2 * n - 1 : 2, left + dx : left + dx + 2 * m - 1 : 2]

            sums = [
                at(0, -1) + at(0, 1),
                at(-1, 0) + at(1, 0),
                at(-1, -1) + at(-1, 1) + at(1, -1) + at(1, 1),
                *(side[where] for side in sides),
            ]
            yield where, self._inputs(sums, phase)

    def put_blocks(self, where: tuple[slice, slice, slice], alive: Array) -> None:
        """Which blocks of a phase hold anything, [n], once that is known."""
        self.alive[where] = alive.reshape(self.alive[where].shape)

    def points(self) -> Iterator[tuple[Place, Array]]:
        """For each phase the points of living blocks, block by block, and their inputs; `put` must follow.

        Yields: bands (of the stage), rows and columns of the points [n], and [n, POINT_INPUTS].
        """
        i, u, v = np.nonzero(self.alive)
        if not len(i):
            return
        sides = self._point_sides(i, u, v)
        for phase, (a, b) in enumerate(PHASES):
            rows = BLOCK * u[:, None] + np.arange(a, BLOCK, 2)
            columns = BLOCK * v[:, None] + np.arange(b, BLOCK, 2)
            there = (rows < self.shape[0])[:, :, None] & (columns < self.shape[1])[:, None, :]
            if not there.any():
                continue
            own = _gather(self._padded, self.stage.rows[i], u, v, BLOCK, HALO)

            def at(dy: int, dx: int, own: Array = own, a: int = a, b: int = b) -> Array:
                top, left = HALO + a + dy, HALO + b + dx
                return own[:, top : top + BLOCK - 1 : 2, left : left + BLOCK - 1 : 2]

            sums = [
                at(0, -1) + at(0, 1),
                at(-1, 0) + at(1, 0),
                at(-1, -1) + at(-1, 1) + at(1, -1) + at(1, 1),
                sum(at(dy, dx) for dy, dx in RING),
                *(side[:, a::2, b::2] for side in sides),
            ]
            x, shape = self._inputs(sums, phase), there.shape
            place = (
                np.broadcast_to(i[:, None, None], shape),
                np.broadcast_to(rows[:, :, None], shape),
                np.broadcast_to(columns[:, None, :], shape),
            )
            if there.all():
                yield (place[0].reshape(-1), place[1].reshape(-1), place[2].reshape(-1)), x
            else:
                yield (place[0][there], place[1][there], place[2][there]), x[there.reshape(-1)]

    def put(self, where: Place, magnitudes: Array) -> None:
        """The magnitudes of a phase, [n], once they are known."""
        band, row, column = where
        self._padded[self.stage.rows[band], row + HALO, column + HALO] = np.minimum(magnitudes, LARGEST)

    def _inputs(self, sums: list[Array], phase: int) -> Array:
        """Sums by their logarithm, the phase, and where the plane belongs."""
        together = np.empty((len(sums), sums[0].size), dtype=np.int32)
        for row, values in zip(together, sums, strict=True):
            row.reshape(values.shape)[...] = values
        x = np.zeros((sums[0].size, len(sums) + len(PHASES) + BESIDE))
        x[:, : len(sums)] = log2_pieces(together).T
        x[:, len(sums) + phase] = UNIT
        both, component, stage = self._part == "both", self.component, self.stage
        flags = (both, component > 0, component > 1, stage.later)
        numbers = (4 * self._level, 4 * stage.distance)
        x[:, len(sums) + len(PHASES) :] = (*(UNIT * flag for flag in flags), *numbers)
        return x

    @property
    def _parent(self) -> str | None:
        name = f"grid.{self._level + 1}.{self._part}"
        return name if name in self._now.shapes else None

    @property
    def _siblings(self) -> list[str]:
        return [f"grid.{self._level}.{part}" for part in PARTS[: PARTS.index(self._part)]]

    def _block_sides(self) -> list[Array]:
        c, name, turned, stage = self.component, self.name, self.turned, self.stage
        _, rows, columns = self.alive.shape
        empty = np.zeros(self.alive.shape, dtype=np.int32)

        def pick(counts: Array, at: Array) -> Array:
            """Counts in bands `at`; where one is -1, there is none."""
            return np.where((at >= 0)[:, None, None], counts[np.maximum(at, 0), :rows, :columns], 0)

        def of(band: Magnitudes | None, at: Array, name: str = name, c: int = c, size: int = BLOCK) -> Array:
            return empty if band is None else pick(band.counts(name, c, turned, size), at)

        parent = empty if self._parent is None else of(self._now, stage.rows, self._parent, size=BLOCK // 2)
        around = sum((of(self._now, stage.rows, name=s) for s in self._siblings), empty)
        first = of(self._now if c > 0 else None, stage.rows, c=0)
        second = of(self._now if c > 1 else None, stage.rows, c=1)
        beside = empty
        if stage.later:
            counts = self._now.count(name, c)  # not to be kept: this plane is not finished
            counts = counts.transpose(0, 2, 1) if turned else counts
            beside = sum((pick(counts, at) for at in self._beside()), empty)
        above = of(self._past.above, self._above())
        return [parent, around, first, second, beside, above, of(self._past.low, np.zeros_like(stage.rows))]

    def _point_sides(self, i: Array, u: Array, v: Array) -> list[Array]:
        """Sums in other planes for all points of the living blocks, [blocks, BLOCK, BLOCK] each."""
        c, name, turned, rows = self.component, self.name, self.turned, self.stage.rows
        empty = np.zeros((len(u), BLOCK, BLOCK), dtype=np.int32)

        def near(band: Magnitudes | None, at: Array, name: str = name, c: int = c) -> tuple[Array, Array]:
            """The same places in bands `at`, and the 3x3 around; where one is -1, there is none."""
            if band is None:
                return empty, empty
            got = _gather(band.padded(name, c, turned), np.maximum(at, 0)[i], u, v, BLOCK, 1)
            if (at < 0).any():
                got[(at < 0)[i]] = 0
            return got[:, 1:-1, 1:-1], _box(got)

        coarse = [empty, empty]
        if self._parent is not None:
            got = _gather(self._now.padded(self._parent, c, turned), rows[i], u, v, BLOCK // 2, 1)
            coarse = [part.repeat(2, 1).repeat(2, 2) for part in (got[:, 1:-1, 1:-1], _box(got))]
        around = sum((near(self._now, rows, name=s)[1] for s in self._siblings), empty)
        first = near(self._now if c else None, rows, c=0)
        second = near(self._now if c > 1 else None, rows, c=1)[1]
        pairs = [near(self._now, at) for at in self._beside()]
        beside = [sum((pair[k] for pair in pairs), empty) for k in (0, 1)]
        above, low = near(self._past.above, self._above()), near(self._past.low, np.zeros_like(rows))
        return [*coarse, around, *first, second, *beside, *above, low[1]]

    def _beside(self) -> list[Array]:
        """The bands before and after each one of the stage, once they are known; -1 beyond the end."""
        if not self.stage.later:
            return []
        after = self.stage.rows + 1
        return [self.stage.rows - 1, np.where(after < self._now.shapes[self.name][0], after, -1)]

    def _above(self) -> Array:
        """The band of the slower level of time at the time of each one; -1 beyond its end."""
        if self._past.above is None:
            return self.stage.rows
        above = self.stage.rows // 2
        return np.where(above < self._past.above.shapes[self.name][0], above, -1)


def _gather(padded: Array, i: Array, u: Array, v: Array, size: int, halo: int) -> Array:
    """Blocks (u, v) of bands i with so much around them, int32: [n, size + 2 halo, size + 2 halo]."""
    skip, side = HALO - halo, size + 2 * halo
    view = np.lib.stride_tricks.sliding_window_view(padded[:, skip:, skip:], (side, side), (1, 2))
    return view[i, size * u, size * v].astype(np.int32)


def _box(blocks: Array) -> Array:
    """Sums over 3x3 of blocks with a border of 1."""
    rows = blocks[:, :-2] + blocks[:, 1:-1] + blocks[:, 2:]
    return rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]


def _level(name: str) -> int:
    return int(name.split(".")[1])

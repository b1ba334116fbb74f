"""What is known around an integer of a grid before it is read (FORMAT.md, section 10.2).

A plane is read in four phases: the points (even, even), (odd, odd), (even, odd) and (odd, even) of its
rows and columns.  All points of a phase are read at once, and see those of the phases before: on
average two of three direct neighbours, on both sides, which a scan line by line never has.

Inputs of a point, all sums of magnitudes |q|:
    beside 2, above and below 2, diagonal 4, the ring of 16 two steps away (unread ones count 0);
    the same place and the 3x3 around it one level coarser, in the same part;
    the 3x3 around it in the parts of this level that were read already, of the same component;
    the same place and the 3x3 around it in component 0, for the others; the 3x3 in component 1,
        for those after it.
Details along the columns are read transposed, so that "beside" means "along the edge" in both.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from inr.codec.context import UNIT, log2_pieces
from inr.fields import LOW, PARTS

Array = np.ndarray
PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))
RING = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if max(abs(dy), abs(dx)) == 2]
SIDES = 6  # sums from other planes
INPUTS = 4 + SIDES + len(PHASES) + 4


class Plane:
    """One part of one level of one component, while it is read or written.

    Attributes:
        name: of the tensor.  component: c.
        shape: as it is read: transposed for details along the columns.
    """

    def __init__(self, name: str, component: int, known: Mapping[str, Array]) -> None:
        """Gather what the planes before it say; `known` has the magnitudes of all tensors, [C, H, W]."""
        self.name, self.component = name, component
        _, level, self.part = name.split(".")
        self.level = int(level)
        height, width = known[name].shape[1:]
        sides = self._sides(known, height, width)
        self.turned = self.part == "columns"
        self._sides_read = [side.T if self.turned else side for side in sides]
        self.shape = (width, height) if self.turned else (height, width)
        self._padded = np.zeros((self.shape[0] + 4, self.shape[1] + 4), dtype=np.int32)

    def phases(self) -> Iterator[tuple[tuple[slice, slice], Array]]:
        """For each phase its points and their inputs [n, INPUTS]; `put` must follow before the next."""
        for phase, (a, b) in enumerate(PHASES):
            where = (slice(a, None, 2), slice(b, None, 2))
            rows, columns = (self.shape[0] - a + 1) // 2, (self.shape[1] - b + 1) // 2
            if rows and columns:
                yield where, self._inputs(phase, a, b, rows, columns)

    def put(self, where: tuple[slice, slice], magnitudes: Array) -> None:
        """The magnitudes of a phase, [n], once they are known."""
        inner = self._padded[2:-2, 2:-2][where]
        inner[...] = magnitudes.reshape(inner.shape)

    @property
    def magnitudes(self) -> Array:
        """The plane as the tensor has it, [H, W]."""
        inner = self._padded[2:-2, 2:-2]
        return inner.T if self.turned else inner

    def _inputs(self, phase: int, a: int, b: int, rows: int, columns: int) -> Array:
        def at(dy: int, dx: int) -> Array:
            top, left = 2 + a + dy, 2 + b + dx
            return self._padded[top : top + 2 * rows - 1 : 2, left : left + 2 * columns - 1 : 2]

        sums = [
            at(0, -1) + at(0, 1),
            at(-1, 0) + at(1, 0),
            at(-1, -1) + at(-1, 1) + at(1, -1) + at(1, 1),
            sum(at(dy, dx) for dy, dx in RING),
            *(side[a::2, b::2] for side in self._sides_read),
        ]
        x = np.zeros((rows * columns, INPUTS))
        for column, values in enumerate(sums):  # one by one: this is where a large picture's memory goes
            x[:, column] = log2_pieces(values).reshape(-1)
        at_flags = len(sums)
        x[:, at_flags + phase] = UNIT
        both, later, last = self.part == "both", self.component > 0, self.component > 1
        x[:, at_flags + 4 :] = (UNIT * both, UNIT * later, UNIT * last, 4 * self.level)
        return x

    def _sides(self, known: Mapping[str, Array], height: int, width: int) -> list[Array]:
        c, empty = self.component, np.zeros((height, width), dtype=np.int32)
        parent = known.get(f"grid.{self.level + 1}.{self.part}")
        coarse = [empty, empty]
        if parent is not None:
            coarse = [_doubled(parent[c], height, width), _doubled(box(parent[c]), height, width)]
        siblings = PARTS[: PARTS.index(self.part)]
        around = sum(
            (box(_cropped(known[f"grid.{self.level}.{p}"][c], height, width)) for p in siblings), empty
        )
        own = known[self.name]
        bright = [own[0], box(own[0])] if c else [empty, empty]
        return [*coarse, around, *bright, box(own[1]) if c > 1 else empty]


def order(names: list[str], channels: int) -> list[tuple[str, int]]:
    """The planes in reading order: level by level, and in a level component by component."""
    details = [name for name in names if name != LOW]
    levels = [details[i : i + len(PARTS)] for i in range(0, len(details), len(PARTS))]
    return [(name, c) for level in levels for c in range(channels) for name in level]


def box(a: Array) -> Array:
    """Sums over 3x3, zeros beyond the border."""
    p = np.pad(a, 1)
    rows = p[:-2] + p[1:-1] + p[2:]
    return rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]


def _cropped(a: Array, height: int, width: int) -> Array:
    """Cut or filled with zeros at the far ends."""
    a = a[:height, :width]
    return np.pad(a, ((0, height - a.shape[0]), (0, width - a.shape[1])))


def _doubled(a: Array, height: int, width: int) -> Array:
    return _cropped(a.repeat(2, 0).repeat(2, 1), height, width)

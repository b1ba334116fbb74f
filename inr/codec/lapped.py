"""What is known around an integer of a lapped grid before it is read (FORMAT.md, section 11.1).

A plane holds frequencies by windows.  Windows are read from far apart to next to each other, and of each
set first the even frequencies, then the odd ones.  All points of a phase are read at once, and see the
phases before: half of the windows have both of their neighbours in time.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from inr.codec.context import UNIT, log2_pieces
from inr.codec.neighbours import box

Array = np.ndarray
STAGES = ((0, 16, 16), (8, 16, 8), (4, 8, 4), (2, 4, 2), (1, 2, 1))  # first window, every so many, reach
SUMS = 10
INPUTS = SUMS + len(STAGES) + 2
SIDE = 4  # frequencies to each side that a point sees


class LappedPlane:
    """One component while it is read or written.

    Attributes:
        shape: frequencies, windows.
    """

    turned = False

    def __init__(self, name: str, component: int, known: Mapping[str, Array]) -> None:
        """`known` has the magnitudes of all components, [C, K, N]."""
        self.component = component
        self.shape = known[name].shape[1:]
        self._first = [known[name][0], box(known[name][0])] if component else []
        reach = 2 * STAGES[0][2]
        self._edge = (SIDE, reach)
        self._padded = np.zeros((self.shape[0] + 2 * SIDE, self.shape[1] + 2 * reach), dtype=np.int32)

    def phases(self) -> Iterator[tuple[tuple[slice, slice], Array]]:
        """For each phase its points and their inputs [n, INPUTS]; `put` must follow before the next."""
        for stage, (first, every, reach) in enumerate(STAGES):
            if first >= self.shape[1]:
                continue
            for odd in range(2):
                where = (slice(odd, None, 2), slice(first, None, every))
                yield where, self._inputs(where, stage, odd, reach)

    def put(self, where: tuple[slice, slice], magnitudes: Array) -> None:
        """The magnitudes of a phase, [n], once they are known."""
        inner = self.magnitudes[where]
        inner[...] = magnitudes.reshape(inner.shape)

    @property
    def magnitudes(self) -> Array:
        """The plane as the tensor has it, [K, N]."""
        (side, reach), (size, count) = self._edge, self.shape
        return self._padded[side : side + size, reach : reach + count]

    def _inputs(self, where: tuple[slice, slice], stage: int, odd: int, reach: int) -> Array:
        (size, count), (side, edge) = self.shape, self._edge

        def at(frequencies: tuple[int, ...], times: tuple[int, ...]) -> Array:
            parts = [
                self._padded[side + a : side + a + size, edge + n : edge + n + count][where]
                for a in frequencies
                for n in times
            ]
            return sum(parts[1:], parts[0])

        beside = (-reach, reach)
        sums = [
            at((-1, 1), (0,)),
            at((-2, 2), (0,)),
            at((-4, -3, 3, 4), (0,)),
            at((0,), beside),
            at((-1, 1), beside),
            at((-3, -2, 2, 3), beside),
            at((-1, 0, 1), (-2 * reach, 2 * reach)),
            *(part[where] for part in self._first),
        ]
        shape = sums[0].shape
        x = np.zeros((sums[0].size, INPUTS))
        for column, values in enumerate(sums):
            x[:, column] = log2_pieces(values).reshape(-1)
        frequency = np.arange(odd, size, 2)[:, None]
        x[:, SUMS - 1] = np.broadcast_to(log2_pieces(frequency), shape).reshape(-1)
        x[:, SUMS + stage] = UNIT
        x[:, -2:] = (UNIT * odd, UNIT * (self.component > 0))
        return x

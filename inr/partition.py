"""A regular partition of the domain: where tiles lie, how far they reach, how they blend.

Along an axis of K tiles the borders lie at -1 + 2k/K in coordinates, whatever the grid.
Tile k has centre c = -1 + (2k+1)/K and half width h = 1/K; inside it the network sees the
local coordinate u = (x - c) / h.  A tile reaches over each border that has a neighbour by
its margin m (a fraction of the cell), and there the two are blended:

    f(x) = Σ_k w_k(x) f_k(u_k),    Σ_k w_k = 1                             (1)

    across border b:  t = clamp((x - b) / (4 m h) + 1/2, 0, 1)             (2)
    the right tile gets S(t) = t² (3 - 2t), the left one 1 - S(t)

S has slope 0 at both ends, so f is continuous in value and in slope wherever the f_k are:
that is why tiles have no seams.  With m = 0 the border belongs to the right tile.  Windows
of several axes multiply.
"""

from dataclasses import dataclass

import numpy as np

from inr import coords
from inr.specs import FieldSpec

Array = np.ndarray


@dataclass(frozen=True)
class Axis:
    """The partition of one axis: K tiles, with margin m as a fraction of a cell."""

    tiles: int
    margin: float

    @property
    def borders(self) -> Array:
        """The K + 1 borders of the cells, float64, first -1 and last 1."""
        return -1.0 + 2.0 * np.arange(self.tiles + 1) / self.tiles

    def reach(self) -> tuple[Array, Array]:
        """First and last coordinate of each widened cell, both [K]; ± inf at the domain's ends."""
        over = 2.0 * self.margin / self.tiles
        left, right = self.borders[:-1] - over, self.borders[1:] + over
        left[0], right[-1] = -np.inf, np.inf
        return left, right

    def spans(self, x: Array) -> list[tuple[int, int]]:
        """For each tile the index range of the rising coordinates `x` inside its widened cell."""
        left, right = self.reach()
        first, last = np.searchsorted(x, left), np.searchsorted(x, right)
        return list(zip(first.tolist(), last.tolist(), strict=True))

    def grid_spans(self, n: int) -> list[tuple[int, int]]:
        """`spans` of the regular grid of n samples, which is not made: it may be hours of sound."""
        first, last = (_first_at(bound, n) for bound in self.reach())
        return list(zip(first.tolist(), last.tolist(), strict=True))

    def local(self, x: Array, tile: int) -> Array:
        """u of coordinates `x` in that tile; |u| <= 1 on its own cell."""
        return (x - (-1.0 + (2.0 * tile + 1.0) / self.tiles)) * self.tiles

    def window(self, x: Array, tile: int) -> Array:
        """Weight of the tile at coordinates `x` inside its reach, equation (2)."""
        weight = np.ones(np.shape(x))
        if tile > 0:
            weight *= self._ramp(x, self.borders[tile])
        if tile < self.tiles - 1:
            weight *= 1.0 - self._ramp(x, self.borders[tile + 1])
        return weight

    def _ramp(self, x: Array, border: float) -> Array:
        if self.margin == 0.0:
            return (x >= border).astype(np.float64)
        t = np.clip((x - border) * (self.tiles / (4.0 * self.margin)) + 0.5, 0.0, 1.0)
        return t * t * (3.0 - 2.0 * t)


def _first_at(bounds: Array, n: int) -> Array:
    """For each bound the first sample of the grid of n that is not below it; n where all are."""
    about = np.floor(coords.index(np.clip(bounds, -1.0, 1.0), n)).astype(np.int64) - 1
    near = coords.at(about[:, None] + np.arange(4), n)
    return np.clip(about + (near < bounds[:, None]).sum(axis=1), 0, n)


def axes(spec: FieldSpec) -> tuple[Axis, ...]:
    """The partition of every axis of a field, slowest first."""
    return tuple(Axis(k, m / 64.0) for k, m in zip(spec.tiles, spec.margin, strict=True))


def tile_index(spec: FieldSpec, place: tuple[int, ...]) -> int:
    """Position in the tensors' tile axis of the tile at `place` (one index an axis, row-major)."""
    return int(np.ravel_multi_index(place, spec.tiles))

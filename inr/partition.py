"""The partition of the domain: where tiles lie, how far they reach, how they blend.

Along an axis of n cells the cells' borders lie at -1 + 2i/n in coordinates, whatever the grid.
Cell i is cut into 2^l_i tiles of equal width; on most axes every l_i is 0 and tiles are cells.
A tile has centre c and half width h; inside it the network sees the local coordinate
u = (x - c) / h.  A tile reaches over a border b by m w, where w is the width of the narrower of
the two tiles that meet there, and there the two are blended:

    f(x) = Σ_k w_k(x) f_k(u_k),    Σ_k w_k = 1                             (1)

    across border b:  t = clamp((x - b) / (2 m w) + 1/2, 0, 1)             (2)
    the right tile gets S(t) = t² (3 - 2t), the left one 1 - S(t)

S has slope 0 at both ends, so f is continuous in value and in slope wherever the f_k are:
that is why tiles have no seams.  With m = 0 the border belongs to the right tile.  Windows
of several axes multiply.
"""

import functools
from dataclasses import dataclass, replace

import numpy as np

from inr import coords
from inr.specs import FieldSpec

Array = np.ndarray


@dataclass(frozen=True)
class Axis:
    """The partition of one axis: K tiles, with margin m as a fraction of a tile.

    Attributes:
        tiles: K.
        margin: m.
        levels: l_i of every cell; empty where the K tiles are the cells.
    """

    tiles: int
    margin: float
    levels: tuple[int, ...] = ()

    @functools.cached_property
    def borders(self) -> Array:
        """The K + 1 borders of the tiles, float64, first -1 and last 1."""
        if not self.levels:
            return -1.0 + 2.0 * np.arange(self.tiles + 1) / self.tiles
        parts = 2 ** np.array(self.levels, dtype=np.int64)
        within = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
        place = np.repeat(np.arange(len(parts)), parts) + within / np.repeat(parts, parts)
        return np.append(-1.0 + 2.0 * place / len(parts), 1.0)

    @functools.cached_property
    def _over(self) -> Array:
        """How far tiles reach over each of the K - 1 inner borders: m w of equation (2)."""
        if not self.levels:
            return np.full(self.tiles - 1, 2.0 * self.margin / self.tiles)
        widths = np.diff(self.borders)
        return self.margin * np.minimum(widths[:-1], widths[1:])

    def reach(self) -> tuple[Array, Array]:
        """First and last coordinate of each widened tile, both [K]; ± inf at the domain's ends."""
        inner = self.borders[1:-1]
        return np.append(-np.inf, inner - self._over), np.append(inner + self._over, np.inf)

    def spans(self, x: Array) -> list[tuple[int, int]]:
        """For each tile the index range of the rising coordinates `x` inside its widened cell."""
        left, right = self.reach()
        first, last = np.searchsorted(x, left), np.searchsorted(x, right)
        return list(zip(first.tolist(), last.tolist(), strict=True))

    def at(self, x: Array) -> tuple[Array, Array]:
        """For each coordinate of any order its own tile, and the other tile that reaches it or -1."""
        own = np.clip(np.searchsorted(self.borders, x, side="right") - 1, 0, self.tiles - 1)
        first, last = self.reach()
        before = np.where((own > 0) & (x < last[own - 1]), own - 1, -1)
        after = np.minimum(own + 1, self.tiles - 1)
        # 2 m < 1, so no point lies in the reach of both neighbours.
        return own, np.where((after > own) & (x >= first[after]), after, before)

    def grid_spans(self, n: int) -> list[tuple[int, int]]:
        """`spans` of the regular grid of n samples, which is not made: it may be hours of sound."""
        first, last = (_first_at(bound, n) for bound in self.reach())
        return list(zip(first.tolist(), last.tolist(), strict=True))

    def local(self, x: Array, tile: int) -> Array:
        """u of coordinates `x` in that tile; |u| <= 1 on the tile itself."""
        if not self.levels:
            return (x - (-1.0 + (2.0 * tile + 1.0) / self.tiles)) * self.tiles
        left, right = self.borders[tile : tile + 2]
        return (2.0 * x - (left + right)) / (right - left)

    def window(self, x: Array, tile: int) -> Array:
        """Weight of the tile at coordinates `x` inside its reach, equation (2)."""
        weight = np.ones(np.shape(x))
        if tile > 0:
            weight *= self._ramp(x, tile - 1)
        if tile < self.tiles - 1:
            weight *= 1.0 - self._ramp(x, tile)
        return weight

    def _ramp(self, x: Array, inner: int) -> Array:
        border = self.borders[inner + 1]
        if self.margin == 0.0:
            return (x >= border).astype(np.float64)
        t = np.clip((x - border) / (2.0 * self._over[inner]) + 0.5, 0.0, 1.0)
        return t * t * (3.0 - 2.0 * t)


def _first_at(bounds: Array, n: int) -> Array:
    """For each bound the first sample of the grid of n that is not below it; n where all are."""
    about = np.floor(coords.index(np.clip(bounds, -1.0, 1.0), n)).astype(np.int64) - 1
    near = coords.at(about[:, None] + np.arange(4), n)
    return np.clip(about + (near < bounds[:, None]).sum(axis=1), 0, n)


def axes(spec: FieldSpec) -> tuple[Axis, ...]:
    """The partition of every axis of a field, slowest first."""
    first, *rest = (Axis(k, m / 64.0) for k, m in zip(spec.tiles, spec.margin, strict=True))
    return (replace(first, levels=spec.levels), *rest)


def reaching(partition: tuple[Axis, ...], x: Array) -> tuple[Array, Array]:
    """Which tiles reach which points; a point has 2^D of them at most.

    Shape: x [N, D] -> points [M] and places [M, D]: point points[i] lies in the reach of the tile
    places[i], one index an axis.
    """
    points, places = np.arange(len(x)), np.empty((len(x), 0), dtype=np.int64)
    for d, axis in enumerate(partition):
        own, other = axis.at(x[points, d])
        twice = other >= 0
        points = np.concatenate([points, points[twice]])
        column = np.concatenate([own, other[twice]])[:, None]
        places = np.concatenate([np.concatenate([places, places[twice]]), column], axis=1)
    return points, places


def tile_index(spec: FieldSpec, place: tuple[int, ...]) -> int:
    """Position in the tensors' tile axis of the tile at `place` (one index an axis, row-major)."""
    return int(np.ravel_multi_index(place, spec.tiles))

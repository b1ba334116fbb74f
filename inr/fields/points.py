"""A field at points of any order, which need not lie on a grid.

    f(x) = Σ_k w_k(x) f_k(u_k)                        equation (1) of partition.py

Every pair of a point and a tile that reaches it is one row of work.  Rows of one tile go to the
network in units of exactly UNIT rows, so that one batched product serves many tiles.  The formulas
are written over an array module, so NumPy samples and torch differentiates the same lines.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from inr.fields.field import Field
from inr.fields.mlp import forward
from inr.fields.stored import linear, scale
from inr.partition import Axis, axes, reaching

UNIT = 64  # rows of one tile that go through the network together
ROOM = 32 << 20  # bytes of intermediate values at a time
Array = np.ndarray


@dataclass(frozen=True)
class Edges:
    """Both borders of an axis' tiles, [K] each, and how far their neighbours reach over them."""

    left: Array
    right: Array
    over_left: Array
    over_right: Array

    @classmethod
    def of(cls, axis: Axis) -> "Edges":
        """Those of an axis; at the domain's ends nothing reaches over."""
        first, last = axis.reach()
        left, right = axis.borders[:-1], axis.borders[1:]
        return cls(left, right, left - first, last - right)

    def local(self, xp: Any, x: Any, tile: Any) -> tuple[Any, Any]:
        """Local coordinates and weights in tiles that reach the coordinates x.  Shape: [M] -> [M] twice."""
        left, right, over_left, over_right = (
            xp.asarray(table, device=x.device)[tile]
            for table in (self.left, self.right, self.over_left, self.over_right)
        )
        u = (2.0 * x - (left + right)) / (right - left)
        return u, _ramp(xp, x, left, over_left) * (1.0 - _ramp(xp, x, right, over_right, outer=0.0))


def _ramp(xp: Any, x: Any, border: Any, over: Any, outer: float = 1.0) -> Any:
    """S(t) of partition.py's equation (2) across a border; `outer` where that is the domain's end."""
    inside = (over > 0.0) & xp.isfinite(over)
    t = xp.clip((x - border) / (2.0 * xp.where(inside, over, 1.0)) + 0.5, 0.0, 1.0)
    step = xp.where(x >= border, 1.0, 0.0)
    return xp.where(inside, t * t * (3.0 - 2.0 * t), xp.where(over == 0.0, step, outer))


@dataclass(frozen=True)
class Rows:
    """The work of N points: M pairs of a point and a tile, sorted by tile and packed into units.

    Attributes:
        points: [M] the point of each pair.
        places: [M, D] its tile, one index an axis.
        slots: [M] its row among U * UNIT rows.
        tiles: [U] the tile of each unit.
    """

    points: Array
    places: Array
    slots: Array
    tiles: Array

    @classmethod
    def of(cls, partition: tuple[Axis, ...], x: Array) -> "Rows":
        """The work of points x [N, D] in [-1, 1]."""
        points, places = reaching(partition, x)
        flat = np.asarray(np.ravel_multi_index(tuple(places.T), tuple(axis.tiles for axis in partition)))
        order = np.argsort(flat, kind="stable")
        points, places, flat = points[order], places[order], flat[order]
        tiles, first, counts = np.unique(flat, return_index=True, return_counts=True)
        units = -(-counts // UNIT)
        start = (np.cumsum(units) - units) * UNIT
        slots = np.arange(len(flat)) + np.repeat(start - first, counts)
        return cls(points, places, slots, np.repeat(tiles, units))


def local(xp: Any, partition: tuple[Axis, ...], x: Any, places: Any) -> tuple[Any, Any]:
    """Local coordinates and weights of pairs of a point and a tile.

    Shape: x [M, D] and places [M, D] -> u [M, D], w [M].
    """
    pairs = [Edges.of(axis).local(xp, x[:, d], places[:, d]) for d, axis in enumerate(partition)]
    weight = pairs[0][1]
    for _, other in pairs[1:]:
        weight = weight * other
    return xp.stack([u for u, _ in pairs], -1), weight


def at_points(field: Field, x: Array) -> Array:
    """The field's own output at points; neither clipped nor turned into signal units.

    Shape: x [N, D] -> [N, C], float32.
    """
    spec, partition = field.spec, axes(field.spec)
    x = np.asarray(x, dtype=np.float64)
    out = np.zeros((len(x), spec.channels), dtype=np.float32)
    if not len(x):
        return out
    if spec.encoding.stored:
        return _looked_up(field, x)
    rows = Rows.of(partition, x)
    u, weight = local(np, partition, x[rows.points], rows.places)
    units = np.zeros((len(rows.tiles) * UNIT, spec.dims), dtype=np.float32)
    units[rows.slots] = u
    units = units.reshape(-1, UNIT, spec.dims)
    at_once = max(2, ROOM // (UNIT * 4 * 6 * spec.width))
    parts = [
        _network(field, rows.tiles[i : i + at_once], units[i : i + at_once])
        for i in range(0, len(units), at_once)
    ]
    values = np.concatenate(parts).reshape(-1, spec.channels)[rows.slots]
    np.add.at(out, rows.points, values * weight[:, None].astype(np.float32))
    return out


def _looked_up(field: Field, x: Array) -> Array:
    """Equation (1) of stored.py."""
    parts, times = [], scale(field.spec.encoding)
    for at in range(0, len(x), UNIT << 8):
        features = field.planes.points(x[at : at + (UNIT << 8)])
        parts.append(linear(np, features, field.spec))
        parts[-1] += forward(np, field.spec, field.network, times * features[None])[0]
    return np.concatenate(parts)


def _network(field: Field, tiles: Array, u: Array) -> Array:
    own = {name: t if t.shape[0] == 1 else t[tiles] for name, t in field.tensors.items()}
    return forward(np, field.spec, own, u)

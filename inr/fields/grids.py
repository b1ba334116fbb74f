"""The `grids` encoding: a pyramid of dense grids as what the MLP sees of a coordinate.

The grids hold a picture in C components c (colours turned to one brightness and two differences
where C >= 3) as wavelet coefficients: `grid.low` and, for each level l = L-1 .. 0 from coarse to
fine, details along the rows, along the columns and along both.  Put together (wavelet.py) they
give planes on the finest grid; between its points a plane is the cubic spline through them,
whose value, slope and curvature are continuous:

    T_c = Σ of all levels,     D_l = what level l alone adds to T_0,  l = 0 .. FINE-1     (1)
    e(x) = (T_0 .. T_C-1, D_0 .. D_FINE-1)(x) · SCALE
    f(x) = mixed(T_0 .. T_C-1)(x) + MLP(e(x))                                              (2)

The first term is the linear path: without an MLP the field is a transform codec.  The MLP sees how
the levels stand to each other at x and adds what a linear transform cannot have: it mends what
coarse steps broke at edges and in flat parts.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from inr.fields.wavelet import coarser, merge, split
from inr.specs import EncodingSpec

Array = np.ndarray
FINE = 4  # finest levels that the MLP sees one by one
SCALE = 4.0  # spreads what is small beside the domain [-1, 1]
LEAST = 4  # points a side that the coarsest grid keeps
LOW, PARTS = "grid.low", ("rows", "columns", "both")  # the coarsest grid, and details along an axis
# Orthonormal: brightness, then differences of red and blue, then of green against both.
_COLOURS = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])


def most_levels(shape: tuple[int, ...]) -> int:
    """Levels that a grid of this shape can have: its coarsest one keeps LEAST points a side, or 1 level."""
    return max(1, int(math.log2(max(1.0, min(shape) / LEAST))))


def shapes_of_levels(shape: tuple[int, ...], levels: int) -> list[tuple[int, int]]:
    """Shape of the pyramid's picture at each level, 0 the finest; levels + 1 of them."""
    out = [(shape[0], shape[1])]
    for _ in range(levels):
        out.append((coarser(out[-1][0]), coarser(out[-1][1])))
    return out


def grid_shapes(encoding: EncodingSpec, channels: int) -> dict[str, tuple[int, ...]]:
    """The grids' tensors, by name, in coding order: coarse to fine."""
    sizes = shapes_of_levels(encoding.shape, encoding.count)
    out: dict[str, tuple[int, ...]] = {LOW: (channels, *sizes[-1])}
    for level in reversed(range(encoding.count)):
        (h, w), (low_h, low_w) = sizes[level], sizes[level + 1]
        parts = ((low_h, w - low_w), (h - low_h, low_w), (h - low_h, w - low_w))
        out |= {f"grid.{level}.{p}": (channels, *s) for p, s in zip(PARTS, parts, strict=True)}
    return out


def encoded(encoding: EncodingSpec, channels: int) -> int:
    """E: how many values the MLP sees."""
    return channels + min(FINE, encoding.count)


def mixing(channels: int) -> Array:
    """Orthonormal [C, C]: components = mixing @ channels; a fourth channel stays as it is."""
    out = np.eye(channels)
    if channels >= 3:
        out[:3, :3] = _COLOURS
    return out


def analyse(picture: Array, levels: int) -> dict[str, Array]:
    """A picture as the grids' coefficients: the start of a fit.

    Args:
        picture: [H, W, C] float32, in the field's units.
        levels: L.

    Returns: the tensors of `grid_shapes`.
    """
    x = np.einsum("ij,hwj->ihw", mixing(picture.shape[-1]).astype(np.float32), picture)
    out: dict[str, Array] = {}
    for level in range(levels):
        left, right = split(np, x, 2)
        low, out[f"grid.{level}.columns"] = split(np, left, 1)
        out[f"grid.{level}.rows"], out[f"grid.{level}.both"] = split(np, right, 1)
        x = low
    return {LOW: x} | dict(sorted(out.items(), key=_coarse_first))


def synthesise(xp: Any, tensors: Mapping[str, Any], encoding: EncodingSpec, *, coarsest: int = 0) -> Any:
    """T of equation (1): all components on the finest grid; details of levels < coarsest taken as 0.

    Shape: -> [C, H, W].
    """
    x = tensors[LOW]
    for level in reversed(range(encoding.count)):
        rows, columns, both = (tensors[f"grid.{level}.{part}"] for part in PARTS)
        if level < coarsest:
            rows, columns, both = (xp.zeros_like(t[: len(x)]) for t in (rows, columns, both))
        x = merge(xp, merge(xp, x, columns, 1), merge(xp, rows, both, 1), 2)
    return x


def planes(xp: Any, tensors: Mapping[str, Any], encoding: EncodingSpec) -> Any:
    """(T_0 .. T_C-1, D_0 .. D_FINE-1) of equation (1) on the finest grid.  Shape: -> [E, H, W]."""
    whole = synthesise(xp, tensors, encoding)
    first = {name: t[:1] for name, t in tensors.items() if name.startswith("grid.")}
    details, above = [], whole[:1]
    for level in range(min(FINE, encoding.count)):
        below = synthesise(xp, first, encoding, coarsest=level + 1)
        details.append(above - below)
        above = below
    return xp.concatenate([whole, *details], 0)


def _coarse_first(item: tuple[str, Any]) -> tuple[int, int]:
    _, level, part = item[0].split(".")
    return -int(level), PARTS.index(part)

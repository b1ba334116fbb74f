"""The integers of a group of frames by rate and distortion, in the order in which they are coded.

A point is chosen as in rounding.py, equation (1).  A block of points stays empty where what its points bring

    Σ max(0, size² - (size - n)² - λ (BITS + 2 log2 n))  <=  λ FLAG_BITS,   n the nearest integer      (1)

is not worth the flag that wakes it: a few small numbers in the middle of nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inr import codec
from inr.codec import BLOCK, ClipNetworks, GroupIntegers, GroupWriter, Sparse
from inr.fields import LOW
from inr.fitting.rounding import DEAD, LAMBDA, Rows, best

Array = np.ndarray
LEAST = 0.6  # steps: what no choice turns into more than 0
FLAG_BITS, BITS = 4.0, 5.0  # of a living block; of a point that is 1 in it


@dataclass
class Chosen:
    """A group: its integers and their bytes."""

    integers: GroupIntegers
    stream: bytes


def plain_group(targets: Mapping[str, Array], step: float, k: int) -> GroupIntegers:
    """Rounding with a dead zone: the start."""
    q = {
        n: (np.sign(t) * np.floor(np.abs(t) / step + DEAD)).astype(np.int32)
        for n, t in targets.items()
        if n != LOW
    }
    parts = [Sparse.of({n: t[s.bands] for n, t in q.items()}) for s in codec.stages(len(targets[LOW]))]
    return GroupIntegers(codec.quantise(targets[LOW], k, name=LOW), k, tuple(parts))


def weighed_group(
    targets: Mapping[str, Array],
    step: float,
    shrink: tuple[int, int],
    networks: ClipNetworks,
    k: int,
    weight: float = LAMBDA,
) -> Chosen:
    """The integers of least squared error and λ bits, one after the other, and written at once."""
    shapes = {name: t.shape for name, t in targets.items()}
    order, found, writer = codec.stages(len(targets[LOW])), list[Sparse](), GroupWriter(networks)
    for i, details, planes in codec.walk(shapes):
        stage = {name: targets[name][order[i].bands] for name in details}
        if max(float(np.abs(c).max(initial=0.0)) for c in stage.values()) < LEAST * step:
            found.append(codec.EMPTY)
            writer.empty()
            continue
        writer.begin()
        own = {name: np.zeros(shape, dtype=np.int32) for name, shape in details.items()}
        for plane in planes:
            c, q = plane.read_as(stage[plane.name]), plane.read_as(own[plane.name])
            _weigh_plane(plane, np.abs(c) / step, c < 0, q, shrink, networks, weight, writer)
        found.append(Sparse.of(own))
    low = codec.quantise(targets[LOW], k, name=LOW)
    return Chosen(GroupIntegers(low, k, tuple(found)), writer.getvalue(low, k))


def _weigh_plane(
    plane: codec.MovingPlane,
    size: Array,
    negative: Array,
    q: Array,
    shrink: tuple[int, int],
    networks: ClipNetworks,
    weight: float,
    writer: GroupWriter,
) -> None:
    """Fill q, and write it."""
    plane.alive[...] = _worth(size, weight, plane.alive.shape)
    phases = []
    for where, x in plane.points():
        z, g = networks.points.classes(x)
        found, _ = best(size[where], shrink, z, g, weight)
        q[where] = np.where(negative[where], -found, found)
        plane.put(where, found)
        phases.append((where, z, g))
    alive = codec.blocks_where(q != 0)
    plane.alive[...] = False  # as a reader has it
    writer.blocks(plane, alive)
    for where, z, g in phases:
        # Contexts are as they were: what is left out now has nothing but zeros.
        kept = alive[where[0], where[1] // BLOCK, where[2] // BLOCK]
        if kept.any():
            writer.values(q[where][kept], z[kept], g[kept])


def _worth(size: Array, weight: float, shape: tuple[int, ...]) -> Array:
    """Equation (1): which blocks are looked into, by what their points bring at a usual cost of bits."""
    there = np.nonzero(size >= LEAST)
    part = size[there]
    nearest = np.floor(part + 0.5)
    bits = BITS + 2.0 * np.log2(np.maximum(nearest, 1.0))
    gain = np.maximum(part**2 - (part - nearest) ** 2 - weight * bits, 0.0)
    block = np.ravel_multi_index((there[0], there[1] // BLOCK, there[2] // BLOCK), shape)
    return (np.bincount(block, gain, math.prod(shape)) > weight * FLAG_BITS).reshape(shape)


def rows_of_group(
    integers: GroupIntegers, shapes: Mapping[str, tuple[int, ...]], keep: float, seed: int
) -> tuple[Rows, Rows]:
    """What the two context networks see in a group and should foresee: points, and blocks.

    Args:
        integers: of the group.
        shapes: of its tensors.
        keep: part of the rows that is taken.
        seed: which ones.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    points: tuple[list[Array], list[Array]] = ([], [])
    blocks: tuple[list[Array], list[Array]] = ([], [])

    def take(rows: tuple[list[Array], list[Array]], x: Array, q: Array) -> None:
        kept = rng.random(len(x)) < keep if keep < 1.0 else slice(None)
        rows[0].append(x[kept].astype(np.float32))
        rows[1].append(q[kept])

    for i, details, planes in codec.walk(shapes):
        if not len(integers.stages[i].places):
            continue
        own = integers.stages[i].dense(details)
        for plane in planes:
            q = np.abs(plane.read_as(own[plane.name]))
            alive = codec.blocks_where(q != 0)
            for where, x in plane.blocks():
                take(blocks, x, alive[where].reshape(-1).astype(np.int32))
                plane.put_blocks(where, alive[where])
            for where, x in plane.points():
                take(points, x, q[where])
                plane.put(where, q[where])
    return _joined(points, codec.POINT_INPUTS), _joined(blocks, codec.BLOCK_INPUTS)


def _joined(rows: tuple[list[Array], list[Array]], inputs: int) -> Rows:
    if not rows[0]:
        return Rows(np.zeros((1, inputs), np.float32), np.zeros(1, np.int32))
    return Rows(np.concatenate(rows[0]), np.concatenate(rows[1]))


def shares(targets: Mapping[str, Array], integers: GroupIntegers, step: float) -> Array:
    """What `shrink` is made of: how far |q| lies above what became it, and how many, for 1 and for more."""
    found = np.zeros((2, 2))
    for stage, known in zip(codec.stages(len(targets[LOW])), integers.stages, strict=True):
        own = {name: t[stage.bands] for name, t in targets.items() if name != LOW}
        for name, places, q in known.parts({name: t.shape for name, t in own.items()}):
            size = np.abs(q)
            short = size - np.abs(own[name].reshape(-1)[places]) / step
            for more in (0, 1):
                there = size > 1 if more else size == 1
                found[more] += short[there].sum(), there.sum()
    return found

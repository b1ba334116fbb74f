"""Training batches of points that lie on no grid; stands in for `Sampler`.

Every tile walks through its own points, those in its widened cell, again and again in orders that
differ from turn to turn: its n points are shuffled once, and turn c takes them at the places

    (a_c i + b_c) mod n,    i = 0 .. n-1,    a_c a prime above n                      (1)

so what batch t holds is a function of (seed, t) alone, for all tiles in a few array operations.

A tile with fewer than LEAST points borrows those of the nearest tiles, moved to the nearest place
on itself, so that gaps in the data carry on what is around them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inr.errors import SpecError
from inr.partition import Axis, reaching
from inr.signals.again import check_same
from inr.signals.batch import Batch
from inr.signals.points import PointReader

LEAST = 8
NEAREST, MOST_LENT = 64, 64  # tiles that are asked for points, and points that are taken
# Primes just below 2^31: a_c · i stays inside 64 bits, and no tile has as many points.
PRIMES = (2147483647, 2147483629, 2147483587, 2147483579, 2147483563, 2147483549, 2147483543, 2147483497)


class PointSampler:
    """Batches of `batch` samples a tile, from every tile at once.

    Args:
        reader: the points.
        partition: one `Axis` per coordinate axis; all with K = 1 for a single MLP.
        batch: B, samples a tile and step.
        seed: of the order of samples.
        memory_bytes: bound on the samples held.
        device: where the batches are wanted.

    Raises:
        SpecError: the points do not fit the memory.
    """

    def __init__(
        self,
        reader: PointReader,
        partition: tuple[Axis, ...],
        *,
        batch: int,
        seed: int = 0,
        memory_bytes: int = 1 << 29,
        device: str = "cpu",
    ) -> None:
        self._batch, self._seed, self._device, self._step = batch, seed, device, 0
        self._shape = tuple(axis.tiles for axis in partition)
        self._tiles = int(np.prod(self._shape))
        self.slabs, self.visit = [(0, self._shape[0])], 1 << 40
        points = reader.points()
        needed = len(points.x) * (12 * points.x.shape[1] + 4 * points.values.shape[1])
        if needed > memory_bytes:
            raise SpecError(
                f"sampler: {len(points.x)} points need {needed / 1e6:.0f} MB; {memory_bytes / 1e6:.0f} MB "
                "are allowed; raise --memory, or leave points out"
            )
        index, u, tiles = self._assigned(partition, points.x)
        order = np.lexsort((np.random.Generator(np.random.Philox(seed)).permutation(len(tiles)), tiles))
        self._counts = np.bincount(tiles, minlength=self._tiles)
        self._first = np.cumsum(self._counts) - self._counts
        self._u = torch.from_numpy(u[order].astype(np.float32))  # [M, D]
        self._values = torch.from_numpy(points.values[index[order]])  # [M, C]

    @property
    def step(self) -> int:
        """How many batches were given."""
        return self._step

    def next(self) -> Batch:
        """The next batch."""
        batch = self._take(self._step)
        self._step += 1
        return batch

    def probe(self, turn: int = 0) -> Batch:
        """A batch of the same points in an order of its own, always the same one of a turn, to measure."""
        return self._take(turn, probing=True)

    def peaks(self, slab: int) -> np.ndarray:
        """Largest magnitude in every tile, in signal units.  Shape: [K, C]."""
        return np.maximum.reduceat(self._values.abs().numpy(), self._first, axis=0)

    def slab_tiles(self, slab: int) -> slice:
        """All tiles."""
        return slice(0, self._tiles)

    def state_dict(self) -> dict[str, Any]:
        """All that a later `load_state_dict` needs to go on with the same batches."""
        return {"step": self._step, **self._identity()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on after the batch at which the state was taken.

        Raises:
            SpecError: the state belongs to a sampler with other settings.
        """
        check_same(state, self._identity())
        self._step = int(state["step"])

    def _identity(self) -> dict[str, Any]:
        return {"seed": self._seed, "batch": self._batch, "pairs": len(self._u)}

    def _take(self, done: int, *, probing: bool = False) -> Batch:
        def draw(first: int, last: int) -> tuple[Tensor, Tensor]:
            chosen = torch.from_numpy(self._places(first, last, done, probing))
            u, values = self._u[chosen], self._values[chosen]
            return u.to(self._device), values.to(self._device)

        return Batch(slice(0, self._tiles), 0, done, self._batch, draw)

    def _places(self, first: int, last: int, done: int, probing: bool) -> np.ndarray:
        """Which of the held samples batch number `done` takes of tiles first .. last-1.  Shape: [k, B]."""
        counts, start = self._counts[first:last, None], self._first[first:last, None]
        turn, i = np.divmod(done * self._batch + np.arange(self._batch), counts)
        turn += probing * 3  # another order than training's at the same place
        a = np.array(PRIMES)[turn % len(PRIMES)]
        b = (turn * 0x9E3779B1 + self._seed) & 0x7FFFFFFF
        return start + (a * i + b) % counts

    def _assigned(self, partition: tuple[Axis, ...], x: np.ndarray) -> tuple[np.ndarray, ...]:
        """Pairs of a point and a tile: index of the point [M], its local coordinate [M, D], the tile [M]."""
        index, places = reaching(partition, x)
        tiles = np.asarray(np.ravel_multi_index(tuple(places.T), self._shape))
        own = _local(partition, x[index], places)
        counts = np.bincount(tiles, minlength=self._tiles)
        poor = np.flatnonzero(counts < min(LEAST, len(x)))
        if not len(poor):
            return index, own, tiles
        lender = _Lender(partition, x, index[np.argsort(tiles, kind="stable")], counts)
        lent = [lender.to(tile) for tile in poor.tolist()]
        return (
            np.concatenate([index, *(points for points, _ in lent)]),
            np.concatenate([own, *(u for _, u in lent)]),
            np.concatenate([tiles, np.repeat(poor, [len(points) for points, _ in lent])]),
        )


class _Lender:
    """Points of tiles that have enough, for those that have not.

    Args:
        partition: of the domain.
        x: all points, [N, D].
        index: the points of tile 0, then those of tile 1, and so on, [M].
        counts: how many each tile has, [K].
    """

    def __init__(
        self, partition: tuple[Axis, ...], x: np.ndarray, index: np.ndarray, counts: np.ndarray
    ) -> None:
        self._partition, self._x, self._index, self._counts = partition, x, index, counts
        self._first = np.cumsum(counts) - counts
        middles = [(a.borders[1:] + a.borders[:-1]) * 0.5 * a.tiles for a in partition]  # 2 from tile to tile
        self._middles = np.stack(np.meshgrid(*middles, indexing="ij"), -1).reshape(-1, len(partition))

    def to(self, tile: int) -> tuple[np.ndarray, np.ndarray]:
        """Points of the nearest tiles and where they come to lie: [m] and [m, D]; they add up to LEAST."""
        distance = np.square(self._middles - self._middles[tile]).sum(1)
        distance[(self._counts == 0) | (np.arange(len(distance)) == tile)] = np.inf
        nearest = np.argpartition(distance, NEAREST)[:NEAREST] if len(distance) > NEAREST else slice(None)
        asked = np.arange(len(distance))[nearest]
        asked = asked[np.argsort(distance[asked], kind="stable")]
        enough = int(np.searchsorted(np.cumsum(self._counts[asked]), LEAST - self._counts[tile])) + 1
        runs = [(self._first[t], self._first[t] + self._counts[t]) for t in asked[:enough]]
        points = np.unique(np.concatenate([self._index[a:b] for a, b in runs]))
        place = np.stack(np.unravel_index(tile, [axis.tiles for axis in self._partition]), -1)
        u = _local(self._partition, self._x[points], np.broadcast_to(place, (len(points), len(place))))
        inside = np.clip(u, -1.0, 1.0)
        keep = np.argsort(np.square(u - inside).sum(1), kind="stable")[:MOST_LENT]
        return points[keep], inside[keep]


def _local(partition: tuple[Axis, ...], x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Local coordinates of points in tiles.  Shape: x, places [M, D] -> [M, D], float64."""
    left = np.stack([axis.borders[places[:, d]] for d, axis in enumerate(partition)], -1)
    right = np.stack([axis.borders[places[:, d] + 1] for d, axis in enumerate(partition)], -1)
    return (2.0 * x - (left + right)) / (right - left)

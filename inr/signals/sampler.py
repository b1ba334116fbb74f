"""Samples of a signal as training batches: seeded, resumable, in bounded memory.

The signal is held slab by slab.  A slab is a run of whole tile rows along the slowest axis
with their margins; only its tiles get samples while it is held.  Slabs take turns: each is
visited for `visit` steps, and passes over all slabs repeat.  A signal that fits the memory
is one slab.

Within a tile every sample of the widened cell is drawn equally often: a tile walks through
permutations of its n samples, batch after batch, without a pause at their ends.  What step t
holds is a function of (seed, t) alone, so the state to save is one number.

Tiles whose boxes have the same shape form a group and share its permutations: one gather
serves all of them.

With `between`, a share of every batch lies half way between the samples, with the values of
`refine.py`: boxes then hold a grid of twice the density, one half step beyond their samples, and
the permutations walk through its even places.
"""

import bisect
import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inr import coords, kernel
from inr.errors import SpecError
from inr.partition import Axis
from inr.signals.again import check_same
from inr.signals.base import Reader
from inr.signals.batch import PROBE, Batch, Whole
from inr.signals.compact import compact, compact_to_float
from inr.signals.refine import PAD, refine
from inr.signals.samples import FULL_SCALE, native_dtype

_RANGE = {"uint8": (0, 255), "uint16": (0, 65535), "int16": (-32768, 32767)}
SHARE = (7, 16)  # of the memory is for samples, the rest for the window they are cut from

_Layout = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@dataclass
class _Group:
    """Tiles with boxes of one shape: their places in the slab, samples and local coordinates."""

    shape: tuple[int, ...]  # of the box as it is held
    inner: tuple[int, ...]  # of the samples in it
    offset: tuple[int, ...]  # place of the first sample in the box, along each axis
    places: list[int]
    samples: Tensor  # [G, n, C], compact dtype
    local: list[Tensor]  # per axis [G, n_d], float32

    @functools.cached_property
    def box(self) -> kernel.Box:
        """The same as addresses."""
        return kernel.Box(self.shape, self.places, self.samples, self.local)


class Sampler:
    """Batches of `batch` samples a tile, from every tile of the slab in turn.

    Args:
        reader: the signal.
        partition: one `Axis` per coordinate axis; all with K = 1 for a single MLP.
        batch: B, samples a tile and step.
        seed: of the order of samples.
        memory_bytes: bound on the samples held.
        visit: steps a slab is held before the next one takes its place.
        device: where the batches are wanted.
        between: share of a batch half way between samples; needs 2^D times the memory for samples.

    Raises:
        SpecError: a tile has no sample, or not even one row of tiles fits the memory; the message
            says what would.
    """

    def __init__(
        self,
        reader: Reader,
        partition: tuple[Axis, ...],
        *,
        batch: int,
        seed: int = 0,
        memory_bytes: int = 1 << 29,
        visit: int = 1 << 40,
        device: str = "cpu",
        between: float = 0.0,
    ) -> None:
        self._reader, self._partition = reader, partition
        self._off, self._density = int(between * batch), 2 if between > 0 else 1
        self._batch, self._seed, self.visit, self._device = batch, seed, visit, device
        self._native = native_dtype(reader.spec)
        self._itemsize = np.dtype(self._native).itemsize
        # The samples of every tile, along each axis by itself.
        self._spans = [axis.grid_spans(n) for axis, n in zip(partition, reader.spec.shape, strict=True)]
        for axis, spans, length in zip(partition, self._spans, reader.spec.shape, strict=True):
            if any(a == b for a, b in spans):
                raise SpecError(
                    f"sampler: of {axis.tiles} tiles along an axis of {length} samples, one has no sample; "
                    "use fewer tiles"
                )
        self.slabs = self._plan(memory_bytes)
        self._held: tuple[int, list[_Group]] | None = None
        self._orders: dict[tuple[int, int, int], np.ndarray] = {}
        self._step = 0

    @property
    def step(self) -> int:
        """How many batches were given."""
        return self._step

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

    def slab_tiles(self, slab: int) -> slice:
        """The run of tiles that a slab holds."""
        across = int(np.prod([a.tiles for a in self._partition[1:]], dtype=np.int64))
        first, last = self.slabs[slab]
        return slice(first * across, last * across)

    def visit_of(self, step: int) -> tuple[int, int]:
        """Which slab a step visits, and how many batches that slab gave before it."""
        visits, offset = divmod(step, self.visit)
        passes, slab = divmod(visits, len(self.slabs))
        return slab, passes * self.visit + offset

    def next(self) -> Batch:
        """The next batch."""
        slab, done = self.visit_of(self._step)
        batch = self._take(slab, done)
        self._step += 1
        return batch

    def probe(self, turn: int = 0) -> Batch:
        """One batch more of the slab that is held, always the same one of a turn, for measuring.

        Batches of successive turns visit the samples as those of `next` do.  They come from
        permutations of their own, so training is not disturbed.
        """
        slab = self._held[0] if self._held else self.visit_of(self._step)[0]
        return self._take(slab, PROBE + turn)

    def peaks(self, slab: int) -> np.ndarray:
        """Largest magnitude in every tile of a slab, in signal units.  Shape: [k, C]."""
        tiles = self.slab_tiles(slab)
        out = np.zeros((tiles.stop - tiles.start, self._reader.spec.channels), dtype=np.float32)
        for group in self._hold(slab):
            for place, samples in zip(group.places, group.samples, strict=True):
                out[place] = compact_to_float(samples, self._native).abs().amax(0).numpy()
        return out

    @property
    def rows(self) -> int:
        """B, samples a tile and step."""
        return self._batch

    @property
    def native(self) -> str:
        """The type that the samples have in their file."""
        return self._native

    def held(self) -> list[_Group]:
        """The samples of a signal that is one slab, by shape of tile."""
        return self._hold(0)

    def ahead(self, count: int) -> list[np.ndarray]:
        """The places of the next `count` batches of such a signal, int64 [count, B] for each of `held`."""
        first = self._step
        self._step += count
        return [
            np.stack([self._index(0, group, done) for done in range(first, first + count)])
            for group in self.held()
        ]

    def whole(self) -> list[Whole]:
        """Every place that such a signal is held at, weighted as the batches draw them."""
        # A batch takes a share of its samples from all places, half-way ones and samples alike.
        half = self._off / (2 * self._batch - self._off)
        parts = []
        for group in self.held():
            places = np.unravel_index(np.arange(math.prod(group.shape)), group.shape)
            on = [(p - o) % self._density == 0 for p, o in zip(places, group.offset, strict=True)]
            weight = torch.from_numpy(np.where(np.all(on, axis=0), 1.0, half)).float()
            u = torch.stack([t[:, torch.from_numpy(p)] for t, p in zip(group.local, places, strict=True)], -1)
            values = compact_to_float(group.samples, self._native)
            tiles = torch.tensor(group.places)
            parts.append(Whole(*(t.to(self._device) for t in (tiles, u, values, weight))))
        return parts

    def _take(self, slab: int, done: int) -> Batch:
        groups = self._hold(slab)
        tiles = self.slab_tiles(slab)
        indices = [self._index(slab, group, done) for group in groups]

        def draw(first: int, last: int) -> tuple[Tensor, Tensor]:
            u = torch.empty(last - first, self._batch, len(self._partition))
            values = torch.empty(last - first, self._batch, self._reader.spec.channels)
            for group, index in zip(groups, indices, strict=True):
                a, b = bisect.bisect_left(group.places, first), bisect.bisect_left(group.places, last)
                if a < b:
                    self._draw(group, index, (a, b), first, u, values)
            return u.to(self._device), values.to(self._device)

        return Batch(tiles, slab, done, self._batch, draw)

    def _draw(
        self, group: _Group, index: np.ndarray, part: tuple[int, int], base: int, u: Tensor, values: Tensor
    ) -> None:
        """Samples of tiles part[0] .. part[1]-1 of a group, put where they belong."""
        code = kernel.load()
        if code is not None:
            offset = 32768.0 if self._native == "uint16" else 0.0
            scale = (offset, float(FULL_SCALE.get(self._native, 1.0)))
            code.draw(index, group.box, part, base, scale, u, values)
            return
        where = torch.tensor(group.places[slice(*part)]) - base
        chosen = torch.from_numpy(index)
        values[where] = compact_to_float(group.samples[slice(*part)].index_select(1, chosen), self._native)
        places = np.unravel_index(index, group.shape)
        for d, (table, place) in enumerate(zip(group.local, places, strict=True)):
            u[where, :, d] = table[slice(*part)][:, torch.from_numpy(place)]

    def _identity(self) -> dict[str, Any]:
        own = {"seed": self._seed, "batch": self._batch, "visit": self.visit, "slabs": len(self.slabs)}
        return own | {"between": self._off}

    def _plan(self, memory_bytes: int) -> list[tuple[int, int]]:
        """Runs of tile rows whose samples fit the memory: as few as can be, and even where they fit so.

        SHARE of the memory is for the samples.
        """
        channels, width = self._reader.spec.channels, self._itemsize
        rows, *rest = [
            np.diff([self._cut(d, *span) for span in spans])[:, 0] for d, spans in enumerate(self._spans)
        ]
        sizes = rows.astype(np.int64) * (channels * width * math.prod(int(r.sum()) for r in rest))
        room = memory_bytes * SHARE[0] // SHARE[1]
        if sizes.max() > room:
            raise SpecError(
                f"sampler: one row of tiles needs {sizes.max() * SHARE[1] / SHARE[0] / 1e6:.0f} MB for its "
                f"samples; {memory_bytes / 1e6:.0f} MB are allowed; raise --memory or use more tiles"
            )
        ends = np.append(0, np.cumsum(sizes))
        edges = [0]
        while edges[-1] < len(sizes):
            edges.append(int(np.searchsorted(ends, ends[edges[-1]] + room, side="right")) - 1)
        shares = np.linspace(0, ends[-1], len(edges))
        even = np.interp(shares, ends, np.arange(len(ends))).round().astype(int)
        taken = np.diff(ends[even])
        if taken.min() > 0 and taken.max() <= room:
            edges = even.tolist()
        return list(zip(edges[:-1], edges[1:], strict=True))

    def _hold(self, slab: int) -> list[_Group]:
        """The groups of a slab, read unless they are held already."""
        if self._held is None or self._held[0] != slab:
            self._held = None
            self._orders.clear()
            self._held = (slab, self._read(slab))
        return self._held[1]

    def _read(self, slab: int) -> list[_Group]:
        first, last = self.slabs[slab]
        spans = [[(tile, *span) for tile, span in enumerate(spans)] for spans in self._spans]
        boxes = list(itertools.product(spans[0][first:last], *spans[1:]))
        groups: dict[_Layout, list[int]] = {}
        for place, box in enumerate(boxes):
            groups.setdefault(self._layout(box), []).append(place)
        ready = [self._empty_group(key, places, boxes) for key, places in groups.items()]
        where = {place: (g, i) for g, group in enumerate(ready) for i, place in enumerate(group.places)}
        per_row = len(boxes) // (last - first)
        for row in range(first, last):
            window, start = self._window(row)
            for place in range((row - first) * per_row, (row - first + 1) * per_row):
                cuts = [self._cut(d, a, b) for d, (_, a, b) in enumerate(boxes[place])]
                box = (slice(cuts[0][0] - start, cuts[0][1] - start), *(slice(*cut) for cut in cuts[1:]))
                g, i = where[place]
                ready[g].samples[i].numpy()[...] = window[box].reshape(-1, window.shape[-1])
        return ready

    def _window(self, row: int) -> tuple[np.ndarray, int]:
        """The compact samples of a row of tiles, of the density held, and the place of the first one."""
        a, b = self._spans[0][row]
        if self._density == 1:
            return compact(self._reader.read(a, b)), a
        first, last = max(0, a - PAD), min(self._reader.spec.shape[0], b + PAD)
        native = self._reader.read(first, last)
        fine = native
        for d in range(len(self._partition)):
            fine = refine(fine, d)
        if self._native != "float32":
            fine = np.clip(np.rint(fine), *_RANGE[self._native])
        return compact(fine.astype(native.dtype)), 2 * first

    def _cut(self, d: int, a: int, b: int) -> tuple[int, int]:
        """The run of held places that belongs to samples a .. b-1 of an axis."""
        if self._density == 1:
            return a, b
        return max(0, 2 * a - 1), min(2 * self._reader.spec.shape[d] - 1, 2 * b)

    def _layout(self, box: tuple[tuple[int, int, int], ...]) -> _Layout:
        """What tiles of one group have in common: shape held, samples in it, place of the first."""
        cuts = [self._cut(d, a, b) for d, (_, a, b) in enumerate(box)]
        return (
            tuple(stop - start for start, stop in cuts),
            tuple(b - a for _, a, b in box),
            tuple(self._density * a - start for (_, a, _), (start, _) in zip(box, cuts, strict=True)),
        )

    def _empty_group(self, layout: _Layout, places: list[int], boxes: list[Any]) -> _Group:
        local: list[list[np.ndarray]] = [[] for _ in layout[0]]
        for place in places:
            for d, (tile, a, b) in enumerate(boxes[place]):
                held = np.arange(*self._cut(d, a, b)) / self._density
                x = coords.at(held, self._reader.spec.shape[d])
                local[d].append(self._partition[d].local(x, tile).astype(np.float32))
        n = int(np.prod(layout[0], dtype=np.int64))
        dtype = {1: torch.uint8, 2: torch.int16, 4: torch.float32}[self._itemsize]
        samples = torch.empty(len(places), n, self._reader.spec.channels, dtype=dtype)
        tables = [torch.from_numpy(np.stack(t)) for t in local]
        return _Group(*layout, places, samples, tables)

    def _index(self, slab: int, group: _Group, done: int) -> np.ndarray:
        """Which of a box's places batch number `done` takes: the next B samples of endless permutations.

        Where there is a share between the samples it comes last, and not in the probe's batch.
        """
        n = int(np.prod(group.inner))
        off = self._off if done < PROBE else 0
        count = self._batch - off
        start = done * count
        parts, wanted = [], count
        while wanted:
            cycle, offset = divmod(start, n)
            take = min(n - offset, wanted)
            parts.append(self._order(slab, n, cycle)[offset : offset + take])
            start, wanted = start + take, wanted - take
        if self._density == 1:
            return np.concatenate(parts)
        places = np.unravel_index(np.concatenate(parts), group.inner)
        held = [2 * p + o for p, o in zip(places, group.offset, strict=True)]
        return np.concatenate(
            [np.ravel_multi_index(held, group.shape), self._between(slab, group, done, off)]
        )

    def _between(self, slab: int, group: _Group, done: int, count: int) -> np.ndarray:
        """Random places of a box; some are samples, where all axes happen to hit one."""
        seed = np.random.SeedSequence([self._seed, slab, done, *group.shape])
        return np.random.Generator(np.random.Philox(seed)).integers(0, int(np.prod(group.shape)), count)

    def _order(self, slab: int, n: int, cycle: int) -> np.ndarray:
        key = (slab, n, cycle)
        if key not in self._orders:
            for old in [k for k in self._orders if k[1] == n and k[2] < cycle]:
                del self._orders[old]
            seed = np.random.SeedSequence([self._seed, slab, n, cycle])
            self._orders[key] = np.random.Generator(np.random.Philox(seed)).permutation(n)
        return self._orders[key]

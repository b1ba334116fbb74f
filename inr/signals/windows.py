"""Samples for one network over a signal that is larger than memory: a shuffled buffer of windows.

The signal is cut into windows, short runs along the slowest axis.  An epoch takes them in a
random order, as many at a time as the memory holds, and shuffles the samples of those windows
together.  Every sample is drawn exactly once an epoch, and a batch mixes windows from all over
the signal.  What batch t holds is a function of (seed, t) alone.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from inr import coords
from inr.errors import SpecError
from inr.signals.again import check_same
from inr.signals.base import Reader
from inr.signals.batch import PROBE, Batch
from inr.signals.compact import compact, compact_to_float
from inr.signals.samples import native_dtype

MIX = 16  # windows that a buffer mixes, where the signal has as many
INDEX_BYTES = 8  # of the order of samples, while it is made


class WindowSampler:
    """Batches for the `single` layout in bounded memory; stands in for `Sampler` with one tile.

    Args:
        reader: the signal.
        batch: B, samples a step; the last batch of a buffer may be shorter.
        seed: of the order of windows and samples.
        memory_bytes: bound on the buffer.
        device: where the batches are wanted.

    Raises:
        SpecError: not even two windows of one unit fit the memory.
    """

    def __init__(
        self, reader: Reader, *, batch: int, seed: int = 0, memory_bytes: int = 1 << 29, device: str = "cpu"
    ) -> None:
        spec = reader.spec
        self._reader, self._batch, self._seed, self._device = reader, batch, seed, device
        self._native = native_dtype(spec)
        self._across = int(np.prod(spec.shape[1:], dtype=np.int64))
        unit = self._across * (spec.channels * np.dtype(self._native).itemsize + INDEX_BYTES)
        units = int(memory_bytes // unit)
        if units < 2:
            raise SpecError(
                f"sampler: two units along the slowest axis need {2 * unit / 1e6:.0f} MB; "
                f"{memory_bytes / 1e6:.0f} MB are allowed; raise --memory"
            )
        self._run = max(1, min(units // MIX, spec.shape[0]))
        self._starts = np.arange(0, spec.shape[0], self._run)
        self._at_once = max(1, units // self._run)
        self.slabs = [(0, 1)]
        self.visit = PROBE
        self._step = self._epoch = self._group = self._offset = 0
        self._held: tuple[tuple[int, int], np.ndarray, torch.Tensor, np.ndarray] | None = None

    def next(self) -> Batch:
        """The next batch."""
        where, samples, order = self._hold()
        index = order[self._offset : self._offset + self._batch]
        batch = self._take(where, samples, index, self._step)
        self._step += 1
        self._offset += len(index)
        if self._offset >= len(order):
            self._offset, self._group = 0, self._group + 1
            if self._group * self._at_once >= len(self._starts):
                self._group, self._epoch = 0, self._epoch + 1
        return batch

    def probe(self, turn: int = 0) -> Batch:
        """The first samples of the buffer's order, for measuring, or later ones where `turn` is not 0.

        Training is not disturbed.
        """
        where, samples, order = self._hold()
        first = turn * self._batch % len(order)
        return self._take(where, samples, order[first : first + self._batch], PROBE + turn)

    def peaks(self, slab: int) -> np.ndarray:
        """Largest magnitude in the buffer.  Shape: [1, C]."""
        _, samples, _ = self._hold()
        return compact_to_float(samples, self._native).abs().amax(0, keepdim=True).numpy()

    def slab_tiles(self, slab: int) -> slice:
        """The one network."""
        return slice(0, 1)

    def state_dict(self) -> dict[str, Any]:
        """All that a later `load_state_dict` needs to go on with the same batches."""
        place = {"step": self._step, "epoch": self._epoch, "group": self._group, "offset": self._offset}
        return place | self._identity()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on after the batch at which the state was taken.

        Raises:
            SpecError: the state belongs to a sampler with other settings.
        """
        check_same(state, self._identity())
        self._step, self._epoch = int(state["step"]), int(state["epoch"])
        self._group, self._offset = int(state["group"]), int(state["offset"])

    def _identity(self) -> dict[str, Any]:
        return {"seed": self._seed, "batch": self._batch, "run": self._run, "at_once": self._at_once}

    def _hold(self) -> tuple[np.ndarray, torch.Tensor, np.ndarray]:
        """(slowest-axis index of each held unit, samples [n, C], order of samples) of the group at hand."""
        key = (self._epoch, self._group)
        if self._held is None or self._held[0] != key:
            self._held = None
            windows = self._rng(self._epoch, 0).permutation(len(self._starts))
            chosen = np.sort(self._starts[windows[self._group * self._at_once :][: self._at_once]])
            length = self._reader.spec.shape[0]
            runs = [(int(a), min(int(a) + self._run, length)) for a in chosen]
            where = np.concatenate([np.arange(a, b) for a, b in runs])
            first = compact(self._reader.read(*runs[0]))
            samples = np.empty((len(where), *first.shape[1:]), dtype=first.dtype)
            at = 0
            for a, b in runs:
                samples[at : at + b - a] = first if (a, b) == runs[0] else compact(self._reader.read(a, b))
                at += b - a
            flat = torch.from_numpy(samples.reshape(-1, samples.shape[-1]))
            order = np.arange(len(flat), dtype=np.int64)
            self._rng(self._epoch, 1 + self._group).shuffle(order)
            self._held = (key, where, flat, order)
        return self._held[1:]

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(np.random.SeedSequence([self._seed, *key])))

    def _take(self, where: np.ndarray, samples: torch.Tensor, index: np.ndarray, step: int) -> Batch:
        shape = self._reader.spec.shape
        units, rest = np.divmod(index, self._across)
        places = [where[units], *(np.unravel_index(rest, shape[1:]) if len(shape) > 1 else ())]
        u = np.stack([coords.at(p, n) for p, n in zip(places, shape, strict=True)], -1).astype(np.float32)
        values = compact_to_float(samples[torch.from_numpy(index)], self._native)
        both = (torch.from_numpy(u)[None].to(self._device), values[None].to(self._device))
        return Batch(slice(0, 1), 0, step, len(index), lambda first, last: both)

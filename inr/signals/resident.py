"""The samples of a signal on a device, and batches that are drawn there.

A `Sampler` decides which places a batch takes; here only those numbers go to the device, for many batches
at a time, and the device gathers samples and coordinates and makes floats of them.  `draw` never asks the
host for anything, so it can be part of a CUDA graph.
"""

import numpy as np
import torch
from torch import Tensor

from inr.signals.compact import compact_to_float
from inr.signals.sampler import Sampler


class Resident:
    """Batches of a sampler whose signal is one slab.

    Args:
        sampler: gives the places; it moves on as batches are prepared.
        device: where samples are held and batches are made.
        ahead: how many batches can be prepared at a time.
    """

    def __init__(self, sampler: Sampler, device: str, ahead: int) -> None:
        self._sampler, self._native = sampler, sampler.native
        groups = sampler.held()
        self._shapes = [group.shape for group in groups]
        self._tiles = [torch.tensor(group.places, device=device) for group in groups]
        self._samples = [group.samples.to(device) for group in groups]
        self._local = [[table.to(device) for table in group.local] for group in groups]
        tiles = sum(len(group.places) for group in groups)
        rows, dims, channels = sampler.rows, len(groups[0].shape), groups[0].samples.shape[-1]
        self._places = [torch.zeros(ahead, rows, dtype=torch.int64, device=device) for _ in groups]
        self._u = torch.zeros(tiles, rows, dims, device=device)
        self._values = torch.zeros(tiles, rows, channels, device=device)

    def prepare(self, count: int) -> None:
        """Put the places of the next `count` batches on the device."""
        for buffer, places in zip(self._places, self._sampler.ahead(count), strict=True):
            buffer[:count].copy_(torch.from_numpy(np.ascontiguousarray(places)))

    def draw(self, number: Tensor) -> tuple[Tensor, Tensor]:
        """One of the batches that were prepared; `number` is an int64 tensor [1] on the device.

        Returns: local coordinates [K, B, D] and values [K, B, C] in signal units, float32; the next call
            overwrites them.
        """
        for g, shape in enumerate(self._shapes):
            place = self._places[g].index_select(0, number)[0]
            self._values[self._tiles[g]] = compact_to_float(
                self._samples[g].index_select(1, place), self._native
            )
            for d in range(len(shape) - 1, -1, -1):
                self._u[self._tiles[g], :, d] = self._local[g][d].index_select(1, place % shape[d])
                place = place // shape[d]
        return self._u, self._values

"""Loss and gradients of a field on a batch, in pieces that fit the cache, on several threads.

Tiles do not interact, so forward and backward run over a few tiles (or a few rows of a
single MLP) at a time, small enough that their activations stay in the processor's cache.
Pieces are dealt to worker threads, each of which runs torch on one thread: workers meet once
a step, where torch's own threads would meet at every operation and wait for each other
whenever another program wants the processor (measured with one busy neighbour on two cores:
up to 100 times slower).  On a GPU the whole batch is one piece.

Where the compiled kernel serves the field, a worker's piece is its share of the tiles and one
call; else it is torch, whose activations take the room that PIECE says.

Sums are in a fixed order for a given number of workers, so a step gives the same bits again.
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inr import fields, kernel
from inr.specs import FieldSpec

# Activations of one layer in one piece: half a megabyte; 2^16 takes 15 % longer a step, 2^15 60 %.
PIECE = 1 << 17
Piece = tuple[int, int, slice]
Draw = Callable[[int, int], tuple[Tensor, Tensor]]


class TrainingNetwork:
    """The tensors of a field on a device, with their gradients.

    Args:
        spec: the field.
        tensors: start values.
        device: torch device.
        workers: threads that share the work.
        own: train what an activation trains in the last layer alone; False leaves it at its start there too.
        compiled: use the kernel where it serves the field; False keeps to torch.
        spread: workers are threads side by side; False has the caller do their shares one after the
            other, with the same bits.
    """

    def __init__(
        self,
        spec: FieldSpec,
        tensors: dict[str, np.ndarray],
        device: str,
        workers: int = 1,
        *,
        own: bool = True,
        compiled: bool = True,
        spread: bool = True,
    ) -> None:
        self.spec = spec
        self.tensors = {name: torch.tensor(t, device=device) for name, t in tensors.items()}
        self.grads = {name: torch.zeros_like(t) for name, t in self.tensors.items()}
        self.workers = workers if device == "cpu" else 1
        self._piece = PIECE if device == "cpu" else 1 << 40
        self._pool = ThreadPoolExecutor(self.workers) if spread and self.workers > 1 else None
        # What all tiles share is written by every worker, so each has its own copy of that gradient.
        shared = {name: t for name, t in self.tensors.items() if t.shape[0] == 1}
        self._partial = [{n: torch.zeros_like(t) for n, t in shared.items()} for _ in range(self.workers)]
        self._views: dict[tuple[int, int, int], dict[str, Tensor]] = {}
        serves = compiled and device == "cpu" and kernel.Kernel.serves(spec)
        self.kernel = kernel.load() if serves else None
        resting = spec.hidden + (not own)
        self._resting = _resting(spec, resting)
        learning = resting if self._resting else 0
        self._nets = [
            kernel.Net(spec, self.tensors, self.grads | partial, learning)
            for partial in self._partial
            if self.kernel
        ]

    def gradients(self, tiles: slice, rows: int, draw: Draw) -> Tensor:
        """Fill `grads` of the given tiles with the gradient of the summed squared error.

        The sum, not the mean: a tile's step then does not depend on how many tiles there are.

        Args:
            tiles: a run of k tiles.
            rows: B, samples a tile.
            draw: (first, last) -> u [n, B, D] and target [n, B, C] of n = last - first of these tiles;
                called by the workers, each for its share.

        Returns: the mean squared error of the batch, a scalar on the device.
        """
        for name, grad in self.grads.items():
            if grad.shape[0] > 1:
                grad[tiles].zero_()
            for partial in self._partial:
                if name in partial:
                    partial[name].zero_()

        total = self._squares(tiles, rows, draw, backward=True)
        for name in self._partial[0]:
            torch.sum(torch.stack([partial[name] for partial in self._partial]), 0, out=self.grads[name])
        return total / self._numbers(tiles, rows)

    def error(self, tiles: slice, rows: int, draw: Draw) -> Tensor:
        """Mean squared error on a batch, without gradients; arguments as for `gradients`."""
        return self._squares(tiles, rows, draw, backward=False) / self._numbers(tiles, rows)

    def _numbers(self, tiles: slice, rows: int) -> int:
        return (tiles.stop - tiles.start) * rows * self.spec.channels

    def without_zeros(self, views: dict[str, Tensor]) -> dict[str, Tensor]:
        """Some tiles' tensors without the amplitudes that rest at 0, which cost torch time and do nothing."""
        return {n: t for n, t in views.items() if n not in self._resting or bool(t.any())}

    def each(self, work: Callable[[int], object]) -> list[Any]:
        """Run `work` once for every worker number; results in the workers' order."""
        return list((map if self._pool is None else self._pool.map)(work, range(self.workers)))

    @contextmanager
    def threads(self) -> Iterator[None]:
        """Torch on one thread a worker while the block runs; as it was afterwards."""
        before = torch.get_num_threads()
        torch.set_num_threads(1 if self.workers > 1 else before)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.shutdown()

    def _squares(self, tiles: slice, rows: int, draw: Draw, *, backward: bool) -> Tensor:
        """The sum of squared errors of a batch; with `backward` its gradients are added to `grads`."""
        return (self._compiled if self.kernel else self._by_torch)(tiles, rows, draw, backward=backward)

    def _by_torch(self, tiles: slice, rows: int, draw: Draw, *, backward: bool) -> Tensor:
        u, target = draw(0, tiles.stop - tiles.start)

        def work(worker: int, pieces: list[Piece]) -> Tensor:
            total = torch.zeros((), device=target.device)
            with torch.set_grad_enabled(backward):
                for first, last, part in pieces:
                    views = self._leaves(worker, tiles.start + first, tiles.start + last)
                    out = fields.training_forward(self.spec, views, u[first:last, part])
                    loss = (out - target[first:last, part]).square().sum()
                    if backward:
                        loss.backward()
                    total += loss.detach()
            return total

        return self._share(work, u)

    def _compiled(self, tiles: slice, rows: int, draw: Draw, *, backward: bool) -> Tensor:
        assert self.kernel is not None
        code, count = self.kernel, tiles.stop - tiles.start
        together = draw(0, 1) if count == 1 else None

        def work(worker: int) -> float:
            a, b = (0, 1) if together else share(count, self.workers, worker)
            part = share(rows, self.workers, worker) if together else (0, rows)
            u, target = (t.contiguous() for t in together or draw(a, b))
            run = (tiles.start + a, tiles.start + b)
            return code.gradients(self._nets[worker], run, part, u, target, backward=backward)

        return torch.tensor(math.fsum(self.each(work)))

    def _share(self, work: Callable[[int, list[Piece]], Tensor], u: Tensor) -> Tensor:
        """Deal the pieces of a batch to the workers and add up their results in order."""
        pieces = self._pieces(u.shape[0], u.shape[1])
        sums = self.each(lambda worker: work(worker, pieces[worker :: self.workers]))
        return sums[0] if self.workers == 1 else torch.stack(sums).sum()

    def _pieces(self, tiles: int, rows: int) -> list[Piece]:
        at_once = max(1, self._piece // (rows * self.spec.width))
        # At least a piece for every worker, however small the work.
        at_once = max(1, min(at_once, -(-tiles // self.workers)))
        run = max(16, min(self._piece // self.spec.width, -(-rows // self.workers))) if tiles == 1 else rows
        return [
            (a, min(a + at_once, tiles), slice(r, r + run))
            for a in range(0, tiles, at_once)
            for r in range(0, rows, run)
        ]

    def _leaves(self, worker: int, first: int, last: int) -> dict[str, Tensor]:
        """Views of tiles first .. last-1 as leaves whose gradients are views of `grads`."""
        key = (worker, first, last)
        if key not in self._views:
            views = {}
            for name, tensor in self.tensors.items():
                shared = tensor.shape[0] == 1
                leaf = tensor[slice(None) if shared else slice(first, last)].detach()
                if name not in self._resting:
                    leaf.requires_grad_(True)
                    leaf.grad = self._partial[worker][name] if shared else self.grads[name][first:last]
                views[name] = leaf
            self._views[key] = self.without_zeros(views)
        return self._views[key]


def _resting(spec: FieldSpec, layers: int) -> set[str]:
    """The tensors that stay at their start: what the last layer alone trains, in the first layers."""
    act = fields.activation(spec.activation.name)
    own = act.shapes(spec.activation, spec.width) if act.last_learns(spec.activation) else ()
    return {f"layer{layer}.{name}" for layer in range(layers) for name in own}


def share(count: int, workers: int, worker: int) -> tuple[int, int]:
    """First and last (excluded) of `count` things that fall to a worker; shares differ by one at most."""
    return count * worker // workers, count * (worker + 1) // workers

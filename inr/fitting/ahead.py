"""Many steps without a word from the host: how a GPU fits.

A step is a few dozen small kernels, each shorter than the time that the host takes to ask for it.  So the
whole step - draw, gradients, update - reads all that changes from one step to the next from the device:
the number of the step, the places of its samples, the factor on its rates.  On CUDA it is captured once as
a graph and replayed; the host sends AHEAD steps' worth of places and factors, replays, and looks at the loss
when they are done.  On the CPU the same function is called again and again, which is how it is tested.

All in float32: a sine multiplies its sums by ω = 20, and TensorFloat-32 leaves 10 bits of them.
"""

import torch
from torch import Tensor

from inr import reconstruct, signals
from inr.fitting.network import TrainingNetwork
from inr.fitting.optimisers import Optimiser

AHEAD = 25  # steps between two looks at the loss; snapshots are taken every second time


class Ahead:
    """Steps of all tiles of a field whose signal is one slab.

    Args:
        network: its tensors are changed in place; without the compiled kernel.
        optimiser: of these tensors.
        sampler: of the signal; it moves on.
        kind: of the signal.
    """

    def __init__(
        self, network: TrainingNetwork, optimiser: Optimiser, sampler: signals.Sampler, kind: str
    ) -> None:
        device = next(iter(network.tensors.values())).device
        self._network, self._optimiser, self._kind = network, optimiser, kind
        self._resident = signals.Resident(sampler, str(device), AHEAD)
        self._tiles, self._rows = slice(0, network.spec.tile_count), sampler.rows
        self._number = torch.zeros(1, dtype=torch.int64, device=device)
        self._done = torch.zeros((), device=device)
        self._scales = torch.zeros(AHEAD, device=device)
        self._loss = torch.zeros((), device=device)
        self._graph: torch.cuda.CUDAGraph | None = None
        # Warm-up and capture share a stream: some libraries make their handles for each stream.
        self._stream = torch.cuda.Stream() if device.type == "cuda" else None

    @property
    def samples(self) -> int:
        """Of a step."""
        return self._tiles.stop * self._rows

    def run(self, scales: list[float], done: int) -> float:
        """Do as many steps as there are factors on the rates, AHEAD at most.

        Args:
            scales: factor on the rates of each step.
            done: steps that were done before.

        Returns: the mean of their mean squared errors, in the field's units.
        """
        self._resident.prepare(len(scales))
        self._scales[: len(scales)] = torch.tensor(scales)
        self._number.zero_()
        self._loss.zero_()
        self._done.fill_(done)
        if self._graph is not None:
            for _ in scales:
                self._graph.replay()
        else:
            self._eagerly(len(scales))
        return float(self._loss) / len(scales)

    def _eagerly(self, count: int) -> None:
        """Steps one by one; on CUDA they warm up what the capture after them records."""
        if self._stream is None:
            for _ in range(count):
                self._step()
            return
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            for _ in range(count):
                self._step()
        torch.cuda.current_stream().wait_stream(self._stream)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                self._step()  # recorded, not done
        except RuntimeError:  # the same steps without a graph are slower and else as good
            self._stream = None
        else:
            self._graph = graph

    def _step(self) -> None:
        def draw(first: int, last: int) -> tuple[Tensor, Tensor]:
            u, values = self._resident.draw(self._number)
            return u[first:last], reconstruct.to_field(values[first:last], self._kind)

        self._loss += self._network.gradients(self._tiles, self._rows, draw)
        self._done += 1
        scale = self._scales.index_select(0, self._number)[0]
        self._optimiser.step(self._network.grads, self._tiles, self._done, scale)
        self._number += 1

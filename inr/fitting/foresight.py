"""Training of the context network that the file of a pyramid of grids carries (codec/context.py).

The float network is the integer one up to rounding: o = 4 times finer than an octave,

    bits(q) = log2(1 + 2^∓o_1),  and for q != 0 besides                                    (1)
              1 + log2(1 + S) + n log2(1 + 1/S),  S = 2^o_2, n = |q| - 1

are the code lengths of codec/classes.py.  Half of the steps are made with rounded weights (straight
through), so the rounding costs nothing that training could mend.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from inr.codec import CONTEXT_UNIT as UNIT
from inr.codec import CONTEXT_WEIGHT_UNIT as WEIGHT_UNIT
from inr.codec import Context, context_shapes
from inr.fitting.schedules import cosine

Array = np.ndarray
BATCH = 4096
RATE = 1e-2
FEW, ENOUGH = 0.15, 20_000  # part of the steps for a few rows; rows from which all are taken
FLOOR = 1.0 / 8  # classes are rounded down: half of a class, in octaves


@dataclass
class Foresight:
    """The float network, kept between trainings so that the next one is short."""

    tensors: dict[str, Tensor]

    @classmethod
    def start(cls, inputs: int, seed: int) -> "Foresight":
        """Kaiming's start for ReLU; outputs start near 0."""
        rng = np.random.Generator(np.random.Philox(seed))
        tensors = {}
        for name, shape in context_shapes(inputs).items():
            spread = (2.0 / shape[0]) ** 0.5 if name.endswith("weight") else 0.0
            values = rng.normal(0.0, 1.0, shape).astype(np.float32) * np.float32(spread)
            tensors[name] = torch.from_numpy(values).requires_grad_()
        return cls(tensors)

    def train(self, x: Array, q: Array, steps: int, seed: int) -> None:
        """Adam with a cosine on equation (1) over rows x [N, inputs] and magnitudes q [N].

        Few rows are learnt in fewer steps: pictures from 12x16 to 64x96 pixels take no more bytes for it.
        """
        steps = math.ceil(steps * min(1.0, FEW + len(q) / ENOUGH))
        inputs, sizes = torch.from_numpy(x.astype(np.float32) / UNIT), torch.from_numpy(q.astype(np.float32))
        optimiser = torch.optim.Adam(self.tensors.values(), RATE, fused=True)
        generator = torch.Generator().manual_seed(seed)
        batch = min(BATCH, max(256, len(sizes) // 8))
        for step in range(steps):
            optimiser.param_groups[0]["lr"] = cosine(RATE, step, steps)
            rows = torch.randint(0, len(sizes), (batch,), generator=generator)
            optimiser.zero_grad()
            own = rounded(self.tensors) if 2 * step >= steps else self.tensors
            bits(own, inputs[rows], sizes[rows]).mean().backward()
            optimiser.step()

    def context(self) -> Context:
        """The integers that the file holds."""
        return Context(
            {n: np.rint(t.detach().numpy() * WEIGHT_UNIT).astype(np.int32) for n, t in self.tensors.items()}
        )


def rounded(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights as the file has them; gradients pass straight through."""
    return {n: t + (torch.round(t * WEIGHT_UNIT) / WEIGHT_UNIT - t).detach() for n, t in tensors.items()}


def outlook(tensors: dict[str, Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """o_1, the log2 odds of q != 0, and o_2, the log2 of the mean of |q| - 1.

    Shape: x [N, inputs] -> [N] twice.
    """
    for name in ("1", "2"):
        x = torch.relu(torch.addmm(tensors[f"{name}.bias"], x, tensors[f"{name}.weight"]))
    out = torch.addmm(tensors["3.bias"], x, tensors["3.weight"]) - FLOOR
    return out[:, 0].clamp(-14.0, 7.5), out[:, 1].clamp(-5.0, 6.5)


def bits(tensors: dict[str, Tensor], x: Tensor, size: Tensor) -> Tensor:
    """Equation (1) for each row; `size` is |q|, and may lie between whole numbers."""
    odds, mean = outlook(tensors, x)
    zero = torch.nn.functional.softplus(odds * 0.6931472) * 1.442695
    spread = torch.exp2(mean)
    rest = 1.0 + torch.log2(1.0 + spread) + (size - 1.0) * torch.log2(1.0 + 1.0 / spread)
    return torch.where(size > 0, zero - odds + rest, zero)

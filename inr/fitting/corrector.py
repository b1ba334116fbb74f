"""The MLP over a stored encoding: trained on what the linear path leaves, and judged on it.

inputs [N, E], what the MLP sees of samples;  rest [N, C], the signal there less the linear path
"""

import numpy as np
import torch
from torch import Tensor

from inr import codec, fields
from inr.fitting.finish import Probe
from inr.fitting.schedules import cosine
from inr.specs import FieldSpec

CHUNK = 1 << 16  # samples that are judged at a time
PROBE = 1 << 15  # samples that the steps of its tensors are judged on


def train(
    spec: FieldSpec,
    mlp: dict[str, Tensor],
    inputs: Tensor,
    rest: Tensor,
    steps: int,
    *,
    rate: float,
    batch: int,
    seed: int,
) -> float:
    """Adam with a cosine, in place; returns the mean squared error over the last batches."""
    scale = 1.0 / max(float(rest.square().mean()), 1e-12)
    for t in mlp.values():
        t.requires_grad_()
    optimiser = torch.optim.Adam(mlp.values(), rate, fused=True)
    generator = torch.Generator().manual_seed(seed)
    running = 0.0
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = cosine(rate, step, steps)
        rows = torch.randint(0, len(rest), (min(batch, len(rest)),), generator=generator)
        optimiser.zero_grad()
        got = fields.training_forward(spec, mlp, inputs[rows][None])[0]
        loss = (got - rest[rows]).square().mean()
        (scale * loss).backward()
        optimiser.step()
        running += 0.1 * (float(loss.detach()) - running) if running else float(loss.detach())
    for t in mlp.values():
        t.requires_grad_(False)
    return running


def silence_if_worse(spec: FieldSpec, mlp: dict[str, Tensor], inputs: Tensor, rest: Tensor) -> None:
    """Make the MLP's output 0 where it does more harm than good: beside a signal that is nearly exact."""
    harm = 0.0
    for at in range(0, len(rest), CHUNK):
        part = rest[at : at + CHUNK]
        got = fields.training_forward(spec, mlp, inputs[at : at + CHUNK][None])[0]
        harm += float(((got - part).square() - part.square()).sum())
    if harm > 0.0:
        mlp["output.weight"].zero_()
        mlp["output.bias"].zero_()


def steps_of_tensors(
    spec: FieldSpec, mlp: dict[str, np.ndarray], inputs: np.ndarray, rest: np.ndarray, a_bit: float
) -> dict[str, int]:
    """k of each tensor, such that a bit of them buys as much as `a_bit`, in mean squared error."""
    draw = np.random.Generator(np.random.Philox(1))
    keep = draw.integers(0, len(rest), PROBE) if len(rest) > PROBE else slice(None)
    probe = Probe(np.zeros(1, dtype=np.int64), inputs[keep][None], rest[keep][None])
    return codec.allocate(mlp, probe.distortion(spec)).choose(a_bit)

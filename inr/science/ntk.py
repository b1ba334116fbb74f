"""The empirical neural tangent kernel of a small field, at its start and while it trains.

    K[i, j] = Σ_θ ∂f(x_i)/∂θ · ∂f(x_j)/∂θ                                  (1)

over every trained number, those of the activation included.  Under gradient flow the part of the
error along an eigenvector of K dies like e^(-λ t), so the spread of the λ is how unevenly a
network learns.  Everything is float64: in float32 a condition number beyond 10^7 is noise.

    condition number   λ_max / max(λ_min, floor),   floor = ε N λ_max: below it λ_min is rounding
    effective rank     (Σ λ)² / Σ λ²
    half-width         samples over which the kernel, scaled to K[i, i] = 1 and averaged over the
                       grid, falls halfway from 1 to its lowest value
    held-out error     kernel regression from every second sample to the others, relative L2

Source: Jacot, Gabriel & Hongler, "Neural tangent kernel", arXiv:1806.07572, for (1).
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inr import coords, fields
from inr.errors import SpecError
from inr.science.jobs import Row
from inr.specs import ActivationSpec, FieldSpec

GRIDS: dict[str, tuple[int, ...]] = {"1d": (256,), "2d": (16, 16)}
OMEGAS = (15.0, 30.0, 60.0, 120.0)
CHECKPOINTS = (0, 100, 500)
HIDDEN = 2  # hidden-to-hidden layers
RATE = 1e-3
RIDGE = 1e-10  # of the regression, as a share of λ_max
WAVES = (1.0, 3.0, 7.0, 15.0, 31.0)  # half-waves on [-1, 1] of the signal that is learnt
RELU = ActivationSpec("raf", ("relu",), 1.0, 1.0)


@dataclass(frozen=True)
class NtkJob:
    """One network whose kernel is looked at.

    Attributes:
        activation: `relu`, or one that `fields` has.
        omega: of its first and hidden layers; None where it has none to choose.
        grid: one of GRIDS.
        width: H.
        seed: of the start values.
        checkpoints: steps of training at which to look.
        matches: the activation whose kernel was as wide at the start, where ω was chosen for that.
    """

    activation: str
    omega: float | None
    grid: str
    width: int
    seed: int
    checkpoints: tuple[int, ...] = CHECKPOINTS
    matches: str | None = None

    @property
    def title(self) -> str:
        """The run in a few words."""
        omega = "" if self.omega is None else f" omega {self.omega:g}"
        matches = "" if self.matches is None else f" as wide as {self.matches}"
        return f"{self.activation}{omega}{matches} {self.grid} seed {self.seed}"

    @property
    def identity(self) -> dict[str, Any]:
        """What tells this run from all others; JSON values."""
        return asdict(self)

    @property
    def states(self) -> int:
        """Rows that it gives."""
        return len(self.checkpoints)


def known() -> list[str]:
    """Names that an NTK can be asked of."""
    return sorted({"relu", *fields.ACTIVATIONS})


def jobs(activations: tuple[str, ...] = (), width: int = 64, seeds: int = 1) -> list[NtkJob]:
    """Every activation on every grid; those with a free ω at each of OMEGAS.

    Raises:
        SpecError: an activation is not known, or a number is less than 1.
    """
    for option, value in (("width", width), ("seeds", seeds)):
        if value < 1:
            raise SpecError(f"ntk: --{option} must be at least 1; got {value}")
    for name in activations:
        if name not in known():
            raise SpecError(f"ntk: no activation {name!r}; known are {', '.join(known())}")
    return [
        NtkJob(name, omega, grid, width, seed)
        for grid in GRIDS
        for name in activations or ("relu", "sine", "raf")
        for omega in _omegas(name)
        for seed in range(seeds)
    ]


def run(job: NtkJob) -> Iterator[str | Row]:
    """Train one network full-batch with Adam and look at its kernel on the way.

    Yields: lines that say how it goes, and a row a checkpoint.
    """
    begun = time.monotonic()
    spec, tensors, trained = network(job)
    x = grid(job.grid)
    target = signal(job.grid)
    weights = [tensors[name].requires_grad_() for name in trained]
    optimiser = torch.optim.Adam(weights, RATE)
    for step in range(max(job.checkpoints) + 1):
        if step in job.checkpoints:
            gram = kernel(spec, tensors, trained, x)
            yield f"{job.title}: step {step}"
            yield _row(job, step, gram, target) | {"seconds": round(time.monotonic() - begun, 2)}
        optimiser.zero_grad()
        error = fields.forward(torch, spec, tensors, x[None])[0, :, 0] - target
        error.square().mean().backward()
        optimiser.step()


def network(job: NtkJob) -> tuple[FieldSpec, dict[str, Tensor], list[str]]:
    """The field of a job, its start values in float64, and the names of those that are trained."""
    dims = len(GRIDS[job.grid])
    activation = _spec(job)
    ones = (1,) * dims
    spec = FieldSpec(dims, 1, ones, (0,) * dims, job.width, HIDDEN, activation=activation)
    tensors = {name: torch.from_numpy(t).double() for name, t in fields.initialise(spec, job.seed).items()}
    names = list(tensors)
    if activation == RELU:
        # A plain ReLU: its amplitude is 1 and is not trained.
        fixed = [name for name in names if name.endswith("amplitude")]
        for name in fixed:
            tensors[name].fill_(1.0)
        names = [name for name in names if name not in fixed]
    return spec, tensors, names


def grid(name: str) -> Tensor:
    """The coordinates of a grid.  Shape: [N, D]."""
    axes = [np.asarray(coords.axis(n), dtype=np.float64) for n in GRIDS[name]]
    return torch.tensor(list(itertools.product(*axes)), dtype=torch.float64)


def signal(name: str) -> Tensor:
    """What is learnt: waves of equal strength along each axis, those that half of the samples can carry.

    Shape: [N].
    """
    x = grid(name)
    carried = [k for k in WAVES if 2 * k < min(GRIDS[name])]
    waves = [torch.sin(0.5 * np.pi * k * (x + 1.0) + k).sum(-1) for k in carried]
    total = torch.stack(waves).sum(0)
    return total / total.abs().max()


def kernel(spec: FieldSpec, tensors: dict[str, Tensor], trained: list[str], x: Tensor) -> Tensor:
    """Equation (1), one tensor at a time so that only its own slopes are in memory.  Shape: [N, N]."""
    plain = {name: t.detach() for name, t in tensors.items()}
    gram = x.new_zeros(len(x), len(x))
    for name in trained:

        def value(own: Tensor, at: Tensor, name: str = name) -> Tensor:
            return fields.forward(torch, spec, plain | {name: own}, at[None, None])[0, 0, 0]

        slopes = torch.func.vmap(torch.func.grad(value), in_dims=(None, 0))(plain[name], x).flatten(1)
        gram += slopes @ slopes.T
    return gram


def spectrum(gram: Tensor) -> Row:
    """Condition number with its floor, and effective rank."""
    values = torch.linalg.eigvalsh(gram)
    most, least = float(values[-1]), float(values[0])
    floor = torch.finfo(gram.dtype).eps * len(gram) * most
    return {
        "condition_number": most / max(least, floor),
        "at_floor": least <= floor,
        "effective_rank": float(values.sum().square() / values.square().sum()),
    }


def half_width(gram: Tensor, shape: tuple[int, ...]) -> float:
    """Samples along the last axis over which the scaled kernel falls halfway to its lowest value."""
    root = gram.diagonal().sqrt()
    scaled = (gram / torch.outer(root, root)).reshape(*shape, *shape)
    if len(shape) == 2:  # along the last axis, within each row
        scaled = torch.stack([scaled[i, :, i, :] for i in range(shape[0])]).mean(0)
    length = shape[-1]
    fall = [float(scaled.diagonal(offset).mean()) for offset in range(length // 2 + 1)]
    middle = 0.5 * (1.0 + min(fall))
    after = next(k for k, value in enumerate(fall) if value <= middle)
    if after == 0:
        return 0.0
    above, below = fall[after - 1], fall[after]
    return after - 1 + (above - middle) / (above - below)


def held_out_error(gram: Tensor, target: Tensor, held: Tensor) -> float:
    """Kernel regression from the samples that are not held out to those that are; relative L2."""
    inner = gram[~held][:, ~held]
    ridge = RIDGE * float(torch.linalg.matrix_norm(inner, 2)) * torch.eye(len(inner), dtype=gram.dtype)
    weights = torch.linalg.solve(inner + ridge, target[~held])
    got = gram[held][:, ~held] @ weights
    return float(torch.linalg.vector_norm(got - target[held]) / torch.linalg.vector_norm(target[held]))


def _row(job: NtkJob, step: int, gram: Tensor, target: Tensor) -> Row:
    shape = GRIDS[job.grid]
    held = torch.arange(len(gram)).reshape(shape) % 2 == 1
    row: Row = {"activation": job.activation, "grid": job.grid, "width": job.width}
    row |= {"seed": job.seed, "step": step} | ({} if job.omega is None else {"omega": job.omega})
    row |= {} if job.matches is None else {"matches": job.matches}
    row |= spectrum(gram) | {"half_width": half_width(gram, shape)}
    return row | {"held_out_error": held_out_error(gram, target, held.flatten())}


def _spec(job: NtkJob) -> ActivationSpec:
    if job.activation == "relu" and "relu" not in fields.ACTIVATIONS:
        return RELU
    usual = fields.activation(job.activation).default
    if job.omega is None:
        return usual
    return ActivationSpec(usual.name, usual.bases, job.omega, job.omega)


def _omegas(name: str) -> tuple[float | None, ...]:
    return OMEGAS if name in ("sine", "raf") else (None,)

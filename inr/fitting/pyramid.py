"""Fitting a picture as a pyramid of grids and an MLP over it (profile `grids`).

The start is already a transform codec: the picture's own wavelet coefficients c, rounded.  Then, in turns,

    the context network learns the integers' spread, and the integers are chosen again by what
        they cost (rounding.py);
    the MLP learns what is left of the picture, on random pixels;
    the coefficients learn that there is an MLP now:  c <- (1 - κ) c + κ (v - ∂D/∂v / 2)          (1)

with D the squared error of the whole field and v the rounded values.  For the linear path alone,
which is orthonormal, ∂D/∂v = 2 (v - c), and (1) leaves c as it is.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from inr import codec, fields
from inr.codec import MOST_STEP, STEP_BITS, Grids
from inr.fields import SCALE
from inr.fitting.foresight import Foresight
from inr.fitting.rounding import means, plain, rows_of, weighed
from inr.specs import FieldSpec

Array = np.ndarray
BATCH = 4096  # pixels of a step of the MLP, all where there are fewer
RATE = 1e-2
PIXELS = 1 << 20  # that the MLP learns from
CHUNK = 1 << 16  # pixels of a gradient at a time
FIRST, LATER = 500, 150  # steps of the context network


@dataclass
class Pyramid:
    """A fit by grids while it runs.

    Attributes:
        spec: of the field.
        picture: [H, W, C] float32, in the field's units.
        low: the coarsest grid, as the file will have it, with its k.
        targets: coefficients that the integers stand for, by name.
        grids: the integers and what goes with them.
        foresight: the context network in training.
        mlp: the tensors of the MLP.
    """

    spec: FieldSpec
    picture: Array
    low: Array
    low_k: int
    targets: dict[str, Array]
    grids: Grids
    foresight: Foresight
    mlp: dict[str, Tensor]
    turn: int = 0

    @classmethod
    def start(cls, spec: FieldSpec, picture: Array, step: float, seed: int) -> "Pyramid":
        """Rounded coefficients, and an MLP whose output is 0."""
        targets = fields.analyse(picture, spec.encoding.count)
        low = targets.pop("grid.low")
        k = max(0, math.ceil(-math.log2(step)))
        low = codec.dequantise(codec.quantise(low, k, name="grid.low"), k)
        start = fields.initialise(spec, seed)
        start["output.weight"][...] = 0.0
        mlp = {n: torch.from_numpy(t) for n, t in start.items() if not n.startswith("grid.")}
        foresight = Foresight.start(codec.CONTEXT_INPUTS, seed)
        empty = Grids(1, (0, 0), {}, foresight.context())
        out = cls(spec, picture, low, k, targets, empty, foresight, mlp)
        out.begin(step)
        return out

    def begin(self, step: float) -> None:
        """Round anew with another step."""
        whole = _whole(step * 2**STEP_BITS)
        q = plain(self.targets, whole * 2.0**-STEP_BITS)
        self._take(q, whole)
        self.learn_context(FIRST if not self.turn else LATER)

    def rescale(self, factor: float) -> None:
        """Another step for the next choice of integers."""
        self.grids = replace(self.grids, step=_whole(self.grids.step * factor))

    @property
    def step(self) -> float:
        """The distance of two values."""
        return self.grids.step * 2.0**-STEP_BITS

    def learn_context(self, steps: int) -> None:
        """Train the context network on the integers as they are."""
        rows = rows_of(self.grids.integers, self.turn)
        self.foresight.train(rows.inputs, rows.magnitudes, steps, self.turn)
        self.turn += 1
        self.grids = replace(self.grids, context=self.foresight.context())

    def weigh(self, weight: float) -> float:
        """Choose all integers again; returns about how many bytes they take."""
        grids = self.grids
        q, bits = weighed(self.targets, self.step, grids.shrink, grids.context, weight)
        self._take(q, grids.step)
        return bits / 8

    def _take(self, q: dict[str, Array], whole: int) -> None:
        shrink = means(self.targets, q, whole * 2.0**-STEP_BITS)
        self.grids = replace(self.grids, step=whole, shrink=shrink, integers=q)

    def tensors(self) -> dict[str, Array]:
        """All of the field's tensors, with an MLP that is not rounded."""
        mlp = {n: t.detach().numpy().copy() for n, t in self.mlp.items()}
        return mlp | {"grid.low": self.low} | self.grids.values()

    def features(self) -> Array:
        """What the MLP and the linear path see of every pixel.  Shape: [E, H, W]."""
        return fields.planes(np, self.tensors(), self.spec.encoding)

    def pixels(self, features: Array, seed: int) -> tuple[Array, Array]:
        """Inputs and targets of the MLP at random pixels.  Shape: [N, E], [N, C]."""
        count = features.shape[1] * features.shape[2]
        rng = np.random.Generator(np.random.Philox(seed))
        keep = rng.integers(0, count, PIXELS) if count > PIXELS else slice(None)
        seen = features.reshape(len(features), -1).T[keep]
        linear = fields.linear(np, seen, self.spec.channels)
        rest = self.picture.reshape(-1, self.spec.channels)[keep] - linear
        return np.ascontiguousarray(SCALE * seen), rest.astype(np.float32)

    def learn(self, steps: int, rate: float = RATE) -> float:
        """Train the MLP; returns its mean squared error over the last batches."""
        inputs, rest = map(torch.from_numpy, self.pixels(self.features(), self.turn))
        scale = 1.0 / max(float(rest.square().mean()), 1e-12)
        for t in self.mlp.values():
            t.requires_grad_()
        optimiser = torch.optim.Adam(self.mlp.values(), rate, fused=True)
        plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        generator = torch.Generator().manual_seed(self.turn)
        running = 0.0
        for _ in range(steps):
            rows = torch.randint(0, len(rest), (min(BATCH, len(rest)),), generator=generator)
            optimiser.zero_grad()
            got = fields.training_forward(self.spec, self.mlp, inputs[rows][None])[0]
            loss = (got - rest[rows]).square().mean()
            (scale * loss).backward()
            optimiser.step()
            plan.step()
            running += 0.1 * (float(loss.detach()) - running) if running else float(loss.detach())
        for t in self.mlp.values():
            t.requires_grad_(False)
        return running

    def pull(self, kappa: float) -> float:
        """Equation (1); returns the mean squared error of the field as it is."""
        own = {n: torch.from_numpy(t) for n, t in self.tensors().items() if n.startswith("grid.")}
        for name in self.targets:
            own[name].requires_grad_()
        features = fields.planes(torch, own, self.spec.encoding)
        slope = torch.empty_like(features)
        seen, to = features.detach().flatten(1), slope.flatten(1)
        picture = torch.from_numpy(self.picture).reshape(-1, self.spec.channels)
        total = 0.0
        for at in range(0, seen.shape[1], CHUNK):
            part = seen[:, at : at + CHUNK].T.contiguous().requires_grad_()
            got = fields.linear(torch, part, self.spec.channels)
            got = got + fields.training_forward(self.spec, self.mlp, SCALE * part[None])[0]
            loss = (got - picture[at : at + CHUNK]).square().sum()
            loss.backward()
            assert part.grad is not None
            to[:, at : at + CHUNK] = part.grad.T
            total += float(loss.detach())
        features.backward(slope)
        for name in self.targets:
            gradient = own[name].grad
            assert gradient is not None
            wanted = own[name].detach().numpy() - 0.5 * gradient.numpy()
            self.targets[name] += kappa * (wanted - self.targets[name])
        return total / picture.numel()


def _whole(step: float) -> int:
    """The nearest step that a file can hold, in its units; at the largest one hardly an integer is left."""
    return min(max(1, round(step)), MOST_STEP)

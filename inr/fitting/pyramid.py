"""Fitting a signal as a stored encoding and an MLP over it (profile `grids`).

The start is already a transform codec: coefficients c of the signal's transform, rounded.  Then, in turns,

    the context network learns the integers' spread, and the integers are chosen again by what
        they cost (rounding.py);
    the MLP learns what is left of the signal, on random samples;
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
from inr.fitting import corrector
from inr.fitting.foresight import Foresight
from inr.fitting.rounding import means, plain, rows_of, weighed
from inr.specs import FieldSpec

Array = np.ndarray
BATCH = 4096  # samples of a step of the MLP, all where there are fewer
RATE = 1e-2
SAMPLES = 1 << 20  # that the MLP learns from
BESIDE = (fields.LOW,)
CHUNK = 1 << 16  # samples of a gradient at a time
FIRST, LATER = 500, 150  # steps of the context network


@dataclass
class Pyramid:
    """A fit by grids while it runs.

    Attributes:
        spec: of the field.
        signal: [H, W, C] or [T, C] float32, in the field's units.
        beside: what stands with the MLP's weights in the file: the coarsest grid of a picture, as the
            file will have it, and the k of its tensor.
        targets: coefficients that the integers stand for, by name.
        grids: the integers and what goes with them.
        foresight: the context network in training.
        mlp: the tensors of the MLP.
        estimate: bytes that the integers take, when they were last chosen.
    """

    spec: FieldSpec
    signal: Array
    beside: dict[str, Array]
    exponents: dict[str, int]
    targets: dict[str, Array]
    grids: Grids
    foresight: Foresight
    mlp: dict[str, Tensor]
    turn: int = 0
    estimate: float = 0.0

    @classmethod
    def start(
        cls, spec: FieldSpec, signal: Array, step: float, seed: int, *, contexts: int = FIRST
    ) -> "Pyramid":
        """Rounded coefficients, their context network after so many steps, and an MLP whose output is 0."""
        targets = fields.analyse(signal, spec.encoding)
        k = max(0, math.ceil(-math.log2(step)))
        beside = {
            name: codec.dequantise(codec.quantise(targets.pop(name), k, name=name), k)
            for name in BESIDE
            if name in targets
        }
        start = fields.initialise(spec, seed)
        start["output.weight"][...] = 0.0
        mlp = {n: torch.from_numpy(t) for n, t in start.items() if not n.startswith("grid.")}
        foresight = Foresight.start(codec.context_inputs(targets), seed)
        empty = Grids(1, (0, 0), {}, foresight.context())
        out = cls(spec, signal, beside, dict.fromkeys(beside, k), targets, empty, foresight, mlp)
        out.begin(step, contexts)
        return out

    def begin(self, step: float, contexts: int = LATER) -> None:
        """Round anew with another step."""
        whole = _whole(step * 2**STEP_BITS)
        q = plain(self.targets, whole * 2.0**-STEP_BITS)
        self._take(q, whole)
        self.learn_context(contexts)

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
        self.estimate = bits / 8
        return self.estimate

    def _take(self, q: dict[str, Array], whole: int) -> None:
        shrink = means(self.targets, q, whole * 2.0**-STEP_BITS)
        self.grids = replace(self.grids, step=whole, shrink=shrink, integers=q)

    def tensors(self) -> dict[str, Array]:
        """All of the field's tensors, with an MLP that is not rounded."""
        mlp = {n: t.detach().numpy().copy() for n, t in self.mlp.items()}
        return mlp | self.beside | self.grids.values()

    def features(self) -> Array:
        """What the MLP and the linear path see of every sample.  Shape: [E, H, W] or [E, T]."""
        return fields.lookup(self.tensors(), self.spec.encoding).planes

    def samples(self, features: Array, seed: int) -> tuple[Array, Array]:
        """Inputs and targets of the MLP at random samples.  Shape: [N, E], [N, C]."""
        count = math.prod(features.shape[1:])
        rng = np.random.Generator(np.random.Philox(seed))
        keep = rng.integers(0, count, SAMPLES) if count > SAMPLES else slice(None)
        seen = features.reshape(len(features), -1).T[keep]
        linear = fields.linear(np, seen, self.spec)
        rest = self.signal.reshape(-1, self.spec.channels)[keep] - linear
        return np.ascontiguousarray(fields.scale(self.spec.encoding) * seen), rest.astype(np.float32)

    def learn(self, steps: int, rate: float = RATE) -> float:
        """Train the MLP; returns its mean squared error over the last batches."""
        inputs, rest = map(torch.from_numpy, self.samples(self.features(), self.turn))
        return corrector.train(
            self.spec, self.mlp, inputs, rest, steps, rate=rate, batch=BATCH, seed=self.turn
        )

    def silence_if_worse(self) -> None:
        """Make the MLP's output 0 where it does more harm than good: beside a signal that is nearly exact."""
        inputs, rest = map(torch.from_numpy, self.samples(self.features(), self.turn))
        corrector.silence_if_worse(self.spec, self.mlp, inputs, rest)

    def pull(self, kappa: float) -> float:
        """Equation (1); returns the mean squared error of the field as it is."""
        own = {n: t for n, t in self.tensors().items() if n.startswith("grid.")}
        features = torch.from_numpy(fields.lookup(own, self.spec.encoding).planes)
        slope = torch.empty_like(features)
        seen, to = features.flatten(1), slope.flatten(1)
        signal = torch.from_numpy(self.signal).reshape(-1, self.spec.channels)
        total, scale = 0.0, fields.scale(self.spec.encoding)
        for at in range(0, seen.shape[1], CHUNK):
            part = seen[:, at : at + CHUNK].T.contiguous().requires_grad_()
            got = fields.linear(torch, part, self.spec)
            got = got + fields.training_forward(self.spec, self.mlp, scale * part[None])[0]
            loss = (got - signal[at : at + CHUNK]).square().sum()
            loss.backward()
            assert part.grad is not None
            to[:, at : at + CHUNK] = part.grad.T
            total += float(loss.detach())
        for name, gradient in fields.adjoint(slope, own, self.spec.encoding).items():
            if name in self.targets:
                wanted = own[name] - 0.5 * gradient
                self.targets[name] += kappa * (wanted - self.targets[name])
        return total / signal.numel()


def _whole(step: float) -> int:
    """The nearest step that a file can hold, in its units; at the largest one hardly an integer is left."""
    return min(max(1, round(step)), MOST_STEP)

"""What all groups of a clip by grids share: the step, both context networks and the MLP.

They are learnt on excerpts, a piece of the plane of many groups, so that a clip of any length begins
after seconds.  Then every group is rounded by itself.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from inr import codec, fields
from inr.codec import MOST_STEP, STEP_BITS, Clip, ClipNetworks, GroupIntegers
from inr.fitting import corrector
from inr.fitting.foresight import Foresight
from inr.fitting.moving import Chosen, plain_group, rows_of_group, shares, weighed_group
from inr.fitting.rounding import LAMBDA, ROWS
from inr.specs import EncodingSpec, FieldSpec

Array = np.ndarray
Targets = Mapping[str, Array]
FIRST, LATER = 500, 150  # steps of the context networks
BATCH, RATE = 8192, 1e-2  # of the MLP
SAMPLES = 1 << 20  # that the MLP learns from


@dataclass
class Excerpt:
    """A piece of the plane of one group.

    Attributes:
        frames: [n, h, w, C] float32, in the field's units.
        targets: their coefficients.
        encoding: of the excerpt as a clip of its own.
    """

    frames: Array
    targets: Targets
    encoding: EncodingSpec

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the coefficients."""
        return {name: t.shape for name, t in self.targets.items()}


@dataclass
class Film:
    """The shared part, while it is learnt.

    Attributes:
        spec: of the field.
        whole: the step in the file's units.
        shrink: as in codec.Grids.
        points, blocks: the context networks in training.
        mlp: its tensors.
        turn: trainings of the context networks so far.
    """

    spec: FieldSpec
    whole: int
    shrink: tuple[int, int]
    points: Foresight
    blocks: Foresight
    mlp: dict[str, Tensor]
    turn: int = 0
    _networks: ClipNetworks | None = field(default=None, repr=False)

    @classmethod
    def start(cls, spec: FieldSpec, seed: int) -> "Film":
        """Networks that know nothing, and an MLP whose output is 0."""
        start = fields.initialise(spec, seed)
        start["output.weight"][...] = 0.0
        mlp = {n: torch.from_numpy(t) for n, t in start.items()}
        points = Foresight.start(codec.POINT_INPUTS, seed)
        return cls(spec, 1, (0, 0), points, Foresight.start(codec.BLOCK_INPUTS, seed + 1), mlp)

    @property
    def step(self) -> float:
        """The distance of two values."""
        return self.whole * 2.0**-STEP_BITS

    @step.setter
    def step(self, step: float) -> None:
        self.whole = min(max(1, round(step * 2**STEP_BITS)), MOST_STEP)

    @property
    def k(self) -> int:
        """The step of the coarsest grids is 2^-k: the next one below."""
        return max(COARSEST, math.ceil(-math.log2(self.step)))

    @property
    def networks(self) -> ClipNetworks:
        """Both context networks as the file has them."""
        if self._networks is None:
            self._networks = ClipNetworks(self.points.context(), self.blocks.context())
        return self._networks

    def begin(self, excerpts: list[Excerpt], steps: int) -> None:
        """Round plainly with the step as it is, and learn from that."""
        self.learn_contexts([(e.shapes, plain_group(e.targets, self.step, self.k)) for e in excerpts], steps)

    def weigh(self, targets: Targets, weight: float = LAMBDA) -> Chosen:
        """The integers of a group."""
        return weighed_group(targets, self.step, self.shrink, self.networks, self.k, weight)

    def weigh_all(self, excerpts: list[Excerpt]) -> list[Chosen]:
        """Of all excerpts, and the shrink that is right for them."""
        chosen = [self.weigh(e.targets) for e in excerpts]
        found = sum(
            (shares(e.targets, c.integers, self.step) for e, c in zip(excerpts, chosen, strict=True)),
            np.zeros((2, 2)),
        )
        one, more = (int(np.clip(round(32 * a / n), 0, 15)) if n else 0 for a, n in found)
        self.shrink = (one, more)
        return chosen

    def learn_contexts(
        self, groups: list[tuple[dict[str, tuple[int, ...]], GroupIntegers]], steps: int
    ) -> None:
        """Train both context networks on integers as they are."""
        values = sum(math.prod(shape) for shapes, _ in groups for shape in shapes.values())
        keep = min(1.0, 8 * ROWS / values)  # a clip's values are mostly in blocks that are not looked into
        rows = [rows_of_group(q, shapes, keep, self.turn + i) for i, (shapes, q) in enumerate(groups)]
        for net, own in ((self.points, 0), (self.blocks, 1)):
            part = [pair[own] for pair in rows]
            inputs = np.concatenate([r.inputs for r in part])
            net.train(inputs, np.concatenate([r.magnitudes for r in part]), steps, self.turn)
        self.turn += 1
        self._networks = None

    def samples(self, excerpts: list[Excerpt], chosen: list[Chosen], seed: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of the MLP at random places.  Shape: [N, E], [N, C]."""
        rng = np.random.Generator(np.random.Philox(seed))
        total = sum(math.prod(e.frames.shape[:3]) for e in excerpts)
        inputs, rest = [], []
        for e, c in zip(excerpts, chosen, strict=True):
            values = codec.group_values(c.integers, e.shapes, self.whole, self.shrink)
            for t, planes in enumerate(fields.planes_of_group(values, e.encoding)):
                seen = planes.reshape(len(planes), -1)
                some = rng.integers(
                    0, seen.shape[1], min(seen.shape[1], SAMPLES * seen.shape[1] // total + 1)
                )
                taken = np.ascontiguousarray(seen[:, some].T)
                wanted = e.frames[t].reshape(-1, self.spec.channels)[some]
                inputs.append(fields.scale(self.spec.encoding) * taken)
                rest.append(wanted - fields.linear(np, taken, self.spec))
        return (
            torch.from_numpy(np.concatenate(inputs).astype(np.float32)),
            torch.from_numpy(np.concatenate(rest).astype(np.float32)),
        )

    def learn(self, inputs: Tensor, rest: Tensor, steps: int) -> None:
        """Train the MLP; its output is 0 where it does more harm than good."""
        corrector.train(self.spec, self.mlp, inputs, rest, steps, rate=RATE, batch=BATCH, seed=self.turn)
        corrector.silence_if_worse(self.spec, self.mlp, inputs, rest)

    @torch.no_grad()
    def error(self, inputs: Tensor, rest: Tensor) -> float:
        """Mean squared error of the field at these places."""
        got = fields.training_forward(self.spec, self.mlp, inputs[None])[0]
        return float((got - rest).square().mean())

    def clip(self, lengths: tuple[int, ...], streams: list[bytes]) -> Clip:
        """The section of the file."""
        return Clip(
            self.whole, self.shrink, self.networks, lengths, tuple(streams), self.spec.encoding,
            self.spec.channels,
        )  # fmt: skip


COARSEST = -8  # the least k that a file holds


def excerpt(frames: Array, levels: int) -> Excerpt:
    """Frames of a group with their coefficients."""
    encoding = EncodingSpec("clips", levels, shape=frames.shape[:3])
    return Excerpt(frames, fields.analyse(frames, encoding), encoding)

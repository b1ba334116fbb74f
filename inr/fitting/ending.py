"""The last part of a long fit by small tiles: Gauss-Newton steps (newton.py) after the others.

The others come quickly to a quality and then creep: gt_bach in 199k parameters has 45.7 dB after 5 s
and 49.5 after 60; with Gauss-Newton steps from 15 s on it has 54 (data/baselines/README.md).  Such a
step takes the place of `worth` others, so a fit that has no room for some of them does without.
"""

from dataclasses import dataclass, replace
from typing import Self

from torch import Tensor

from inr import fields, reconstruct, signals
from inr.fitting.layout import sample_memory
from inr.fitting.network import TrainingNetwork
from inr.fitting.newton import LARGEST, PIECE, GaussNewton, weights_a_tile, worth
from inr.fitting.prepare import held_whole
from inr.fitting.presets import Plan
from inr.specs import FitSpec, SignalSpec

SHARE = 0.3  # of a fit that comes before: gt_bach after 25 s 52.8 dB with 0.2, 52.1 with 0.35, 51.7 with 0.5
FEWEST = 8  # steps that are worth the change: at 6 s it gains nothing, at 8 s 1 dB
RICH = 0.15  # numbers a value: with fewer it gains nothing (librispeech 0.1: -0.4 dB, 0.5: +0.4)
LONGEST = 8 * PIECE  # derivatives of a tile, on the average


@dataclass
class Ending:
    """Where the last part stands.

    Attributes:
        worth: ordinary steps that one of its steps takes the place of; 0 where there is no last part.
        left: its steps that remain.
        solver: what does them, once it has begun.
        sampler, kind: of the signal that it solves for.
    """

    worth: int
    left: int = 0
    sampler: signals.Sampler | None = None
    kind: str = ""
    solver: GaussNewton | None = None

    @classmethod
    def of(cls, request: FitSpec, plan: Plan, signal: SignalSpec, sampler: signals.AnySampler) -> Self:
        """For a request: where tiles are small and many, and nothing is rounded in the loop."""
        held, size = held_whole(request, sampler), weights_a_tile(plan.field)
        dims = len(signal.shape)
        places = signal.samples * (2**dims if plan.between else 1)
        samples = places / plan.field.tile_count
        able = (
            held is not None
            and size <= LARGEST
            and fields.param_count(plan.field) >= RICH * signal.samples * signal.channels
            and samples * signal.channels * size <= LONGEST
            and 4 * (dims + signal.channels) * places <= sample_memory(request.memory_bytes)
        )
        if not able:
            return cls(0)
        return cls(worth(plan.field, samples, plan.batch), sampler=held, kind=signal.kind)

    def divide_steps(self, steps: int) -> int:
        """How many of a plan's steps are ordinary; the last part takes the place of the others."""
        return steps - self._take((1 - SHARE) * steps) * self.worth

    def divide_seconds(self, seconds: float, step_s: float) -> float:
        """After how many seconds the last part begins, in a fit of so many with steps that take `step_s`."""
        return SHARE * seconds if self._take((1 - SHARE) * seconds / step_s) else seconds

    def _take(self, room: float) -> int:
        """Plan as many steps as there is room for, in ordinary ones."""
        steps = int(room / self.worth) if self.worth else 0
        self.left = steps if steps >= FEWEST else 0
        return self.left

    def begin(self, network: TrainingNetwork) -> GaussNewton:
        """The solver, made when it is first asked for."""
        if self.solver is None:
            assert self.sampler is not None
            whole = self.sampler.whole()
            parts = [replace(p, values=reconstruct.to_field(p.values, self.kind)) for p in whole]
            self.solver = GaussNewton(network, parts)
        return self.solver

    def state(self) -> dict[str, Tensor]:
        """The solver's tensors, for a checkpoint."""
        return self.solver.state() if self.solver else {}

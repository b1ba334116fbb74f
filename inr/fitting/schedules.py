"""From a budget to a plan of steps, and from the plan to a factor on the learning rates.

Rates fall by a half cosine over the plan, from 1 to 0:  s(p) = (1 + cos π p) / 2.

A budget in steps is its own plan.  A budget in seconds becomes one after the first MEASURED
steps; as a machine's speed drifts, the remaining steps are counted anew now and then, and
the progress p goes on from where it is to 1 over what remains, so that the rates reach 0 when
the time is up.  Resume follows the plan that it finds and does not look at the clock again.

A signal in several slabs is planned once: `passes` rounds over the slabs, each slab visited for
`visit` steps a round, and p counted for each slab by itself, so that every slab gets the whole
schedule.
"""

import math
from dataclasses import dataclass

MEASURED = 6
REPLAN_EVERY_S = 1.0
PASSES = 3
LEAST_VISIT = 40  # shorter visits spend more time on reading than on fitting
FOREVER = 1 << 40


def cosine(rate: float, step: int, steps: int) -> float:
    """A rate that falls to 0 along half a cosine; torch's scheduler takes a fifth of a short step."""
    return 0.5 * rate * (1.0 + math.cos(math.pi * step / steps))


@dataclass
class Schedule:
    """Where a run stands in its plan.

    Attributes:
        slabs: number of slabs.
        left: steps that remain, None until known.
        progress: p of the single-slab schedule.
        visit: steps a slab is held.
        passes: rounds over the slabs.
        frozen: the plan is not adapted to the clock any more.
    """

    slabs: int
    left: int | None
    progress: float = 0.0
    visit: int = FOREVER
    passes: int = 1
    frozen: bool = False

    @classmethod
    def of_steps(cls, steps: int, slabs: int) -> "Schedule":
        """The plan of a budget in steps."""
        plan = cls(slabs, steps, frozen=True)
        plan._divide(steps)
        return plan

    def measure(self, step_s: float, reading_s: float, remaining_s: float, done: int = 0) -> None:
        """Count the steps that remain.

        Args:
            step_s: seconds a step takes.
            reading_s: seconds a slab takes to read.
            remaining_s: seconds that are left.
            done: steps that were done, all in the first slab.
        """
        if self.frozen:
            return
        if self.slabs > 1:
            passes = PASSES
            remaining_s = max(remaining_s - reading_s * (self.slabs * passes - 1), 0.3 * remaining_s)
            steps = max(1, int(remaining_s / step_s))
            self._divide(steps)
            self.visit = max(self.visit, done + 1)
            self.frozen, self.left = True, self.visit * self.passes * self.slabs - done
            return
        self.left = max(1, int(remaining_s / step_s))

    def advance(self) -> None:
        """One step is done."""
        if self.left is not None:
            self.progress += (1.0 - self.progress) / max(1, self.left)
            self.left -= 1

    def scale(self, visit_step: int) -> float:
        """Factor on the rates; `visit_step` counts the steps that the slab had before."""
        p = visit_step / (self.visit * self.passes) if self.slabs > 1 else self.progress
        return 0.5 + 0.5 * math.cos(math.pi * min(1.0, p))

    def total(self, done: int) -> int:
        """Steps of the whole plan for every slab, of which `done` are done; 0 while that is not known."""
        if self.slabs > 1:
            return self.visit * self.passes if self.visit < FOREVER else 0
        return 0 if self.left is None else done + self.left

    @property
    def ended(self) -> bool:
        """No step remains."""
        return self.left is not None and self.left <= 0

    def _divide(self, steps: int) -> None:
        if self.slabs == 1:
            return
        self.passes = max(1, min(PASSES, steps // (self.slabs * LEAST_VISIT)))
        # Rounded down: rounding up would leave the last slabs without their steps, or without any.
        self.visit = max(1, steps // (self.slabs * self.passes))

"""How long steps take: what a budget in seconds is turned into steps by."""

import statistics
import time
from collections import deque

from inr.fitting.schedules import REPLAN_EVERY_S


class StepClock:
    """Seconds a step takes, and seconds a slab takes to read."""

    def __init__(self) -> None:
        self.steps = 0
        self._recent: deque[float] = deque(maxlen=15)
        self.reading_s = 0.0
        self._begun = self._at = self._planned = time.monotonic()

    def start(self) -> None:
        """A step begins."""
        self._at = time.monotonic()

    def read(self) -> None:
        """Its batch is there; a long wait was the reading of a slab and does not count as the step's."""
        took = time.monotonic() - self._at
        if took > max(self.reading_s, 4 * self.step_s):
            self.reading_s, self._at = took, time.monotonic()

    def stop(self, steps: int = 1) -> None:
        """The step is done, or so many together."""
        took = (time.monotonic() - self._at) / steps
        first = self.steps == 0
        self.steps += steps
        # The first step pays for the allocations of all later ones.
        if not first:
            self._recent.append(took)

    @property
    def step_s(self) -> float:
        """The median of recent steps: one stall of the machine must not shrink the plan."""
        return statistics.median(self._recent) if self._recent else 0.0

    def due(self) -> bool:
        """Whether it is time to count the remaining steps anew.

        The first steps of a process are the slowest, so a short fit counts again each time that
        its age has doubled: planned by its first ten alone it would end with half its time unused.
        """
        now = time.monotonic()
        if now - self._planned < min(REPLAN_EVERY_S, self._planned - self._begun):
            return False
        self._planned = now
        return True

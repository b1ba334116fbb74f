"""What a step will cost and lose, from how often coefficients are how large.

    bits(s) = BITS · #{|c| > FROM s},      error(s) = LOST · Σ min(c², CUT s²)                      (1)

Both hold within a tenth on clips from 0.02 to 0.3 bits a pixel (four groups of two clips, steps of 30, 80 and
160 of 255), because context networks and rounding by rate act alike at every step.  Excerpts correct the
first; so a step is found without a trial over the whole clip.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from inr.fields import LOW

Array = np.ndarray
BITS, FROM, LOST, CUT = 6.0, 0.8, 0.70, 0.3
AN_OCTAVE, FIRST, BINS = 8, -14, 26 * 8  # bins of log2 |c|: to an octave, where they begin, how many
STEPS = 2.0 ** np.arange(-10.0, 6.0, 1 / 16)  # that are looked at


@dataclass(frozen=True)
class Survey:
    """How many coefficients lie in each bin of log2 |c|, and their energy; without the coarsest grid."""

    counts: Array
    energy: Array

    @classmethod
    def of(cls, targets: Mapping[str, Array]) -> "Survey":
        """Of the tensors of a group or of an excerpt."""
        counts, energy = np.zeros(BINS), np.zeros(BINS)
        for name, t in targets.items():
            if name == LOW:
                continue
            for part in t:  # band by band, so that little memory is taken
                size = np.abs(part).reshape(-1)
                bins = np.log2(np.maximum(size, 2.0**FIRST))
                index = np.clip((bins - FIRST) * AN_OCTAVE, 0, BINS - 1).astype(np.int64)
                counts += np.bincount(index, minlength=BINS)
                energy += np.bincount(index, np.square(size, dtype=np.float64), BINS)
        return cls(counts, energy)

    @classmethod
    def together(cls, parts: list["Survey"]) -> "Survey":
        """Of all parts."""
        return cls(sum(p.counts for p in parts), sum(p.energy for p in parts))  # pyright: ignore[reportArgumentType]

    def bits(self, step: float) -> float:
        """Equation (1), left."""
        return BITS * self._above(FROM * step)

    def error(self, step: float) -> float:
        """Equation (1), right: summed over all values."""
        limit = CUT * step**2
        edge = np.clip((np.log2(np.sqrt(limit)) - FIRST) * AN_OCTAVE, 0, BINS - 1)
        whole = int(edge)
        small = self.energy[:whole].sum() + (edge - whole) * self.energy[whole]
        return LOST * float(small + limit * self._above(float(np.sqrt(limit))))

    def step_for_bits(self, bits: float, ratio: float = 1.0) -> float:
        """The finest of STEPS that takes at most so many bits, `ratio` times those of (1)."""
        return float(STEPS[_place(ratio * self.bits(s) <= bits for s in STEPS)])

    def step_for_error(self, error: float, ratio: float = 1.0) -> float:
        """The coarsest of STEPS that loses no more; else the finest."""
        return float(STEPS[::-1][_place(ratio * self.error(s) <= error for s in STEPS[::-1])])

    def _above(self, size: float) -> float:
        edge = np.clip((np.log2(size) - FIRST) * AN_OCTAVE, 0, BINS - 1)
        whole = int(edge)
        return float(self.counts[whole + 1 :].sum() + (1 - (edge - whole)) * self.counts[whole])


def _place(good: Iterable[bool]) -> int:
    """The first one that holds, or the last one."""
    return next((i for i, holds in enumerate(good) if holds), len(STEPS) - 1)

"""When each frame of a video is shown: a steady rate, or a list of times.

Containers count time in ticks of `time_base`; one that counts milliseconds shows 24
frames a second at 0, 42, 83, 125.  Such a list is steady: no frame is more than a tick
away from a fixed rate, and no two steps differ by more than a tick.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

# The frame rates people use have denominators of 1 and 1001.
COMMON_DENOMINATOR = 1001


class Timing(NamedTuple):
    """Frames a second; and the time of each frame, first 0, where that is not steady."""

    rate: Fraction
    pts: tuple[int, ...] | None


def timing(pts: Sequence[int], time_base: Fraction, guess: Fraction | None, last: int = 0) -> Timing:
    """Rate and, where needed, times of frames shown at `pts` (rising, in ticks).

    Args:
        pts: the time of each frame.
        time_base: seconds in a tick.
        guess: the rate that the container states; used where it fits.
        last: ticks that the last frame is shown, 0 where not known.
    """
    if len(pts) == 1:
        return Timing(guess or (1 / (last * time_base) if last > 0 else Fraction(25)), None)
    steps = [after - before for before, after in zip(pts, pts[1:], strict=False)]
    mean = Fraction(len(steps)) / ((pts[-1] - pts[0]) * time_base)
    if min(steps) == max(steps):
        return Timing(mean, None)
    # A frame left out doubles a step, so with two ticks a step it cannot pass for rounding.
    if max(steps) - min(steps) <= 1 and max(steps) > 2:
        for rate in (guess, mean.limit_denominator(COMMON_DENOMINATOR), mean):
            if rate and _steady(pts, 1 / (rate * time_base)):
                return Timing(rate, None)
    duration = (pts[-1] - pts[0] + steps[-1]) * time_base
    return Timing(len(pts) / duration, tuple(p - pts[0] for p in pts))


def _steady(pts: Sequence[int], step: Fraction) -> bool:
    """Whether frame i is within a tick of i steps."""
    ticks = float(step)
    return all(abs(p - pts[0] - i * ticks) <= 1 + 1e-6 for i, p in enumerate(pts))

"""The shortest time that reaches a target, on a ladder of times.

A fit's rates fall to 0 when its time is up, so a fit cannot be stopped early and judged: every
time is a fit of its own.  Times are 1.25^k seconds.  Between the longest that failed and the
shortest that reached the target there is nothing left to try.
"""

import math
from collections.abc import Callable, Generator
from typing import Protocol, TypeVar

FACTOR = 1.25
LEAST_S = 0.3
FARTHEST = 6  # rungs of one jump: a time 3.8 times as long


class HasQuality(Protocol):
    """What a try gives."""

    @property
    def db(self) -> float:
        """Quality reached."""
        ...


Try = TypeVar("Try", bound=HasQuality)


def shortest(
    attempt: Callable[[float], Try], target_db: float, start_s: float, limit_s: float
) -> Generator[tuple[float, Try], None, tuple[Try, bool]]:
    """Search the ladder.

    Args:
        attempt: fits for so many seconds.
        target_db: quality to reach.
        start_s: first guess.
        limit_s: no time longer than this is tried.

    Yields: each time and what came of it.

    Returns: the shortest try that reached the target and True, or the longest and False.
    """
    least, most = _rung(LEAST_S, math.ceil), _rung(limit_s, math.floor)
    tried: dict[int, Try] = {}
    failed, reached = least - 1, most + 1
    at = min(max(_rung(start_s, round), least), most)
    while failed < reached - 1:
        tried[at] = attempt(FACTOR**at)
        yield FACTOR**at, tried[at]
        if tried[at].db >= target_db:
            reached = at
        else:
            failed = at
        at = _next(tried, target_db, failed, reached)
    return (tried[reached], True) if reached <= most else (tried[failed], False)


def narrated(
    who: str, climb: Generator[tuple[float, Try], None, tuple[Try, bool]]
) -> Generator[str, None, tuple[Try, bool]]:
    """The tries of a search as lines for the person; what it returns is passed on."""
    while True:
        try:
            seconds, got = next(climb)
        except StopIteration as end:
            return end.value
        yield f"{who}: {seconds:.1f} s  {got.db:.2f} dB"


def _next(tried: dict[int, Try], target_db: float, failed: int, reached: int) -> int:
    """The rung at which a straight line through tries near the bracket's ends meets the target, inside it."""
    edges = sorted((k for k in (failed, reached) if k in tried), key=lambda k: abs(tried[k].db - target_db))
    best = edges[0]
    others = edges[1:] or sorted(tried.keys() - {best}, key=lambda k: abs(k - best))
    slope = 1.0  # dB a rung, until two tries tell
    if others:
        slope = max(0.3, (tried[best].db - tried[others[0]].db) / (best - others[0]))
    jump = math.ceil((target_db - tried[best].db) / slope)
    guess = best + min(max(jump, -FARTHEST), FARTHEST)
    return min(max(guess, failed + 1), reached - 1)


def _rung(seconds: float, rounding: Callable[[float], int]) -> int:
    # Nine digits: a limit of exactly 1.25^k seconds allows rung k.
    return rounding(round(math.log(seconds) / math.log(FACTOR), 9))

"""The search ends at the shortest rung that reaches the target, and tries no rung twice."""

import math
from dataclasses import dataclass

import pytest

from inr.bench.ladder import FACTOR, shortest


@dataclass
class Try:
    seconds: float
    db: float


def climb(quality, target, start, limit):
    """(tries in order, the result, whether it was reached)."""
    tries, steps = [], shortest(lambda s: Try(s, quality(s)), target, start, limit)
    while True:
        try:
            tries.append(next(steps)[0])
        except StopIteration as end:
            return tries, *end.value


QUALITIES = {
    "a line in log seconds": lambda s: 20 + 6 * math.log2(s),
    "flat, then steep": lambda s: 20 if s < 7 else 40,
    "saturating": lambda s: 36 - 20 / (1 + s),
    "unsteady": lambda s: 20 + 6 * math.log2(s) + 0.5 * math.sin(40 * s),
}


@pytest.mark.parametrize("name", QUALITIES)
@pytest.mark.parametrize("start", [0.1, 1.0, 8.0, 50.0, 1000.0])
@pytest.mark.parametrize("target", [12.0, 30.0, 35.0])
def test_the_rung_below_the_result_fails_and_few_are_tried(name, start, target):
    tries, best, reached = climb(QUALITIES[name], target, start, 100.0)
    assert len(set(tries)) == len(tries) <= 12
    assert max(tries) <= 100.0
    if reached:
        assert best.db >= target
        below = best.seconds / FACTOR
        assert below < 0.3 or any(t == pytest.approx(below) for t in tries)
    else:
        assert best.seconds == max(tries) > 100.0 / FACTOR
        assert best.db < target


def test_a_limit_on_a_rung_allows_that_rung():
    tries, best, reached = climb(lambda s: 0.0, 30.0, 1.0, FACTOR**10)
    assert not reached
    assert best.seconds == pytest.approx(FACTOR**10)
    assert len(tries) <= 5

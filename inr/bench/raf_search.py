"""The best rate and frequency of a network in the RAF experiments: a climb from the paper's own setting.

On a grid of rates 1e-4 · 2.5^i and frequencies 2^j times the recipe's, from i = j = 0, the first of
these moves that gains is made, until none does or MOST_FITS fits have been made:

    i + 1     j + 1     (i - 1, j + 1)     j - 1     i - 1                  (1)

The third is there because higher frequencies want lower rates: on coins and counting sine is stuck
without it below what sine-x2 has untuned.  Every try is a whole fit of the same length whose rate falls
to 0, judged on the samples.  The search of compare_search.py halves its candidates after a tenth of
the steps; where a whole fit has a hundred, a tenth says nothing, and it takes the lowest rates.

The frequency is ω of all layers; what has no ω gets the factor on the first layer's start instead.
"""

import math
from collections.abc import Callable, Generator
from typing import Any

from inr.bench.compare_search import Found, Setting

MOST_FITS = 12
RATE_STEP, FREQUENCY_STEP = 2.5, 2.0
MOVES = ((1, 0), (0, 1), (-1, 1), (0, -1), (-1, 0))
Place = tuple[int, int]


def search(attempt: Callable[[Setting], float]) -> Generator[str, None, Found]:
    """Equation (1).

    Args:
        attempt: fits with factors on the recipe's rate and frequency, gives dB; -inf for a fit that failed.

    Yields: a line a fit, and one where MOST_FITS ended the climb.

    Returns: the best setting, and all that was tried.
    """
    scores: dict[Place, float] = {}

    def score(place: Place) -> Generator[str, None, float]:
        if place not in scores:
            setting = _setting(place)
            scores[place] = attempt(setting)
            yield f"{_words(scores[place])}  rate x{setting.rate:g}, frequency x{setting.frequency:g}"
        return scores[place]

    best: Place = (0, 0)
    yield from score(best)
    moves = list(MOVES)
    while moves and len(scores) < MOST_FITS:
        i, j = moves.pop(0)
        there = (best[0] + i, best[1] + j)
        if (yield from score(there)) > scores[best]:
            best, moves = there, list(MOVES)
    if moves:
        yield f"ended by its limit of {MOST_FITS} fits"
    return Found(_setting(best), tuple(_told(place, db) for place, db in scores.items()))


def _setting(place: Place) -> Setting:
    return Setting(RATE_STEP ** place[0], FREQUENCY_STEP ** place[1])


def _told(place: Place, db: float) -> dict[str, Any]:
    setting = _setting(place)
    shown = round(db, 4) if math.isfinite(db) else None
    return {"rate": setting.rate, "frequency": setting.frequency, "db": shown}


def _words(db: float) -> str:
    if math.isfinite(db):
        return f"{db:6.2f} dB"
    return " exact" if db > 0 else "failed"

"""Tables for integers whose spread is known from their neighbours (FORMAT.md, section 10.4).

A context says two things about an integer: a class z of how likely it is not 0, and a class g of how
large it is then.  Classes lie four to an octave, as scales do (models.py):

    flag:       P(1) : P(0) = OCTAVE[z mod 4] 2^(z div 4) : 2^(16 + ODDS)               (1)
    magnitude:  n = |q| - 1 is geometric of mean S = OCTAVE[g mod 4] 2^(g div 4) / 2^21     (2)

Integers alone, as in models.py: no float takes part.
"""

from functools import lru_cache

import numpy as np

from inr.codec import models
from inr.codec.models import OCTAVE, TOTAL, UNIT_BITS, Table

Array = np.ndarray
ODDS = 14  # the rarest flag is 1 in 2^14
FLAGS, SIZES = 4 * (ODDS + 8), 4 * 12  # classes: odds to 2^7.75, means 2^-5 .. 2^6.75
LEAST_COUNT = 64
MEAN = 5  # octaves of the least mean below 1


@lru_cache(maxsize=FLAGS)
def flag_table(z: int) -> Table:
    """Counts of 0 and 1 by equation (1)."""
    odds = OCTAVE[z % 4] << (z // 4)
    ones = (odds << models.TOTAL_BITS) // (odds + (1 << (16 + ODDS)))
    ones = min(max(ones, LEAST_COUNT), TOTAL - LEAST_COUNT)
    return _table([TOTAL - ones, ones], 1)


@lru_cache(maxsize=SIZES)
def size_table(g: int) -> Table:
    """Counts of n = 0 .. edge by equation (2); the edge is an escape."""
    scale = OCTAVE[g % 4] << (g // 4)
    edge = 9 + (16 * scale >> UNIT_BITS)
    ratio = (scale << 32) // (scale + (1 << UNIT_BITS))
    weights = [1 << 48]
    for _ in range(edge):
        weights.append(weights[-1] * ratio >> 32)
    free, whole = TOTAL - (edge + 1) - models.ESCAPE, sum(weights)
    counts = [1 + w * free // whole for w in weights]
    counts[edge] += models.ESCAPE
    counts[0] += TOTAL - sum(counts)
    return _table(counts, edge)


def outlook(z: Array, g: Array) -> tuple[Array, Array]:
    """What classes mean, for the encoder: log2 odds of a flag, and log2 of the mean of |q| - 1."""
    return z / 4.0 - ODDS, g / 4.0 - MEAN


def _table(counts: list[int], edge: int) -> Table:
    array = np.array(counts, dtype=np.int64)
    array.flags.writeable = False
    return Table(array, edge)

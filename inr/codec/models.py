"""Probability tables made of integers alone (FORMAT.md, section 6).

A model is a family and a scale index i.  Scales lie four to an octave,

    S_i = OCTAVE[i mod 4] · 2^(i div 4)    in units of 2^-21,                (1)

from 2^-5 to 2^21.75.  With weights w_n for |v| = n (w_0 = 2^48):

    Laplace (two-sided geometric of mean |v| S):  w_(n+1) = w_n · t,  t = S / (S + 1)   (2)
    Gauss (standard deviation S):  w_(n+1) = w_n · r_n,  r_(n+1) = r_n · g,
                                   r_0 = exp(-1 / 2S²),  g = r_0²             (3)

Everything is fixed point with truncating divisions of non-negative integers, so any
machine with big integers finds the same tables: no float takes part.  From scale 32 on,
the low `shift` bits of a value are stored as they are and the table codes the rest.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

Array = np.ndarray

TOTAL_BITS = 24
TOTAL = 1 << TOTAL_BITS
LAPLACE, GAUSS = 1, 2
OCTAVE = (65536, 77936, 92682, 110218)  # round(2^(16 + j/4))
UNIT_BITS = 21  # S is in units of 2^-21, so that octave -5 starts at OCTAVE[0]
SCALES = 108  # octaves -5 .. 21
TABLE_OCTAVES = 10  # octaves -5 .. 4 have a table of their own
FIRST_GAUSS = 16  # octave -1: narrower Gaussians would make symbols all but free
ESCAPE = 1024  # added to both edges: an outlier costs about 14 bits, a usual value 0.0002 more


@dataclass(frozen=True, eq=False)  # one object a table, so that what is made from it can be kept
class Table:
    """Counts of the symbols 0 .. 2·edge, which stand for values -edge .. edge.

    Both edges are escapes: an excess follows (FORMAT.md, section 6.4).

    Attributes:
        counts: int64 [2·edge + 1], each >= 1, summing to 2^24.
        edge: the outermost value.
    """

    counts: Array
    edge: int

    @cached_property
    def bits(self) -> Array:
        """Code length of each symbol, float64; for choosing and reporting, never for decoding."""
        return TOTAL_BITS - np.log2(self.counts)

    @cached_property
    def least_bits(self) -> float:
        """Code length of the cheapest symbol: n symbols cannot take less than n times this."""
        return float(self.bits.min())


@dataclass(frozen=True)
class Model:
    """A family at one scale: the table, and how many low bits it leaves out."""

    table: Table
    shift: int


@lru_cache(maxsize=2 * SCALES)
def model(family: int, index: int) -> Model:
    """The model of a family (LAPLACE or GAUSS) at scale index 0 .. SCALES-1."""
    assert index in indices(family), f"no scale index {index} in family {family}"
    shift = max(0, index // 4 - (TABLE_OCTAVES - 1))
    return Model(_table(family, index - 4 * shift), shift)


def indices(family: int) -> range:
    """The scale indices that a family has."""
    return range(FIRST_GAUSS if family == GAUSS else 0, SCALES)


def nearest(scale: float) -> int:
    """The scale index nearest to a scale, on the log grid (encoder only)."""
    octaves = np.log2(max(scale, 2.0**-5)) + 5
    return int(np.clip(round(4 * octaves), 0, SCALES - 1))


@lru_cache(maxsize=2 * SCALES)
def _table(family: int, index: int) -> Table:
    scale = OCTAVE[index % 4] << (index // 4)
    if family == LAPLACE:
        edge = 9 + (16 * scale >> UNIT_BITS)
        weights = _laplace(scale, edge)
    else:
        edge = 5 + (6 * scale >> UNIT_BITS)
        weights = _gauss(scale, edge)
    size = 2 * edge + 1
    free = TOTAL - size - 2 * ESCAPE
    whole = weights[0] + 2 * sum(weights[1:])
    half = [1 + w * free // whole for w in weights]
    half[edge] += ESCAPE
    half[0] += TOTAL - (half[0] + 2 * sum(half[1:]))  # what truncation left over
    counts = np.array(half[:0:-1] + half, dtype=np.int64)
    counts.flags.writeable = False
    return Table(counts, edge)


def _laplace(scale: int, edge: int) -> list[int]:
    """w_0 .. w_edge of equation (2), 48 fractional bits; t has 32."""
    ratio = (scale << 32) // (scale + (1 << UNIT_BITS))
    weights = [1 << 48]
    for _ in range(edge):
        weights.append(weights[-1] * ratio >> 32)
    return weights


def _gauss(scale: int, edge: int) -> list[int]:
    """w_0 .. w_edge of equation (3), 48 fractional bits."""
    ratio = (1 << 96) // _exp((1 << (47 + 2 * UNIT_BITS)) // (scale * scale))
    square = ratio * ratio >> 48
    weights = [1 << 48]
    for _ in range(edge):
        weights.append(weights[-1] * ratio >> 48)
        ratio = ratio * square >> 48
    return weights


def _exp(x: int) -> int:
    """e^x for x >= 0, both with 48 fractional bits: the power series, until a term is 0."""
    total = term = 1 << 48
    n = 1
    while term:
        term = term * x // (n << 48)
        total += term
        n += 1
    return total

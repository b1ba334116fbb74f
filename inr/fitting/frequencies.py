"""ω from the signal: a tile's first layer should reach the frequencies that it has to make.

For pictures and video that is their root mean square, in radians a sample, from finite
differences (Parseval):

    ν² = E|Δf|² / E|f - mean f|²                                           (1)

and times the samples in half a tile it is in radians per unit of the tile's local coordinate.
For sound it is the median of `division.py`, in the same unit.
"""

import math
from dataclasses import replace

import numpy as np

from inr import fields, signals
from inr.specs import FieldSpec

# ω = REACH · frequency, within RANGE; measured on div2k/08, kodim05, 15, 23, bach, counting and
# librispeech at fixed steps (data/baselines/README.md).
REACH = {"image": 2.45, "audio": 0.62, "video": 2.45}
RANGE = {"image": (18.5, 20.0), "audio": (10.0, 2000.0), "video": (6.0, 15.0)}
HIDDEN = {"image": 20.0, "audio": 30.0, "video": 15.0}
# Of scattered data; tests/fitting/test_scattered.py judges it between the points.
SCATTERED_REACH, SCATTERED_RANGE, SCATTERED_HIDDEN = 0.5, (4.0, 20.0), 1.25
LARGEST = 4096.0  # what a file can hold
WINDOW = {"image": 256, "audio": 65536, "video": 2}  # units along the slowest axis


def match_frequencies(
    field: FieldSpec, reader: signals.Reader, local: float | None = None
) -> tuple[FieldSpec, str]:
    """The field with the ω of its first and of its other layers, and the reason in words.

    Args:
        field: all but its ω.
        reader: the signal.
        local: its frequency in radians per half tile, where it is known already.
    """
    reach = fields.activation(field.activation.name).tuning.reach
    if reach == 0.0:
        return field, f"{field.activation.name}: frequencies as published"
    spec = reader.spec
    # Points put on a grid are jagged there, which the median frequency of a sound takes for sound.
    if local is None or spec.domain is not None:
        halves = [n / k / 2 for n, k in zip(spec.shape, field.tiles, strict=True)]
        local = math.sqrt(sum((r * h) ** 2 for r, h in zip(roughness(reader), halves, strict=True)))
    low, high = RANGE[spec.kind]
    if spec.domain is not None:
        return _between_points(field, reach * local)
    # Narrow networks cannot tie high frequencies together: kodim05 loses 2.5 dB at 69 against 15.
    high = min(high * (field.width / 16) ** 0.25, LARGEST)
    first = _sixteenths(reach * min(max(REACH[spec.kind] * local, low), high))
    hidden = _sixteenths(HIDDEN[spec.kind])
    activation = replace(field.activation, omega_first=first, omega_hidden=hidden)
    return replace(field, activation=activation), (
        f"omega {first:g} then {hidden:g}: the signal's frequency is {local:.1f} rad per half tile"
    )


def _between_points(field: FieldSpec, local: float) -> tuple[FieldSpec, str]:
    """Low frequencies for scattered data: between few points a field swings as fast as its ω allows."""
    low, high = SCATTERED_RANGE
    first = _sixteenths(min(max(SCATTERED_REACH * local, low), high))
    hidden = _sixteenths(min(SCATTERED_HIDDEN * first, high))
    activation = replace(field.activation, omega_first=first, omega_hidden=hidden)
    return replace(field, activation=activation), (
        f"omega {first:g} then {hidden:g}: low, for what lies between the points"
    )


def roughness(reader: signals.Reader) -> list[float]:
    """Equation (1) along each axis, in radians a sample.

    From up to eight windows spread over the signal, so that its length does not matter.
    """
    spec = reader.spec
    n = spec.shape[0]
    run = WINDOW[spec.kind]
    starts = np.linspace(0, max(0, n - run), min(8, -(-n // run))).astype(int)
    power = np.zeros(len(spec.shape))
    variance = 0.0
    for start in starts.tolist():
        window = signals.to_float(reader.read(start, min(n, start + run)))
        variance += float(window.var(dtype=np.float64))
        for d in range(len(spec.shape)):
            steps = np.diff(window, axis=d)
            power[d] += float(np.square(steps, dtype=np.float64).mean()) if steps.size else 0.0
    return [math.sqrt(p / variance) if variance > 0 else 0.0 for p in power]


def _sixteenths(omega: float) -> float:
    return max(1, round(omega * 16)) / 16

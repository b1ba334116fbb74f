"""ω from the signal: a tile's first layer should reach the frequencies that carry its energy.

Their root mean square, in radians a sample, comes from finite differences (Parseval):

    ν² = E|Δf|² / E|f - mean f|²                                           (1)

and times the samples in half a tile it is in radians per unit of the tile's local coordinate.
"""

import math
from dataclasses import replace

import numpy as np

from inr import signals
from inr.specs import FieldSpec

# ω = REACH · ν · sqrt(3 D), within RANGE; both measured on kodim05, kodim15, bach, counting and
# librispeech at fixed steps (data/baselines/README.md).
REACH = {"image": 1.0, "audio": 0.58, "video": 1.0}
RANGE = {"image": (6.0, 20.0), "audio": (60.0, 2000.0), "video": (6.0, 15.0)}
HIDDEN = {"image": 20.0, "audio": 30.0, "video": 15.0}
LARGEST = 4096.0  # what a file can hold
WINDOW = {"image": 256, "audio": 65536, "video": 2}  # units along the slowest axis


def match_frequencies(field: FieldSpec, reader: signals.Reader) -> tuple[FieldSpec, str]:
    """The field with the ω of its first and of its other layers, and the reason in words."""
    if field.activation.omega_hidden == 1.0:
        return field, f"{field.activation.name}: frequencies as published"
    spec = reader.spec
    halves = [n / k / 2 for n, k in zip(spec.shape, field.tiles, strict=True)]
    local = math.sqrt(sum((r * h) ** 2 for r, h in zip(roughness(reader), halves, strict=True)))
    # The first layer's weights are uniform in ±1/D, so ω/sqrt(3 D) is its own rms frequency.
    first = REACH[spec.kind] * local * math.sqrt(3 * field.dims)
    low, high = RANGE[spec.kind]
    # Narrow networks cannot tie high frequencies together: kodim05 loses 2.5 dB at 69 against 15.
    high = min(high * (field.width / 16) ** 0.25, LARGEST)
    first = _sixteenths(min(max(first, low), high))
    hidden = _sixteenths(HIDDEN[spec.kind])
    activation = replace(field.activation, omega_first=first, omega_hidden=hidden)
    return replace(field, activation=activation), (
        f"omega {first:g} then {hidden:g}: the signal's rms frequency is {local:.1f} rad per half tile"
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

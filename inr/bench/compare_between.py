"""Between the samples: fit every second sample of each axis, judge on the ones left out.

Sample 2k of the signal is sample k of the half one, so sample i is its sample i/2, and its coordinate
is that of `coords.at(i / 2, n')` with n' = ceil(n/2).  The rival is the cubic spline through the same
samples, mirrored at the borders.  Values are clipped to their range and not rounded.
"""

import numpy as np

from inr import coords, metrics, reconstruct, signals
from inr.fields import Field
from inr.specs import SignalSpec

LEAST = 4  # samples along an axis; a spline through fewer is none
MOST_VALUES = 50_000_000  # of the whole signal, which is held a few times over
Array = np.ndarray


def can_be_halved(spec: SignalSpec) -> bool:
    """Whether every second sample of each axis is worth fitting: pictures and sounds, none too small."""
    values = spec.samples * spec.channels
    return spec.kind != "video" and min(spec.shape) >= LEAST and values <= MOST_VALUES


def half_reader(reader: signals.Reader) -> signals.Reader:
    """Every second sample of each axis, as a signal of its own."""
    spec = reader.spec
    native = reader.read(0, spec.shape[0])
    half = np.ascontiguousarray(native[(slice(None, None, 2),) * len(spec.shape)])
    rate = spec.rate / 2 if spec.rate is not None else None
    return signals.open_reader(half, kind=spec.kind, rate_hz=rate)


def held_out_db(field: Field, reader: signals.Reader) -> float | None:
    """PSNR, or SNR of sound, of a field of the half signal on the samples left out; None if exact."""
    spec = reader.spec
    grid = [coords.at(np.arange(n) / 2, -(-n // 2)) for n in spec.shape]
    return _db(reader, reconstruct.to_signal(reconstruct.points(field, grid, engine="torch"), spec.kind))


def spline_db(reader: signals.Reader) -> float | None:
    """The same of the cubic spline."""
    from scipy.ndimage import map_coordinates

    spec = reader.spec
    whole = signals.to_float(reader.read(0, spec.shape[0])).astype(np.float64)
    half = whole[(slice(None, None, 2),) * len(spec.shape)]
    places = np.meshgrid(*(np.arange(n) / 2 for n in spec.shape), indexing="ij")
    planes = [map_coordinates(half[..., c], places, order=3, mode="mirror") for c in range(spec.channels)]
    return _db(reader, np.stack(planes, -1))


def _db(reader: signals.Reader, values: Array) -> float | None:
    """Of values at every sample, on those that are not of the half signal."""
    spec = reader.spec
    left_out = np.ones(spec.shape, dtype=bool)
    left_out[(slice(None, None, 2),) * len(spec.shape)] = False
    want = signals.to_float(reader.read(0, spec.shape[0]))[left_out]
    low = -1.0 if spec.kind == "audio" else 0.0
    sums = metrics.update_snr(metrics.SnrSums(), want, np.clip(values[left_out], low, 1.0))
    return metrics.snr_db(sums) if spec.kind == "audio" else metrics.psnr_db(sums.errors)

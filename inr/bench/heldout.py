"""Between the samples: fit every second pixel of every second row, judge on the pixels left out.

Pixel 2k of the picture is sample k of the half picture, so pixel i is its sample i/2, and its
coordinate is that of `coords.at(i / 2, n')` with n' = ceil(n/2): half a sample off what the same
number would mean on the full grid.  The rival is the cubic spline through the same samples.
"""

import math
from dataclasses import dataclass

import numpy as np

from inr import coords, reconstruct
from inr.bench.ours import fit_ours
from inr.fields import Field


@dataclass(frozen=True)
class HeldOut:
    """PSNR on the pixels that were not fitted: of our field, and of the cubic spline."""

    ours_db: float
    spline_db: float


def held_out(picture: np.ndarray, params: int, seconds: float) -> HeldOut:
    """Fit a quarter of the pixels and judge on the others.

    Args:
        picture: uint8 [H, W, C].
        params: trainable numbers of the field.
        seconds: of the fit.
    """
    half = np.ascontiguousarray(picture[::2, ::2])
    field = fit_ours(half, params, seconds, between=True).field
    shape = picture.shape[:2]
    return HeldOut(_db(picture, on_full_grid(field, shape)), _db(picture, spline(half, shape)))


def on_full_grid(field: Field, shape: tuple[int, ...]) -> np.ndarray:
    """A field of a half picture at every pixel of the whole one; float32 [H, W, C] around [0, 1]."""
    grid = [coords.at(np.arange(n) / 2, -(-n // 2)) for n in shape]
    return reconstruct.to_signal(reconstruct.points(field, grid, engine="torch"), "image")


def spline(half: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The cubic spline through a half picture at every pixel of the whole one; float64 [H, W, C]."""
    from scipy.ndimage import map_coordinates

    rows, columns = np.meshgrid(*(np.arange(n) / 2 for n in shape), indexing="ij")
    planes = [
        map_coordinates(half[..., c].astype(np.float64) / 255.0, [rows, columns], order=3, mode="mirror")
        for c in range(half.shape[-1])
    ]
    return np.stack(planes, -1)


def _db(picture: np.ndarray, values: np.ndarray) -> float:
    left_out = np.ones(picture.shape[:2], dtype=bool)
    left_out[::2, ::2] = False
    error = np.clip(values[left_out], 0.0, 1.0) - picture[left_out] / 255.0
    mse = float(np.square(error, dtype=np.float64).mean())
    return 10.0 * math.log10(1.0 / mse) if mse > 0 else math.inf

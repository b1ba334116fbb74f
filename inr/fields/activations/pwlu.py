"""PWLU: a piecewise linear activation, one a layer, whose knots and values are trained.

Between the ends B_L and B_R lie N = 16 equal pieces of width d; Y_0 .. Y_N are the values at
their N + 1 knots, K_L and K_R the slopes beyond the ends:

    y = Y_0 + K_L (θ - B_L)                     θ < B_L
    y = Y_i + (Y_i+1 - Y_i) (θ - B_L - i d) / d     i = floor((θ - B_L) / d)
    y = Y_N + K_R (θ - B_R)                     θ >= B_R                     (1)

with θ = ω z.  All N + 2 pieces are lines, so a table of slopes and one of intercepts, made once
a layer, are looked up with one index.  d is kept above 1e-3, should the ends meet.

Start: the authors watch a ReLU for some epochs and place the ends by the mean and spread of what
comes in.  Here the ends start at ± 2π and Y at the sine of the knots, eight pieces a period, and
both slopes at 0; weights in SIREN's range.  Second derivatives are 0 between the knots.

Source: Zhou et al. "Learning specialized activation functions with the Piecewise Linear
Unit", ICCV 2021, arXiv:2104.03693.
"""

from typing import Any

import numpy as np

from inr.fields.activations.base import Activation, Arrays, Tuning, alike, constant, detached, siren_bound
from inr.specs import ActivationSpec

PIECES = 16
END = 2.0 * np.pi
LEAST_WIDTH = 1e-3


def _tables(xp: Any, bounds: Any, values: Any, slopes: Any) -> tuple[Any, Any, Any]:
    """d [K or 1, 1], and slope and intercept of the lines, [K or 1, N + 2], left to right."""
    left, right = bounds[:, :1], bounds[:, 1:]
    width = xp.maximum((right - left) / PIECES, constant(xp, LEAST_WIDTH, bounds))
    knots = left + width * constant(xp, np.arange(PIECES + 1.0), bounds)
    steps = (values[:, 1:] - values[:, :-1]) / width
    slope = xp.concatenate([slopes[:, :1], steps, slopes[:, 1:]], 1)
    at = xp.concatenate([knots[:, :1], knots], 1)
    value = xp.concatenate([values[:, :1], values], 1)
    return width, slope, value - slope * at


def _apply(xp: Any, z: Any, parameters: Arrays, omega: float, spec: ActivationSpec) -> Any:
    bounds = parameters["bounds"]
    width, slope, intercept = _tables(xp, bounds, parameters["values"], parameters["slopes"])
    theta = omega * z
    steps = (detached(theta) - detached(bounds)[:, :1, None]) / detached(width)[:, None]
    # NaN must come out as NaN, and is no index.
    line = xp.nan_to_num(xp.clip(xp.floor(steps), -1.0, float(PIECES))) + 1.0
    # A row of tables for each tile, one after the other.
    tile = constant(xp, np.arange(bounds.shape[0]) * float(PIECES + 2), bounds)
    index = xp.asarray(line + tile[:, None, None], dtype=xp.int64)
    return intercept.reshape(-1)[index] + slope.reshape(-1)[index] * theta


PWLU = Activation(
    "pwlu",
    *alike(
        bounds=[-END, END],
        values=np.sin(np.linspace(-END, END, PIECES + 1)),
        slopes=[0.0, 0.0],
    ),
    siren_bound,
    _apply,
    ActivationSpec("pwlu", (), 8.0, 30.0),
    Tuning(reach=0.6, own=0.1),
)

"""floor, 2^x and the step, the bases of networks with super-approximation power.

Networks of floor, 2^x and step with three hidden layers of width N come within
3 λ (2 √d)^α 2^(-αN) of any function on [0, 1]^d with Hölder exponent α and constant λ (Shen, Yang &
Zhang, "Neural network approximation: Three hidden layers are enough", Neural Networks 141, 2021).
With these bases RAF contains those networks: that is a statement about approximation.

STRAIGHT-THROUGH: floor and step have slope 0 wherever they have one, so nothing before them could
be trained.  In training, and only there, their slope is replaced: floor passes gradients on as x
does, step as a ramp over [-1/2, 1/2] does.  Values are exact; gradients through these two are
not those of the values, and derivatives of such a field mean nothing.

The exponent of 2^x is cut to ± 8: float32 would overflow at 128, and squares of y are added up.
"""

from typing import Any

from inr.fields.activations.base import detached

LARGEST_EXPONENT = 8.0


def floor(xp: Any, x: Any) -> Any:
    """The largest whole number that is not above x; its gradient is that of x."""
    return _straight_through(xp.floor(x), x)


def step(xp: Any, x: Any) -> Any:
    """1 where x >= 0, else 0; its gradient is that of x + 1/2 cut to [0, 1]."""
    return _straight_through((x >= 0) * xp.ones_like(x), xp.clip(x + 0.5, 0.0, 1.0))


def exp2(xp: Any, x: Any) -> Any:
    """2^x with x cut to ± LARGEST_EXPONENT."""
    return xp.exp2(xp.clip(x, -LARGEST_EXPONENT, LARGEST_EXPONENT))


def _straight_through(values: Any, slopes_of: Any) -> Any:
    """The values of one array with the gradient of another; their difference added is exactly 0."""
    return detached(values) + (slopes_of - detached(slopes_of))

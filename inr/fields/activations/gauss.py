"""Gaussian: y = exp(-(ω z)²), one bump a neuron; ω is the reciprocal of its width.

Start: weights in the 1/sqrt(n) of PyTorch's linear layer; the authors count it as an advantage
that no special start is needed.  ω = 30 is the scale that the comparisons of FINER use.

Source: Ramasinghe & Lucey, "Beyond Periodicity: Towards a Unifying Framework for Activations in
Coordinate-MLPs", ECCV 2022, arXiv:2111.15135; their exp(-z²/2a²) has a = 1/(ω sqrt 2).
"""

from typing import Any

from inr.fields.activations.base import Activation, Tuning, bounded_exp, linear_bound


def _gauss(xp: Any, t: Any) -> Any:
    return bounded_exp(xp, -(t * t))


def _slope(xp: Any, t: Any) -> Any:
    return -2.0 * t * bounded_exp(xp, -(t * t))


GAUSS = Activation.of("gauss", _gauss, derivative=_slope, weight_bound=linear_bound, tuning=Tuning(reach=0.2))

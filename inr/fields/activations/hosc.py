"""HOSC: y = tanh(β sin θ), θ = ω z: a sine that β turns into a square wave.

β is trained, one a layer, which the authors call AdaHOSC; the slope is at most β ω.  It starts
at 2 (their own start values were not found), the weights in SIREN's range.

Source: Serrano, Szymkowiak & Musialski, "HOSC: A Periodic Activation Function for Preserving
Sharp Features in Implicit Neural Representations", arXiv:2401.10967.
"""

from typing import Any

from inr.fields.activations.base import Activation, Tuning


def _hosc(xp: Any, t: Any, beta: Any) -> Any:
    return xp.tanh(beta * xp.sin(t))


HOSC = Activation.of("hosc", _hosc, start={"beta": 2.0}, tuning=Tuning(reach=0.9, own=0.3))

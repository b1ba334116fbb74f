"""Names to activations: the ones that are here, those left out and why, and a user's own."""

import numpy as np

from inr.errors import SpecError
from inr.fields.activations.base import Activation
from inr.fields.activations.combination import COMBINATION
from inr.fields.activations.finer import FINER
from inr.fields.activations.gauss import GAUSS
from inr.fields.activations.gp import GP
from inr.fields.activations.groups import RAF_GROUPS
from inr.fields.activations.hosc import HOSC
from inr.fields.activations.incode import INCODE
from inr.fields.activations.lslu import LSLU
from inr.fields.activations.pade import KAT, PAU
from inr.fields.activations.plain import APALU, RELU2, SQISH, TALU
from inr.fields.activations.pwlu import PWLU
from inr.fields.activations.raf import RAF, RAF_AUDIO, RAF_IMAGE
from inr.fields.activations.rational import RATIONAL32
from inr.fields.activations.relu import RELU
from inr.fields.activations.sinc import SINC
from inr.fields.activations.sine import SINE
from inr.fields.activations.slaf import SLAF, SLAF_FOURIER
from inr.fields.activations.spder import SPDER
from inr.fields.activations.staf import STAF
from inr.fields.activations.wire import WIRE, WIRE_REAL

CORE = (RAF, RAF_AUDIO, RAF_IMAGE, SINE)
PEERS = (FINER, GAUSS, WIRE, WIRE_REAL, SPDER, STAF, INCODE, HOSC, SINC, RELU, RAF_GROUPS)
LEARNT = (SLAF, SLAF_FOURIER, LSLU, PAU, RATIONAL32, KAT, PWLU, GP, COMBINATION)
CONTRAST = (APALU, RELU2, SQISH, TALU)

ACTIVATIONS: dict[str, Activation] = {a.name: a for a in (*CORE, *PEERS, *LEARNT, *CONTRAST)}

EXCLUDED = {
    "dynamic-relu": (
        "its slopes come from the average over the whole signal, so a value would depend on which other "
        "points are asked for (arXiv:2003.10027); kat and lslu train slopes for a group or a neuron"
    ),
    "grelu": (
        "its slopes come from a node's neighbours in a graph, and a coordinate has none "
        "(arXiv:2202.06281); lslu trains slopes for each neuron"
    ),
    "threshold": (
        "its slope is 0 everywhere, and its training is a convex programme over all samples at once, "
        "not descent (arXiv:2303.03382); raf with the basis step passes gradients straight through"
    ),
}


def activation(name: str) -> Activation:
    """The activation of that name.

    Raises:
        SpecError: no activation has that name; the message lists the known ones, or says why it
            was left out.
    """
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]
    if name in EXCLUDED:
        raise SpecError(f"activation {name!r} is left out on purpose: {EXCLUDED[name]}")
    core = [a.name for a in CORE]
    known = [*sorted(n for n in ACTIVATIONS if n not in core), *core]
    raise SpecError(
        f"activation {name!r} is not known; known are {', '.join(known)}; "
        "inr.fields.register adds one of your own"
    )


def register(own: Activation) -> Activation:
    """Make an activation known by its name, to fields, to `fit` and to comparisons.

        from inr import fields

        def morlet(xp, t):                       # xp is numpy or torch
            return xp.cos(t) * xp.exp(-0.5 * t * t)

        fields.register(fields.Activation.of("morlet", morlet))

    It is tried on a few numbers first.  A `.inr` file cannot hold it: other machines would not know
    what its name means.

    Args:
        own: made by `Activation.of`, or whole, for a start rule of its own.

    Returns: what was given.

    Raises:
        SpecError: the name is taken, or the parts do not fit each other.
    """
    if not own.name or own.name in ACTIVATIONS or own.name in EXCLUDED:
        raise SpecError(f"activation {own.name!r}: the name is empty or taken; choose another")
    if own.default.name != own.name:
        raise SpecError(
            f"activation {own.name!r}: its default is for {own.default.name!r}; "
            f"give it ActivationSpec({own.name!r}, ...)"
        )
    _try(own)
    ACTIVATIONS[own.name] = own
    return own


def _try(own: Activation) -> None:
    """Start it, and apply it to 2 tiles of 3 samples of 5 neurons."""
    spec, width = own.default, 5
    rng = np.random.Generator(np.random.Philox(0))
    shapes = own.shapes(spec, width)
    if taken := sorted({"weight", "bias", "gain"} & set(shapes)):
        raise SpecError(
            f"activation {own.name!r}: every field has a tensor called {taken[0]}; rename the parameter"
        )
    start = {name: np.asarray(value) for name, value in own.start(spec, width, 1, rng).items()}
    got = {name: value.shape for name, value in start.items()}
    if got != shapes:
        raise SpecError(
            f"activation {own.name!r}: start gives {got}, but shapes says {shapes}; make them agree"
        )
    z = rng.uniform(-1.0, 1.0, (2, 3, width)) / spec.omega_hidden
    y = own.apply(np, z, {name: value[None] for name, value in start.items()}, spec.omega_hidden, spec)
    if np.shape(y) != z.shape or not np.isfinite(y).all():
        raise SpecError(
            f"activation {own.name!r}: of an array {z.shape} it makes {np.shape(y)}, finite: "
            f"{bool(np.isfinite(y).all())}; it needs the same shape and finite values"
        )
    if not own.weight_bound(spec, 1, width) > 0:
        raise SpecError(f"activation {own.name!r}: weight_bound must be > 0; weights would all be 0")

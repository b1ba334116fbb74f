"""The activations, by name.  One file each; this door holds the list."""

from inr.errors import SpecError
from inr.fields.activations.base import Activation, Tuning
from inr.fields.activations.raf import RAF, RAF_AUDIO, RAF_IMAGE
from inr.fields.activations.sine import SINE
from inr.specs import ActivationSpec

ACTIVATIONS: dict[str, Activation] = {a.name: a for a in (SINE, RAF, RAF_IMAGE, RAF_AUDIO)}


def activation(name: str) -> Activation:
    """The activation of that name.

    Raises:
        SpecError: no activation has that name; the message lists the known ones.
    """
    if name not in ACTIVATIONS:
        raise SpecError(f"activation {name!r} is not known; known are {', '.join(sorted(ACTIVATIONS))}")
    return ACTIVATIONS[name]


__all__ = ["ACTIVATIONS", "Activation", "ActivationSpec", "Tuning", "activation"]

"""Coordinates to values: encodings, activations, MLPs, tiles.

This door imports no torch: decoding a file must not need it.
"""

from typing import TYPE_CHECKING

from inr.fields.activations import ACTIVATIONS, Activation, activation, register
from inr.fields.encodings import encoded_size
from inr.fields.field import Field
from inr.fields.initialise import initialise
from inr.fields.mlp import forward, param_count, tensor_shapes

if TYPE_CHECKING:
    from inr.fields.training import training_forward


def __getattr__(name: str) -> object:
    """`training_forward` needs torch, so it is imported when it is asked for."""
    if name == "training_forward":
        from inr.fields.training import training_forward

        return training_forward
    raise AttributeError(f"module 'inr.fields' has no attribute {name!r}")


__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Field",
    "activation",
    "encoded_size",
    "forward",
    "initialise",
    "param_count",
    "register",
    "tensor_shapes",
    "training_forward",
]

"""Coordinates to values: encodings, activations, MLPs, tiles.

This door imports no torch: decoding a file must not need it.
"""

from typing import TYPE_CHECKING

from inr.fields.activations import ACTIVATIONS, Activation, activation, register
from inr.fields.clips import LONGEST, Groups, band_shapes, bands, planes_of_group
from inr.fields.encodings import encoded_size
from inr.fields.field import Field
from inr.fields.grids import LOW, PARTS, most_levels
from inr.fields.initialise import initialise
from inr.fields.lapped import NAME as LAPPED
from inr.fields.lapped import best_order
from inr.fields.mlp import forward, param_count, tensor_shapes
from inr.fields.points import at_points
from inr.fields.siren import siren_field
from inr.fields.stored import adjoint, analyse, grid_shapes, linear, lookup, scale

if TYPE_CHECKING:
    from inr.fields.module import FieldModule
    from inr.fields.training import traced_forward, training_forward


def __getattr__(name: str) -> object:
    """What needs torch is imported when it is asked for."""
    if name == "FieldModule":
        from inr.fields.module import FieldModule

        return FieldModule
    if name in ("traced_forward", "training_forward"):
        from inr.fields import training

        return getattr(training, name)
    raise AttributeError(f"module 'inr.fields' has no attribute {name!r}")


__all__ = [
    "ACTIVATIONS",
    "PARTS",
    "Activation",
    "Field",
    "FieldModule",
    "Groups",
    "LAPPED",
    "LONGEST",
    "LOW",
    "activation",
    "adjoint",
    "analyse",
    "at_points",
    "band_shapes",
    "bands",
    "best_order",
    "encoded_size",
    "forward",
    "grid_shapes",
    "initialise",
    "linear",
    "lookup",
    "most_levels",
    "param_count",
    "planes_of_group",
    "register",
    "scale",
    "siren_field",
    "tensor_shapes",
    "traced_forward",
    "training_forward",
]

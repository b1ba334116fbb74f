"""A field to bytes and back; FORMAT.md beside this file says what the bytes mean.

This door imports no torch: decoding a file must not need it.
"""

from inr.codec.allocate import RateDistortion, Stop, allocate
from inr.codec.choose import coded_bits
from inr.codec.classes import outlook as class_outlook
from inr.codec.clips import (
    EMPTY,
    Clip,
    GroupWriter,
    blocks_where,
    low_bytes,
    read_group,
    stages,
    walk,
    write_group,
)
from inr.codec.clips import Integers as GroupIntegers
from inr.codec.clips import Networks as ClipNetworks
from inr.codec.clips import values as group_values
from inr.codec.context import UNIT as CONTEXT_UNIT
from inr.codec.context import WEIGHT_UNIT as CONTEXT_WEIGHT_UNIT
from inr.codec.context import Context
from inr.codec.context import shapes as context_shapes
from inr.codec.exchange import load_tensors, save_tensors
from inr.codec.file import Decoded, decode, encode, load, read, save
from inr.codec.grids import MOST_STEP, STEP_BITS, Grids
from inr.codec.grids import coded_bits as grid_bits
from inr.codec.limits import GRID_VALUES
from inr.codec.moving import BLOCK, BLOCK_INPUTS, POINT_INPUTS, MovingPlane, Sparse
from inr.codec.neighbours import order
from inr.codec.numbers import unwritable
from inr.codec.planes import inputs as context_inputs
from inr.codec.planes import plane
from inr.codec.quantise import dequantise, finest, quantise, quantised

__all__ = [
    "BLOCK",
    "BLOCK_INPUTS",
    "CONTEXT_UNIT",
    "CONTEXT_WEIGHT_UNIT",
    "Clip",
    "ClipNetworks",
    "Context",
    "Decoded",
    "EMPTY",
    "GRID_VALUES",
    "Grids",
    "GroupIntegers",
    "GroupWriter",
    "MOST_STEP",
    "MovingPlane",
    "POINT_INPUTS",
    "RateDistortion",
    "STEP_BITS",
    "Sparse",
    "Stop",
    "allocate",
    "blocks_where",
    "class_outlook",
    "coded_bits",
    "context_inputs",
    "context_shapes",
    "decode",
    "dequantise",
    "encode",
    "finest",
    "grid_bits",
    "group_values",
    "load",
    "load_tensors",
    "low_bytes",
    "order",
    "plane",
    "quantise",
    "quantised",
    "read",
    "read_group",
    "save",
    "save_tensors",
    "stages",
    "unwritable",
    "walk",
    "write_group",
]

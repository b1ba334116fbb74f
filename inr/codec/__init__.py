"""A field to bytes and back; FORMAT.md beside this file says what the bytes mean.

This door imports no torch: decoding a file must not need it.
"""

from inr.codec.allocate import RateDistortion, Stop, allocate
from inr.codec.choose import coded_bits
from inr.codec.classes import outlook as class_outlook
from inr.codec.context import UNIT as CONTEXT_UNIT
from inr.codec.context import WEIGHT_UNIT as CONTEXT_WEIGHT_UNIT
from inr.codec.context import Context
from inr.codec.context import shapes as context_shapes
from inr.codec.exchange import load_tensors, save_tensors
from inr.codec.file import Decoded, decode, encode, load, read, save
from inr.codec.grids import MOST_STEP, STEP_BITS, Grids
from inr.codec.grids import coded_bits as grid_bits
from inr.codec.limits import GRID_VALUES
from inr.codec.neighbours import order
from inr.codec.numbers import unwritable
from inr.codec.planes import inputs as context_inputs
from inr.codec.planes import plane
from inr.codec.quantise import dequantise, finest, quantise, quantised

__all__ = [
    "CONTEXT_UNIT",
    "CONTEXT_WEIGHT_UNIT",
    "Context",
    "Decoded",
    "GRID_VALUES",
    "Grids",
    "MOST_STEP",
    "RateDistortion",
    "STEP_BITS",
    "Stop",
    "allocate",
    "class_outlook",
    "coded_bits",
    "context_inputs",
    "context_shapes",
    "decode",
    "dequantise",
    "encode",
    "finest",
    "grid_bits",
    "load",
    "load_tensors",
    "order",
    "plane",
    "quantise",
    "quantised",
    "read",
    "save",
    "save_tensors",
    "unwritable",
]

"""A field to bytes and back; FORMAT.md beside this file says what the bytes mean.

This door imports no torch: decoding a file must not need it.
"""

from inr.codec.allocate import RateDistortion, Stop, allocate
from inr.codec.choose import coded_bits
from inr.codec.exchange import save_tensors
from inr.codec.file import Decoded, decode, encode, load, read, save
from inr.codec.numbers import unwritable
from inr.codec.quantise import dequantise, finest, quantise, quantised

__all__ = [
    "Decoded",
    "RateDistortion",
    "Stop",
    "allocate",
    "coded_bits",
    "decode",
    "dequantise",
    "encode",
    "finest",
    "load",
    "quantise",
    "quantised",
    "read",
    "save",
    "save_tensors",
    "unwritable",
]

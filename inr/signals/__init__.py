"""The room between files and samples: readers give native samples, writers take floats.

This door imports no torch: decoding a file must not need it.
"""

from typing import TYPE_CHECKING

from inr.signals.arrays import PICTURE_MODES
from inr.signals.base import Reader, Writer
from inr.signals.builtin import sample_paths
from inr.signals.open import SUFFIXES, open_reader, open_writer
from inr.signals.points import MaskedReader, PointReader, Points, ScatteredReader, open_masked
from inr.signals.samples import from_float, native_dtype, to_float

if TYPE_CHECKING:
    from inr.signals.samplers import (
        AnySampler,
        Batch,
        PointSampler,
        Resident,
        Sampler,
        Whole,
        WindowSampler,
    )


def __getattr__(name: str) -> object:
    """The samplers make torch batches, so they are imported when they are asked for."""
    if name in __all__:
        from inr.signals import samplers

        return getattr(samplers, name)
    raise AttributeError(f"module 'inr.signals' has no attribute {name!r}")


__all__ = [
    "PICTURE_MODES",
    "SUFFIXES",
    "AnySampler",
    "Batch",
    "MaskedReader",
    "PointReader",
    "PointSampler",
    "Points",
    "Reader",
    "Resident",
    "Sampler",
    "ScatteredReader",
    "Whole",
    "WindowSampler",
    "Writer",
    "from_float",
    "native_dtype",
    "open_masked",
    "open_reader",
    "open_writer",
    "sample_paths",
    "to_float",
]

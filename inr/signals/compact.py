"""How samples are held in memory: in their own small type, as floats only when they are drawn."""

import numpy as np
import torch
from torch import Tensor

from inr.signals.samples import FULL_SCALE


def compact(native: np.ndarray) -> np.ndarray:
    """uint16 as int16 shifted by half its range: torch gathers int16, and hardly uint16."""
    if native.dtype == np.uint16:
        return (native.astype(np.int32) - 32768).astype(np.int16)
    return np.ascontiguousarray(native)


def compact_to_float(samples: Tensor, native: str) -> Tensor:
    """Compact samples in signal units, as `signals.samples.to_float` gives them; float32."""
    if native == "float32":
        return samples
    values = samples.to(torch.float32)
    if native == "uint16":
        values += 32768.0
    return values.div_(FULL_SCALE[native])

"""Encodings with numbers of their own, behind one face: grids.py, lapped.py and clips.py.

All make E planes of a coordinate, of which the first C are components whose mix is the linear path:

    f(x) = mixing^T · (T_0 .. T_C-1)(x) + MLP(scale · e(x)),     e = (T_0 .. T_C-1, D_0 ..)            (1)
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from inr.fields import clips, grids, lapped
from inr.fields.clips import Frames, Groups
from inr.fields.lapped import Waves
from inr.fields.spline import Planes
from inr.specs import EncodingSpec, FieldSpec

Array = np.ndarray


def _of(encoding: EncodingSpec) -> ModuleType:
    return {"grids": grids, "lapped": lapped, "clips": clips}[encoding.name]


def grid_shapes(encoding: EncodingSpec, channels: int) -> dict[str, tuple[int, ...]]:
    """The encoding's tensors, by name, in coding order."""
    return _of(encoding).grid_shapes(encoding, channels)


def encoded_by(encoding: EncodingSpec, channels: int) -> int:
    """E: how many values the MLP sees."""
    return _of(encoding).encoded(encoding, channels)


def scale(encoding: EncodingSpec) -> float:
    """What the planes are multiplied by before the MLP sees them."""
    return _of(encoding).SCALE


def analyse(values: Any, encoding: EncodingSpec) -> dict[str, Array]:
    """A signal in the field's units as the encoding's tensors: the start of a fit.

    Shape: [H, W, C], [T, C] or, for a group of a clip, frames [H, W, C] one after the other, float32 -> those
    of `grid_shapes`, or of `clips.band_shapes`.
    """
    return _of(encoding).analyse(values, encoding.count)


def lookup(
    tensors: Mapping[str, Array], encoding: EncodingSpec, groups: Groups | None = None
) -> Planes | Waves | Frames:
    """The planes, put together once, to be asked at any coordinate; those of a clip come from its groups."""
    if encoding.name == "clips":
        assert groups is not None, "a clip without its groups"
        return Frames(groups, encoding)
    if encoding.name == "lapped":
        return Waves(tensors, encoding)
    return Planes(grids.planes(np, tensors, encoding))


def adjoint(slope: Any, tensors: Mapping[str, Array], encoding: EncodingSpec) -> dict[str, Array]:
    """How a number that depends on the planes depends on the tensors; a torch tensor in, arrays out.

    Shape: slope [E, ...] -> that of each tensor.
    """
    if encoding.name == "lapped":
        return lapped.adjoint(slope.numpy(), encoding.count)
    import torch  # here, so that decoding needs none

    own = {name: torch.from_numpy(t).requires_grad_() for name, t in tensors.items()}
    grids.planes(torch, own, encoding).backward(slope)
    return {name: t.grad.numpy() for name, t in own.items() if t.grad is not None}


def linear(xp: Any, features: Any, spec: FieldSpec) -> Any:
    """The first term of equation (1).  Shape: features [..., E], unscaled -> [..., C]."""
    matrix = _of(spec.encoding).mixing(spec.channels).astype(np.float32)
    return features[..., : spec.channels] @ xp.asarray(matrix)

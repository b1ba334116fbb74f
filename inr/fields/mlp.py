"""The coordinate MLP of every tile at once, and the tensors it is made of.

    h_0 = encode(u),   h_l+1 = g(h_l W_l + b_l),   f = (h_L W_out + b_out) · gain      (1)

All tiles have the same architecture, so each tensor carries a leading axis of K tiles and
one batched product serves them all; the `single` layout is K = 1.

Names and shapes, in the order in which a file stores them:
    layer{l}.weight [K, in, H]   layer{l}.bias [K, H]   layer{l}.<activation's own> [K or 1, ...]
    output.weight   [K, H, C]    output.bias   [K, C]   gain [K, C] where the spec asks for it
    and, for the encodings `grids` and `lapped`, their own (stored.py); those of `clips` come group by group
"""

import math
from collections.abc import Mapping
from typing import Any

from inr.fields.activations import activation
from inr.fields.encodings import encode, encoded_size
from inr.fields.stored import grid_shapes
from inr.specs import FieldSpec


def tensor_shapes(spec: FieldSpec) -> dict[str, tuple[int, ...]]:
    """Every trainable tensor of a field, by name, in stored order."""
    tiles, width = spec.tile_count, spec.width
    own = activation(spec.activation.name).shapes(spec.activation, width)
    lead = 1 if spec.activation.shared else tiles
    shapes: dict[str, tuple[int, ...]] = {}
    fan_in = encoded_size(spec.encoding, spec.dims, spec.channels)
    for layer in range(spec.hidden + 1):
        shapes[f"layer{layer}.weight"] = (tiles, fan_in, width)
        shapes[f"layer{layer}.bias"] = (tiles, width)
        shapes |= {f"layer{layer}.{name}": (lead, *shape) for name, shape in own.items()}
        fan_in = width
    shapes["output.weight"] = (tiles, width, spec.channels)
    shapes["output.bias"] = (tiles, spec.channels)
    if spec.gain:
        shapes["gain"] = (tiles, spec.channels)
    if spec.encoding.stored:
        shapes |= grid_shapes(spec.encoding, spec.channels)
    return shapes


def param_count(spec: FieldSpec) -> int:
    """Every stored trainable number: weights, biases, activations, gains, grids."""
    beside = math.prod(spec.encoding.shape) * spec.channels if spec.encoding.name == "clips" else 0
    return beside + sum(math.prod(shape) for shape in tensor_shapes(spec).values())


def forward(xp: Any, spec: FieldSpec, tensors: Mapping[str, Any], u: Any) -> Any:
    """Equation (1) with the array module `xp` (numpy or torch).

    Args:
        xp: numpy or torch; `u` and the tensors are its arrays, float32 or float64.
        spec: the field.
        tensors: every tensor of `tensor_shapes`, for the K tiles that `u` addresses.
        u: local coordinates of N samples in each tile; for `grids` and `lapped` what they encode to.

    Shape: u [K, N, D] -> [K, N, C].
    """
    act = activation(spec.activation.name)
    h = encode(xp, u, spec.encoding)
    for layer in range(spec.hidden + 1):
        head = f"layer{layer}."
        z = xp.matmul(h, tensors[head + "weight"]) + tensors[head + "bias"][:, None]
        omega = spec.activation.omega_hidden if layer else spec.activation.omega_first
        own = {name.removeprefix(head): t for name, t in tensors.items() if name.startswith(head)}
        h = act.apply(xp, z, own, omega, spec.activation)
    y = xp.matmul(h, tensors["output.weight"]) + tensors["output.bias"][:, None]
    return y * tensors["gain"][:, None] if spec.gain else y

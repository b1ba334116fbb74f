"""A field as a `torch.nn.Module`: parameters, a forward pass, derivatives of any order.

    module = inr.load("photo.inr").module()
    values = module(coords)                              # (..., D) -> (..., C)
    slope, = torch.autograd.grad(values.sum(), coords)   # and again, with create_graph=True

Parameters have the names of `tensor_shapes`: layer0.weight, layer0.bias, .., output.weight.  The
formula is the one that decodes, so no hand-written gradient stands in the way of a second derivative.
Across the tiles' borders the field is continuous in value and slope; its second derivative jumps there.
"""

import numpy as np
import torch
from torch import Tensor, nn

from inr.errors import SpecError
from inr.fields.field import Field
from inr.fields.mlp import forward, tensor_shapes
from inr.fields.points import UNIT, Rows, local
from inr.partition import axes
from inr.specs import SignalSpec


class FieldModule(nn.Module):
    """A field with trainable parameters.

    Args:
        field: the start values; they are copied.
        signal: what it stands for: its units of coordinates and values.

    Attributes:
        spec: the architecture.
        signal: as given.

    Raises:
        SpecError: the field is one of grids.
    """

    def __init__(self, field: Field, signal: SignalSpec) -> None:
        super().__init__()
        if field.spec.encoding.stored:
            raise SpecError(
                "module: a field of grids has no torch module; fit it with profile='tiles' or 'single'"
            )
        self.spec, self.signal = field.spec, signal
        self._partition = axes(field.spec)
        for name, values in field.tensors.items():
            *path, leaf = name.split(".")
            place: nn.Module = self
            for part in path:
                if not hasattr(place, part):
                    place.add_module(part, nn.Module())
                place = getattr(place, part)
            place.register_parameter(leaf, nn.Parameter(torch.tensor(values)))

    def forward(self, coords: Tensor) -> Tensor:
        """The field's values.

        Args:
            coords: slowest axis first; in [-1, 1], or in the person's own units for scattered data.
                float64 keeps more of a coordinate where there are many tiles.

        Returns: of the parameters' type and not clipped: [0, 1] for pictures and video, [-1, 1] for
        sound, the person's own units for scattered data.

        Shape: [..., D] -> [..., C].

        Raises:
            SpecError: the last axis of coords is not D long.
        """
        dims, domain = self.spec.dims, self.signal.domain
        if not isinstance(coords, Tensor) or coords.ndim < 1 or coords.shape[-1] != dims:
            got = tuple(coords.shape) if isinstance(coords, Tensor) else type(coords).__name__
            raise SpecError(
                f"module: a tensor (..., {dims}) is needed, coordinates of {dims} axes; got {got}"
            )
        x = coords.reshape(-1, dims).double()
        x = x if domain is None else domain.to_unit(torch, x)
        dtype = next(self.parameters()).dtype
        out = self._single(x.to(dtype)) if self.spec.tile_count == 1 else self._tiled(x, dtype)
        if domain is not None:
            out = domain.values(torch, out.double()).to(dtype)
        elif self.signal.kind != "audio":
            out = 0.5 * out + 0.5
        return out.reshape(*coords.shape[:-1], self.spec.channels)

    def field(self) -> Field:
        """The parameters as they are now, float32.

        Raises:
            SpecError: a parameter has become NaN or infinite.
        """
        tensors = {name: t.detach().cpu().float().numpy().copy() for name, t in self.named_parameters()}
        broken = [name for name, t in tensors.items() if not np.isfinite(t).all()]
        if broken:
            raise SpecError(f"module: {broken[0]} holds NaN or infinity; finite parameters are needed")
        return Field(self.spec, {name: tensors[name] for name in tensor_shapes(self.spec)})

    def _single(self, u: Tensor) -> Tensor:
        return forward(torch, self.spec, dict(self.named_parameters()), u[None])[0]

    def _tiled(self, x: Tensor, dtype: torch.dtype) -> Tensor:
        """Equation (1) of partition.py; which tiles reach a point is no matter of derivatives."""
        rows = Rows.of(self._partition, x.detach().cpu().numpy())
        index = {
            name: torch.as_tensor(getattr(rows, name), device=x.device)
            for name in ("points", "places", "slots", "tiles")
        }
        u, weight = local(torch, self._partition, x[index["points"]], index["places"])
        units = u.new_zeros(len(rows.tiles) * UNIT, self.spec.dims).index_copy(0, index["slots"], u).to(dtype)
        own = {n: t if t.shape[0] == 1 else t[index["tiles"]] for n, t in self.named_parameters()}
        values = forward(torch, self.spec, own, units.reshape(-1, UNIT, self.spec.dims))
        part = values.reshape(-1, self.spec.channels)[index["slots"]] * weight[:, None].to(dtype)
        return part.new_zeros(len(x), self.spec.channels).index_add(0, index["points"], part)

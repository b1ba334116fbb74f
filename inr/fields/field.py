"""A field: a spec with its numbers.  NumPy only; torch is a way to evaluate it faster."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from inr.errors import SpecError
from inr.fields.clips import Frames, Groups
from inr.fields.lapped import Waves
from inr.fields.mlp import param_count, tensor_shapes
from inr.fields.spline import Planes
from inr.fields.stored import lookup
from inr.specs import FieldSpec


@dataclass(frozen=True)
class Field:
    """A coordinate network with its weights.

    Attributes:
        spec: encoding, layout, MLP and activation.
        tensors: float32 arrays by name, exactly those of `tensor_shapes(spec)`.
        groups: of the encoding `clips`, where its numbers come from; None for the others.

    Raises:
        SpecError: a tensor is missing, unknown, or of another shape; or the groups of a clip are.
    """

    spec: FieldSpec
    tensors: dict[str, np.ndarray]
    groups: Groups | None = None

    def __post_init__(self) -> None:
        """Hold the tensors against the spec."""
        want = tensor_shapes(self.spec)
        got = {name: tuple(t.shape) for name, t in self.tensors.items()}
        if got != want:
            wrong = sorted(n for n in want.keys() | got.keys() if want.get(n) != got.get(n))
            raise SpecError(
                f"field: tensors do not fit the spec at {wrong[0]}: got shape {got.get(wrong[0])}, "
                f"needed {want.get(wrong[0])}; pass the tensors that belong to this spec"
            )
        frames = None if self.groups is None else sum(self.groups.lengths)
        if frames != (self.spec.encoding.shape[0] if self.spec.encoding.name == "clips" else None):
            raise SpecError(
                f"field: got groups of {frames} frames for the encoding {self.spec.encoding.name} of shape "
                f"{self.spec.encoding.shape}; a clip needs the groups of all its frames, others none"
            )

    @cached_property
    def planes(self) -> Planes | Waves | Frames:
        """What a stored encoding looks coordinates up in; put together once."""
        return lookup(self.tensors, self.spec.encoding, self.groups)

    @property
    def network(self) -> dict[str, np.ndarray]:
        """The tensors of the MLP, without grids."""
        return {name: t for name, t in self.tensors.items() if not name.startswith("grid.")}

    @property
    def params(self) -> int:
        """Every stored trainable number."""
        return param_count(self.spec)

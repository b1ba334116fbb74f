"""A field: a spec with its numbers.  NumPy only; torch is a way to evaluate it faster."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from inr.errors import SpecError
from inr.fields.lapped import Waves
from inr.fields.mlp import tensor_shapes
from inr.fields.spline import Planes
from inr.fields.stored import lookup
from inr.specs import FieldSpec


@dataclass(frozen=True)
class Field:
    """A coordinate network with its weights.

    Attributes:
        spec: encoding, layout, MLP and activation.
        tensors: float32 arrays by name, exactly those of `tensor_shapes(spec)`.

    Raises:
        SpecError: a tensor is missing, unknown, or of another shape.
    """

    spec: FieldSpec
    tensors: dict[str, np.ndarray]

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

    @cached_property
    def planes(self) -> Planes | Waves:
        """What a stored encoding looks coordinates up in; put together once."""
        return lookup(self.tensors, self.spec.encoding)

    @property
    def network(self) -> dict[str, np.ndarray]:
        """The tensors of the MLP, without grids."""
        return {name: t for name, t in self.tensors.items() if not name.startswith("grid.")}

    @property
    def params(self) -> int:
        """Every stored trainable number."""
        return sum(math.prod(t.shape) for t in self.tensors.values())

"""Start values of a field's tensors, from a seed; the same on every machine.

The activation brings the range of the weights and its own start values.  Biases start
uniform in ± 1/sqrt(fan-in) of PyTorch's linear layer, which SIREN and RAF both keep; the
output bias starts at 0 and gains at 1.  NumPy's Philox makes the numbers, so that they do
not depend on a device or on a torch release.
"""

import numpy as np

from inr.fields.activations import activation
from inr.fields.mlp import tensor_shapes
from inr.specs import FieldSpec


def initialise(spec: FieldSpec, seed: int = 0, *, last: bool = True) -> dict[str, np.ndarray]:
    """Start values by name, float32, shapes of `tensor_shapes`.

    Args:
        spec: the field.
        seed: of all random numbers.
        last: the last activated layer starts as its activation wants it there; False: as the others.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    act = activation(spec.activation.name)
    tensors: dict[str, np.ndarray] = {}
    fan_in = 1
    for name, shape in tensor_shapes(spec).items():
        head, kind = name.rpartition(".")[::2]
        layer = spec.hidden + 1 if head == "output" else int(head[5:] or 0) if head else 0
        if kind == "weight":
            fan_in = shape[1]
            bound = act.weight_bound(spec.activation, layer, fan_in)
            tensors[name] = rng.uniform(-bound, bound, shape)
            start = act.start_last if last and layer == spec.hidden and spec.dims > 1 else None
            own = (start or act.start)(spec.activation, spec.width, layer, rng) if head != "output" else {}
        elif kind == "bias" and head != "output":
            tensors[name] = rng.uniform(-1.0, 1.0, shape) / np.sqrt(fan_in)
        elif kind in own:
            tensors[name] = np.broadcast_to(own[kind], shape)
        else:
            tensors[name] = np.full(shape, 1.0 if kind == "gain" else 0.0)
    return {name: np.array(t, dtype=np.float32, order="C") for name, t in tensors.items()}

"""What an activation has become: y(z) of some neurons of every layer, where their inputs lie.

A layer's pre-activations z are the output of the network that ends there, so the field's own forward
pass gives them.  Each curve hands the same z to all neurons of the layer, one value at a time.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from inr import fields
from inr.fields import Field

NEURONS = 6
PLACES = 400  # coordinates at which pre-activations are looked at
CURVE = 400
INSIDE = (1.0, 99.0)  # percentiles of z between which curves are drawn
Array = np.ndarray


def draw_shapes(found: dict[str, Field]) -> Any:
    """A row of panels an activation, one a layer.

    Args:
        found: fitted fields by activation.
    """
    from matplotlib.figure import Figure

    layers = max(field.spec.hidden + 1 for field in found.values())
    figure = Figure(figsize=(3.2 * layers, 2.1 * len(found) + 0.4), dpi=120, layout="constrained")
    panels = figure.subplots(len(found), layers, squeeze=False)
    for line, (name, field) in zip(panels, found.items(), strict=True):
        for layer in range(field.spec.hidden + 1):
            z, y = shapes(field, layer)
            line[layer].plot(z, y[:, _chosen(y.shape[1])], linewidth=0.9)
            line[layer].grid(True, alpha=0.3)
        line[0].set_ylabel(name)
    for layer, axes in enumerate(panels[0]):
        axes.set_title(f"layer {layer + 1}", fontsize="medium")
    for axes in panels[-1]:
        axes.set_xlabel("z")
    return figure


def shapes(field: Field, layer: int) -> tuple[Array, Array]:
    """The activations of one layer of the middle tile.

    Shape: -> z [CURVE], y [CURVE, H].
    """
    spec = field.spec
    act = fields.activation(spec.activation.name)
    tile = spec.tile_count // 2
    seen = pre_activations(field, layer, tile)
    low, high = np.percentile(seen, INSIDE)
    z = np.linspace(low, max(high, low + 1e-6), CURVE, dtype=np.float32)
    head = f"layer{layer}."
    own = {
        name.removeprefix(head): _of_tile(t, tile)
        for name, t in field.tensors.items()
        if name.startswith(head)
    }
    omega = spec.activation.omega_hidden if layer else spec.activation.omega_first
    same = np.repeat(z[None, :, None], spec.width, 2)  # [1, CURVE, H]
    return z, np.asarray(act.apply(np, same, own, omega, spec.activation))[0]


def pre_activations(field: Field, layer: int, tile: int) -> Array:
    """What enters the activation of a layer, at random places of a tile.  Shape: -> [PLACES, H]."""
    spec = field.spec
    rng = np.random.Generator(np.random.Philox(0))
    u = rng.uniform(-1.0, 1.0, (1, PLACES, spec.dims)).astype(np.float32)
    own = {name: _of_tile(t, tile) for name, t in field.tensors.items()}
    weight, bias = own[f"layer{layer}.weight"], own[f"layer{layer}.bias"]
    if layer == 0:
        assert spec.encoding.name == "identity"  # plans have no other
        return (u @ weight + bias[:, None])[0]
    ends = replace(spec, hidden=layer - 1, channels=spec.width, gain=False)
    below = {name: own[name] for name in fields.tensor_shapes(ends) if not name.startswith("output")}
    return fields.forward(np, ends, below | {"output.weight": weight, "output.bias": bias}, u)[0]


def _of_tile(tensor: Array, tile: int) -> Array:
    """The tensor of one tile, with the tile axis kept; what tiles share stays as it is."""
    return tensor if tensor.shape[0] == 1 else tensor[tile : tile + 1]


def _chosen(width: int) -> Array:
    return np.unique(np.linspace(0, width - 1, NEURONS).round().astype(int))

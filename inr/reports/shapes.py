"""The shape of each layer's activation, as a fit began and as it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from inr import fields
from inr.fields import Field
from inr.specs import FieldSpec

Array = np.ndarray
TILES, SAMPLES, NEURONS, PLACES = 4, 256, 10, 241
MOST_ANGLE = 3.0 * np.pi  # of a periodic activation; more would be a hatching


@dataclass(frozen=True)
class Shapes:
    """One layer.

    Attributes:
        z: pre-activations, [P]; they reach as far as nearly all of them do after the fit.
        before, after: the activation of some neurons, [P, J].
    """

    z: Array
    before: Array
    after: Array

    @property
    def trained(self) -> bool:
        """Whether anything of the shape has changed."""
        return not np.array_equal(self.before, self.after)


def shapes(spec: FieldSpec, seed: int, field: Field) -> list[Shapes]:
    """Every layer's shapes.

    Args:
        spec: as the fit began.
        seed: of its start values.
        field: as it ended.
    """
    count = min(spec.tile_count, field.spec.tile_count)
    tiles = np.unique(np.linspace(0, count - 1, min(TILES, count)).round().astype(int))
    start = _of_tiles(fields.initialise(spec, seed), tiles)
    end = _of_tiles(field.tensors, tiles)
    found = []
    for layer in range(spec.hidden + 1):
        reach = float(np.quantile(np.abs(_pre_activations(field.spec, end, layer)), 0.98)) or 1.0
        if spec.activation.name.startswith(("raf", "sine")):
            reach = min(reach, MOST_ANGLE / _omega(spec, layer))
        z = np.linspace(-reach, reach, PLACES, dtype=np.float32)
        found.append(Shapes(z, _curves(spec, start, layer, z), _curves(field.spec, end, layer, z)))
    return found


def _omega(spec: FieldSpec, layer: int) -> float:
    return spec.activation.omega_hidden if layer else spec.activation.omega_first


def _of_tiles(tensors: Mapping[str, Array], tiles: Array) -> dict[str, Array]:
    return {name: t if t.shape[0] == 1 else t[tiles] for name, t in tensors.items()}


def _curves(spec: FieldSpec, tensors: Mapping[str, Array], layer: int, z: Array) -> Array:
    """The activation of some neurons at `z`; [P] -> [P, J]."""
    head = f"layer{layer}."
    own = {n.removeprefix(head): t for n, t in tensors.items() if n.startswith(head)}
    sets = len(tensors[f"{head}weight"])
    wide = np.broadcast_to(z[None, :, None], (sets, len(z), spec.width)).copy()
    act = fields.activation(spec.activation.name)
    with np.errstate(all="ignore"):
        values = np.real(act.apply(np, wide, own, _omega(spec, layer), spec.activation))
    flat = np.moveaxis(values, 1, 0).reshape(len(z), -1)
    keep = np.unique(np.linspace(0, flat.shape[1] - 1, min(NEURONS, flat.shape[1])).round().astype(int))
    return flat[:, keep]


def _pre_activations(spec: FieldSpec, tensors: Mapping[str, Array], layer: int) -> Array:
    """z of a layer at random places: the output of the network that ends before its activation."""
    head = f"layer{layer}."
    weight, bias = tensors[f"{head}weight"], tensors[f"{head}bias"]
    rng = np.random.Generator(np.random.Philox(0))
    u = rng.uniform(-1.0, 1.0, (len(weight), SAMPLES, spec.dims)).astype(np.float32)
    if layer == 0:
        return _encoded(rng, u, weight.shape[1]) @ weight + bias[:, None]
    cut = replace(spec, hidden=layer - 1, channels=spec.width, gain=False)
    below = {n: t for n, t in tensors.items() if n.startswith("layer") and int(n[5:].split(".")[0]) < layer}
    with np.errstate(all="ignore"):
        z = fields.forward(np, cut, {**below, "output.weight": weight, "output.bias": bias}, u)
    return z[np.isfinite(z)] if np.isfinite(z).any() else np.ones(1)


def _encoded(rng: np.random.Generator, u: Array, size: int) -> Array:
    """What the first layer sees, as far as its range goes: coordinates, and sines of any angle."""
    waves = np.sin(rng.uniform(0.0, 2.0 * np.pi, (*u.shape[:2], size - u.shape[2])))
    return np.concatenate([u, waves.astype(np.float32)], -1)

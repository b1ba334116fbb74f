"""The shape of each layer's activation, as a fit began and as it ended."""

from collections.abc import Mapping
from dataclasses import dataclass

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
        reach = float(np.quantile(np.abs(_pre_activations(field, end, layer)), 0.98)) or 1.0
        if spec.activation.name.startswith(("raf", "sine")):
            reach = min(reach, MOST_ANGLE / _omega(spec, layer))
        z = np.linspace(-reach, reach, PLACES, dtype=np.float32)
        found.append(Shapes(z, _curves(spec, start, layer, z), _curves(field.spec, end, layer, z)))
    return found


def _omega(spec: FieldSpec, layer: int) -> float:
    return spec.activation.omega_hidden if layer else spec.activation.omega_first


def _of_tiles(tensors: Mapping[str, Array], tiles: Array) -> dict[str, Array]:
    """The networks of some tiles; grids are of the whole signal."""
    return {n: t if t.shape[0] == 1 or n.startswith("grid.") else t[tiles] for n, t in tensors.items()}


def _curves(spec: FieldSpec, tensors: Mapping[str, Array], layer: int, z: Array) -> Array:
    """The activation of some neurons at `z`; [P] -> [P, J]."""
    sets = len(tensors[f"layer{layer}.weight"])
    wide = np.broadcast_to(z[None, :, None], (sets, len(z), spec.width)).copy()
    with np.errstate(all="ignore"):
        values = np.real(_activated(spec, tensors, layer, wide))
    flat = np.moveaxis(values, 1, 0).reshape(len(z), -1)
    keep = np.unique(np.linspace(0, flat.shape[1] - 1, min(NEURONS, flat.shape[1])).round().astype(int))
    return flat[:, keep]


def _activated(spec: FieldSpec, tensors: Mapping[str, Array], layer: int, z: Array) -> Array:
    head = f"layer{layer}."
    own = {n.removeprefix(head): t for n, t in tensors.items() if n.startswith(head)}
    act = fields.activation(spec.activation.name)
    return act.apply(np, z, own, _omega(spec, layer), spec.activation)


def _pre_activations(field: Field, tensors: Mapping[str, Array], layer: int) -> Array:
    """z of a layer at random places."""
    spec, h = field.spec, _inputs(field, tensors)
    with np.errstate(all="ignore"):
        for below in range(layer + 1):
            head = f"layer{below}."
            z = h @ tensors[f"{head}weight"] + tensors[f"{head}bias"][:, None]
            h = _activated(spec, tensors, below, z) if below < layer else h
    return z[np.isfinite(z)] if np.isfinite(z).any() else np.ones(1)


def _inputs(field: Field, tensors: Mapping[str, Array]) -> Array:
    """What the first layer sees at random places, [K, SAMPLES, E].

    Of an encoding without numbers of its own as far as its range goes: coordinates, and sines of any angle.
    """
    spec, rng = field.spec, np.random.Generator(np.random.Philox(0))
    sets, size = tensors["layer0.weight"].shape[:2]
    if spec.encoding.stored:
        planes = fields.lookup(tensors, spec.encoding, field.groups).planes.reshape(size, -1)
        seen = planes[:, rng.integers(0, planes.shape[1], SAMPLES)].T
        return np.float32(fields.scale(spec.encoding)) * seen[None]
    u = rng.uniform(-1.0, 1.0, (sets, SAMPLES, spec.dims)).astype(np.float32)
    waves = np.sin(rng.uniform(0.0, 2.0 * np.pi, (sets, SAMPLES, size - spec.dims)))
    return np.concatenate([u, waves.astype(np.float32)], -1)

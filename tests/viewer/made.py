"""Small `.inr` files with weights that behave as fitted ones do, and what Python makes of them."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from inr import codec, fields, partition, reconstruct, signals
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, SignalSpec
from tests.codec import random_fields

RAF = ActivationSpec("raf", random_fields.MODULATED, 12.0, 10.0)
EVERY_BASIS = ActivationSpec(
    "raf",
    ("relu3", "gauss", "sine", "linear", "cosine", "square", "sine2", "relu", "cosine2"),
    9.0,
    7.0,
    shared=False,
)
PICTURES = {
    "single": FieldSpec(2, 3, (1, 1), (0, 0), 24, 2, activation=ActivationSpec("sine", (), 20.0, 20.0)),
    "tiles": FieldSpec(2, 3, (3, 5), (8, 16), 10, 1, activation=RAF, gain=True),
    "hard borders": FieldSpec(2, 3, (4, 3), (0, 0), 7, 1, activation=RAF),
    "every basis": FieldSpec(2, 3, (2, 2), (31, 31), 6, 1, activation=EVERY_BASIS),
    "fourier": FieldSpec(2, 3, (1, 2), (0, 9), 9, 1, EncodingSpec("fourier", 4, 1.5), RAF),
    "uneven rows": FieldSpec(2, 3, (6, 2), (8, 8), 6, 1, activation=RAF, levels=(0, 2, 0)),
    "wide": FieldSpec(2, 3, (1, 1), (0, 0), 72, 1, activation=RAF),
}
PICTURE = SignalSpec("image", (64, 64), 3, 8, "RGB")
MODES = {
    "1": SignalSpec("image", (40, 56), 1, 1, "1"),
    "L": SignalSpec("image", (40, 56), 1, 4, "L"),
    "LA": SignalSpec("image", (40, 56), 2, 8, "LA"),
    "RGBA": SignalSpec("image", (40, 56), 4, 16, "RGBA"),
    "CMYK": SignalSpec("image", (40, 56), 4, 8, "CMYK"),
}
CLIP = SignalSpec("video", (5, 24, 31), 3, 8, "RGB", Fraction(5), Fraction(4, 3))
CLIP_FIELD = FieldSpec(3, 3, (4, 2, 2), (8, 8, 8), 8, 1, activation=RAF, levels=(0, 1, 0))
SOUND = SignalSpec("audio", (4000,), 2, 16, "PCM_16", Fraction(8000))
SOUND_FIELD = FieldSpec(1, 2, (9,), (16,), 8, 1, activation=RAF, gain=True, levels=(0, 2, 1, 0, 0))


def made(signal, field, seed=0):
    """(bytes of the file, the field that Python reads from them)."""
    rng = np.random.default_rng(seed)
    tensors = {}
    for name, shape in fields.tensor_shapes(field).items():
        role = name.rpartition(".")[2]
        tensors[name] = rng.normal(role in ("gain", "frequency"), _spread(role, field, name, shape), shape)
    exact = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
    data = codec.encode(field, exact, dict.fromkeys(exact, 12), signal)
    return data, codec.decode(data).field


def _spread(role, field, name, shape):
    """Standard deviations that keep values of the size of 1 through the layers."""
    if role == "weight":
        omega = 1.0 if name.startswith(("layer0", "output")) else field.activation.omega_hidden
        return 1.0 / (np.sqrt(shape[1]) * omega)
    return {"bias": 0.3, "amplitude": 0.3, "frequency": 0.1, "gain": 0.2}[role]


def decoded(field, signal):
    """Samples as `inr decode` writes them, on the grid of `signal`."""
    parts = [signals.from_float(b.values, signal) for b in reconstruct.blocks(field, signal)]
    return np.concatenate(parts)


def as_bytes(native):
    """Native picture samples as 8-bit ones."""
    return native if native.dtype == np.uint8 else np.rint(native / 257.0).astype(np.uint8)


def exact_values(field, grid):
    """The field in 64-bit floats on a product of coordinate arrays: FORMAT.md, 8.1, the slow way."""
    axes = partition.axes(field.spec)
    tensors = {name: tensor.astype(np.float64) for name, tensor in field.tensors.items()}
    x = np.stack(np.meshgrid(*grid, indexing="ij"), -1)
    out = np.zeros((*x.shape[:-1], field.spec.channels))
    for place in np.ndindex(*field.spec.tiles):
        tile = partition.tile_index(field.spec, place)
        u = np.stack([axis.local(x[..., d], place[d]) for d, axis in enumerate(axes)], -1)
        own = {n: t if t.shape[0] == 1 else t[tile : tile + 1] for n, t in tensors.items()}
        values = fields.forward(np, field.spec, own, u.reshape(1, -1, field.spec.dims))
        weight = np.prod([axis.window(x[..., d], place[d]) for d, axis in enumerate(axes)], axis=0)
        out += weight[..., None] * values.reshape(out.shape)
    return out


def at_scale(signal, factor):
    """The same signal on a denser grid."""
    return replace(signal, shape=tuple(factor * n for n in signal.shape))

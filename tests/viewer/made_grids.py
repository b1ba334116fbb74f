"""Small `.inr` files of pictures as grids: those that look like something, and those that try the coder."""

import numpy as np

from inr import codec, fields
from inr.codec import Context, Grids, context_shapes
from inr.codec.neighbours import INPUTS
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, SignalSpec
from tests.codec import random_fields

RAF = ActivationSpec("raf", random_fields.MODULATED, 4.0, 3.0)


def signal(shape, channels=3):
    """A picture of a shape (height, width)."""
    return SignalSpec("image", shape, channels, 8, {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels])


def spec(of, levels, width=12, activation=RAF):
    """A field of grids for a signal."""
    encoding = EncodingSpec("grids", levels, shape=of.shape)
    return FieldSpec(2, of.channels, (1, 1), (0, 0), width, 1, encoding, activation)


def context(rng, spread=8.0):
    """A context network of random integers: it foresees badly, and decodes all the same."""
    shapes = context_shapes(INPUTS)
    draw = {name: rng.normal(0, spread, shape) for name, shape in shapes.items()}
    return Context({n: np.clip(np.rint(t), -4096, 4096).astype(np.int32) for n, t in draw.items()})


def picture(shape, channels, rng):
    """Blobs and an edge, float32 [H, W, C] about [-1, 1]."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    waves = [np.sin(a * x + b * y + c) for a, b, c in rng.uniform(-12, 12, (channels, 3))]
    out = 0.6 * np.stack(waves, -1) + 0.3 * np.sign(x + 0.3 * y)[..., None]
    return out.astype(np.float32)


def file(of, levels, seed=0, *, step=0.02, integers=None, **more):
    """(bytes of the file, what Python decodes from them); `integers` in place of those of a picture."""
    rng = np.random.default_rng(seed)
    field = spec(of, levels, **more)
    tensors = fields.analyse(picture(of.shape, of.channels, rng), field.encoding)
    low = {"grid.low": tensors.pop("grid.low").astype(np.float32)}
    whole = max(1, round(step * 2**codec.STEP_BITS))
    unit = whole * 2.0**-codec.STEP_BITS
    if integers is None:
        integers = {n: np.rint(t / unit).astype(np.int32) for n, t in tensors.items()}
    shrink = (int(rng.integers(16)), int(rng.integers(16)))
    grids = Grids(whole, shrink, integers, context(rng))
    spread = {"weight": 0.4, "bias": 0.3, "amplitude": 0.2, "frequency": 1.0, "gain": 1.0}
    for name, shape in fields.tensor_shapes(field).items():
        if not name.startswith("grid."):
            scale = 0.05 if name == "output.weight" else spread[name.rpartition(".")[2]]
            low[name] = rng.normal(0, scale, shape).astype(np.float32)
    data = codec.encode(field, low, dict.fromkeys(low, 12), of, pyramid=grids)
    return data, codec.decode(data)


def random_file(seed):
    """Integers of any spread, planes of zeros, outliers up to the limit, grids of any small shape."""
    rng = np.random.default_rng(seed)
    levels = int(rng.integers(1, 4))
    shape = tuple(int(n) for n in rng.integers(2**levels, 2**levels + 25, 2))
    of = signal(shape, int(rng.integers(1, 5)))
    integers = {}
    for name, size in fields.grid_shapes(EncodingSpec("grids", levels, shape=shape), of.channels).items():
        if name != "grid.low":
            q = np.rint(rng.laplace(0, 2.0 ** rng.uniform(-3, 6), size))
            q = np.where(rng.random(size) < 0.01, rng.integers(-(2**22), 2**22, size), q)
            q[rng.random(of.channels) < 0.3] = 0
            integers[name] = q.astype(np.int32)
    return file(of, levels, seed, step=2.0 ** rng.uniform(-20, 2), integers=integers)

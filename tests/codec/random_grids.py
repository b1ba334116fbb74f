"""Seeded small pictures of the encoding `grids`, with integers and context networks of every sort."""

from math import prod

import numpy as np

from inr import fields
from inr.codec import Context, Grids, context_shapes
from inr.codec.context import MOST_WEIGHT
from inr.codec.neighbours import INPUTS
from inr.fitting.foresight import Foresight
from inr.fitting.rounding import rows_of
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, SignalSpec

CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}
RAF = ActivationSpec("raf", ("carrier", "sine2", "cosine2"), 2.0, 1.0)


def picture(shape, mode="L", levels=None, width=3, hidden=1, activation=RAF):
    """A signal and a field of grids for it; as many levels as the shape allows, or so many."""
    most = min(shape).bit_length() - 1
    encoding = EncodingSpec("grids", most if levels is None else levels, shape=shape)
    field = FieldSpec(2, CHANNELS[mode], (1, 1), (0, 0), width, hidden, encoding, activation)
    return SignalSpec("image", shape, CHANNELS[mode], 8, mode), field


def shapes(field):
    """Of the tensors that section `G` holds."""
    found = fields.grid_shapes(field.encoding, field.channels)
    return {name: shape for name, shape in found.items() if name != "grid.low"}


def integers(rng, field, scale=1.0, empty=0.2, outliers=0.0):
    """q by name: larger at coarse levels, in patches; some planes all 0, some values very large."""
    out = {}
    for name, shape in shapes(field).items():
        level = int(name.split(".")[1])
        q = rng.laplace(0, scale * 2.0**level / 2, shape) * (rng.random(shape) < 0.7)
        q = np.where(
            rng.random(shape) < outliers, rng.choice([-1, 1], shape) * 2.0 ** rng.uniform(5, 22, shape), q
        )
        out[name] = np.rint(q).astype(np.int32)
        for c in range(shape[0]):
            out[name][c] *= rng.random() > empty
    return out


def context(rng, spread=None):
    """A network of random integers, of any size unless told."""
    spread = 2.0 ** rng.uniform(2, 8) if spread is None else spread
    weights = {n: np.rint(rng.normal(0, spread, s)) for n, s in context_shapes(INPUTS).items()}
    return Context({n: np.clip(w, -MOST_WEIGHT, MOST_WEIGHT).astype(np.int32) for n, w in weights.items()})


def trained(q, steps=60):
    """The network that a fit would make for these integers, cut short."""
    foresight = Foresight.start(INPUTS, 0)
    rows = rows_of(q, 0)
    foresight.train(rows.inputs, rows.magnitudes, steps, 0)
    return foresight.context()


def grids(rng, field, net=None, **settings):
    """All of section `G`."""
    q = integers(rng, field, **settings)
    shrink = (int(rng.integers(16)), int(rng.integers(16)))
    return Grids(int(rng.integers(1, 1 << 20)), shrink, q, context(rng) if net is None else net)


def network(rng, field, k=9, scale=0.3):
    """float32 tensors of the MLP and of the coarsest grid, multiples of 2^-k; and their exponents."""
    found = {n: s for n, s in fields.tensor_shapes(field).items() if n not in shapes(field)}
    tensors = {
        n: np.ldexp(np.rint(np.ldexp(rng.normal(0, scale, s), k)), -k).astype(np.float32)
        for n, s in found.items()
    }
    return tensors, dict.fromkeys(found, k)


def smooth(rng, shape, channels):
    """A picture [H, W, C] in [-1, 1] with an edge, some waves and a little noise."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    parts = [
        np.sin(3 * x + c) * 0.4
        + np.cos(4 * y * x) * 0.2
        + 0.3 * (x + 0.4 * y > 0.2)
        + rng.normal(0, 0.01, shape)
        for c in range(channels)
    ]
    out = np.stack(parts, -1).astype(np.float32)
    assert prod(out.shape) == prod(shape) * channels
    return np.clip(out, -1, 1)

"""Seeded small sounds of the encoding `lapped`, with integers and context networks of every sort."""

from fractions import Fraction

import numpy as np

from inr import fields
from inr.codec import Context, Grids, context_shapes
from inr.codec.context import MOST_WEIGHT
from inr.codec.lapped import INPUTS
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, SignalSpec
from tests.codec.random_grids import RAF


def sound(frames, channels=1, order=5, width=3, hidden=0, activation: ActivationSpec = RAF):
    """A signal and a field of a lapped grid for it."""
    encoding = EncodingSpec("lapped", order, shape=(frames,))
    field = FieldSpec(1, channels, (1,), (0,), width, hidden, encoding, activation)
    return SignalSpec("audio", (frames,), channels, 16, "PCM_16", Fraction(8000)), field


def grids(rng, field, net=None, scale=1.0, empty=0.2, outliers=0.0):
    """All of section `G`: lower frequencies larger, some components all 0, some values very large."""
    ((name, shape),) = fields.grid_shapes(field.encoding, field.channels).items()
    fall = 2.0 ** (-4.0 * np.arange(shape[1]) / shape[1])[:, None]
    q = rng.laplace(0, 3.0 * scale * fall, shape) * (rng.random(shape) < 0.7)
    large = rng.choice([-1, 1], shape) * 2.0 ** rng.uniform(5, 22, shape)
    q = np.rint(np.where(rng.random(shape) < outliers, large, q)).astype(np.int32)
    q[rng.random(shape[0]) < empty] = 0
    shrink = (int(rng.integers(16)), int(rng.integers(16)))
    return Grids(int(rng.integers(1, 1 << 20)), shrink, {name: q}, context(rng) if net is None else net)


def context(rng):
    """A network of random integers of any size."""
    spread = 2.0 ** rng.uniform(2, 8)
    weights = {n: np.rint(rng.normal(0, spread, s)) for n, s in context_shapes(INPUTS).items()}
    return Context({n: np.clip(w, -MOST_WEIGHT, MOST_WEIGHT).astype(np.int32) for n, w in weights.items()})

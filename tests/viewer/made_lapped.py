"""Small `.inr` files of sounds as lapped grids: those that sound like something, and random ones."""

from fractions import Fraction

import numpy as np

from inr import codec, fields
from inr.codec import Context, Grids, context_shapes
from inr.codec.lapped import INPUTS
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, SignalSpec
from tests.codec import random_fields

RAF = ActivationSpec("raf", random_fields.MODULATED, 4.0, 3.0)


def signal(frames, channels=1, rate=8000):
    """A sound of so many frames."""
    return SignalSpec("audio", (frames,), channels, 16, "PCM_16", Fraction(rate))


def sound(frames, channels, rng):
    """Tones that fade and noise, float32 [T, C]."""
    t = np.arange(frames)[:, None] / 300.0
    tones = np.sin(t * rng.uniform(20, 200, channels)) * np.exp(-t)
    return (0.5 * tones + rng.normal(0, 0.03, (frames, channels))).astype(np.float32)


def file(of, order, seed=0, *, step=0.01, integers=None):
    """(bytes of the file, what Python decodes from them); `integers` in place of those of a sound."""
    rng = np.random.default_rng(seed)
    encoding = EncodingSpec("lapped", order, shape=of.shape)
    field = FieldSpec(1, of.channels, (1,), (0,), 6, 0, encoding, RAF)
    whole = max(1, round(step * 2**codec.STEP_BITS))
    if integers is None:
        unit = whole * 2.0**-codec.STEP_BITS
        found = fields.analyse(sound(of.shape[0], of.channels, rng), encoding)
        integers = {n: np.rint(t / unit).astype(np.int32) for n, t in found.items()}
    draw = {name: rng.normal(0, 8.0, shape) for name, shape in context_shapes(INPUTS).items()}
    net = Context({n: np.clip(np.rint(t), -4096, 4096).astype(np.int32) for n, t in draw.items()})
    grids = Grids(whole, (int(rng.integers(16)), int(rng.integers(16))), integers, net)
    spread = {"weight": 0.3, "bias": 0.3, "amplitude": 0.2, "frequency": 1.0}
    tensors = {
        name: rng.normal(0, 0.02 if name == "output.weight" else spread[name.rpartition(".")[2]], shape)
        for name, shape in fields.tensor_shapes(field).items()
        if not name.startswith("grid.")
    }
    exact = {name: t.astype(np.float32) for name, t in tensors.items()}
    data = codec.encode(field, exact, dict.fromkeys(exact, 12), of, pyramid=grids)
    return data, codec.decode(data)


def random_file(seed):
    """Integers of any spread, planes of zeros, outliers up to the limit, sounds of any small length."""
    rng = np.random.default_rng(seed)
    order, frames, channels = 5 + seed % 2, int(rng.integers(1, 900)), int(rng.integers(1, 4))
    encoding = EncodingSpec("lapped", order, shape=(frames,))
    ((name, size),) = fields.grid_shapes(encoding, channels).items()
    q = np.rint(rng.laplace(0, 2.0 ** rng.uniform(-3, 6), size))
    q = np.where(rng.random(size) < 0.01, rng.integers(-(2**22), 2**22, size), q)
    q[rng.random(channels) < 0.3] = 0
    q = q.astype(np.int32)
    return file(signal(frames, channels), order, seed, step=2.0 ** rng.uniform(-20, 2), integers={name: q})

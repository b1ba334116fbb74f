"""Small `.inr` files of clips by grids: those that look like something, and those that try the coder."""

import numpy as np

from inr import codec, fields
from tests.codec import random_clips, random_grids


def random_file(seed):
    """(bytes of the file, what Python decodes from them): integers of every sort, groups of any length."""
    rng = np.random.default_rng(seed)
    lengths = tuple(int(n) for n in rng.integers(1, 10, int(rng.integers(1, 3))))
    frame = tuple(int(n) for n in rng.integers(2, 45, 2))
    signal, field = random_clips.clip(lengths, frame, int(rng.integers(1, 5)))
    groups = random_clips.groups(rng, field, lengths, outliers=float(rng.choice([0.0, 0.02])))
    return _file(rng, signal, field, groups)


def film(lengths, frame, seed=0, *, channels=3, levels=3, step=0.02):
    """The same of blobs and an edge that move."""
    rng = np.random.default_rng(seed)
    signal, field = random_clips.clip(lengths, frame, channels, levels, width=12, hidden=1)
    unit = round(step * 2**codec.STEP_BITS)
    shapes = random_clips.shapes_of(field, lengths)
    frames = iter(_frames(signal.shape, channels, rng))
    content = []
    for count, own in zip(lengths, shapes, strict=True):
        tensors = fields.clips.analyse([next(frames) for _ in range(count)], levels)
        content.append(_rounded(tensors, own, unit * 2.0**-codec.STEP_BITS))
    nets = random_clips.networks(rng)
    return _file(rng, signal, field, random_clips.written(field, lengths, content, nets, unit, (3, 1)))


def _frames(shape, channels, rng):
    t, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    waves = [np.sin(a * x + b * y + c * t) for a, b, c in rng.uniform(-9, 9, (channels, 3))]
    return (0.6 * np.stack(waves, -1) + 0.3 * np.sign(x + 0.5 * t)[..., None]).astype(np.float32)


def _rounded(tensors, shapes, unit):
    low = np.rint(tensors["grid.low"] * 2.0**8).astype(np.int32)
    parts = {n: np.rint(t / unit).astype(np.int32) for n, t in tensors.items() if n != "grid.low"}
    assert parts.keys() == shapes.keys() - {"grid.low"}
    stages = codec.stages(len(low))
    own = tuple(codec.Sparse.of({n: q[stage.bands] for n, q in parts.items()}) for stage in stages)
    return codec.GroupIntegers(low, 8, own)


def _file(rng, signal, field, groups):
    tensors, exponents = random_grids.network(rng, field)
    data = codec.encode(field, tensors, exponents, signal, groups)
    return data, codec.decode(data)

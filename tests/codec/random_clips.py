"""Seeded small clips of the encoding `clips`, with integers and context networks of every sort."""

from fractions import Fraction

import numpy as np

from inr import codec, fields
from inr.codec.context import MOST_WEIGHT
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec, SignalSpec
from tests.codec.random_grids import RAF

LENGTHS = (4, 1, 2)  # frames of each group
MODES = {3: "RGB"}  # of so many channels; others are stored without one


def clip(
    lengths=LENGTHS,
    frame=(20, 37),
    channels=3,
    levels=None,
    width=3,
    hidden=0,
    activation: ActivationSpec = RAF,
):
    """A signal and a field of clips for it; as many levels as a frame allows, or so many."""
    shape = (sum(lengths), *frame)
    most = min(frame).bit_length() - 1
    encoding = EncodingSpec("clips", most if levels is None else levels, shape=shape)
    field = FieldSpec(3, channels, (1, 1, 1), (0, 0, 0), width, hidden, encoding, activation)
    return SignalSpec("video", shape, channels, 8, MODES.get(channels, ""), Fraction(25)), field


def groups(rng, field, lengths=LENGTHS, nets=None, **settings):
    """All of section `G`, whose groups have random integers; `settings` are those of `integers`."""
    nets = networks(rng) if nets is None else nets
    shrink = (int(rng.integers(16)), int(rng.integers(16)))
    return written(
        field,
        lengths,
        [integers(rng, shapes, **settings) for shapes in shapes_of(field, lengths)],
        nets,
        int(rng.integers(1, 1 << 20)),
        shrink,
    )


def written(field, lengths, content, nets, step=20_000, shrink=(0, 0)):
    """The section of groups with these integers."""
    pairs = zip(content, shapes_of(field, lengths), strict=True)
    streams = tuple(codec.write_group(own, shapes, nets) for own, shapes in pairs)
    return codec.Clip(step, shrink, nets, tuple(lengths), streams, field.encoding, field.channels)


def read(clip, index):
    """The integers of one group."""
    (shapes,) = shapes_of(clip, clip.lengths[index : index + 1])
    return codec.read_group(clip.streams[index], shapes, clip.nets)


def dense(own, shapes):
    """The integers of a group as whole tensors [bands, C, ...], without the coarsest grid."""
    levels = [level for level, _ in fields.bands(len(own.low))]
    out = {n: np.zeros(s, dtype=np.int32) for n, s in shapes.items() if n != "grid.low"}
    for stage, held in zip(codec.stages(len(own.low)), own.stages, strict=True):
        for name, q in held.dense({n: (len(stage.rows), *t.shape[1:]) for n, t in out.items()}).items():
            out[name][levels.index(stage.level) + stage.rows] = q
    return out


def shapes_of(field, lengths):
    """Shapes of the tensors of groups of so many frames, of a field or of a `Clip`."""
    return [fields.band_shapes(field.encoding, field.channels, frames) for frames in lengths]


def integers(rng, shapes, scale=1.0, empty=0.2, living=0.5, density=0.3, outliers=0.0):
    """One group: blocks that live and are not 0 at some points, larger where they are coarser.

    Args:
        rng: of all choices.
        shapes: of the group's tensors.
        scale: of what is not 0.
        empty: share of stages that are 0, and of levels of time whose coarsest grids are.
        living: share of blocks.  density: share of their points.
        outliers: share of those that are up to 2^22.
    """
    low = np.rint(rng.normal(0, 200.0, shapes["grid.low"])).astype(np.int32)
    stages = []
    for stage in codec.stages(len(low)):
        details = {n: (len(stage.rows), *s[1:]) for n, s in shapes.items() if n != "grid.low"}
        q = {n: _tensor(rng, n, s, scale, living, density, outliers) for n, s in details.items()}
        there = rng.random() >= empty
        stages.append(codec.Sparse.of(q) if there else codec.EMPTY)
    for level in {level for level, _ in fields.bands(len(low))}:
        if rng.random() < empty:
            low[[own == level for own, _ in fields.bands(len(low))]] = 0
    return codec.GroupIntegers(low, int(rng.integers(6, 10)), tuple(stages))


def _tensor(rng, name, shape, scale, living, density, outliers):
    level = int(name.split(".")[1])
    blocks = rng.random((*shape[:2], *(-(-n // codec.BLOCK) for n in shape[2:]))) < living
    there = blocks.repeat(codec.BLOCK, 2).repeat(codec.BLOCK, 3)[:, :, : shape[2], : shape[3]]
    large = rng.choice([-1, 1], shape) * 2.0 ** rng.uniform(5, 22, shape)
    q = np.where(rng.random(shape) < outliers, large, rng.laplace(0, scale * 2.0**level, shape))
    return np.rint(q * (there & (rng.random(shape) < density))).astype(np.int32)


def networks(rng):
    """Both, of random integers of any size."""
    return codec.ClipNetworks(context(rng, codec.POINT_INPUTS), context(rng, codec.BLOCK_INPUTS))


def context(rng, inputs):
    """A network of random integers of any size."""
    spread = 2.0 ** rng.uniform(2, 8)
    weights = {n: np.rint(rng.normal(0, spread, s)) for n, s in codec.context_shapes(inputs).items()}
    return codec.Context(
        {n: np.clip(w, -MOST_WEIGHT, MOST_WEIGHT).astype(np.int32) for n, w in weights.items()}
    )

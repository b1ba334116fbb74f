"""The integers of a clip as one section of a file (FORMAT.md, section 12).

    step  varint   shrink  byte   as in grids.py
    points, blocks   varint length and stream each, of the two context networks (moving.py)
    lengths   for each group: varint frames, varint bytes
    groups   one after the other; each: varint length and stream of the coarsest grids, then
             the stream of all planes

A group is read when it is asked for, and no other with it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from inr.codec import limits, networks, weights
from inr.codec.context import Context
from inr.codec.entropy import Reader, Writer
from inr.codec.grids import (
    check_scale,
    read_flags,
    read_scale,
    read_values,
    values_of,
    write_flags,
    write_scale,
    write_values,
)
from inr.codec.moving import (
    BLOCK,
    BLOCK_INPUTS,
    POINT_INPUTS,
    Magnitudes,
    MovingPlane,
    Past,
    Shapes,
    Sparse,
    Stage,
)
from inr.codec.neighbours import order
from inr.codec.quantise import dequantise
from inr.codec.varint import Bytes, varint
from inr.errors import FormatError, SpecError
from inr.fields import LOW, band_shapes, bands
from inr.specs import EncodingSpec

Array = np.ndarray
SPLIT_FROM = 4  # bands
EMPTY = Sparse(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))


@dataclass(frozen=True)
class Networks:
    """The context networks of a clip: of points and of blocks."""

    points: Context
    blocks: Context


@dataclass(frozen=True)
class Integers:
    """Those of one group.

    Attributes:
        low: the coarsest grid of all bands, [n, C, h, w], and k: its step is 2^-k.
        stages: the others, stage by stage.
    """

    low: Array
    k: int
    stages: tuple[Sparse, ...]


@dataclass(frozen=True)
class Clip:
    """Everything that the section holds; groups are decoded one at a time.

    Attributes:
        step, shrink: as in `Grids`.
        nets: that foresee the integers.
        lengths: frames of each group.
        streams: bytes of each group.
        encoding, channels: of the field.
    """

    step: int
    shrink: tuple[int, int]
    nets: Networks
    lengths: tuple[int, ...]
    streams: tuple[bytes, ...] = field(repr=False)
    encoding: EncodingSpec
    channels: int

    def group(self, index: int) -> dict[str, Array]:
        """The values of one group, float32, by the names of `fields.band_shapes`.

        Raises:
            FormatError: its stream is damaged.
        """
        shapes = band_shapes(self.encoding, self.channels, self.lengths[index])
        try:
            integers = read_group(self.streams[index], shapes, self.nets)
        except FormatError as error:
            raise FormatError(f"group {index + 1} of {len(self.lengths)}: {error}") from error
        return values(integers, shapes, self.step, self.shrink)


def values(integers: Integers, shapes: Shapes, step: int, shrink: tuple[int, int]) -> dict[str, Array]:
    """What integers stand for, float32."""
    out = {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes.items()}
    out[LOW] = dequantise(integers.low, integers.k)
    for stage, known in zip(stages(len(integers.low)), integers.stages, strict=True):
        for name, places, q in known.parts(_details(shapes, len(stage.rows))):
            flat = out[name].reshape(len(out[name]), -1)
            band, place = np.divmod(places, flat.shape[1])
            flat[stage.bands[band], place] = values_of(q, step, shrink)
    return out


def write(clip: Clip) -> bytes:
    """The section's payload.

    Raises:
        SpecError: step or shrink is out of range.
    """
    check_scale("clips", clip.step, clip.shrink)
    if min(clip.lengths) < 1 or sum(clip.lengths) != clip.encoding.shape[0]:
        raise SpecError(f"clips: groups of {clip.lengths} frames do not make {clip.encoding.shape[0]} frames")
    try:
        for frames in clip.lengths:
            _check_size(clip.encoding, clip.channels, frames)
    except FormatError as error:
        raise SpecError(str(error)) from error
    head = write_scale(clip.step, clip.shrink)
    for net in (clip.nets.points, clip.nets.blocks):
        data = networks.write(net)
        head += varint(len(data)) + data
    for frames, stream in zip(clip.lengths, clip.streams, strict=True):
        head += varint(frames) + varint(len(stream))
    return head + b"".join(clip.streams)


def read(data: bytes, encoding: EncodingSpec, channels: int, *, early: bool = False) -> Clip:
    """The inverse of `write`; what the groups' own streams hold is checked when they are decoded.

    Raises:
        FormatError: the section is damaged, or not exactly used up.
    """
    bytes_ = Bytes(data, "clips")
    step, shrink = read_scale(bytes_)
    nets = [
        networks.read(bytes_.take(bytes_.varint()), inputs, early=early)
        for inputs in (POINT_INPUTS, BLOCK_INPUTS)
    ]
    lengths, sizes, left = [], [], encoding.shape[0]
    while left > 0:
        frames, size = bytes_.varint(), bytes_.varint()
        if not 1 <= frames <= left:
            raise FormatError(f"clips: a group of {frames} frames, where {left} are left")
        _check_size(encoding, channels, frames)
        lengths.append(frames)
        sizes.append(size)
        left -= frames
    streams = tuple(bytes_.take(size) for size in sizes)
    bytes_.finish()
    return Clip(step, shrink, Networks(*nets), tuple(lengths), streams, encoding, channels)


def _check_size(encoding: EncodingSpec, channels: int, frames: int) -> None:
    numbers = frames * channels * math.prod(encoding.shape[1:])
    if frames > limits.GROUP_FRAMES:
        raise FormatError(f"clips: a group of {frames} frames; at most {limits.GROUP_FRAMES} are allowed")
    if frames > 1 and numbers > limits.GRID_VALUES:
        raise FormatError(
            f"clips: a group of {frames} frames has {numbers} values; at most {limits.GRID_VALUES} may be"
        )


def write_group(integers: Integers, shapes: Shapes, nets: Networks) -> bytes:
    """One group's bytes.

    Args:
        integers: of the group.
        shapes: of its tensors, those of `fields.band_shapes`.
        nets: that foresee them.

    Raises:
        SpecError: an integer or the step of the coarsest grids is out of range.
    """
    writer = GroupWriter(nets)
    for i, details, planes in walk(shapes):
        if not len(integers.stages[i].places):
            writer.empty()
            continue
        own = integers.stages[i].dense(details)
        writer.begin()
        for plane in planes:
            writer.plane(plane, plane.read_as(own[plane.name]))
    return writer.getvalue(integers.low, integers.k)


class GroupWriter:
    """A group's bytes, plane by plane in the order of `walk`."""

    def __init__(self, nets: Networks) -> None:
        """Start with nothing; `nets` foresee the integers."""
        self._nets, self._writer = nets, Writer(tally=False)

    def empty(self) -> None:
        """A stage without integers."""
        self._writer.raw(0, 1)

    def begin(self) -> None:
        """A stage with some, whose planes follow."""
        self._writer.raw(1, 1)

    def plane(self, plane: MovingPlane, q: Array) -> None:
        """A plane's integers, as it is read; it is finished then."""
        self.blocks(plane, blocks_where(q != 0))
        for where, x in plane.points():
            values = q[where]
            self.values(values, *self._nets.points.classes(x))
            plane.put(where, np.abs(values))

    def blocks(self, plane: MovingPlane, alive: Array) -> None:
        """Which blocks of a plane hold anything."""
        for where, x in plane.blocks():
            flags = alive[where].reshape(-1)
            write_flags(self._writer, flags, self._nets.blocks.classes(x)[0])
            plane.put_blocks(where, flags)

    def values(self, q: Array, z: Array, g: Array) -> None:
        """The integers of one phase of a plane with their classes, after its blocks.

        Raises:
            SpecError: one is too large for a file.
        """
        _check_integers(q)
        write_values(self._writer, q, z, g)

    def getvalue(self, low: Array, k: int) -> bytes:
        """All of it, with the coarsest grids, whose step is 2^-k.

        Raises:
            SpecError: an integer of them or k is out of range.
        """
        _check_integers(low)
        if not limits.EXPONENTS[0] <= k <= limits.EXPONENTS[1]:
            raise SpecError(f"clips: k is {k}; a file holds {limits.EXPONENTS[0]}..{limits.EXPONENTS[1]}")
        lows = _by_level(low)
        head = weights.write(lows, dict.fromkeys(lows, k), early=True)
        return varint(len(head)) + head + self._writer.getvalue()


def _check_integers(q: Array) -> None:
    largest = int(np.abs(q).max(initial=0))
    if largest > limits.INTEGER:
        raise SpecError(
            f"clips: the largest integer is {largest}; a file holds {limits.INTEGER}; use a coarser step"
        )


def low_bytes(stream: bytes) -> int:
    """How many bytes of a group's stream its coarsest grids take."""
    head = Bytes(stream, "clips")
    size = head.varint()
    return head.at + size


def read_group(data: bytes, shapes: Shapes, nets: Networks) -> Integers:
    """The inverse of `write_group`.

    Raises:
        FormatError: damaged, or not exactly used up.
    """
    bytes_ = Bytes(data, "clips")
    content = weights.read(
        bytes_.take(bytes_.varint()),
        {name: q.shape for name, q in _by_level(np.empty(shapes[LOW], dtype=np.int8)).items()},
        early=True,
    )
    ks = {row.k for row in content.rows.values()}
    if len(ks) > 1:
        raise FormatError(f"clips: the coarsest grids of a group have the steps {sorted(ks)}; one is allowed")
    low = np.concatenate(list(content.integers.values()))
    reader = Reader(bytes_.take(bytes_.left))
    found: list[Sparse] = []
    for _, details, planes in walk(shapes):
        if not int(reader.raw(1, 1)[0]):
            found.append(EMPTY)
            continue
        own = {name: np.zeros(shape, dtype=np.int32) for name, shape in details.items()}
        for plane in planes:
            _read_plane(reader, plane, plane.read_as(own[plane.name]), nets)
        found.append(Sparse.of(own))
    reader.finish("clips")
    return Integers(low, ks.pop(), tuple(found))


def stages(frames: int) -> list[Stage]:
    """The stages of a group, in reading order; a level of time with few bands is one."""
    levels = [level for level, _ in bands(frames)]
    out = []
    for level in dict.fromkeys(levels):
        rows, first = np.arange(levels.count(level)), levels.index(level)
        parts = [rows] if len(rows) < SPLIT_FROM else [rows[0::2], rows[1::2]]
        out += [Stage(level, levels[0] - level, part, first, later) for later, part in enumerate(parts)]
    return out


def walk(shapes: Shapes) -> Iterator[tuple[int, dict[str, tuple[int, ...]], Iterator[MovingPlane]]]:
    """Every stage in reading order: its number, the shapes of its tensors, and its planes.

    A plane must be finished before the next one is asked for.  The planes of a stage without integers need
    not be asked for.
    """
    order_of_stages = stages(shapes[LOW][0])
    low: Magnitudes | None = None
    above: Magnitudes | None = None
    now: Magnitudes | None = None
    for i, stage in enumerate(order_of_stages):
        if not stage.later:
            low, above = (now if i == 1 else low), (now if i > 1 else None)
            frames = sum(len(s.rows) for s in order_of_stages if s.level == stage.level)
            now = Magnitudes(_details(shapes, frames))
        assert now is not None, "a level begins with its first stage"
        now.forget_counts()
        yield i, _details(shapes, len(stage.rows)), _planes(shapes, now, stage, Past(above, low))


def _planes(shapes: Shapes, now: Magnitudes, stage: Stage, past: Past) -> Iterator[MovingPlane]:
    for name, c in order(list(shapes), shapes[LOW][1]):
        yield MovingPlane(name, c, now, stage, past)


def _read_plane(reader: Reader, plane: MovingPlane, q: Array, nets: Networks) -> None:
    for where, x in plane.blocks():
        plane.put_blocks(where, read_flags(reader, nets.blocks.classes(x)[0]))
    for where, x in plane.points():
        values = read_values(reader, *nets.points.classes(x))
        q[where] = values
        plane.put(where, np.abs(values))
    if not np.array_equal(blocks_where(q != 0), plane.alive):
        raise FormatError(f"{plane.name}: a block of zeros is spelt out; the file is damaged")


def blocks_where(there: Array) -> Array:
    """Which blocks hold any point that is there.  Shape: [bands, h, w] -> [bands, rows, columns]."""
    count, rows, columns = len(there), *(-(-n // BLOCK) for n in there.shape[1:])
    whole = np.zeros((count, rows * BLOCK, columns * BLOCK), dtype=bool)
    whole[:, : there.shape[1], : there.shape[2]] = there
    return np.asarray(whole.reshape(count, rows, BLOCK, columns, BLOCK).any((2, 4)))


def _details(shapes: Shapes, frames: int) -> dict[str, tuple[int, ...]]:
    """Of so many bands: all tensors but the coarsest grid."""
    return {name: (frames, *shape[1:]) for name, shape in shapes.items() if name != LOW}


def _by_level(low: Array) -> dict[str, Array]:
    """The coarsest grids in parts of one level of time each, whose spread is alike."""
    levels = [level for level, _ in bands(len(low))]
    out = {}
    for level in dict.fromkeys(levels):
        start, stop = levels.index(level), levels.index(level) + levels.count(level)
        out[f"{level}.low"] = low[start:stop]
    return out

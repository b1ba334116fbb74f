"""The integers of a stored encoding as one section of a file (FORMAT.md, sections 10 and 11).

    step  varint, s: the step is s · 2^-20        shrink  byte, two digits of 4 bits
    length  varint, of the context network        context  a stream of its own (weights.py)
    grids  the stream of all planes, coarse to fine

A value is v = sign(q) (|q| - t/32) s 2^-20, t = the low digit where |q| = 1 and the high one above:
the mean of what was rounded to q lies nearer to 0 than q, because small values are more common.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inr.codec import limits, networks
from inr.codec.classes import flag_table, size_table
from inr.codec.context import Context
from inr.codec.entropy import Reader, Writer
from inr.codec.neighbours import order
from inr.codec.planes import inputs, plane
from inr.codec.varint import Bytes, varint
from inr.errors import FormatError, SpecError

Array = np.ndarray
Shapes = Mapping[str, tuple[int, ...]]
STEP_BITS = 20
MOST_STEP = 1 << 26


@dataclass(frozen=True)
class Grids:
    """Everything that the section holds.

    Attributes:
        step: s.  shrink: t for |q| = 1 and for |q| > 1, 0..15.
        integers: q, int32 [C, ...], by the names of the tensors, without `grid.low`.
        context: the network that foresees their spread.
    """

    step: int
    shrink: tuple[int, int]
    integers: dict[str, Array]
    context: Context

    def values(self) -> dict[str, Array]:
        """v, float32: one rounding of an exact product, so the same bits everywhere."""
        return {name: values_of(q, self.step, self.shrink) for name, q in self.integers.items()}


def values_of(q: Array, step: int, shrink: tuple[int, int]) -> Array:
    """What integers stand for, float32."""
    size = np.abs(q.astype(np.int64))
    inside = 32 * size - np.where(size > 1, shrink[1], shrink[0])
    exact = np.sign(q) * inside * (step * 2.0 ** -(STEP_BITS + 5))
    return exact.astype(np.float32)


def write(grids: Grids) -> bytes:
    """The section's payload.

    Raises:
        SpecError: step, shrink or an integer is out of range.
    """
    _check(grids)
    writer = Writer()
    networks.put(writer, grids.context)
    _write_planes(writer, grids)
    return write_scale(grids.step, grids.shrink) + writer.getvalue()


def read(data: bytes, shapes: Shapes, *, early: bool = False) -> tuple[Grids, dict[str, float]]:
    """The inverse of `write`, and the code length of every tensor.

    Args:
        data: the payload.
        early: it is that of a file of version 1 or 2.
        shapes: of the tensors, `grid.low` not among them.

    Raises:
        FormatError: the section is damaged, or not exactly used up.
    """
    values = sum(math.prod(shape) for shape in shapes.values())
    if values > limits.GRID_VALUES:
        raise FormatError(f"grids: {values} values; at most {limits.GRID_VALUES} are allowed")
    bytes_ = Bytes(data, "grids")
    step, shrink = read_scale(bytes_)
    count = inputs(shapes)
    own = networks.read(bytes_.take(bytes_.varint()), count, early=True) if early else None
    reader = Reader(bytes_.take(bytes_.left))
    net = own or networks.take(reader, count)
    integers, bits = _read_planes(reader, shapes, net)
    reader.finish("grids")
    return Grids(step, shrink, integers, net), bits


def write_scale(step: int, shrink: tuple[int, int]) -> bytes:
    """Both, at the head of a section."""
    return varint(step) + bytes([shrink[0] + 16 * shrink[1]])


def read_scale(data: Bytes) -> tuple[int, tuple[int, int]]:
    """The inverse of `write_scale`.

    Raises:
        FormatError: the step is out of range.
    """
    step, shrink = data.varint(), data.byte()
    if not 1 <= step <= MOST_STEP:
        raise FormatError(f"{data.what}: step {step} is out of range 1..{MOST_STEP}; the file is damaged")
    return step, (shrink % 16, shrink // 16)


def coded_bits(grids: Grids) -> float:
    """Code length of all integers, without writing them out."""
    writer = Writer()
    _write_planes(writer, grids)
    return writer.bits


def _write_planes(writer: Writer, grids: Grids) -> None:
    known = {name: np.abs(q) for name, q in grids.integers.items()}
    channels = next(iter(known.values())).shape[0]
    for name, c in order(list(known), channels):
        q = grids.integers[name][c]
        writer.raw(int(q.any()), 1)
        if not q.any():
            continue
        part = plane(name, c, known)
        turned = q.T if part.turned else q
        for where, x in part.phases():
            values = turned[where].reshape(-1)
            z, g = grids.context.classes(x)
            write_values(writer, values, z, g)
            part.put(where, np.abs(values))


def write_flags(writer: Writer, flags: Array, z: Array) -> None:
    """Booleans by class."""
    sort = np.argsort(z, kind="stable")
    symbols = flags.astype(np.int32)[sort]
    for start, stop, k in _runs(z[sort]):
        writer.symbols(symbols[start:stop], flag_table(k))


def read_flags(reader: Reader, z: Array) -> Array:
    """The inverse of `write_flags`."""
    flags, sort = np.zeros(len(z), dtype=bool), np.argsort(z, kind="stable")
    for start, stop, k in _runs(z[sort]):
        flags[sort[start:stop]] = reader.symbols(stop - start, flag_table(k)) != 0
    return flags


def write_values(writer: Writer, q: Array, z: Array, g: Array) -> None:
    """Flags by class, sizes of what is not 0 by class, excesses, signs."""
    write_flags(writer, q != 0, z)
    there = np.flatnonzero(q)
    sort = there[np.argsort(g[there], kind="stable")]
    size = np.abs(q[sort]) - 1
    for start, stop, k in _runs(g[sort]):
        table = size_table(k)
        writer.symbols(np.minimum(size[start:stop], table.edge), table)
        for excess in (size[start:stop][size[start:stop] >= table.edge] - table.edge).tolist():
            writer.gamma(excess)
    writer.raw((q[there] < 0).astype(np.int32), 1)


def _read_planes(reader: Reader, shapes: Shapes, net: Context) -> tuple[dict[str, Array], dict[str, float]]:
    integers = {name: np.zeros(shape, dtype=np.int32) for name, shape in shapes.items()}
    known = {name: np.zeros(shape, dtype=np.int32) for name, shape in shapes.items()}
    bits = dict.fromkeys(shapes, 0.0)
    channels = next(iter(shapes.values()))[0]
    for name, c in order(list(shapes), channels):
        before = reader.bits
        if int(reader.raw(1, 1)[0]):
            # Before memory is taken for contexts.
            reader.claim(known[name][c].size * flag_table(0).least_bits)
            part = plane(name, c, known)
            q = integers[name][c].T if part.turned else integers[name][c]
            for where, x in part.phases():
                values = read_values(reader, *net.classes(x))
                q[where] = values.reshape(q[where].shape)
                part.put(where, np.abs(values))
            known[name][c] = part.magnitudes
            if not known[name][c].any():
                raise FormatError(f"{name}: a plane of zeros is spelt out; it must be left out")
        bits[name] += reader.bits - before
    return integers, bits


def read_values(reader: Reader, z: Array, g: Array) -> Array:
    """The inverse of `write_values`, int32."""
    there = np.flatnonzero(read_flags(reader, z))
    size = np.zeros(len(z), dtype=np.int64)
    sort = there[np.argsort(g[there], kind="stable")]
    for start, stop, k in _runs(g[sort]):
        table = size_table(k)
        got = reader.symbols(stop - start, table).astype(np.int64)
        for at in np.flatnonzero(got == table.edge).tolist():
            got[at] += reader.gamma()
        size[sort[start:stop]] = got + 1
    if len(there) and int(size.max()) > limits.INTEGER:
        raise FormatError(f"grids: an integer passes {limits.INTEGER}; the file is damaged")
    negative = reader.raw(len(there), 1) != 0
    size[there] = np.where(negative, -size[there], size[there])
    return size.astype(np.int32)


def _runs(classes: Array) -> list[tuple[int, int, int]]:
    """Start, stop and class of each run of equal classes."""
    if not len(classes):
        return []
    edges = np.flatnonzero(np.diff(classes)) + 1
    starts = [0, *edges.tolist()]
    return list(zip(starts, [*starts[1:], len(classes)], classes[starts].tolist(), strict=True))


def check_scale(what: str, step: int, shrink: tuple[int, int]) -> None:
    """Refuse what no file holds.

    Raises:
        SpecError: step or shrink is out of range.
    """
    if not 1 <= step <= MOST_STEP or not all(0 <= t < 16 for t in shrink):
        raise SpecError(f"{what}: step {step} or shrink {shrink} is out of range")


def _check(grids: Grids) -> None:
    check_scale("grids", grids.step, grids.shrink)
    values = sum(q.size for q in grids.integers.values())
    if values > limits.GRID_VALUES:
        raise SpecError(f"grids: {values} values; a file holds {limits.GRID_VALUES}; use --profile tiles")
    largest = max(int(np.abs(q).max(initial=0)) for q in grids.integers.values())
    if largest > limits.INTEGER:
        raise SpecError(
            f"grids: the largest integer is {largest}; a file holds {limits.INTEGER}; use a coarser step"
        )

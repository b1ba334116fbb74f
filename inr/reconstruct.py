"""A field back into samples, block by block, in bounded memory.

A block is a run along the slowest axis.  For each block the tiles that reach into it are
evaluated on their share of the grid and blended by their windows (partition.py).

Rows of one tile go to the network in units of exactly ROWS samples, at least two units at a
time, and a sample's row in its unit follows from its place on the grid alone; what is left of
a unit is padded.  Matrix products add in an order that depends on their size and, in OpenBLAS,
on the row (measured), so a value then does not depend on the block, the span, the number of
tiles at a time or the threads (the claim is tested).

NumPy is the reference and needs no torch; torch takes over where the work is large, by a rule
that depends on the request alone, so that a fit reports what a later decode writes.
"""

import importlib.util
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inr import coords
from inr.errors import SpecError
from inr.fields import Field, encoded_size, forward, linear, scale
from inr.partition import Axis, axes, tile_index
from inr.specs import SignalSpec

ROWS = 128
TORCH_FROM = 1e10  # multiply-adds; about five seconds of NumPy on one core
Array = np.ndarray


@dataclass(frozen=True)
class Block:
    """Values of samples start .. stop-1 along the slowest axis; float32 [stop - start, ..., C]."""

    start: int
    stop: int
    values: Array


def to_field(values: Any, kind: str) -> Any:
    """Signal units to what the network is fitted to: pictures [0, 1] -> [-1, 1], audio as it is."""
    return values if kind == "audio" else 2.0 * values - 1.0


def to_signal(values: Any, kind: str) -> Any:
    """The inverse of `to_field`."""
    return values if kind == "audio" else 0.5 * values + 0.5


def blocks(
    field: Field,
    signal: SignalSpec,
    *,
    span: tuple[int, int] | None = None,
    first_axis: Array | None = None,
    memory_bytes: int = 256_000_000,
    engine: str = "auto",
    device: str = "cpu",
) -> Iterator[Block]:
    """Samples of the field on the grid of `signal`, in order along the slowest axis.

    Args:
        field: the network.
        signal: its shape is the grid; it may be denser or coarser than the fitted one.
        span: only samples span[0] .. span[1]-1 of the slowest axis.
        first_axis: coordinates of the slowest axis where they are not the regular grid.
        memory_bytes: bound on the block and on the network's intermediate values.
        engine: "numpy", "torch" or "auto".
        device: torch device.

    Yields: blocks in signal units ([0, 1] pictures, [-1, 1] audio), not clipped.

    Raises:
        SpecError: the grid does not have the field's axes, channels, or the span is outside it.
    """
    if len(signal.shape) != field.spec.dims or signal.channels != field.spec.channels:
        raise SpecError(
            f"reconstruct: the field has {field.spec.dims} axes and {field.spec.channels} channels; "
            f"the grid asked for has shape {signal.shape} and {signal.channels} channels"
        )
    start, stop = span or (0, signal.shape[0])
    if not 0 <= start < stop <= signal.shape[0]:
        raise SpecError(f"reconstruct: span {start}:{stop} is outside 0:{signal.shape[0]}")
    network = _network(field, signal, stop - start, engine, device, memory_bytes)
    rest = [coords.axis(n) for n in signal.shape[1:]]
    across = int(np.prod(signal.shape[1:], dtype=np.int64))
    # A sample of a block costs its value, its weighted share and its coordinates, a few times over.
    seen = encoded_size(field.spec.encoding, field.spec.dims, signal.channels)
    per_step = across * (12 * signal.channels + 24 * max(field.spec.dims, seen))
    step = int(np.clip(memory_bytes // (2 * per_step), 1, max(1, (1 << 20) // across)))
    for a in range(start, stop, step):
        b = min(a + step, stop)
        first = coords.axis(signal.shape[0], a, b) if first_axis is None else first_axis[a:b]
        yield Block(a, b, to_signal(_values(field, network, [first, *rest], a), signal.kind))


def points(field: Field, grid: Sequence[Array], *, engine: str = "numpy") -> Array:
    """The field's raw output on the product of rising coordinate arrays, one an axis.

    Shape: D arrays [n_d] -> [n_0, ..., n_D-1, C], float32.
    """
    network = _numpy_network(field, 1 << 28) if engine == "numpy" else _torch_network(field, "cpu", 1 << 28)
    return _values(field, network, [np.asarray(x, dtype=np.float64) for x in grid])


def uses_torch(field: Field, samples: int) -> bool:
    """Whether "auto" takes torch for that many samples: where it is installed and the work is large."""
    work = float(samples) * sum(t.size for t in field.network.values()) / field.spec.tile_count
    return work > TORCH_FROM and importlib.util.find_spec("torch") is not None


def _network(field: Field, signal: SignalSpec, steps: int, engine: str, device: str, memory: int) -> Any:
    if engine not in ("auto", "numpy", "torch"):
        raise SpecError(f"reconstruct: engine must be auto, numpy or torch; got {engine!r}")
    samples = signal.samples // signal.shape[0] * steps
    if engine == "torch" or (engine == "auto" and (device != "cpu" or uses_torch(field, samples))):
        return _torch_network(field, device, memory)
    return _numpy_network(field, memory)


def _numpy_network(field: Field, memory: int) -> Any:
    def run(tiles: Array, u: Array) -> Array:
        return _forward(np, field, field.network, tiles, u)

    return _in_chunks(run, _units_at_once(field, min(16 << 20, memory // 2)))


def _torch_network(field: Field, device: str, memory: int) -> Any:
    import torch  # here, so that small decodes start without it

    tensors = {name: torch.tensor(t, device=device) for name, t in field.network.items()}

    @torch.no_grad()
    def run(tiles: Array, u: Array) -> Array:
        out = _forward(
            torch, field, tensors, torch.from_numpy(tiles).to(device), torch.from_numpy(u).to(device)
        )
        return out.cpu().numpy()

    room = (64 << 20) if device == "cpu" else (1 << 30)
    return _in_chunks(run, _units_at_once(field, min(room, memory // 2)))


def _units_at_once(field: Field, room: int) -> int:
    """How many units of ROWS samples fit in `room` bytes of intermediate values."""
    return max(1, room // (ROWS * 4 * 6 * field.spec.width))


def _in_chunks(run: Any, units: int) -> Any:
    def chunk(tiles: Array, u: Array) -> Array:
        # A batch of one product takes another path through the libraries, with other bits.
        return run(tiles, u) if len(tiles) > 1 else run(tiles.repeat(2), u.repeat(2, 0))[:1]

    def network(tiles: Array, u: Array) -> Array:
        parts = [chunk(tiles[i : i + units], u[i : i + units]) for i in range(0, len(tiles), units)]
        return np.concatenate(parts)

    return network


def _forward(xp: Any, field: Field, tensors: Any, tiles: Any, u: Any) -> Any:
    """The network on units u [U, ROWS, D], unit i belonging to tile tiles[i]; -> [U, ROWS, C]."""
    if field.spec.tile_count == 1 and xp is not np:
        return forward(xp, field.spec, tensors, u.reshape(1, -1, u.shape[-1])).reshape(*u.shape[:2], -1)
    own = {name: t if t.shape[0] == 1 else t[tiles] for name, t in tensors.items()}
    return forward(xp, field.spec, own, u)


def _values(field: Field, network: Any, grid: list[Array], start: int = 0) -> Array:
    """Equation (1) of partition.py on the product of the coordinate arrays in `grid`.

    `start` is the index of the first sample of the slowest axis on the whole grid.
    """
    if field.spec.encoding.stored:
        return _looked_up(field, network, grid, start)
    partition = axes(field.spec)
    out = np.zeros((*(len(x) for x in grid), field.spec.channels), dtype=np.float32)
    reach = [
        [(k, a, b) for k, (a, b) in enumerate(axis.spans(x)) if b > a]
        for axis, x in zip(partition, grid, strict=True)
    ]
    # A pass takes as many tiles as make about a million samples, so memory does not grow with K.
    batch: list[tuple[tuple[int, int, int], ...]] = []
    room = 0
    for place in itertools.product(*reach):
        batch.append(place)
        room += int(np.prod([b - a for _, a, b in place]))
        if room >= 1 << 19:
            _add_tiles(out, field, network, partition, grid, batch, start)
            batch, room = [], 0
    if batch:
        _add_tiles(out, field, network, partition, grid, batch, start)
    return out


def _looked_up(field: Field, network: Any, grid: list[Array], start: int) -> Array:
    """Equation (1) of fields/stored.py on the product of the coordinate arrays in `grid`."""
    features = field.planes.product(*grid)
    out = linear(np, features, field.spec)
    offset = start * math.prod(features.shape[1:-1]) % ROWS
    samples = math.prod(features.shape[:-1])
    units = -(-(offset + samples) // ROWS)
    u = np.zeros((units * ROWS, features.shape[-1]), dtype=np.float32)
    u[offset : offset + samples] = scale(field.spec.encoding) * features.reshape(samples, -1)
    values = network(np.zeros(units, dtype=np.int64), u.reshape(units, ROWS, -1))
    out += values.reshape(units * ROWS, -1)[offset : offset + samples].reshape(out.shape)
    return out


def _add_tiles(
    out: Array,
    field: Field,
    network: Any,
    partition: tuple[Axis, ...],
    grid: list[Array],
    batch: list[tuple[tuple[int, int, int], ...]],
    start: int,
) -> None:
    """Evaluate each tile of `batch` on its box of the grid and add it, weighted, to `out`."""
    sizes = [tuple(b - a for _, a, b in place) for place in batch]
    runs = []
    for place, size in zip(batch, sizes, strict=True):
        offset = (start + place[0][1]) * math.prod(size[1:]) % ROWS
        runs.append(slice(offset, offset + math.prod(size)))
    units = [-(-run.stop // ROWS) for run in runs]
    u = np.zeros((sum(units), ROWS, field.spec.dims), dtype=np.float32)
    tiles = np.empty(sum(units), dtype=np.int64)
    at = 0
    for place, size, count, run in zip(batch, sizes, units, runs, strict=True):
        local = [axis.local(x[a:b], k) for axis, x, (k, a, b) in zip(partition, grid, place, strict=True)]
        box = u[at : at + count].reshape(count * ROWS, -1)[run].reshape(*size, -1)
        for d, values in enumerate(np.meshgrid(*local, indexing="ij", sparse=True)):
            box[..., d] = values
        tiles[at : at + count] = tile_index(field.spec, tuple(k for k, _, _ in place))
        at += count
    values = network(tiles, u)
    at = 0
    for place, size, count, run in zip(batch, sizes, units, runs, strict=True):
        part = values[at : at + count].reshape(count * ROWS, -1)[run].reshape(*size, -1)
        for d, (axis, x, (k, a, b)) in enumerate(zip(partition, grid, place, strict=True)):
            weight = axis.window(x[a:b], k).astype(np.float32)
            part = part * weight.reshape([-1 if i == d else 1 for i in range(len(size) + 1)])
        out[tuple(slice(a, b) for _, a, b in place)] += part
        at += count

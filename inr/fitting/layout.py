"""Tiles, width and margin that use up a parameter budget and fit the memory.

A tile of a certain width is the best use of few parameters, so the budget gives the number of
tiles; they are made as nearly cubic as the grid allows, and the width is then solved for.
"""

import math
from dataclasses import replace

import numpy as np

from inr import fields, signals
from inr.errors import SpecError
from inr.specs import ActivationSpec, FieldSpec, FitSpec, SignalSpec

HIDDEN = 2
# The width that the number of tiles aims at; sound wants many short windows: librispeech at equal
# parameters and steps has 22.1 dB with tiles of width 13 and 23.6 dB with width 11.
TILE_WIDTH = {"image": 20, "audio": 7, "video": 17}
MARGIN = 4  # 64ths of a tile, at most
OVERLAP = 0.5  # samples that a margin has at least: it costs capacity (div2k/08: 1.8 dB for 4/64 of 34)
FULL = 0.98  # of the budget: a count that uses as much is not improved on
TIME_STRETCH = 2.0  # a frame is worth two pixels when tiles are shaped
# Seconds of a window of sound, at least: gt_bach after 60 s has 49.7 dB with 7.4 ms and 48.6 with 4.9, and
# librispeech with 8.6 ms 2.5 dB more than with 19.
WINDOW_S = 0.0068
NEAR, FAR = (0, 1, -1, 2, -2, 3, -3, 4, -4), (5, -5, 6, -6, 7, -7, 8, -8)  # sixteenths of an octave
ENOUGH = 0.9  # of the budget: where no count near by uses as much, those far off are looked at
SIDE = 4  # samples along the side of a tile, at least: a smaller one has fewer samples than weights
ROWS_HELD = 8  # tile rows that the memory of the samples could hold once, where there are slabs
LEARNT_COPIES = 8  # weights, gradients, two moments, the best so far, and a snapshot of three of them


def choose_layout(request: FitSpec, spec: SignalSpec, activation: ActivationSpec, budget: int) -> FieldSpec:
    """The field, all but its frequencies.

    Raises:
        SpecError: the budget is too small for the signal's channels, or for the tiles that the
            memory asks for; or the memory is too small for the weights.
    """
    dims = len(spec.shape)
    single = request.profile == "single"
    least = 1 if single else _tile_rows_needed(request, spec)
    # Slabs train one after the other, so tiles that live in different slabs share nothing.
    activation = replace(activation, shared=least == 1)
    base = FieldSpec(
        dims, spec.channels, (1,) * dims, (0,) * dims, _tile_width(spec), HIDDEN, activation=activation
    )
    # What tiles share is paid for once, however many they are.
    one, two = (fields.param_count(replace(base, tiles=(k, *base.tiles[1:]))) for k in (1, 2))
    count = 1 if single else max(1, round(1 + (budget - one) / (two - one)))
    if spec.kind == "audio" and spec.domain is None and spec.seconds is not None:
        count = max(1, min(count, int(spec.seconds / WINDOW_S)))

    def field_of(count: int) -> FieldSpec:
        tiles = split(spec, count, least)
        return replace(
            base,
            tiles=tiles,
            margin=tuple(margin(n, k) for n, k in zip(spec.shape, tiles, strict=True)),
            gain=spec.kind == "audio" and math.prod(tiles) > 1,
            width=1,
        )

    def used(field: FieldSpec) -> float:
        return min(fields.param_count(field), FULL * budget)

    def best(sixteenths: tuple[int, ...]) -> FieldSpec:
        """The field that uses most, of counts so many sixteenths of an octave away."""
        near = [max(1, round(count * 2 ** (i / 16))) for i in sixteenths]
        fitting = [c for c in near if fields.param_count(field_of(c)) <= budget] if count > 1 else []
        return max((widest(field_of(c), budget, least) for c in fitting or [count]), key=used)

    while count > 1 and fields.param_count(field_of(count)) > budget:
        count //= 2
    # Widths are whole numbers: a count near the one aimed at leaves less of the budget unused.
    field = best(NEAR)
    if used(field) < ENOUGH * budget:
        field = max(field, best(FAR), key=used)
    _check_memory(field, request)
    return field


def _tile_width(spec: SignalSpec) -> int:
    """Narrow tiles swing between scattered points (500 on a line: 38 dB there, and 63 for one network)."""
    return TILE_WIDTH["image" if spec.domain is not None else spec.kind]


def with_levels(field: FieldSpec, levels: tuple[int, ...], budget: int) -> FieldSpec:
    """The field with its slowest axis cut by these levels, and as wide as the budget allows."""
    if not levels:
        return field
    tiles = (sum(2**level for level in levels), *field.tiles[1:])
    return widest(replace(field, tiles=tiles, levels=levels, width=1), budget)


def margin(samples: int, tiles: int) -> int:
    """64ths of a tile by which tiles overlap."""
    return min(MARGIN, math.ceil(64 * OVERLAP * tiles / samples)) if tiles > 1 else 0


def affordable_params(request: FitSpec) -> int:
    """How many parameters can be trained beside the samples."""
    room = request.memory_bytes - sample_memory(request.memory_bytes)
    return room // (4 * LEARNT_COPIES)


def sample_memory(memory_bytes: int) -> int:
    """The share of --memory that the sampler may fill; weights, moments and a decode take the rest."""
    return memory_bytes // 2


def exceeds(spec: SignalSpec, room: int, margins: float | None = None, beside: int = 0) -> bool:
    """Whether a signal's samples are more than `room` bytes, held and read at once.

    Args:
        spec: the signal.
        room: bytes.
        margins: how many times a sample is held; by default what overlapping tiles need.
        beside: bytes that a sample costs beside its values.
    """
    if margins is None:
        margins = (1 + 2 * MARGIN / 64) ** len(spec.shape)
    native = spec.channels * np.dtype(signals.native_dtype(spec)).itemsize
    return spec.samples * (2 * native * margins + beside) > room


def split(spec: SignalSpec, count: int, least: int = 1) -> tuple[int, ...]:
    """About `count` tiles with sides as equal as can be, `least` or more along the slowest axis."""
    sides = [float(n) for n in spec.shape]
    if spec.kind == "video":
        sides[0] *= TIME_STRETCH
    most = [max(1, n // SIDE) for n in spec.shape]
    tiles = _cubes(sides, most, count)
    if tiles[0] < least:
        first = min(least, spec.shape[0])
        tiles = [first, *_cubes(sides[1:], most[1:], max(1.0, count / first))]
    return tuple(tiles)


def _cubes(sides: list[float], most: list[int], count: float) -> list[int]:
    """Cut the axes into `count` cells as nearly cubic as can be, no axis into more than `most`.

    Axes shorter than a cell stay whole, and axes that cannot be cut so often are cut as often as
    they can be; the other axes then share what is left of the count.
    """
    tiles, free = [1] * len(sides), list(range(len(sides)))
    while free and count > 1:
        side = (math.prod(sides[d] for d in free) / count) ** (1 / len(free))
        shortest = min(free, key=lambda d: sides[d])
        full = [d for d in free if sides[d] / side >= most[d]]
        if sides[shortest] <= side:
            free.remove(shortest)
        elif full:
            tiles[full[0]] = most[full[0]]
            count /= most[full[0]]
            free.remove(full[0])
        else:
            for d in free:
                tiles[d] = max(1, min(round(sides[d] / side), most[d]))
            break
    return tiles


def widest(base: FieldSpec, budget: int, least: int = 1) -> FieldSpec:
    """The widest network within the budget.

    Args:
        base: the field, all but its width, which is 1.
        budget: bound on the trainable numbers.
        least: tile rows that the memory asks for, for the message.

    Raises:
        SpecError: not even width 1 fits.
    """
    if fields.param_count(base) > budget:
        why = f"{base.tile_count} tiles, which the memory asks for" if least > 1 else "one network"
        raise SpecError(
            f"--params: {budget} parameters are too few for {why}, of {base.channels} channel(s); "
            f"the least is {fields.param_count(base)}" + ("; raise --memory" if least > 1 else "")
        )
    low, high = 1, 4096
    while low < high:
        middle = (low + high + 1) // 2
        fits = fields.param_count(replace(base, width=middle)) <= budget
        low, high = (middle, high) if fits else (low, middle - 1)
    return replace(base, width=low)


def _tile_rows_needed(request: FitSpec, spec: SignalSpec) -> int:
    """Tile rows along the slowest axis so that a few of them fit the memory; 1 if all fits."""
    room = sample_memory(request.memory_bytes)
    if not exceeds(spec, room):
        return 1
    native = spec.samples * spec.channels * np.dtype(signals.native_dtype(spec)).itemsize
    return math.ceil(ROWS_HELD * native / room)


def _check_memory(field: FieldSpec, request: FitSpec) -> None:
    params = fields.param_count(field)
    if params > affordable_params(request):
        raise SpecError(
            f"--memory: {params} parameters need {4e-6 * LEARNT_COPIES * params:.0f} MB to be trained; "
            f"there is room for {affordable_params(request)} of them; raise --memory or lower --params"
        )

"""From a request and a signal to a plan: which network, which rates, and why.

Sizes.  Measured on kodim15 and bach (data/baselines/README.md): pictures reach 30 dB and
more at about 0.1 parameters a value, sound needs about 0.4.  A tile of width near 16 with
three activated layers is the best use of few parameters; the number of tiles follows from
the budget, and the width is then solved for so that the budget is used up.

Frequencies.  A tile's first layer should reach the frequencies that carry the signal's
energy inside it.  Their root mean square, in radians per unit of the tile's local
coordinate, comes from finite differences of the samples (Parseval):
ν² = E|Δf|² / E|f - mean f|² · (samples per half tile)².
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from inr import fields, signals
from inr.errors import SpecError
from inr.fitting.optimisers import Rates
from inr.partition import axes
from inr.specs import ActivationSpec, FieldSpec, FitSpec, SignalSpec

SECONDS = {"fast": 5.0, "balanced": 30.0, "small": 120.0, "best": 300.0}
PARAMS_PER_VALUE = {"image": 0.048, "audio": 0.5, "video": 0.004}
HIDDEN = 2
# Width that the number of tiles aims at; sound wants many short windows (bach, counting, librispeech).
TILE_WIDTH = {"image": 16, "audio": 10, "video": 16}
BATCH = {"image": 512, "audio": 256, "video": 256}
MARGIN = {"image": 4, "audio": 4, "video": 4}  # 64ths of a cell
BITS_PER_PARAM = 6.5  # what a file spends at its usual quality; --max-size is hit by the codec
TIME_STRETCH = 2.0  # a frame is worth two pixels when tiles are shaped


@dataclass(frozen=True)
class Plan:
    """All the decisions of a fit, in numbers.

    Attributes:
        field: the network.
        rates: learning rates at the start.
        batch: samples a tile and step.
        seconds: bound on the time, where there is one.
        steps: number of optimiser steps, where it is fixed.
        reasons: one line each: what was picked, and why.
    """

    field: FieldSpec
    rates: Rates
    batch: int
    seconds: float | None
    steps: int | None
    reasons: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, for the checkpoint."""
        return {**asdict(self), "field": self.field.to_json(), "reasons": list(self.reasons)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            **{
                **data,
                "field": FieldSpec.from_json(data["field"]),
                "rates": Rates(**data["rates"]),
                "reasons": tuple(data["reasons"]),
            }
        )


def make_plan(request: FitSpec, reader: signals.Reader) -> Plan:
    """Decide everything that the request left open.

    Raises:
        SpecError: the request cannot be met: too few parameters, or too little memory.
    """
    spec = reader.spec
    budget = request.params or _default_params(request, spec)
    activation = fields.activation(request.activation).default
    field = _layout(request, spec, activation, budget)
    rough = _roughness(reader)
    field, why = _frequencies(field, spec, rough)
    tiles = "x".join(map(str, field.tiles))
    reasons = (
        f"{fields.param_count(field)} parameters: "
        + (
            "asked for"
            if request.params
            else f"what {request.max_size} bytes hold"
            if request.max_size
            else f"{PARAMS_PER_VALUE[spec.kind]:g} a value of {spec.kind}"
        ),
        f"{field.layout}: {tiles} networks of width {field.width}, {field.hidden + 1} activated layers",
        why,
    )
    _check_memory(field, request)
    rates = _rates(field)
    batch = _batch(field, spec)
    seconds = None if request.steps else request.time_s or SECONDS[request.preset]
    return Plan(field, rates, batch, seconds, request.steps, reasons)


def _default_params(request: FitSpec, spec: SignalSpec) -> int:
    values = spec.samples * spec.channels
    if request.max_size is not None:
        return max(64, int(8 * max(0, request.max_size - 64) / BITS_PER_PARAM))
    return int(min(max(400, PARAMS_PER_VALUE[spec.kind] * values), 2_000_000))


def _layout(request: FitSpec, spec: SignalSpec, activation: ActivationSpec, budget: int) -> FieldSpec:
    """Tiles, width and margin that use up the parameter budget and fit the memory."""
    base = FieldSpec(
        len(spec.shape),
        spec.channels,
        (1,) * len(spec.shape),
        (0,) * len(spec.shape),
        1,
        HIDDEN,
        activation=activation,
    )
    least = _tile_rows_needed(request, spec)
    if request.profile == "single":
        count = 1
    else:
        typical = fields.param_count(replace(base, width=TILE_WIDTH[spec.kind]))
        count = max(1, round(budget / typical))
    tiles = _grid(spec, count, least if request.profile != "single" else 1)
    several = math.prod(tiles) > 1
    base = replace(
        base,
        tiles=tiles,
        margin=tuple(MARGIN[spec.kind] if k > 1 else 0 for k in tiles),
        gain=spec.kind == "audio" and several,
        # Slabs train one after the other, so tiles that live in different slabs share nothing.
        activation=replace(activation, shared=least == 1),
    )
    return _solve_width(base, budget)


def _solve_width(base: FieldSpec, budget: int) -> FieldSpec:
    """The widest network within the budget."""
    widths = range(1, 2049)
    fitting = [w for w in widths if fields.param_count(replace(base, width=w)) <= budget]
    if not fitting:
        need = fields.param_count(replace(base, width=1))
        raise SpecError(
            f"--params: {budget} parameters are too few for {base.tile_count} tile(s) of "
            f"{base.channels} channel(s); the least is {need}"
        )
    return replace(base, width=fitting[-1])


def _grid(spec: SignalSpec, count: int, least: int) -> tuple[int, ...]:
    """About `count` tiles with sides as equal as can be, at least `least` along the slowest axis."""
    sides = [float(n) for n in spec.shape]
    if spec.kind == "video":
        sides[0] *= TIME_STRETCH
    # No tile under 4 samples a side: a smaller one has fewer samples than weights.
    most = [max(1, n // 4) for n in spec.shape]
    side = (math.prod(sides) / count) ** (1 / len(sides))
    tiles = [min(max(1, round(s / side)), m) for s, m in zip(sides, most, strict=True)]
    if tiles[0] < least:
        tiles[0] = min(least, spec.shape[0])
        rest = (math.prod(sides[1:]) * tiles[0] / count) ** (1 / max(1, len(sides) - 1))
        tiles[1:] = [min(max(1, round(s / rest)), m) for s, m in zip(sides[1:], most[1:], strict=True)]
    return tuple(tiles)


def _tile_rows_needed(request: FitSpec, spec: SignalSpec) -> int:
    """Tile rows along the slowest axis so that a few of them fit the memory; 1 if all fits."""
    room = sample_memory(request.memory_bytes)
    return math.ceil(8 * native_bytes(spec) / room) if exceeds(spec, room) else 1


def native_bytes(spec: SignalSpec) -> int:
    """Bytes of all samples as readers hand them out."""
    return spec.samples * spec.channels * np.dtype(signals.native_dtype(spec)).itemsize


def exceeds(spec: SignalSpec, room: int) -> bool:
    """Whether the samples, once as read and once as held with their margins, are more than `room` bytes."""
    return 2.3 * native_bytes(spec) > room


def _check_memory(field: FieldSpec, request: FitSpec) -> None:
    """Weights, gradients, two moments, the best so far and a snapshot of all that is trained."""
    need = 4 * 8 * fields.param_count(field)
    room = request.memory_bytes - sample_memory(request.memory_bytes)
    if need > room:
        raise SpecError(
            f"--memory: {fields.param_count(field)} parameters need {need / 1e6:.0f} MB to be trained; "
            f"{room / 1e6:.0f} MB are left for them; raise --memory or lower --params"
        )


def sample_memory(memory_bytes: int) -> int:
    """The share of --memory that the sampler may fill; weights, moments and a decode take the rest."""
    return memory_bytes // 2


def _roughness(reader: signals.Reader) -> list[float]:
    """Root-mean-square frequency along each axis, in radians a sample.

    From up to eight windows spread over the signal, so that length does not matter.
    """
    spec = reader.spec
    n = spec.shape[0]
    run = {"image": 256, "audio": 65536, "video": 2}[spec.kind]
    starts = np.linspace(0, max(0, n - run), min(8, -(-n // run))).astype(int)
    power = np.zeros(len(spec.shape))
    variance = 0.0
    for start in starts.tolist():
        window = signals.to_float(reader.read(start, min(n, start + run)))
        variance += float(window.var(dtype=np.float64))
        for d in range(len(spec.shape)):
            steps = np.diff(window, axis=d)
            power[d] += float(np.square(steps, dtype=np.float64).mean()) if steps.size else 0.0
    return [math.sqrt(p / variance) if variance > 0 else 0.0 for p in power]


def _frequencies(field: FieldSpec, spec: SignalSpec, rough: list[float]) -> tuple[FieldSpec, str]:
    """ω of the first and of the other layers, from the signal's frequencies inside a tile."""
    if field.activation.omega_hidden == 1.0:
        return field, f"{field.activation.name}: frequencies as published"
    halves = [n / k / 2 for n, k in zip(spec.shape, field.tiles, strict=True)]
    local = math.sqrt(sum((r * h) ** 2 for r, h in zip(rough, halves, strict=True)))
    # The first layer's weights are uniform in ±1/D, so ω/sqrt(3 D) is its own rms frequency.
    first = FIRST_REACH[spec.kind] * local * math.sqrt(3 * field.dims)
    low, high = OMEGA_RANGE[spec.kind]
    # Narrow networks cannot tie high frequencies together: kodim05 loses 2.5 dB at 69 against 15.
    high *= (field.width / 16) ** 0.25
    first = _sixteenths(min(max(first, low), high))
    hidden = _sixteenths(OMEGA_HIDDEN[spec.kind])
    activation = replace(field.activation, omega_first=first, omega_hidden=hidden)
    return replace(field, activation=activation), (
        f"omega {first:g} then {hidden:g}: the signal's rms frequency is {local:.1f} rad per half tile"
    )


FIRST_REACH = {"image": 1.0, "audio": 0.58, "video": 1.0}
OMEGA_RANGE = {"image": (6.0, 20.0), "audio": (60.0, 2000.0), "video": (6.0, 15.0)}
OMEGA_HIDDEN = {"image": 20.0, "audio": 30.0, "video": 15.0}


def _sixteenths(omega: float) -> float:
    return max(1, round(omega * 16)) / 16


def _rates(field: FieldSpec) -> Rates:
    """Muon's step has spectral norm equal to its rate, so it scales with the weights: as 1/ω."""
    omega = field.activation.omega_hidden
    if omega == 1.0:
        return Rates(0.005, 1e-3)
    return Rates(0.2 / omega, 6e-3)


def _batch(field: FieldSpec, spec: SignalSpec) -> int:
    """Samples a tile and step: half a tile, 32 .. 512; a single network takes 8192."""
    box = math.prod(
        max(b - a for a, b in axis.spans((2.0 * np.arange(n) + 1.0) / n - 1.0))
        for axis, n in zip(axes(field), spec.shape, strict=True)
    )
    if field.layout == "single":
        return min(8192, box)
    return min(box, BATCH[spec.kind])

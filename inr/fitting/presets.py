"""From a request and a signal to a plan: which network, which rates, and why.

Sizes were measured on kodim15 and bach: pictures reach 30 dB and more at 0.05 parameters a
value and one bit a pixel; sound needs about 0.5 a sample.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Self

import torch

from inr import codec, fields, signals
from inr.fitting.division import divide
from inr.fitting.frequencies import match_frequencies
from inr.fitting.layout import FULL, affordable_params, choose_layout, exceeds, sample_memory, with_levels
from inr.fitting.optimisers import Rates
from inr.partition import axes
from inr.specs import FieldSpec, FitSpec, SignalSpec

SECONDS = {"fast": 5.0, "balanced": 30.0, "small": 120.0, "best": 300.0}
PARAMS_PER_VALUE = {"image": 0.048, "audio": 0.5, "video": 0.004}
# (dB that these sizes usually reach in 30 s, dB that twice the parameters add)
QUALITY = {"image": (31.0, 4.0), "audio": (30.0, 8.0), "video": (26.0, 4.0)}
DEFAULT_LEAST, MOST_PARAMS = 400, 2_000_000
LEAST_PARAMS = 64
OVERHEAD_BYTES = 64
# What a number of a file under --max-size takes: after rounding in the loop (squeeze.py), and without it.
BITS_PER_PARAM = {"image": 5.7, "audio": 8.0, "video": 6.5}
BITS_UNSQUEEZED = 6.5
# (samples a tile, ω times Muon's rate, Adam's rate, batch) where they were measured.  Of a larger tile
# a batch says less, so batches grow with tiles, and the rates fall where they still cover less
# (kodim15, 6500 samples a tile: 25.6 dB at the rates of 1156 samples, 33.4 with those of the powers).
MEASURED = {
    "image": (1156, 0.2, 0.02, 512),
    "audio": (512, 0.1, 0.012, 256),
    "video": (67_000, 0.1, 6e-3, 512),
}
GROWTH, LARGEST_GROWTH = 0.4, 4.0
POWERS = (0.4, 0.7)  # of the coverage: Muon's rate, Adam's
SINGLE_BATCH = 8192
# The share of a batch that lies between the samples grows with the parameters a value, which are what
# lets a field bend there: a quarter of them, within these bounds, and nothing where there are few.
BETWEEN = (1 / 16, 1 / 4)
REFINING = 15  # bytes that each value of a row of tiles needs while it is refined
RICH = 0.1
# Steps from which RAF's harmonics pay in pictures: with 120 they cost 0.1 to 0.3 dB, with 240 they bring -0.1
# to 0.15, with 480 0.1 to 0.3; in sounds they never do (data/baselines/README.md).
HARMONIC_STEPS = 300
OPERATIONS = 4.5e10  # a second and core that a step makes use of, about
PASSES = 450  # over a sound, which its rates of MEASURED are for


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
        between: share of a batch that lies between the samples.
    """

    field: FieldSpec
    rates: Rates
    batch: int
    seconds: float | None
    steps: int | None
    reasons: tuple[str, ...]
    between: float = 0.0

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
    budget, whence = _budget(request, spec)
    activation = fields.activation(request.activation).default
    field = choose_layout(request, spec, activation, budget)
    local = None
    if spec.kind == "audio":
        field, local = _divided(field, reader, budget)
    field, why = match_frequencies(field, reader, local)
    count = "x".join(map(str, field.tiles))
    networks = f"{count} networks" if field.tile_count > 1 else "one network"
    reasons = (
        f"{fields.param_count(field)} parameters: {whence}",
        f"{field.layout}: {networks} of width {field.width}, {field.hidden + 1} activated layers",
        why,
    )
    batch = _batch(field, spec)
    seconds = None if request.steps else request.time_s or SECONDS[request.preset]
    rates = _rates(field, spec, batch, _likely_steps(request, seconds, field, batch))
    return Plan(field, rates, batch, seconds, request.steps, reasons, _between(field, request, spec))


def _divided(field: FieldSpec, reader: signals.Reader, budget: int) -> tuple[FieldSpec, float]:
    """Sound cut by its content, with the number of tiles that leaves the least of the budget unused."""
    count, found = field.tile_count, []
    # Tiles of sound in several slabs stay even: the longest tile bounds the memory from below.
    even = count == 1 or not field.activation.shared
    for aim in (count,) if even else tuple(round(count * f) for f in (1.0, 1.08, 1.16, 0.92)):
        division = divide(reader, aim, budget // 3, even=even)
        found.append((with_levels(field, division.levels, budget), division.local))
        if not division.levels or fields.param_count(found[-1][0]) >= FULL * budget:
            break
    return max(found, key=lambda f: fields.param_count(f[0]))


def _between(field: FieldSpec, request: FitSpec, spec: SignalSpec) -> float:
    """The share of a batch between the samples; it costs about 0.3 dB on them."""
    per_value = fields.param_count(field) / (spec.samples * spec.channels)
    room, density = sample_memory(request.memory_bytes), 2.0 ** len(spec.shape)
    row = spec.samples * spec.channels / field.tiles[0]
    dense = exceeds(spec, room, margins=1.5 * density) or REFINING * density * row > room
    if per_value < RICH or request.preset == "fast" or spec.kind == "video" or dense:
        return 0.0
    return min(BETWEEN[1], max(BETWEEN[0], per_value / 4))


def _budget(request: FitSpec, spec: SignalSpec) -> tuple[int, str]:
    """How many parameters, and why."""
    if request.params is not None:
        return request.params, "asked for"
    if request.max_size is not None:
        payload = max(0, request.max_size - OVERHEAD_BYTES)
        slabs = exceeds(spec, sample_memory(request.memory_bytes))
        bits = BITS_UNSQUEEZED if slabs else BITS_PER_PARAM[spec.kind]
        fit, why = int(8 * payload / bits), f"what {request.max_size} bytes hold"
        # A file has no use for more numbers than the signal has.
        return min(max(fit, LEAST_PARAMS), spec.samples * spec.channels + LEAST_PARAMS), why
    wanted = PARAMS_PER_VALUE[spec.kind] * spec.samples * spec.channels
    why = f"{PARAMS_PER_VALUE[spec.kind]:g} a value of {spec.kind}"
    if request.target_psnr is not None:
        usual, doubling = QUALITY[spec.kind]
        wanted *= 2 ** min(3.0, max(-3.0, (request.target_psnr - usual) / doubling))
        why = f"a guess at what {request.target_psnr:g} dB takes; --params decides instead"
    least = min(wanted, MOST_PARAMS, affordable_params(request))
    return int(max(DEFAULT_LEAST, least)), why


def _likely_steps(request: FitSpec, seconds: float | None, field: FieldSpec, batch: int) -> float:
    """About how many steps a fit will have, from the operations of one; a GPU does thousands."""
    if seconds is None:
        return request.steps or math.inf
    if request.device != "cpu" and torch.cuda.is_available():
        return math.inf
    step_s = 6.0 * batch * fields.param_count(field) / (OPERATIONS * torch.get_num_threads())
    return seconds / step_s


def _rates(field: FieldSpec, spec: SignalSpec, batch: int, steps: float) -> Rates:
    """Muon's step has spectral norm equal to its rate, so it scales with the weights: as 1/ω."""
    act = fields.activation(field.activation.name)
    tuning = act.tuning
    rests = act.last_learns(field.activation) and (spec.kind == "audio" or steps < HARMONIC_STEPS)
    if tuning.rates is not None:
        muon, adam = tuning.rates
    else:
        samples, muon, adam, usual = MEASURED[spec.kind]
        coverage = min(1.0, batch / _tile_samples(field, spec) * samples / usual)
        muon *= coverage ** POWERS[0] / field.activation.omega_hidden
        adam *= coverage ** POWERS[1]
    own = 0.0 if rests else adam * tuning.own
    # Short windows are covered several times over, so nothing grows (bach after 14 s: 47.2 dB, without 48.0).
    if spec.kind != "audio":
        return Rates(muon, adam, own)
    horizon = PASSES * _tile_samples(field, spec) / batch
    return Rates(muon, adam, own, 0.0, horizon)


def _tile_samples(field: FieldSpec, spec: SignalSpec) -> float:
    return spec.samples / field.tile_count


def _batch(field: FieldSpec, spec: SignalSpec) -> int:
    """Samples a tile and step, never more than the largest tile has."""
    box = math.prod(
        max(b - a for a, b in axis.grid_spans(n)) for axis, n in zip(axes(field), spec.shape, strict=True)
    )
    if field.layout == "single":
        return min(SINGLE_BATCH, box)
    samples, _, _, usual = MEASURED[spec.kind]
    grow = min(LARGEST_GROWTH, max(1.0, (_tile_samples(field, spec) / samples) ** GROWTH))
    return min(box, 64 * round(usual * grow / 64))


def expected_bytes(request: FitSpec, field: FieldSpec, kind: str) -> int | None:
    """About how large the file of a field will be, never more than was asked for; None where it has none."""
    if codec.unwritable(request.activation):
        return None
    bits = BITS_UNSQUEEZED if request.max_size is None else BITS_PER_PARAM[kind]
    size = OVERHEAD_BYTES + round(fields.param_count(field) * bits / 8)
    return size if request.max_size is None else min(size, request.max_size)

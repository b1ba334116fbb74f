"""From a request and a signal to a plan: which network, which rates, and why.

Sizes were measured on kodim15 and bach: pictures reach 30 dB and more at 0.05 parameters a
value and one bit a pixel; sound needs about 0.5 a sample.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Self

from inr import fields, signals
from inr.fitting.frequencies import match_frequencies
from inr.fitting.layout import affordable_params, choose_layout
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
BITS_PER_PARAM = 6.5  # what a file spends at its usual quality; --max-size is hit by the codec
# (ω times Muon's rate, Adam's rate).  Sound wants half: a batch of 256 is few samples for its
# frequencies, and at the rates of pictures counting ends at 15 dB instead of 23.
RATES = {"image": (0.2, 6e-3), "audio": (0.1, 3.5e-3), "video": (0.2, 6e-3)}
BATCH = {"image": 512, "audio": 256, "video": 256}
SINGLE_BATCH = 8192


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
    budget, whence = _budget(request, spec)
    activation = fields.activation(request.activation).default
    field, why = match_frequencies(choose_layout(request, spec, activation, budget), reader)
    tiles = "x".join(map(str, field.tiles))
    reasons = (
        f"{fields.param_count(field)} parameters: {whence}",
        f"{field.layout}: {tiles} networks of width {field.width}, {field.hidden + 1} activated layers",
        why,
    )
    rates = _rates(field, spec)
    batch = _batch(field, spec)
    seconds = None if request.steps else request.time_s or SECONDS[request.preset]
    return Plan(field, rates, batch, seconds, request.steps, reasons)


def _budget(request: FitSpec, spec: SignalSpec) -> tuple[int, str]:
    """How many parameters, and why."""
    if request.params is not None:
        return request.params, "asked for"
    if request.max_size is not None:
        payload = max(0, request.max_size - OVERHEAD_BYTES)
        fit, why = int(8 * payload / BITS_PER_PARAM), f"what {request.max_size} bytes hold"
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


def _rates(field: FieldSpec, spec: SignalSpec) -> Rates:
    """Muon's step has spectral norm equal to its rate, so it scales with the weights: as 1/ω."""
    omega = field.activation.omega_hidden
    if omega == 1.0:
        return Rates(0.005, 1e-3)
    muon, adam = RATES[spec.kind]
    return Rates(muon / omega, adam)


def _batch(field: FieldSpec, spec: SignalSpec) -> int:
    """Samples a tile and step, never more than it has."""
    box = math.prod(
        max(b - a for a, b in axis.grid_spans(n)) for axis, n in zip(axes(field), spec.shape, strict=True)
    )
    if field.layout == "single":
        return min(SINGLE_BATCH, box)
    return min(box, BATCH[spec.kind])

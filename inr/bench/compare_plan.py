"""The same layout for every activation: the tiles, batches and rates that a sine would get.

What is compared is the activation, so all networks are cut alike and have the sine's width, or where the
bound forbids it the widest that it allows with the activation's own parameters counted
(`fitting.widest`).  The sine gets 95 % of the bound: widths are whole numbers, and without that room most
activations with parameters of their own would lose a neuron a layer, 10 % of a narrow tile, to it.

From the sine's plan to that of another activation, as `fitting.make_plan` would decide on those tiles:
ω of the first layer times its reach, Muon's rate as 1/ω of the hidden ones, its own rates where it has
such, and its own frequencies where they are part of the recipe (`fields.Activation.tuning`).  What an
activation can train is trained here, also where a fit would let it rest, as RAF's harmonics in sounds.
"""

import math
from dataclasses import replace

from inr import fields, fitting, signals
from inr.bench.compare_request import CompareRequest
from inr.specs import ActivationSpec

REFERENCE = "sine"
ROOM = 0.95
ROOM_FROM = 200  # parameters; below, one neuron more or less is more than the room


def reference_plan(
    request: CompareRequest, reader: signals.Reader, params: int | None
) -> tuple[fitting.Plan, int]:
    """The sine's plan, and the bound on everybody's parameters.

    Args:
        request: profile and budget.
        reader: the signal.
        params: the bound; None for what `inr fit` would take, and the room above it.

    Raises:
        SpecError: the bound is too small.
    """
    aim = math.floor(ROOM * params) if params is not None and params >= ROOM_FROM else params
    plan = fitting.make_plan(request.fit_spec(REFERENCE, aim), reader)
    return plan, params or math.ceil(fields.param_count(plan.field) / ROOM)


def plan_like(reference: fitting.Plan, name: str, params: int) -> fitting.Plan:
    """The plan of another activation on the same tiles.

    Args:
        reference: the sine's plan.
        name: of the activation.
        params: bound on its parameters.

    Raises:
        SpecError: the bound is too small for it.
    """
    tuning = fields.activation(name).tuning
    spec = _activation(reference, name)
    base = replace(reference.field, activation=spec, width=1)
    muon, adam = reference.rates.muon, reference.rates.adam
    muon *= reference.field.activation.omega_hidden / spec.omega_hidden
    if tuning.rates is not None:
        muon, adam = tuning.rates
    rates = replace(reference.rates, muon=muon, adam=adam, own=adam * tuning.own)
    widest = fitting.widest(base, params)
    field = replace(widest, width=min(widest.width, reference.field.width))
    return replace(reference, field=field, rates=rates)


def _activation(reference: fitting.Plan, name: str) -> ActivationSpec:
    """Its constants, with the signal's frequencies unless it brings its own."""
    theirs, own = reference.field.activation, fields.activation(name)
    spec = replace(own.default, shared=theirs.shared)
    if own.tuning.reach == 0.0:
        return spec
    share = own.tuning.reach / fields.activation(REFERENCE).tuning.reach
    first = max(1, round(16 * share * theirs.omega_first)) / 16
    return replace(spec, omega_first=first, omega_hidden=theirs.omega_hidden)

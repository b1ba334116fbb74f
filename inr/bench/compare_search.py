"""Each activation's own rates and frequency, from a search that is the same for all of them.

    rates      0.4, 1 or 2.5 times those of the plan
    frequency  0.5, 1 or 2 times the plan's ω of the first layer                   (1)

All nine pairs get a tenth of the budget, and the best three of them three tenths (successive
halving: Jamieson & Talwalkar 2016, arXiv:1502.07943).  Every try is a whole fit whose rates fall to
0, judged on the samples alone.  Short fits favour high rates (camera, raf: 2.5 at 600 steps, 1 at
2000), so the best of the three and its like with 0.4 times the rates get a whole budget, and the better
of the two is taken.  So a search costs 3.8 fits, for everybody; its seed is none of those reported.

An activation that has no ω gets the factor on the start weights and biases of its first layer: that is
the same thing, since ω z = (ω W) x + ω b.
"""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from inr import fields, fitting
from inr.specs import ActivationSpec

RATES = (1.0, 0.4, 2.5)
FREQUENCIES = (1.0, 0.5, 2.0)
KEPT = 3  # one of so many goes to the next round, with so many times the budget
SHARES = (0.1, 0.3)  # of a fit's budget, round by round
LOWER = 0.4  # factor on the rates of the last round's second try
SEARCH_SEED = 1_000_003
SEARCH_FITS = 9 * SHARES[0] + 3 * SHARES[1] + 2  # how many whole fits a search costs
LARGEST_OMEGA = 4096.0  # what a spec can hold


@dataclass(frozen=True)
class Budget:
    """What a fit may spend: steps, or seconds."""

    steps: int | None = None
    seconds: float | None = None

    def share(self, part: float) -> "Budget":
        """A part of it; at least one step."""
        if self.steps is not None:
            return Budget(steps=max(1, round(part * self.steps)))
        return Budget(seconds=part * (self.seconds or 0.0))

    def __str__(self) -> str:
        """In words."""
        return f"{self.steps} steps" if self.steps is not None else f"{self.seconds:g} s"


@dataclass(frozen=True)
class Setting:
    """One pair of equation (1).

    Attributes:
        rate: factor on all learning rates of the plan.
        frequency: factor on the first layer's ω, or on its start weights where there is no ω.
    """

    rate: float = 1.0
    frequency: float = 1.0


SETTINGS = tuple(Setting(rate, frequency) for frequency in FREQUENCIES for rate in RATES)


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes:
        setting: the better one of the last round.
        tried: of each fit, in order: rate, frequency, its budget as "steps" or "seconds", and "db".
    """

    setting: Setting
    tried: tuple[dict[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` gives the same back."""
        return {
            "rate": self.setting.rate,
            "frequency": self.setting.frequency,
            "tried": [dict(one) for one in self.tried],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Found":
        """The inverse of `to_json`."""
        return cls(Setting(data["rate"], data["frequency"]), tuple(data["tried"]))


def search(
    name: str, attempt: Callable[[Setting, Budget], float], budget: Budget
) -> Generator[str, None, Found]:
    """Find the best setting.

    Args:
        name: of the activation, for the lines.
        attempt: fits with a setting and a budget, gives dB; -inf for a fit that failed.
        budget: of a whole fit.

    Yields: a line a fit.

    Returns: the best setting, and all that was tried.
    """
    left = list(SETTINGS)
    tried: list[dict[str, Any]] = []
    for part in (*SHARES, 1.0):
        if part == 1.0:
            left = [left[0], replace(left[0], rate=LOWER * left[0].rate)]
        allowed = budget.share(part)
        scores: dict[Setting, float] = {}
        for setting in left:
            scores[setting] = db = attempt(setting, allowed)
            spent = {"steps": allowed.steps} if allowed.steps else {"seconds": allowed.seconds}
            shown = round(db, 4) if math.isfinite(db) else None
            tried.append({"rate": setting.rate, "frequency": setting.frequency, **spent, "db": shown})
            yield f"{name}: search, {allowed}: {_words(db)}  rates x{setting.rate:g}, " + (
                f"frequency x{setting.frequency:g}"
            )
        left = sorted(left, key=lambda s: scores[s], reverse=True)[: math.ceil(len(left) / KEPT)]
    return Found(left[0], tuple(tried))


def tuned(plan: fitting.Plan, setting: Setting) -> tuple[fitting.Plan, float]:
    """The plan with a setting's factors, and the factor on the first layer's start weights."""
    rates = replace(
        plan.rates,
        muon=plan.rates.muon * setting.rate,
        adam=plan.rates.adam * setting.rate,
        own=plan.rates.own * setting.rate,
    )
    spec = plan.field.activation
    if not has_frequency(spec, plan.field.width):
        return replace(plan, rates=rates), setting.frequency
    omega = min(LARGEST_OMEGA, max(1, round(16 * setting.frequency * spec.omega_first)) / 16)
    field = replace(plan.field, activation=replace(spec, omega_first=omega))
    return replace(plan, rates=rates, field=field), 1.0


def has_frequency(spec: ActivationSpec, width: int) -> bool:
    """Whether ω changes what an activation makes of its input; found by trying."""
    activation = fields.activation(spec.name)
    rng = np.random.Generator(np.random.Philox(0))
    own = {name: value[None] for name, value in activation.start(spec, width, 0, rng).items()}
    z = rng.uniform(-1.0, 1.0, (1, 16, width)).astype(np.float32)
    one, other = (np.asarray(activation.apply(np, z, own, omega, spec)) for omega in (1.0, 1.7))
    return not np.array_equal(one, other)


def _words(db: float) -> str:
    if math.isfinite(db):
        return f"{db:6.2f} dB"
    return " exact" if db > 0 else "failed"

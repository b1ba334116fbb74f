"""What a person asks of a comparison of activations."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from inr import fields
from inr.bench.compare_search import Budget
from inr.errors import SpecError
from inr.specs import FitSpec

DEFAULT_STEPS = 1500  # three activations and three seeds on 256 x 256 pixels: two to three minutes


@dataclass(frozen=True)
class CompareRequest:
    """What is compared, and how.

    Attributes:
        source: a file, "sample:NAME", or an array.
        activations: names, those of `fields.register` too; each counts once.
        seeds: fits of each, with the seeds 0, 1, ...
        params: bound on the trainable numbers; by default about what `inr fit` would take.
        steps: optimiser steps of each fit; DEFAULT_STEPS where seconds are not given either.
        time_s: seconds of each fit, instead.
        profile: layout: "auto", "tiles" or "single".
        folder: where rows, card and figures go; None keeps nothing.
        resume: go on with the rows that are there.
        kind, rate_hz, fps: of an array, as for `signals.open_reader`.

    Raises:
        SpecError: an activation is unknown or left out, none is named, or a number is impossible.
    """

    source: str | Path | np.ndarray
    activations: tuple[str, ...]
    seeds: int = 3
    params: int | None = None
    steps: int | None = None
    time_s: float | None = None
    profile: str = "auto"
    folder: Path | None = None
    resume: bool = False
    kind: str | None = None
    rate_hz: float | Fraction | None = None
    fps: float | Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse what would fail only after an hour."""
        object.__setattr__(self, "activations", tuple(dict.fromkeys(self.activations)))
        if not self.activations:
            raise SpecError("--activations: none is named; give some, such as raf,sine,finer")
        for name in self.activations:
            fields.activation(name)
        if self.seeds < 1:
            raise SpecError(f"--seeds must be at least 1; got {self.seeds}")
        self.fit_spec(self.activations[0], self.params)

    @property
    def budget(self) -> Budget:
        """Of each fit."""
        if self.time_s is not None:
            return Budget(seconds=self.time_s)
        return Budget(steps=DEFAULT_STEPS if self.steps is None else self.steps)

    @property
    def name(self) -> str:
        """The signal as the rows call it, and with other letters replaced the files."""
        if isinstance(self.source, np.ndarray):
            return "array"
        text = str(self.source)
        return text.removeprefix("sample:") if text.startswith("sample:") else Path(text).name

    def fit_spec(self, activation: str, params: int | None = None, seed: int = 0) -> FitSpec:
        """A fit as `inr fit` would be asked for."""
        return FitSpec(
            profile=self.profile,
            activation=activation,
            params=params,
            steps=self.steps,
            time_s=self.time_s,
            seed=seed,
        )

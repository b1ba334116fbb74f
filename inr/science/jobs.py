"""What a person asks of this room, and one run of it."""

from dataclasses import asdict, dataclass
from typing import Any

from inr.errors import SpecError
from inr.science.training import Recipe

Row = dict[str, Any]
MODES = ("quick", "default", "full")


@dataclass(frozen=True)
class Request:
    """What to solve; None leaves the choice to the plan of the problem and the mode.

    Attributes:
        name: one of the boundary value problems, `all` of them, or `eigen`.
        problem: which eigenvalue problem; for `eigen` alone.
        dim: D.
        width: H.
        steps: of training.
        activations: names, in the order of the rows.
        seeds: how many; they are 0, 1, ...
        mode: one of MODES.
    """

    name: str
    problem: str | None = None
    dim: int | None = None
    width: int | None = None
    steps: int | None = None
    activations: tuple[str, ...] = ()
    seeds: int = 1
    mode: str = "default"

    def __post_init__(self) -> None:
        """Reject what no run could mean."""
        if self.mode not in MODES:
            raise SpecError(f"pde: mode must be one of {', '.join(MODES)}; got {self.mode!r}")
        for option in ("dim", "width", "steps", "seeds"):
            value = getattr(self, option)
            if value is not None and value < 1:
                raise SpecError(f"pde: --{option} must be at least 1; got {value}")


@dataclass(frozen=True)
class Job:
    """One network to train.

    Attributes:
        kind: "pde" or "eigen".
        problem: its name.
        dim: D.
        width: H.
        activation: its name.
        seed: of start values and points.
        recipe: how to train.
        states: rows that it gives: one a state of an eigenvalue problem.
    """

    kind: str
    problem: str
    dim: int
    width: int
    activation: str
    seed: int
    recipe: Recipe
    states: int = 1

    @property
    def title(self) -> str:
        """The run in a few words."""
        return f"{self.problem} d={self.dim} {self.activation} seed {self.seed}"

    @property
    def identity(self) -> dict[str, Any]:
        """What tells this run from all others; JSON values."""
        return asdict(self)

    @property
    def row(self) -> Row:
        """The keys that every row of this run has."""
        return {
            "problem": self.problem,
            "dim": self.dim,
            "width": self.width,
            "activation": self.activation,
            "steps": self.recipe.steps,
            "points": self.recipe.points,
            "seed": self.seed,
        } | ({"finish": self.recipe.finish} if self.recipe.finish else {})

"""From a request to its runs, and a run to its rows.

`full` is what the authors of arXiv:2101.04844 ran.  `quick` and `default` are the same networks
on fewer points and steps, with rates that fall over the whole of the shorter run; they are for
two processor cores.
"""

from collections.abc import Iterator
from dataclasses import replace

from inr.errors import SpecError
from inr.fitting import threads_for
from inr.science import eigen, pde
from inr.science.activations import groups
from inr.science.eigenproblems import EIGENPROBLEMS, find_eigenproblem
from inr.science.jobs import Job, Request, Row
from inr.science.problems import PROBLEMS, find_problem
from inr.science.training import Recipe

NAMES = (*PROBLEMS, "all", "eigen")
ACTIVATIONS: dict[str, tuple[str, ...]] = {
    "quick": ("relu3", "poly-sine-gauss"),
    "default": ("relu3", "poly-sine-gauss"),
    "full": ("relu3", "rational", "poly", "poly-relu", "poly-relu3", "poly-sine", "poly-sine-gauss"),
}
# A quotient needs first derivatives only, so a plain ReLU is among the opponents, as in the source.
OF_STATES = ("relu", "relu3", "sine", "poly-sine-gauss")
# Oscillation has another solution with values down to -5, where runs ended that had all of the nonlinear
# terms from the start; and inputs in [0, 1] need faster neurons than the usual start gives.
EASED, FASTER = (0.2, 0.4), 4.0
# Width and recipe, by problem and mode.  The narrow Gaussians of the published Poisson run (0.05) have not
# settled after a few thousand steps; twice as wide they have.
PLANS: dict[str, dict[str, tuple[int, Recipe]]] = {
    "poisson": {
        "quick": (50, Recipe(5_000, 500, 5e-3, decay=1e-4, sigma=0.1)),
        "default": (50, Recipe(6_000, 500, 3e-3, sigma=0.1, finish=500, finish_points=2_000)),
        "full": (50, Recipe(100_000, 10_000, 1e-3, 0.7**50, 1e-4)),
    },
    "singular": {
        "quick": (50, Recipe(3_000, 400, 1e-2, decay=1e-4)),
        "default": (50, Recipe(4_000, 500, 1e-2, decay=1e-4)),
        "full": (100, Recipe(500_000, 10_000, 1e-3, 0.95**500, 1e-4)),
    },
    "oscillation": {
        "quick": (50, Recipe(4_000, 400, 5e-3, first=FASTER, eased=EASED)),
        "default": (50, Recipe(8_000, 500, 5e-3, first=FASTER, eased=EASED)),
        "full": (50, Recipe(100_000, 10_000, 1e-3, 0.95**100)),
    },
    # L-BFGS works on points that stay for a while.  In two dimensions 4096 of them leave no gaps; in five a
    # network grows spikes between them (a quotient of 58 at the next points, where it had been -0.05).
    "eigen": {
        "quick": (50, Recipe(1_000, 512, 1e-2, 1e-2, finish=150, finish_points=1 << 12)),
        "default": (50, Recipe(1_000, 512, 1e-2, 1e-2, finish=300, finish_points=1 << 12)),
        "full": (100, Recipe(20_000, 4_096, 3e-3, finish=2_000, finish_points=1 << 14)),
    },
    "eigen beyond the plane": {
        "quick": (50, Recipe(1_500, 512, 1e-2)),
        "default": (50, Recipe(2_000, 512, 1e-2)),
        "full": (100, Recipe(20_000, 4_096, 3e-3)),
    },
}


def jobs(request: Request) -> list[Job]:
    """Every run that a request asks for, checked before the first one starts.

    Raises:
        SpecError: a name is not known, or a dimension or width is impossible.
    """
    if request.name not in NAMES:
        raise SpecError(f"pde: no problem {request.name!r}; known are {', '.join(NAMES)}")
    usual = OF_STATES if request.name == "eigen" else ACTIVATIONS[request.mode]
    activations = request.activations or usual
    found = [
        job
        for kind, problem in _problems(request)
        for activation in activations
        for seed in range(request.seeds)
        for job in [_job(request, kind, problem, activation, seed)]
    ]
    for job in found:
        _check(job)
    return found


def run(job: Job) -> Iterator[str | Row]:
    """Lines that say how it goes, and finished rows, each as soon as it is there."""
    with threads_for(float(job.recipe.points * job.width**2)):
        yield from eigen.solve(job) if job.kind == "eigen" else pde.solve(job)


def _problems(request: Request) -> list[tuple[str, str]]:
    if request.name == "eigen":
        return (
            [("eigen", request.problem)] if request.problem else [("eigen", name) for name in EIGENPROBLEMS]
        )
    if request.problem is not None:
        raise SpecError(f"pde {request.name}: --problem belongs to eigen; leave it out")
    return [("pde", name) for name in PROBLEMS] if request.name == "all" else [("pde", request.name)]


def _job(request: Request, kind: str, problem: str, activation: str, seed: int) -> Job:
    found = find_eigenproblem(problem, request.dim) if kind == "eigen" else find_problem(problem, request.dim)
    plan = problem if kind == "pde" else "eigen" if found.dim <= 2 else "eigen beyond the plane"
    width, recipe = PLANS[plan][request.mode]
    if request.steps is not None:
        finish = recipe.finish * request.steps // recipe.steps
        recipe = replace(recipe, steps=request.steps, finish=finish)
    states = EIGENPROBLEMS[problem].states if kind == "eigen" else 1
    return Job(kind, problem, found.dim, request.width or width, activation, seed, recipe, states)


def _check(job: Job) -> None:
    groups(job.activation, job.width)
    least = 2 * job.dim if job.kind == "eigen" else job.dim
    if job.width < least:
        raise SpecError(
            f"pde {job.problem}: --width must be at least {least} at --dim {job.dim}; got {job.width}"
        )

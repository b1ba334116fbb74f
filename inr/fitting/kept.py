"""A fit by grids in a checkpoint: what the next turn depends on, and a fit that goes on from it.

Written after every turn; the file's integers, what they were rounded from, and both networks.  A turn
that was cut short is done again, and so is the landing, so a fit of `--steps` that was killed ends in
the same bytes.
"""

import time
from typing import Any

import numpy as np
import torch

from inr import signals
from inr.codec import Grids
from inr.fitting.checkpoint import State
from inr.fitting.course import Course
from inr.fitting.foresight import Foresight
from inr.fitting.prepare import identity
from inr.fitting.presets import Plan
from inr.fitting.pyramid import Pyramid


def restore(course: Course, state: State) -> None:
    """Let a course that has not started go on from a checkpoint of the same run."""
    numbers = state.numbers
    course.plan = Plan.from_json(numbers["plan"])
    course.load(numbers["course"])
    course.started = time.monotonic() - numbers["seconds"]
    grids = numbers["grids"]

    def part(prefix: str, of: str) -> dict[str, np.ndarray]:
        """In the order in which they are coded, which the file of a checkpoint does not keep."""
        return {name: state.tensors[f"{prefix}.{name}"] for name in numbers["names"][of]}

    foresight = Foresight(
        {n: torch.from_numpy(t).requires_grad_() for n, t in part("foresight", "foresight").items()}
    )
    integers = part("integers", "integers")
    course.pyramid = Pyramid(
        course.plan.field,
        course.values,
        part("now", "beside"),
        numbers["exponents"],
        part("targets", "integers"),
        Grids(grids["step"], tuple(grids["shrink"]), integers, foresight.context()),
        foresight,
        {n: torch.from_numpy(t) for n, t in part("now", "mlp").items()},
        grids["turn"],
        grids["estimate"],
    )


def state_of(course: Course, reader: signals.Reader) -> State:
    """All that the next turn depends on, between two turns; `now` is the field as it is, for `inr export`."""
    pyramid = course.pyramid
    grids = pyramid.grids
    parts = {
        "now": pyramid.tensors(),
        "targets": pyramid.targets,
        "integers": grids.integers,
        "foresight": {name: t.detach().numpy() for name, t in pyramid.foresight.tensors.items()},
    }
    names = {"beside": pyramid.beside, "mlp": pyramid.mlp, **parts}
    numbers: dict[str, Any] = {
        **identity(course.request, course.plan, reader),
        "course": course.state(),
        "seconds": course.seconds,
        "best_error": course.mse,
        "exponents": pyramid.exponents,
        "names": {part: list(of) for part, of in names.items()},
        "grids": {
            "step": grids.step,
            "shrink": grids.shrink,
            "turn": pyramid.turn,
            "estimate": pyramid.estimate,
        },
    }
    return State({f"{part}.{name}": t for part, of in parts.items() for name, t in of.items()}, numbers)

"""A fit by grids in a checkpoint: what the next turn depends on, and a fit that goes on from it.

Written after every turn; the file's integers, what they were rounded from, and both networks.  A turn
that was cut short is done again, and so is the landing, so a fit of `--steps` that was killed ends in
the same bytes.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inr import signals
from inr.codec import Context, Grids
from inr.fitting.checkpoint import State, save_state
from inr.fitting.course import Course
from inr.fitting.foresight import Foresight
from inr.fitting.prepare import same_run
from inr.fitting.presets import Plan
from inr.fitting.pyramid import Pyramid


def keep(course: Course, reader: signals.Reader, folder: Path | None) -> str:
    """Write a checkpoint; returns why it could not be written, or nothing.  The fit itself needs no disk."""
    if folder is None:
        return ""
    try:
        save_state(folder, _state(course, reader))
    except OSError as error:
        return f"{folder}: checkpoint not written: {error.strerror}; the fit goes on"
    return ""


def restore(course: Course, state: State, reader: signals.Reader) -> None:
    """Let a course that has not started go on from a checkpoint.

    Raises:
        SpecError: it belongs to another request or another input.
    """
    numbers = state.numbers
    same_run(numbers, course.request, reader)
    course.plan = Plan.from_json(numbers["plan"])
    course.load(numbers["course"])
    course.started = time.monotonic() - numbers["seconds"]
    grids = numbers["grids"]

    def part(name: str) -> dict[str, np.ndarray]:
        """In the order in which they are coded, which the file of a checkpoint does not keep."""
        return {own: state.tensors[f"{name}.{own}"] for own in numbers["names"][name]}

    course.pyramid = Pyramid(
        course.plan.field,
        course.values,
        part("beside"),
        numbers["exponents"],
        part("targets"),
        Grids(grids["step"], tuple(grids["shrink"]), part("integers"), Context(part("context"))),
        Foresight({n: torch.from_numpy(t).requires_grad_() for n, t in part("foresight").items()}),
        {n: torch.from_numpy(t) for n, t in part("mlp").items()},
        grids["turn"],
        grids["estimate"],
    )


def _state(course: Course, reader: signals.Reader) -> State:
    pyramid = course.pyramid
    grids = pyramid.grids
    parts = {
        "beside": pyramid.beside,
        "targets": pyramid.targets,
        "integers": grids.integers,
        "context": grids.context.weights,
        "foresight": _arrays(pyramid.foresight.tensors),
        "mlp": _arrays(pyramid.mlp),
        "now": pyramid.tensors(),  # the field as it is, for `inr export`
    }
    tensors = {f"{part}.{name}": t for part, of in parts.items() for name, t in of.items()}
    numbers: dict[str, Any] = {
        "request": course.request.to_json(),
        "plan": course.plan.to_json(),
        "signal": reader.spec.to_json(),
        "fingerprint": reader.fingerprint(),
        "course": course.state(),
        "seconds": course.seconds,
        "best_error": course.mse,
        "exponents": pyramid.exponents,
        "names": {part: list(of) for part, of in parts.items()},
        "grids": {
            "step": grids.step,
            "shrink": grids.shrink,
            "turn": pyramid.turn,
            "estimate": pyramid.estimate,
        },
    }
    return State(tensors, numbers)


def _arrays(tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: t.detach().numpy() for name, t in tensors.items()}

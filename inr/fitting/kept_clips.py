"""A fit of a clip by grids in a checkpoint: after every group, what the groups share and those done so far.

A group that was cut short is done again, so a fit of `--steps` that was killed ends in the same bytes.
"""

import time
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from inr import signals
from inr.fitting.checkpoint import State
from inr.fitting.clips import ClipCourse, Take
from inr.fitting.film import Film
from inr.fitting.foresight import Foresight
from inr.fitting.prepare import identity
from inr.fitting.presets import Plan

Array = np.ndarray
KEPT = ("expected", "passes", "steps", "exponents", "mse", "pass_seconds", "bound", "planned")  # of a course


def clip_state(course: ClipCourse, reader: signals.Reader) -> State:
    """All that the next group depends on."""
    film, take = course.film, course.take
    parts = {
        "now": {name: t.detach().numpy() for name, t in film.mlp.items()},
        "points": {name: t.detach().numpy() for name, t in film.points.tensors.items()},
        "blocks": {name: t.detach().numpy() for name, t in film.blocks.tensors.items()},
    }
    tensors = {f"{part}.{name}": t for part, of in parts.items() for name, t in of.items()}
    numbers: dict[str, Any] = {
        **identity(course.request, course.plan, reader),
        "course": {name: getattr(course, name) for name in KEPT} | {"lengths": list(course.lengths)},
        "film": {"whole": film.whole, "shrink": list(film.shrink), "turn": film.turn},
        "names": {part: list(of) for part, of in parts.items()},
        "seconds": course.seconds,
        "best_error": course.mse,
    }
    if course.done is not None:
        tensors["done"] = np.frombuffer(course.done, dtype=np.uint8)
    tensors["trials"], sizes = _joined([data for _, _, data in course.trials])
    numbers["trials"] = [[step, db, size] for (step, db, _), size in zip(course.trials, sizes, strict=True)]
    if take is not None:
        tensors["streams"], sizes = _joined(take.streams)
        numbers["take"] = {"expected": take.expected, "sizes": sizes, "weights": take.weights}
    return State(tensors, numbers)


def restore_clip(course: ClipCourse, state: State) -> None:
    """Let a course that has not started go on from a checkpoint of the same run."""
    numbers = state.numbers
    course.plan = Plan.from_json(numbers["plan"])
    course.started = time.monotonic() - numbers["seconds"]
    for name in KEPT:
        setattr(course, name, numbers["course"][name])
    course.lengths = tuple(numbers["course"]["lengths"])
    film = numbers["film"]

    def part(prefix: str) -> dict[str, torch.Tensor]:
        """In the order in which they are coded, which the file of a checkpoint does not keep."""
        return {n: torch.from_numpy(state.tensors[f"{prefix}.{n}"]) for n in numbers["names"][prefix]}

    points, blocks = (
        Foresight({n: t.requires_grad_() for n, t in part(which).items()}) for which in ("points", "blocks")
    )
    shrink = (film["shrink"][0], film["shrink"][1])
    course.film = Film(course.plan.field, film["whole"], shrink, points, blocks, part("now"), film["turn"])
    if "done" in state.tensors:
        course.done = state.tensors["done"].tobytes()
    files = _parted(state.tensors["trials"], [size for *_, size in numbers["trials"]])
    course.trials = [(step, db, data) for (step, db, _), data in zip(numbers["trials"], files, strict=True)]
    if "take" in numbers:
        take = numbers["take"]
        course.take = Take(
            take["expected"], _parted(state.tensors["streams"], take["sizes"]), take["weights"]
        )


def _joined(parts: list[bytes]) -> tuple[Array, list[int]]:
    """As one tensor, and the size of each."""
    return np.frombuffer(b"".join(parts), dtype=np.uint8), [len(part) for part in parts]


def _parted(whole: Array, sizes: list[int]) -> list[bytes]:
    """The inverse of `_joined`."""
    data, ends = whole.tobytes(), np.cumsum([0, *sizes]).tolist()
    return [data[a:b] for a, b in pairwise(ends)]

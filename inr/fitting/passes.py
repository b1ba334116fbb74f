"""How many passes over a clip there are, and with which step: until the bound is met or time is over."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from inr import codec
from inr.errors import FitError
from inr.fields import Field
from inr.fitting.clips import TURN, ClipCourse
from inr.fitting.finish import Coded
from inr.fitting.progress import Progress
from inr.specs import SignalSpec

PASSES = 2  # more gain nothing
PRECISE = 0.3  # decibels over a target that are enough
MARGIN = 0.15  # decibels that a pass aims above it
FILLED, REFILLS = 0.93, 3  # part of a size that is enough; passes more to come to it
MOST_TRIALS, A_DECADE = 8, -16.0  # passes for a target; decibels that ten times the step bring, about
MeasureDb = Callable[[Field, SignalSpec], float]


def turns(course: ClipCourse, measure_db: MeasureDb) -> Iterator[Progress]:
    """All passes; `course.done` holds the file at the end.

    Raises:
        FitError: the size cannot be met.
    """
    request = course.request
    most, target = request.max_size, request.target_psnr
    if not course.planned:
        steps = course.plan.steps
        course.planned = PASSES if steps is None else min(PASSES, max(1, steps // TURN))
    while not course.stop():
        passes = course.passes
        yield from course.turn(course.bound)
        if course.stop() or course.passes == passes:
            continue  # the step was too fine
        assert course.done is not None
        enough = (course.passes >= course.planned or _late(course)) and not _empty(course)
        if target is not None and course.bound is None:
            if most is not None and len(course.done) > most:
                course.bound, course.planned, course.done = most, course.passes + 1, None
            elif not _missed(course, target, measure_db):
                return
            continue
        if enough:
            return
        course.again(course.bound)


def _empty(course: ClipCourse) -> bool:
    """Whether much of a size is left, and a finer step is worth another pass."""
    assert course.done is not None
    most = course.bound
    return most is not None and len(course.done) < FILLED * most and course.passes < course.planned + REFILLS


def _missed(course: ClipCourse, target: float, measure_db: MeasureDb) -> bool:
    """Whether another pass with another step, which is set, comes nearer to the target."""
    assert course.done is not None
    db = measure_db(codec.decode(course.done).field, course.signal)
    if target <= db <= target + PRECISE or course.stop():
        return False
    course.trials.append((course.film.step, db, course.done))
    if course.passes >= MOST_TRIALS:
        reached = [data for _, d, data in course.trials if d >= target]
        nearest = max(course.trials, key=lambda trial: trial[1])[2]
        course.done = min(reached, key=len) if reached else nearest
        return False
    course.film.step = _next_step(course.trials, target)
    return True


def _next_step(trials: list[tuple[float, float, bytes]], target: float) -> float:
    """On the line through the nearest trials, decibels over the logarithm of the step."""
    aim = target + MARGIN
    above = [(math.log10(s), d) for s, d, _ in trials if d >= target]
    below = [(math.log10(s), d) for s, d, _ in trials if d < target]
    if above and below:
        (fine, most), (coarse, least) = max(above), min(below)
        return 10 ** (fine + (coarse - fine) * float(np.clip((most - aim) / (most - least), 0.1, 0.9)))
    near = sorted(above)[::-1] or sorted(below)  # nearest first
    (step, db), slope = near[0], A_DECADE
    if len(near) > 1 and abs(near[1][0] - step) > 1e-3:
        slope = float(np.clip((near[1][1] - db) / (near[1][0] - step), 2 * A_DECADE, 0.15 * A_DECADE))
    return 10 ** (step + float(np.clip((aim - db) / slope, -0.6, 0.6)))


def _late(course: ClipCourse) -> bool:
    seconds = course.plan.seconds
    return seconds is not None and course.seconds + 2.0 * course.pass_seconds > seconds


def landed(course: ClipCourse, measure_db: MeasureDb) -> Coded:
    """The file of a course that ended, read back.

    Raises:
        FitError: it was stopped before there was one.
    """
    if course.done is None:
        raise FitError("stopped before a file fitted --max-size; go on with --resume")
    decoded = codec.decode(course.done)
    target = course.request.target_psnr
    reached = target is None or course.stop() or measure_db(decoded.field, course.signal) >= target
    return Coded(course.done, decoded.field, course.signal, reached=reached)

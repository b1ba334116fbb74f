"""Fits by grids: the run from signal to file, and the same again for another size."""

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inr import reconstruct, signals
from inr.fields import Field
from inr.fitting.checkpoint import State, try_save
from inr.fitting.clips import ClipCourse
from inr.fitting.course import TURN, Course
from inr.fitting.finish import Coded, threads_for
from inr.fitting.grid_plans import make_plan
from inr.fitting.kept import restore, state_of
from inr.fitting.kept_clips import clip_state, restore_clip
from inr.fitting.landing import Landing, MeasureDb
from inr.fitting.passes import landed, turns
from inr.fitting.presets import Plan
from inr.fitting.progress import Progress, drive
from inr.fitting.scenes import Source
from inr.specs import FitSpec, SignalSpec

REFIT_STEPS = 2 * TURN
TINY = 1e-20  # an error that is none, so that a logarithm has something to hold


@dataclass(frozen=True)
class Ended:
    """What a fit by grids ended with: the file, the field before its MLP was rounded, and the account.

    Of a clip, `before` is the field of the file: the MLP's rounding is some thousandths of a decibel.
    """

    coded: Coded
    before: Field
    plan: Plan
    steps: int
    fit_seconds: float


def fit_grids(
    request: FitSpec,
    reader: signals.Reader,
    *,
    started: float,
    folder: Path | None,
    state: State | None,
    stop: Callable[[], bool],
    measure_db: MeasureDb,
) -> Generator[Progress, None, Ended]:
    """Fit a signal by grids.

    Args:
        request: what was asked; `params` and `device` do not apply.
        reader: the signal.
        started: `time.monotonic()` when the first byte was read.
        folder: where checkpoints go; None for none.
        state: the checkpoint of this run to go on from; None starts.
        stop: asked between the parts of the work; True ends the fit with the best so far.
        measure_db: PSNR of a decoded field.

    Raises:
        SpecError: a signal that is too small or too large for grids.
        FitError: not even the coarsest step fits `max_size`.
    """
    plan = make_plan(request, reader.spec)
    if reader.spec.kind == "video":
        clip = ClipCourse(request, plan, reader.spec, _frames(reader), started, stop)
        if state is not None:
            restore_clip(clip, state)
        save = (lambda: "") if folder is None else (lambda: try_save(folder, clip_state(clip, reader)))
        return (yield from _fit_clip(clip, measure_db, save))
    course = Course(request, plan, reader.spec, _read(reader), started, stop)
    if state is not None:
        restore(course, state)

    def checkpoint() -> str:
        return "" if folder is None else try_save(folder, state_of(course, reader))

    return (yield from _fit(course, measure_db, checkpoint))


def refit(
    field: Field,
    signal: SignalSpec,
    *,
    mse: float | None,
    max_size: int | None,
    target_psnr: float | None,
    reference: signals.Reader | None,
    measure_db: MeasureDb,
) -> Coded:
    """A file of another size, from the reference or else from what the field itself shows.

    What it loses is told where the field's own mean squared error `mse`, in its units, is known.

    Raises:
        FitError: the size cannot be met.
    """
    request = FitSpec(
        profile="grids", activation=field.spec.activation.name, max_size=max_size, target_psnr=target_psnr,
        steps=REFIT_STEPS, memory_bytes=1 << 40,
    )  # fmt: skip
    plan = make_plan(request, signal)
    if signal.kind == "video":
        source = _shown_frames(field, signal) if reference is None else _frames(reference)
        clip = ClipCourse(request, plan, signal, source, time.monotonic(), lambda: False)
        coded = drive(_fit_clip(clip, measure_db, lambda: ""), lambda record: None).coded
        if mse is None:
            return coded
        error = _error(source, _shown_frames(coded.field, coded.signal), signal.shape[0])
        return replace(coded, loss_db=_decibels_lost(error + (mse if reference is None else 0.0), mse))
    values = _shown(field, signal) if reference is None else _read(reference)
    course = Course(request, plan, signal, values, time.monotonic(), lambda: False)
    coded = drive(_fit(course, measure_db, lambda: ""), lambda record: None).coded
    if mse is None:
        return coded
    error = float(np.square(_shown(coded.field, signal) - values).mean())
    if reference is None:
        error += mse  # what was lost before and what is lost now have nothing to do with each other
    return replace(coded, loss_db=_decibels_lost(error, mse))


def _error(one: Source, other: Source, frames: int) -> float:
    """Mean squared error of two clips."""
    return float(np.mean([np.square(one(t, t + 1) - other(t, t + 1)).mean() for t in range(frames)]))


def _decibels_lost(error: float, before: float) -> float:
    return 10 * math.log10(max(error, TINY) / max(before, TINY))


def _read(reader: signals.Reader) -> np.ndarray:
    """All samples in the field's units, float32."""
    native = signals.to_float(reader.read(0, reader.spec.shape[0]))
    return reconstruct.to_field(native, reader.spec.kind).astype(np.float32)


def _frames(reader: signals.Reader) -> Source:
    """Frames of a clip in the field's units."""

    def read(start: int, stop: int) -> np.ndarray:
        native = signals.to_float(reader.read(start, stop))
        return reconstruct.to_field(native, reader.spec.kind).astype(np.float32)

    return read


def _shown_frames(field: Field, signal: SignalSpec) -> Source:
    """Frames that a field shows, in its units."""

    def read(start: int, stop: int) -> np.ndarray:
        parts = [block.values for block in reconstruct.blocks(field, signal, span=(start, stop))]
        return reconstruct.to_field(np.clip(np.concatenate(parts), 0.0, 1.0), signal.kind).astype(np.float32)

    return read


def _shown(field: Field, signal: SignalSpec) -> np.ndarray:
    """All samples that a field shows, in its units, float32."""
    values = np.concatenate([block.values for block in reconstruct.blocks(field, signal)])
    if signal.kind == "image":
        values = np.clip(values, 0.0, 1.0)
    return reconstruct.to_field(values, signal.kind).astype(np.float32)


def _fit(
    course: Course, measure_db: MeasureDb, checkpoint: Callable[[], str]
) -> Generator[Progress, None, Ended]:
    yield course.progress()
    with threads_for(0.0):
        if not course.turn:
            course.start()
        yield course.progress()
        done = course.turn
        for record in course.turns():
            yield replace(record, note=checkpoint()) if course.turn > done else record
            done = course.turn
        coded, before = Landing(course, measure_db).land()
    return Ended(coded, before, course.plan, course.steps, course.seconds)


def _fit_clip(
    course: ClipCourse, measure_db: MeasureDb, checkpoint: Callable[[], str]
) -> Generator[Progress, None, Ended]:
    def noted(records: Iterator[Progress]) -> Iterator[Progress]:
        for record in records:
            yield replace(record, note=checkpoint())

    yield course.progress()
    with threads_for(0.0):
        if not course.expected:
            yield from course.start()
        yield from noted(turns(course, measure_db))
        coded = landed(course, measure_db)
    return Ended(coded, coded.field, course.plan, course.steps, course.seconds)

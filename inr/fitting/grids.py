"""Pictures and sounds by grids: who gets them, what is planned, and the run from signal to file."""

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inr import codec, fields, reconstruct, signals
from inr.errors import SpecError
from inr.fields import Field
from inr.fitting.checkpoint import State, try_save
from inr.fitting.course import TURN, Course
from inr.fitting.finish import Coded, threads_for
from inr.fitting.kept import restore, state_of
from inr.fitting.landing import Landing, MeasureDb
from inr.fitting.optimisers import Rates
from inr.fitting.prepare import pick_device
from inr.fitting.presets import SECONDS, Plan
from inr.fitting.progress import Progress, drive
from inr.fitting.pyramid import BATCH, RATE
from inr.specs import EncodingSpec, FieldSpec, FitSpec, SignalSpec

OMEGA = 2.0
# Bytes from which an MLP of this width pays; to a sound it adds 0.1 dB.
WIDTHS = {"image": ((8000, 16), (4000, 12), (2000, 8), (0, 4)), "audio": ((8000, 8), (0, 4))}
ORDER = 9  # until the sound has been heard
FROM_BYTES = {"image": 1000, "audio": 400}
LEAST_SIDE, LEAST_SOUND = 8, 64
COPIES = 16  # of the signal as float32: coefficients, integers, planes and their gradients
REFIT_STEPS = 2 * TURN
TINY = 1e-20  # an error that is none, so that a logarithm has something to hold


@dataclass(frozen=True)
class Ended:
    """What a fit by grids ended with: the file, the field before its MLP was rounded, and the account."""

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
    """Fit a picture or a sound by grids.

    Args:
        request: what was asked; `params` and `device` do not apply.
        reader: the signal.
        started: `time.monotonic()` when the first byte was read.
        folder: where checkpoints go; None for none.
        state: the checkpoint of this run to go on from; None starts.
        stop: asked between the parts of the work; True ends the fit with the best so far.
        measure_db: PSNR of a decoded field.

    Raises:
        SpecError: a clip, or a signal that is too small or too large for grids.
        FitError: not even the coarsest step fits `max_size`.
    """
    plan = make_plan(request, reader.spec)
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
    values = _shown(field, signal) if reference is None else _read(reference)
    course = Course(request, make_plan(request, signal), signal, values, time.monotonic(), lambda: False)
    coded = drive(_fit(course, measure_db, lambda: ""), lambda record: None).coded
    if mse is None:
        return coded
    error = float(np.square(_shown(coded.field, signal) - values).mean())
    if reference is None:
        error += mse  # what was lost before and what is lost now have nothing to do with each other
    return replace(coded, loss_db=10 * math.log10(max(error, TINY) / max(mse, TINY)))


def _read(reader: signals.Reader) -> np.ndarray:
    """All samples in the field's units, float32."""
    native = signals.to_float(reader.read(0, reader.spec.shape[0]))
    return reconstruct.to_field(native, reader.spec.kind).astype(np.float32)


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


def takes(request: FitSpec, signal: SignalSpec) -> bool:
    """Whether a request is fitted by grids: asked for, or under "auto" a picture or sound that can be.

    At equal bytes and time grids were ahead of tiles and of one network at every size from FROM_BYTES up
    (data/baselines/README.md).  Who asks for a number of parameters or for a GPU gets tiles.
    """
    if request.profile != "auto" or signal.kind == "video":
        return request.profile == "grids"
    tiny = request.target_psnr is None and (request.max_size or math.inf) < FROM_BYTES[signal.kind]
    tiles = tiny or request.params is not None or pick_device(request.device) != "cpu"
    return not tiles and not _hindrance(request, signal)


def make_plan(request: FitSpec, signal: SignalSpec) -> Plan:
    """The field and its reasons.

    Raises:
        SpecError: as for `fit_grids`.
    """
    if signal.kind == "video":
        raise SpecError("--profile grids: is for pictures and sounds; got video; use --profile tiles")
    if request.params is not None:
        raise SpecError("--params: grids have as many numbers as the signal; bound them by --max-size")
    hindrance = _hindrance(request, signal)
    if hindrance:
        raise SpecError(f"--profile grids: {hindrance}; use --profile tiles")
    size = request.max_size or 1 << 30
    width = next(w for least, w in WIDTHS[signal.kind] if size >= least)
    act = replace(fields.activation(request.activation).default, omega_first=OMEGA, omega_hidden=OMEGA)
    if signal.kind == "image":
        levels = fields.most_levels(signal.shape)
        encoding, layers = EncodingSpec("grids", levels, shape=signal.shape), 1
        what = f"a pyramid of {levels} levels"
    else:
        encoding, layers = EncodingSpec("lapped", ORDER, shape=signal.shape), 0
        what = "windowed cosines, whose length is chosen by trial"
    dims = len(signal.shape)
    field = FieldSpec(dims, signal.channels, (1,) * dims, (0,) * dims, width, layers, encoding, act)
    reasons = (
        f"grids: {what}, and an MLP of width {width} that sees them",
        "other sizes: inr export FILE.inr SMALL.inr --max-size, in a fit of some seconds",
    )
    seconds = None if request.steps else request.time_s or SECONDS[request.preset]
    return Plan(field, Rates(0.0, RATE, RATE), BATCH, seconds, request.steps, reasons)


def _hindrance(request: FitSpec, signal: SignalSpec) -> str:
    """Why a signal cannot be fitted by grids; empty where it can."""
    if signal.domain is not None:
        return "needs all samples of a grid; got scattered ones"
    if signal.kind == "image" and min(signal.shape) < LEAST_SIDE:
        return f"needs {LEAST_SIDE} pixels a side; got {signal.shape}"
    if signal.kind == "audio" and signal.samples < LEAST_SOUND:
        return f"needs {LEAST_SOUND} frames; got {signal.samples}"
    values, bytes_ = signal.samples * signal.channels, COPIES * 4 * signal.samples * signal.channels
    if bytes_ > request.memory_bytes or values > codec.GRID_VALUES:
        return f"holds a signal of {values} values in {bytes_} bytes; got --memory {request.memory_bytes}"
    return codec.unwritable(request.activation)

"""From a request to a finished file's bytes: plan, fit, choose steps, code, measure.

`run` is a generator of progress records whose return value is the `Outcome`; it writes
nothing but checkpoints.  `export` makes a file of another size from what a run kept.
"""

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from inr import codec, signals
from inr.errors import FitError, InrError, OutOfMemory, SpecError
from inr.evaluate import Evaluation, evaluate
from inr.fields import Field, tensor_shapes
from inr.fitting.checkpoint import STATE, State, has_state, load_state
from inr.fitting.finish import LOSS_DB, Coded, finish, own_probe
from inr.fitting.fit import Fit
from inr.fitting.grid_plans import takes
from inr.fitting.grids import fit_grids, refit
from inr.fitting.prepare import same_run
from inr.fitting.presets import Plan, make_plan
from inr.fitting.progress import Progress
from inr.specs import FitSpec, SignalSpec


@dataclass(frozen=True)
class Outcome:
    """What a run ended with.

    Attributes:
        coded: the file's bytes and the field they decode to.
        plan: the decisions it followed.
        steps: optimiser steps done.  fit_seconds: from the first byte read to the last change of
            a weight.
        device, threads: what it ran on.
        evaluation: of the decoded file; None where it was not wanted.
        float_evaluation: of the field before quantisation, which is the same one where it was rounded in
            the loop; None likewise.
        stopped: the run was ended from outside.
        failure: why the fit broke off, where it did; the best so far is in `coded`.
    """

    coded: Coded
    plan: Plan
    steps: int
    fit_seconds: float
    device: str
    threads: int
    evaluation: Evaluation | None
    float_evaluation: Evaluation | None
    stopped: bool
    failure: str | None


def run(
    request: FitSpec,
    reader: signals.Reader,
    *,
    started: float,
    folder: Path | None = None,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    measure: bool = True,
    spread: bool = True,
) -> Generator[Progress, None, Outcome]:
    """Fit a signal and code the result.

    Args:
        request: what was asked.
        reader: the signal.
        started: `time.monotonic()` when the first byte was read.
        folder: where checkpoints go; None for none.
        resume: go on from the folder's checkpoint, if there is one.
        stop: asked before every step; True ends the fit with the best so far.
        measure: evaluate the decoded file at the end; a stopped run is not evaluated, so that
            its file is written at once.
        spread: False keeps to the caller's thread while fitting, for fits side by side.

    Raises:
        SpecError: the request cannot be met, or does not belong to the run to resume.
        FitError: `max_size` cannot be met.
        OutOfMemory: an allocation failed.
    """
    why = codec.unwritable(request.activation) if request.max_size is not None else ""
    if why:
        raise SpecError(f"--max-size: {why}; leave --max-size out")
    with _memory_errors(reader.source):
        state = _kept_state(folder, request, reader) if resume and folder is not None else None
        if _by_grids(request, reader.spec, state):
            return (yield from _run_grids(request, reader, started, folder, state, stop, measure))
        fit = _prepare(request, reader, started, folder, state, stop, spread)
        failure: str | None = None
        try:
            yield from fit.run()
        except FitError as error:
            failure = str(error)
        finally:
            fit.network.close()
        fit_seconds = fit.seconds
        if not stop():
            fit.save()
        yield Progress("quantise", fit.step, fit.step, fit.quality_db(fit.mse), fit.seconds)
        field = fit.best()
        coded = _finish(fit, field, request)
        yield Progress("evaluate", fit.step, fit.step, fit.quality_db(fit.mse), fit.seconds)
        measured = _evaluated(fit, coded.field) if measure and not stop() else None
        before = _evaluated(fit, field, perceptual=False) if measure and not stop() else None
    return Outcome(
        coded,
        fit.plan,
        fit.step,
        fit_seconds,
        fit.device,
        fit.threads,
        measured,
        before,
        stopped=stop(),
        failure=failure,
    )


def _run_grids(
    request: FitSpec,
    reader: signals.Reader,
    started: float,
    folder: Path | None,
    state: State | None,
    stop: Callable[[], bool],
    measure: bool,
) -> Generator[Progress, None, Outcome]:
    def evaluated(field: Field, perceptual: bool = False) -> Evaluation:
        room = request.memory_bytes // 4
        return evaluate(field, reader.spec, reader, memory_bytes=room, perceptual=perceptual)

    def measure_db(field: Field, _: SignalSpec) -> float:
        return _decibels(evaluated(field))

    ended = yield from fit_grids(
        request, reader, started=started, folder=folder, state=state, stop=stop, measure_db=measure_db
    )
    yield Progress("evaluate", ended.steps, ended.steps, None, ended.fit_seconds)
    wanted = measure and not stop()
    measured = evaluated(ended.coded.field, True) if wanted else None
    same = ended.before is ended.coded.field
    return Outcome(
        ended.coded,
        ended.plan,
        ended.steps,
        ended.fit_seconds,
        "cpu",
        1,
        measured,
        measured if same or not wanted else evaluated(ended.before),
        stopped=stop(),
        failure=None,
    )


def export(
    field: Field,
    signal: SignalSpec,
    *,
    mse: float | None = None,
    reference: signals.Reader | None = None,
    max_size: int | None = None,
    target_db: float | None = None,
    memory_bytes: int = 256_000_000,
) -> Coded:
    """Code a field again, under a size or for a quality.

    Args:
        field: the field, from a run folder or from a `.inr` file.
        signal: what it was fitted to.
        mse: its known mean squared error in the field's units; how much a step may cost is
            judged against it.  About 40 dB is assumed where it is not known.
        reference: the signal itself; needed for `target_db`.
        max_size: bytes that the file must not exceed.
        target_db: PSNR (audio: SNR) of the decoded file.
        memory_bytes: bound on evaluation blocks.

    Raises:
        SpecError: a target without a reference.
        FitError: the size cannot be met.
    """
    if target_db is not None and reference is None:
        raise SpecError(
            "--target-psnr on export: quality is measured against the signal; add --reference FILE"
        )

    def measure_db(candidate: Field, spec: SignalSpec) -> float:
        assert reference is not None
        got = evaluate(candidate, spec, reference, memory_bytes=memory_bytes, perceptual=False)
        return _decibels(got)

    if field.spec.encoding.stored:
        return refit(
            field,
            signal,
            mse=mse,
            max_size=max_size,
            target_psnr=target_db,
            reference=reference,
            measure_db=measure_db,
        )
    probe = own_probe(field, 4e-4 if mse is None else mse)
    return finish(field, signal, probe, max_size=max_size, target_db=target_db, measure_db=measure_db)


def kept_run(folder: Path) -> tuple[Field, SignalSpec, float | None]:
    """The best field of a run folder, its signal, and its mean squared error in the field's units.

    Raises:
        SpecError, FormatError: as for `load_state`; of a clip by grids, which has no field before its end.
    """
    state = load_state(folder)
    plan = Plan.from_json(state.numbers["plan"])
    if plan.field.encoding.name == "clips":
        raise SpecError(
            f"{folder}: holds a part of a clip by grids; go on with inr fit --resume, and export its file"
        )
    tensors = state.part("best") or {n: state.part("now")[n] for n in tensor_shapes(plan.field)}
    error = state.numbers["best_error"]
    return Field(plan.field, tensors), SignalSpec.from_json(state.numbers["signal"]), error


def remove_run(folder: Path) -> None:
    """Delete a run folder and its checkpoint; other files in it are kept."""
    (folder / STATE).unlink(missing_ok=True)
    for left in folder.glob(".state-*.tmp.safetensors"):
        left.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


@contextmanager
def _memory_errors(source: str) -> Iterator[None]:
    """A failed allocation, however torch or NumPy reports it, as one `OutOfMemory`."""
    try:
        yield
    except InrError:
        raise
    except (MemoryError, RuntimeError) as error:
        # torch's CPU allocator raises a plain RuntimeError.
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or "alloc" in str(error).lower():
            raise OutOfMemory(f"{source}: out of memory; lower --memory or --params") from error
        raise


def _by_grids(request: FitSpec, signal: SignalSpec, state: State | None) -> bool:
    """Whether a fit is by grids; one that goes on is what it was, whatever would be planned today."""
    if state is None:
        return takes(request, signal)
    return Plan.from_json(state.numbers["plan"]).field.encoding.stored


def _kept_state(folder: Path, request: FitSpec, reader: signals.Reader) -> State | None:
    """The checkpoint of a run folder, which must be of this request and input; None where there is none."""
    if not has_state(folder):
        return None
    state = load_state(folder)
    same_run(state.numbers, request, reader)
    return state


def _prepare(
    request: FitSpec,
    reader: signals.Reader,
    started: float,
    folder: Path | None,
    state: State | None,
    stop: Callable[[], bool],
    spread: bool,
) -> Fit:
    plan = make_plan(request, reader) if state is None else Plan.from_json(state.numbers["plan"])
    fit = Fit(
        request,
        plan,
        reader,
        started=started,
        folder=folder,
        stop=stop,
        reached=_target_met if request.target_psnr is not None else _never,
        spread=spread,
    )
    if state is not None:
        fit.restore(state)
    return fit


def _never(fit: Fit, error: float) -> bool:
    return False


def _target_met(fit: Fit, error: float) -> bool:
    """Whether the float field exceeds the target by what quantisation may cost; the probe asks first."""
    wanted = (fit.request.target_psnr or 0.0) + LOSS_DB
    estimate = fit.quality_db(error)
    if estimate is None or estimate < wanted - 0.1:
        return False
    return _decibels(_evaluated(fit, fit.best(), perceptual=False)) >= wanted


def _finish(fit: Fit, field: Field, request: FitSpec) -> Coded:
    def measure_db(candidate: Field, signal: SignalSpec) -> float:
        return _decibels(_evaluated(fit, candidate, perceptual=False))

    return finish(
        field,
        fit.reader.spec,
        fit.probe(),
        max_size=request.max_size,
        target_db=request.target_psnr,
        measure_db=measure_db,
        exponents=fit.exponents,
    )


def _decibels(evaluation: Evaluation) -> float:
    """The primary number, infinite where the signals are equal."""
    return math.inf if evaluation.quality_db is None else evaluation.quality_db


def _evaluated(fit: Fit, field: Field, *, perceptual: bool = True) -> Evaluation:
    return evaluate(
        field,
        fit.reader.spec,
        fit.reader,
        memory_bytes=fit.request.memory_bytes // 4,
        device=fit.device,
        perceptual=perceptual,
    )

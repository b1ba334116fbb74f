"""One input of `inr fit`: from an opened file to the `.inr` beside its name, and what there is to say."""

import os
import tempfile
import time as clock
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inr.cli.complaints import EXPECTED, complaint
from inr.cli.drawing import Drawing, comparison_lines, say, summary, tell
from inr.cli.stopping import Stopped
from inr.errors import FitError, SpecError
from inr.specs import FitSpec

Say = Callable[..., None]  # as `drawing.say`: a line, and whether it is left out


@dataclass(frozen=True)
class Job:
    """What to do with one input.

    Attributes:
        name: the input, as the person called it.
        target: where the result goes.
        request: what was asked.
        command: the command line that does this fit alone.
        page: folder of its report; None for none.
        resume, keep_run, force, quiet: as on the command line.
        measure: evaluate the decoded file.
        compare: hold the size against that of JPEG and others, and say so.
    """

    name: str
    target: Path
    request: FitSpec
    command: str
    page: Path | None = None
    resume: bool = False
    keep_run: bool = False
    force: bool = False
    quiet: bool = False
    measure: bool = True
    compare: bool = False

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.target.with_name(self.target.name + ".run")


@dataclass(frozen=True)
class Ended:
    """What became of a job.

    Attributes:
        code: exit code.
        row: its JSON object.
        words: lines about it, with styles for `tell`; the last one is its summary.
        trouble: what went wrong, in one line; empty where nothing did.
        stopped: a signal ended it.
        failed: the fit broke off by itself; the best so far is kept.
    """

    code: int
    row: dict[str, Any]
    words: list[tuple[str, str]]
    trouble: str
    stopped: bool
    failed: bool


def fit_alone(job: Job, stopped: Stopped) -> Ended:
    """Fit a command's only input.

    Raises:
        InrError, OSError: as the fit does; it is the command's error too.
    """
    from inr import signals

    started = clock.monotonic()
    check_target(job)
    with signals.open_reader(job.name) as reader:
        for note in reader.notes:
            say(f"{job.name}: {note}", job.quiet)
        with Drawing(job.name, "SNR" if reader.spec.kind == "audio" else "PSNR", job.quiet) as drawing:
            ended = fit_one(job, reader, started, stopped, drawing.update, say)
    tell(ended.words, job.quiet)
    say(f"inr: {ended.trouble}", not ended.trouble)
    return ended


def fit_one(
    job: Job,
    reader: Any,
    started: float,
    stopped: Stopped,
    show: Callable[[Any], None],
    say: Say,
    *,
    spread: bool = True,
) -> Ended:
    """Fit one signal, write its file, and clean up.

    Args:
        job: what to do; its target was checked.
        reader: the signal.
        started: `time.monotonic()` when its first byte was read.
        stopped: asked before every step.
        show: takes every `fitting.Progress`.
        say: takes what the person should read at once.
        spread: as for `fitting.run`.
    """
    from inr import codec, fitting, reports

    why = codec.unwritable(job.request.activation)
    steps = fitting.run(
        job.request,
        reader,
        started=started,
        folder=job.folder,
        resume=job.resume,
        stop=lambda: stopped.by != 0,
        measure=job.measure,
        spread=spread,
    )
    curve = reports.Curve()
    try:
        outcome = fitting.drive(steps, _both(show, curve.add))
    except FitError:  # no file this small exists, and no step more would change that
        if not job.keep_run:
            fitting.remove_run(job.folder)
        raise
    if why:
        codec.save_tensors(job.target, outcome.coded.field, outcome.coded.signal)
        say(f"{job.name}: {why}; {job.target} has its float32 numbers instead", job.quiet)
    else:
        codec.save(job.target, outcome.coded.data, overwrite=True)
    row: dict[str, Any] = {"file": str(job.target), "input": job.name} | fitting.report(
        outcome, job.request, os.path.getsize(job.target), clock.monotonic() - started
    )
    # All of this comes when the file is safe and the seconds are counted.
    encode = job.page is not None or (job.compare and job.measure)
    found = reports.compare(reader, row["size_bytes"], encode=encode and not outcome.stopped)
    if found.source_bytes:
        row["source_bytes"] = found.source_bytes
    failed = 0
    if job.page is not None and outcome.stopped:
        say(f"{job.name}: no report of a fit that was stopped", job.quiet)
    elif job.page is not None:
        done = reports.Finished(job.name, job.command, row, job.request, outcome, curve, found)
        failed = _report(job, job.page, reader, done, say)
    words = [(f"  {reason}", "") for reason in outcome.plan.reasons]
    words += [*comparison_lines(found, row), (summary(row), "bold")]
    code, trouble = _trouble(job, outcome)
    if not (outcome.stopped or outcome.failure or job.keep_run or stopped.by):
        fitting.remove_run(job.folder)
    return Ended(max(code, failed), row, words, trouble, outcome.stopped, outcome.failure is not None)


def check_target(job: Job) -> None:
    """Refuse before the fit what could not be written after it.

    Raises:
        SpecError: the output or an interrupted run is there already, or the place cannot be written.
    """
    from inr.fitting import has_state

    target = job.target
    if target.is_dir():
        raise SpecError(f"{target}: is a folder; give the name of a file with -o")
    left = has_state(job.folder)
    # The file beside an interrupted run is that run's best so far, which going on replaces.
    if target.exists() and not (job.force or (job.resume and left)):
        raise SpecError(
            f"{target}: exists already; add --force to replace it, or choose another name with -o"
        )
    if left and not (job.resume or job.force):
        raise SpecError(
            f"{job.folder}: an interrupted run is there; add --resume to go on, or --force to start again"
        )
    try:
        # Better now than after the fit: a file that has no name and leaves nothing.
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise SpecError(f"{target}: cannot be written ({error.strerror}); choose another place") from error


def check_page(job: Job, *, begun: bool = False) -> None:
    """Refuse to replace a report, unless it is one of a fit that has begun already.

    Raises:
        SpecError: there is a page in its folder.
    """
    if job.page is None or job.force or begun:
        return
    from inr.reports import PAGE

    if (job.page / PAGE).exists():
        raise SpecError(
            f"--report: {job.page / PAGE} exists already; add --force to replace it, or choose another folder"
        )


def _report(job: Job, page: Path, reader: Any, done: Any, say: Say) -> int:
    """Write the page and say where it is; a page that fails must not cost the person the fit."""
    from inr import reports

    try:
        say(f"{job.name}: the report is {reports.write(page, reader, done)}", job.quiet)
    except EXPECTED as error:
        line, code = complaint(error)
        say(f"inr: --report: {line}; the fit itself is in {job.target}")
        return code
    missing = reports.no_figures()
    say(f"{job.name}: {missing}", job.quiet or missing is None)
    return 0


def _both(first: Callable[[Any], None], second: Callable[[Any], None]) -> Callable[[Any], None]:
    def take(record: Any) -> None:
        first(record)
        second(record)

    return take


def _more(job: Job, outcome: Any) -> str:
    """What would bring a target nearer."""
    bound = "" if job.request.max_size is None else "a larger --max-size, or "
    numbers = "" if outcome.coded.field.spec.encoding.stored else " or --params"
    return f"{bound}more --time{numbers}"


def _trouble(job: Job, outcome: Any) -> tuple[int, str]:
    """The exit code, and what went wrong."""
    if outcome.stopped:
        return 0, (
            f"stopped at step {outcome.steps}; the best so far is in {job.target}; "
            f"--resume goes on from {job.folder}"
        )
    if outcome.failure is not None:
        return FitError.exit_code, outcome.failure
    if not outcome.coded.reached:
        return FitError.exit_code, (
            f"{job.target}: {job.request.target_psnr:g} dB were asked for and not reached; "
            f"the best is kept; allow {_more(job, outcome)}"
        )
    return 0, ""

"""Fit a network to each input and write it as a `.inr` file."""

import json as json_module
import os
import shlex
import signal as signals_of_the_system
import tempfile
import time as clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from inr.cli.complaints import EXPECTED, complaint
from inr.cli.config import apply_config
from inr.cli.drawing import Drawing, comparison_lines, say, summary, tell
from inr.cli.options import Flag, Whole
from inr.cli.sizes import parse_size
from inr.errors import FitError, SpecError
from inr.specs import FitSpec


def fit(
    inputs: list[str],
    /,
    *,
    out: Annotated[Path | None, Parameter(name=["-o", "--out"])] = None,
    preset: str | None = None,
    profile: str | None = None,
    activation: str | None = None,
    params: Whole | None = None,
    max_size: str | None = None,
    target_psnr: float | None = None,
    time: float | None = None,
    steps: Whole | None = None,
    memory: str | None = None,
    seed: Whole | None = None,
    device: str | None = None,
    resume: Flag = False,
    keep_run: Flag = False,
    no_eval: Flag = False,
    report: Path | None = None,
    config: Path | None = None,
    force: Flag = False,
    quiet: Flag = False,
    json: Flag = False,
) -> int:
    """Fit a network to each INPUT (a picture, sound or video file, or sample:NAME).

    Args:
        inputs: files, or built-in samples such as sample:astronaut.
        out: the .inr file to write, or a folder for several inputs; ./STEM.inr by default.
        preset: fast (about 5 s), balanced (30 s), small (2 minutes) or best (5 minutes).
        profile: layout of the network: single, tiles or auto.
        activation: raf, raf-image, raf-audio or sine; or one that a .inr file has no number for, such as
            finer, gauss, wire, spder, staf or relu, whose field is written as .safetensors.
        params: bound on the network's numbers.
        max_size: bound on the file, such as 20kB; never exceeded.
        target_psnr: quality in dB that the decoded file must reach (SNR for sound).
        time: seconds of fitting.
        steps: optimiser steps, instead of seconds.
        memory: bound on samples and buffers, such as 1GB (the default).
        seed: of start values and of the order of samples; 0 by default.
        device: auto, cpu or cuda.
        resume: go on with a run that was interrupted.
        keep_run: keep the run folder OUT.run, which `inr export` can use.
        no_eval: do not measure the decoded file.
        report: write a page that shows the fit, DIR/index.html; for several inputs DIR/STEM/index.html.
        config: a TOML file with these options; the command line wins over it.
        force: replace files that exist.
        quiet: say nothing but errors.
        json: print one JSON object with the results on stdout.
    """
    asked = {
        "preset": preset,
        "profile": profile,
        "activation": activation,
        "params": params,
        "max_size": max_size,
        "target_psnr": target_psnr,
        "time": time,
        "steps": steps,
        "memory": memory,
        "seed": seed,
        "device": device,
    }
    asked = apply_config(config, asked)
    request = _request(asked)
    if not inputs:
        raise SpecError("fit: no input; give a picture, sound or video file, or sample:NAME")
    targets = _targets(inputs, out)
    pages = _pages(report, targets, force=force)
    rows: list[dict[str, Any]] = []
    worst = 0
    with _stopping() as stopped:
        for name, target, page in zip(inputs, targets, pages, strict=True):
            try:
                code, row = _fit_one(
                    name,
                    target,
                    request,
                    stopped,
                    resume=resume,
                    keep_run=keep_run,
                    measure=not no_eval,
                    force=force,
                    quiet=quiet,
                    compare=not (quiet or json),
                    page=page,
                    command=_command(name, target, asked | {"no_eval": no_eval}, report),
                )
            except EXPECTED as error:
                if len(inputs) == 1:
                    raise
                # Several inputs: one bad file must not lose the others.
                line, code = complaint(error)
                say(f"inr: {line}")
                row = {"file": str(target), "input": name, "error": line}
            rows.append(row)
            worst = max(worst, code)
            if stopped.by:
                break
    if json:
        print(json_module.dumps(rows[0] if len(inputs) == 1 else {"rows": rows}))
    return 128 + stopped.by if stopped.by else worst


def _request(asked: dict[str, Any]) -> FitSpec:
    given = {k: v for k, v in asked.items() if v is not None}
    for name, field in (("max_size", "max_size"), ("memory", "memory_bytes")):
        if name in given:
            given[field] = parse_size(given.pop(name), f"--{name.replace('_', '-')}")
    if "time" in given:
        given["time_s"] = given.pop("time")
    try:
        return FitSpec(**given)
    except TypeError as error:
        raise SpecError(f"fit: {error}") from error


def _targets(inputs: list[str], out: Path | None) -> list[Path]:
    stems = [f"{Path(name.removeprefix('sample:')).stem}.inr" for name in inputs]
    if out is not None and len(inputs) == 1 and not out.is_dir():
        if out.suffix != ".inr":
            raise SpecError(
                f"-o {out}: a fit writes a .inr file; decode it with `inr decode` to get a signal"
            )
        if not out.parent.is_dir():
            raise SpecError(f"-o {out}: its folder does not exist; create {out.parent} first")
        return [out]
    if out is not None and not out.is_dir():
        raise SpecError(f"-o {out}: several inputs need a folder that exists")
    targets = [(out or Path()) / stem for stem in stems]
    twice = sorted({str(t) for t in targets if targets.count(t) > 1})
    if twice:
        raise SpecError(f"fit: two inputs would both write {twice[0]}; fit them one by one with -o")
    return targets


def _pages(report: Path | None, targets: list[Path], *, force: bool) -> list[Path | None]:
    """The folder of each fit's page.

    Raises:
        SpecError: a page is there already, or a folder's name is that of a file.
    """
    if report is None:
        return [None] * len(targets)
    folders = [report] if len(targets) == 1 else [report / target.stem for target in targets]
    for folder in folders:
        if any(place.exists() and not place.is_dir() for place in (folder, *folder.parents)):
            raise SpecError(f"--report {folder}: a file has this name; give the name of a folder")
        if (folder / "index.html").exists() and not force:
            raise SpecError(
                f"--report: {folder / 'index.html'} exists already; add --force to replace it, "
                "or choose another folder"
            )
    return list(folders)


def _command(name: str, target: Path, asked: dict[str, Any], report: Path | None) -> str:
    """The command line that does one fit again, what a config file said included."""
    words = ["inr", "fit", name, "-o", str(target)]
    for option, value in asked.items():
        if value is not None and value is not False:
            words += [f"--{option.replace('_', '-')}", *([] if value is True else [str(value)])]
    return shlex.join([*words, *(["--report", str(report)] if report else [])])


def _fit_one(
    name: str,
    target: Path,
    request: FitSpec,
    stopped: "_Stopped",
    *,
    resume: bool,
    keep_run: bool,
    measure: bool,
    force: bool,
    quiet: bool,
    compare: bool,
    page: Path | None,
    command: str,
) -> tuple[int, dict[str, Any]]:
    """Fit one input; returns its exit code and its JSON row."""
    from inr import codec, fitting, reports, signals

    started = clock.monotonic()
    why = codec.unwritable(request.activation)
    if why:
        target = target.with_suffix(".safetensors")
    folder = target.with_name(target.name + ".run")
    _check_target(target, folder, force=force, resume=resume)
    with signals.open_reader(name) as reader:
        for note in reader.notes:
            say(f"{name}: {note}", quiet)
        steps = fitting.run(
            request,
            reader,
            started=started,
            folder=folder,
            resume=resume,
            stop=lambda: stopped.by != 0,
            measure=measure,
        )
        curve = reports.Curve()
        with Drawing(name, "SNR" if reader.spec.kind == "audio" else "PSNR", quiet) as drawing:
            try:
                outcome = fitting.drive(steps, _both(drawing.update, curve.add))
            except FitError:  # no file this small exists, and no step more would change that
                if not keep_run:
                    fitting.remove_run(folder)
                raise
        if why:
            codec.save_tensors(target, outcome.coded.field, outcome.coded.signal)
            say(f"{name}: {why}; {target} has its float32 numbers instead", quiet)
        else:
            codec.save(target, outcome.coded.data, overwrite=True)
        row: dict[str, Any] = {"file": str(target), "input": name} | fitting.report(
            outcome, request, os.path.getsize(target), clock.monotonic() - started
        )
        # All of this comes when the file is safe and the seconds are counted.
        encode = page is not None or (compare and measure)
        found = reports.compare(reader, row["size_bytes"], encode=encode and not outcome.stopped)
        if found.source_bytes:
            row["source_bytes"] = found.source_bytes
        failed = 0
        if page is not None and outcome.stopped:
            say(f"{name}: no report of a fit that was stopped", quiet)
        elif page is not None:
            done = reports.Finished(name, command, row, request, outcome, curve, found)
            failed = _report(page, reader, done, quiet)
    for reason in outcome.plan.reasons:
        say(f"  {reason}", quiet)
    tell([*comparison_lines(found, row), (summary(row), "bold")], quiet)
    code = _ending(outcome, request, row, folder, target, keep_run or stopped.by != 0)
    return max(code, failed), row


def _report(page: Path, reader: Any, done: Any, quiet: bool) -> int:
    """Write the page and say where it is; a page that fails must not cost the person the fit."""
    from inr import reports

    try:
        say(f"{done.name}: the report is {reports.write(page, reader, done)}", quiet)
    except EXPECTED as error:
        line, code = complaint(error)
        say(f"inr: --report: {line}; the fit itself is in {done.row['file']}")
        return code
    missing = reports.no_figures()
    say(f"{done.name}: {missing}", quiet or missing is None)
    return 0


def _both(first: Callable[[Any], None], second: Callable[[Any], None]) -> Callable[[Any], None]:
    def take(record: Any) -> None:
        first(record)
        second(record)

    return take


def _ending(
    outcome: Any, request: FitSpec, row: dict[str, Any], folder: Path, target: Path, keep: bool
) -> int:
    """Clean up, say what went wrong, and give the exit code."""
    from inr import fitting

    if outcome.stopped:
        say(
            f"inr: stopped at step {outcome.steps}; the best so far is in {target}; "
            f"--resume goes on from {folder}"
        )
        return 0
    if outcome.failure is not None:
        say(f"inr: {outcome.failure}")
        return FitError.exit_code
    if not keep:
        fitting.remove_run(folder)
    if not outcome.coded.reached:
        say(
            f"inr: {target}: {request.target_psnr:g} dB were asked for and not reached; the best is kept; "
            "allow more --time or --params"
        )
        return FitError.exit_code
    return 0


def _check_target(target: Path, folder: Path, *, force: bool, resume: bool) -> None:
    from inr.fitting import has_state

    if target.is_dir():
        raise SpecError(f"{target}: is a folder; give the name of a file with -o")
    left = has_state(folder)
    # The file beside an interrupted run is that run's best so far, which going on replaces.
    if target.exists() and not (force or (resume and left)):
        raise SpecError(
            f"{target}: exists already; add --force to replace it, or choose another name with -o"
        )
    if left and not (resume or force):
        raise SpecError(
            f"{folder}: an interrupted run is there; add --resume to go on, or --force to start again"
        )
    try:
        # Better now than after the fit: a file that has no name and leaves nothing.
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise SpecError(f"{target}: cannot be written ({error.strerror}); choose another place") from error


class _Stopped:
    """Which signal asked the run to end; 0 for none."""

    by: int = 0


@contextmanager
def _stopping() -> Iterator[_Stopped]:
    """Ctrl-C and SIGTERM end the fit and keep the best so far; a second one ends at once."""
    stopped = _Stopped()

    def handle(number: int, frame: object) -> None:
        if stopped.by:
            os._exit(128 + number)
        stopped.by = number

    numbers = [signals_of_the_system.SIGINT, signals_of_the_system.SIGTERM]
    before = [signals_of_the_system.signal(number, handle) for number in numbers]
    try:
        yield stopped
    finally:
        for number, old in zip(numbers, before, strict=True):
            signals_of_the_system.signal(number, old)

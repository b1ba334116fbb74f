"""Fit a network to each input and write it as a `.inr` file."""

import json as json_module
import shlex
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from inr.cli.config import apply_config
from inr.cli.inputs import expand, pages, targets
from inr.cli.many import fit_many
from inr.cli.one import Job, check_page, fit_alone
from inr.cli.options import Flag, Whole
from inr.cli.sizes import parse_size
from inr.cli.stopping import stopping
from inr.errors import SpecError
from inr.specs import FitSpec


def fit(
    *inputs: Annotated[str, Parameter(required=True)],
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

    Of several inputs each is fitted for itself: one that fails does not stop the others, and a table (with
    --json {"rows": [...]}) ends the run. With -o DIR the same command goes on where it was killed or
    stopped: DIR/manifest.json knows what is done. With --steps small files are fitted side by side.

    Args:
        inputs: files, or built-in samples such as sample:astronaut. A folder stands for the pictures, sounds
            and clips right in it, a pattern in quotes ('in/**/*.png') for the files that it matches.
        out: the .inr file to write, or a folder for several inputs; ./STEM.inr by default.
        preset: fast (about 5 s), balanced (30 s), small (2 minutes) or best (5 minutes).
        profile: layout of the network: single, tiles, grids, or auto: grids, but tiles with --params, where
            --memory is too small for grids, and for a clip that needs more time than there is.
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
        resume: go on with a run that was interrupted; several inputs with -o DIR do so by themselves.
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
    names = expand(inputs)
    several = tuple(names) != inputs or len(names) > 1
    results = targets(names, out, _suffix(request), several=several)
    jobs = [
        Job(
            name,
            target,
            request,
            _command(name, target, asked | {"no_eval": no_eval}, report),
            page,
            resume=resume,
            keep_run=keep_run,
            force=force,
            quiet=quiet,
            measure=not no_eval,
            compare=not (several or quiet or json),
        )
        for name, target, page in zip(names, results, pages(report, results, several=several), strict=True)
    ]
    with stopping() as stopped:
        if several:
            return fit_many(jobs, out, stopped, quiet=quiet, json=json)
        check_page(jobs[0])
        ended = fit_alone(jobs[0], stopped)
    if json:
        print(json_module.dumps(ended.row))
    return 128 + stopped.by if stopped.by else ended.code


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


def _suffix(request: FitSpec) -> str:
    """Of what is written: a field that no .inr file can hold is kept as plain tensors."""
    from inr import codec

    return ".safetensors" if codec.unwritable(request.activation) else ".inr"


def _command(name: str, target: Path, asked: dict[str, Any], report: Path | None) -> str:
    """The command line that does one fit again, what a config file said included."""
    words = ["inr", "fit", name, "-o", str(target.with_suffix(".inr"))]
    for option, value in asked.items():
        if value is not None and value is not False:
            words += [f"--{option.replace('_', '-')}", *([] if value is True else [str(value)])]
    return shlex.join([*words, *(["--report", str(report)] if report else [])])

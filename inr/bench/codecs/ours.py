"""Our own files: what `inr fit --max-size` writes and `inr decode` reads."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from inr import codec, fitting, reconstruct, signals
from inr.bench.codecs.contender import OURS, Contender
from inr.errors import FitError
from inr.specs import FitSpec


def ours(source: str | Path, sizes: list[int], *, time_s: float | None, steps: int | None) -> Contender:
    """The product itself at some sizes, with the defaults that ship.

    Args:
        source: the signal; it is read again for every file, as the command line does.
        sizes: bounds on the file, in bytes.
        time_s: seconds of every fit.
        steps: optimiser steps of every fit, instead.
    """
    span = f"{steps} steps" if steps is not None else f"{time_s:g} s"
    settings = {
        f"{size} bytes, {span}": FitSpec(
            max_size=size, time_s=None if steps is not None else time_s, steps=steps
        )
        for size in sizes
    }

    def encode(request: FitSpec, path: Path) -> None:
        started = time.monotonic()
        with signals.open_reader(source) as reader:
            steps = fitting.run(request, reader, started=started, measure=False)
            outcome = fitting.drive(steps, lambda progress: None)
        if outcome.failure is not None:
            raise FitError(outcome.failure)
        codec.save(path, outcome.coded.data, overwrite=True)

    return Contender(OURS, ".inr", settings, encode, _decode)


def _decode(path: Path) -> Iterator[np.ndarray]:
    decoded = codec.load(path)
    for block in reconstruct.blocks(decoded.field, decoded.signal):
        yield signals.from_float(block.values, decoded.signal)

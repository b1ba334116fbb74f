"""Ctrl-C and SIGTERM end a run and keep the best so far; a second one ends at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Stopped:
    """Which signal asked the run to end; 0 for none."""

    by: int = 0


@contextmanager
def stopping() -> Iterator[Stopped]:
    """Take note of signals while the block runs."""
    stopped = Stopped()

    def handle(number: int, frame: object) -> None:
        if stopped.by:
            os._exit(128 + number)
        stopped.by = number

    numbers = [signal.SIGINT, signal.SIGTERM]
    before = [signal.signal(number, handle) for number in numbers]
    try:
        yield stopped
    finally:
        for number, old in zip(numbers, before, strict=True):
            signal.signal(number, old)

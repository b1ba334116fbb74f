"""Fits side by side, one a thread, for several small signals.

A step of a small fit is too short to be shared out well, since workers meet several times in it, and
what comes before and after the steps runs on one thread.  Here each fit keeps to one thread
(`Fit(spread=False)`), computes the shares of all workers itself and in their order, and so ends in
the bits that it has alone (tests/fitting/test_together.py).  The compiled kernel and torch release
the interpreter, so the threads run at the same time.

Signals are not put into one batch, although fits of one layout have tiles of one shape: each has
frequencies and shared amplitudes of its own, which a call of the kernel has one of, and most of a
small fit's time is spent inside the kernel, where a longer batch gains nothing (64 x 64 pixels: 78 %).
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

import torch

from inr import signals
from inr.fitting.layout import LEARNT_COPIES, exceeds, sample_memory
from inr.fitting.prepare import pick_device
from inr.specs import FitSpec

# Samples and their margins, as often as twice the density along every axis takes (presets.py).
MARGINS = 1.5
PARAMS_PER_VALUE = 4  # no request that leaves the parameters open gets more (presets.py)
POLL_S = 0.5  # between two looks at the clock; on some systems signals are handled only then

T = TypeVar("T")


def threads() -> int:
    """How many fits may run side by side: as many as torch has threads."""
    return torch.get_num_threads()


def together(tasks: Iterable[Callable[[], T]], threads: int) -> Iterator[T]:
    """Run tasks side by side and yield their results as they come.

    Args:
        tasks: the next one is asked for when a thread is free for it, by the caller's thread.
        threads: T, how many run at once.  Torch gives each of them as many threads as the caller has,
            so that a fit takes the same decisions as alone.

    Raises:
        Whatever a task raises, once the tasks that have begun are done.
    """
    own = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, initializer=_use_threads, initargs=(own,))
    going: set[Future[T]] = set()
    try:
        with pool:
            for task in tasks:
                going.add(pool.submit(task))
                if len(going) == threads:
                    done, going = _first(going)
                    yield from (future.result() for future in done)
            while going:
                done, going = _first(going)
                yield from (future.result() for future in done)
    finally:
        torch.set_num_threads(own)


def may_join(request: FitSpec, reader: signals.Reader, threads: int) -> bool:
    """Whether a fit may run beside others.

    It may where all of them keep to `memory_bytes` together, and where its steps are counted:
    seconds are a promise about each fit, which is kept with all threads at its service.
    """
    if threads == 1 or request.steps is None or pick_device(request.device) != "cpu":
        return False
    spec, room = reader.spec, request.memory_bytes // threads
    params = request.params or PARAMS_PER_VALUE * spec.samples * spec.channels
    fits = not exceeds(spec, sample_memory(room), margins=MARGINS * 2.0 ** len(spec.shape))
    return fits and 4 * LEARNT_COPIES * params <= room - sample_memory(room)


def _use_threads(count: int) -> None:
    """Torch's number for the calling thread, which keeps its own from the first time that it asks.

    That first time it is given the one that any thread set last, whatever it had set itself before.
    """
    torch.get_num_threads()
    torch.set_num_threads(count)


def _first(going: set[Future[T]]) -> tuple[set[Future[T]], set[Future[T]]]:
    """Those that are done, one at least, and the others."""
    while True:
        done, others = wait(going, timeout=POLL_S, return_when=FIRST_COMPLETED)
        if done:
            return done, others

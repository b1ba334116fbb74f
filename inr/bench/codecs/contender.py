"""A codec at one setting: write a file, read it back, and see how far it is from the signal.

All contenders go through this file, ours too: sizes are those of files on the disk, and the
decibels come from one function over blocks of decoded native samples.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inr import metrics, signals
from inr.errors import InrError, SignalError

Array = np.ndarray
OURS = "inr"
Found = tuple[list["Contender"], list[str]]  # those that are there, and a line for each that is not


def as_they_are(blocks: Iterable[Array]) -> Iterable[Array]:
    """What most contenders decode is on the signal's grid already."""
    return blocks


@dataclass(frozen=True)
class Contender:
    """A codec for one signal.

    Attributes:
        name: as rows call it.
        suffix: of its files.
        settings: what to sweep: a name for each setting, and what `encode` takes for it.
        encode: writes the file.
        decode: reads it; native samples or floats in order along the slowest axis.
        restore: brings what was decoded to the signal's own grid; its time is not counted.
    """

    name: str
    suffix: str
    settings: Mapping[str, Any]
    encode: Callable[[Any, Path], None]
    decode: Callable[[Path], Iterable[Array]]
    restore: Callable[[Iterable[Array]], Iterable[Array]] = as_they_are


@dataclass(frozen=True)
class Point:
    """One file.

    Attributes:
        size_bytes: as the file system gives it.
        sums: of signal and error, over all samples and channels.
        encode_s: from the samples (ours: from the source file) to the file on the disk.
        decode_s: from the file to all samples.
    """

    size_bytes: int
    sums: metrics.SnrSums
    encode_s: float
    decode_s: float


def measure(contender: Contender, setting: str, reader: signals.Reader, folder: Path) -> Point:
    """Write a file, read it back, judge it.

    Args:
        contender: who.
        setting: one of its settings.
        reader: the signal.
        folder: where the file may lie for as long as it takes.

    Raises:
        SignalError: the codec refuses the signal, or gives back another grid.
        FitError: ours cannot be that small.
    """
    path = folder / f"point{contender.suffix}"
    try:
        begun = time.perf_counter()
        contender.encode(contender.settings[setting], path)
        encode_s = time.perf_counter() - begun
        watch = Stopwatch()
        sums = judge(reader, contender.restore(watch.each(contender.decode(path))))
        return Point(os.path.getsize(path), sums, encode_s, watch.seconds)
    except InrError:
        raise
    except Exception as error:  # media libraries raise anything: see signals
        if contender.name == OURS:  # a fault of ours is no refusal
            raise
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise SignalError(f"{contender.name} at {setting} does not take {reader.source}: {words}") from error
    finally:
        path.unlink(missing_ok=True)


class Stopwatch:
    """How long an iterator takes to give its items, whatever is done with them in between."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def each(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """The same items."""
        rest = iter(blocks)
        while True:
            begun = time.perf_counter()
            block = next(rest, None)
            self.seconds += time.perf_counter() - begun
            if block is None:
                return
            yield block


def judge(reader: signals.Reader, blocks: Iterable[Array]) -> metrics.SnrSums:
    """Sums of the errors of decoded native samples.

    Args:
        reader: the signal.
        blocks: [n, ..., C] each, in order along the slowest axis, all of it.

    Raises:
        SignalError: they are not on the signal's grid.
    """
    sums, at = metrics.SnrSums(), 0
    length, rest = reader.spec.shape[0], (*reader.spec.shape[1:], reader.spec.channels)
    for block in blocks:
        if block.shape[1:] != rest or at + len(block) > length:
            raise SignalError(
                f"{reader.source}: units {at} .. {at + len(block)} of shape {block.shape[1:]} were decoded; "
                f"the signal has {length} of shape {rest}"
            )
        want = signals.to_float(reader.read(at, at + len(block)))
        sums = metrics.update_snr(sums, want, signals.to_float(block))
        at += len(block)
    if at != length:
        raise SignalError(f"{reader.source}: {at} units were decoded; the signal has {length}")
    return sums

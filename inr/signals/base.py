"""What every reader and every writer is, whatever the medium.

A reader hands out native samples: uint8, uint16, int16 or float32 of shape
[stop - start, ..., C], where start and stop run along the slowest axis (image rows,
audio frames, video frames).  A writer takes float blocks of the same shape, in order.
"""

import hashlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from inr.errors import InrError, SignalError, SpecError
from inr.files import atomic_path
from inr.signals.samples import from_float
from inr.specs import SignalSpec

Array = np.ndarray
HASH_BLOCK = 1 << 20


class Reader(ABC):
    """A signal to read from.

    Attributes:
        spec: shape, depth, rate and all else that decoding needs to know.
        notes: one-line remarks for the person, such as "the sound track is not stored".
        source: the path, or "array".
    """

    def __init__(self, source: str, spec: SignalSpec, notes: tuple[str, ...] = ()) -> None:
        self.source = source
        self.spec = spec
        self.notes = notes
        self._digest: str | None = None

    def read(self, start: int, stop: int) -> Array:
        """Native samples start .. stop-1 of the slowest axis; any order of calls.

        Shape: [stop - start, ..., C].

        Raises:
            SpecError: the range leaves the signal.
            SignalError: the file is damaged there.
        """
        length = self.spec.shape[0]
        if not 0 <= start <= stop <= length:
            raise SpecError(f"{self.source}: read({start}, {stop}) leaves the signal; it has 0 .. {length}")
        return self._read(start, stop)

    @abstractmethod
    def _read(self, start: int, stop: int) -> Array:
        """`read`, with the range already checked."""

    def fingerprint(self) -> str:
        """SHA-256 of the input, as hex digits, taken once: another input has another one."""
        if self._digest is None:
            self._digest = self._hashed()
        return self._digest

    def _hashed(self) -> str:
        """SHA-256 of the file's bytes."""
        digest = hashlib.sha256()
        try:
            with Path(self.source).open("rb") as file:
                while block := file.read(HASH_BLOCK):
                    digest.update(block)
        except OSError as error:
            raise SignalError(f"{self.source}: cannot be read again: {reason(error)}") from error
        return digest.hexdigest()

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Writer(ABC):
    """A file to write a signal to, along the slowest axis, as a context manager.

    The file appears under its name only when the block ends well and the signal is
    complete; otherwise nothing is left.

    Attributes:
        path: where the file will be.
        spec: what will be written.
        notes: one-line remarks for the person, such as "mp4 is lossy".
    """

    def __init__(self, path: Path, spec: SignalSpec, notes: tuple[str, ...] = ()) -> None:
        self.path = path
        self.spec = spec
        self.notes = notes
        self._written = 0
        self._stack = ExitStack()
        self._entered = False

    def write(self, block: Array) -> None:
        """Append float samples, shape [n, ..., C]; they are clipped and rounded to the spec's depth.

        Raises:
            SpecError: the block does not fit the spec, or the writer is not open.
            SignalError: values are not finite, or the disk is full.
        """
        block = np.asarray(block)
        if not self._entered:
            raise SpecError(f"{self.path}: write() needs an open writer; use it in a `with` block")
        if block.shape[1:] != (*self.spec.shape[1:], self.spec.channels):
            raise SpecError(
                f"{self.path}: a block of shape {block.shape} came; "
                f"[n, {', '.join(map(str, (*self.spec.shape[1:], self.spec.channels)))}] was needed"
            )
        if self._written + len(block) > self.spec.shape[0]:
            raise SpecError(
                f"{self.path}: {self._written + len(block)} units came; {self.spec.shape[0]} were announced"
            )
        if not np.isfinite(block).all():
            raise SignalError(
                f"{self.path}: the values to write hold NaN or infinity; the field that made them is broken"
            )
        with failures(self.path, "cannot be written"):
            self._put(from_float(block, self.spec))
        self._written += len(block)

    @abstractmethod
    def _start(self, temporary: Path) -> None:
        """Open what needs to be open, at the temporary path."""

    @abstractmethod
    def _put(self, block: Array) -> None:
        """Take native samples."""

    @abstractmethod
    def _finish(self) -> None:
        """Complete and close the file; called once, when all samples are there."""

    def _abandon(self) -> None:
        """Close the file, whatever state it is in."""
        return

    def _complete(self) -> None:
        if self._written != self.spec.shape[0]:
            raise SpecError(
                f"{self.path}: {self._written} units were written; {self.spec.shape[0]} are needed; "
                "nothing is kept"
            )
        self._finish()

    def __enter__(self) -> Self:
        with failures(self.path, "cannot be written"):
            temporary = self._stack.enter_context(atomic_path(self.path))
            try:
                self._start(temporary)
            except BaseException:
                self._close(*sys.exc_info())
                raise
        self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered = False
        if kind is not None:
            self._close(kind, error, trace)
            return
        with failures(self.path, "cannot be written"):
            try:
                self._complete()
            except BaseException:
                self._close(*sys.exc_info())
                raise
            self._close(None, None, None)

    def _close(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep the temporary file, or remove it if there is an error."""
        if kind is not None:
            with suppress(Exception):
                self._abandon()
        self._stack.__exit__(kind, error, trace)


@contextmanager
def failures(path: str | Path, what: str, remedy: str = "") -> Iterator[None]:
    """Turn whatever a media library raises into one `SignalError` of one line.

    PyAV alone is known to raise ValueError, EOFError, IndexError, UnicodeDecodeError
    and MemoryError on damaged files, so every `Exception` is meant.
    """
    try:
        yield
    except InrError:
        raise
    except Exception as error:
        ending = f"; {remedy}" if remedy else ""
        raise SignalError(f"{path}: {what}: {reason(error)}{ending}") from error


def reason(error: BaseException) -> str:
    """An exception's own words, on one line."""
    if isinstance(error, OSError) and error.strerror and type(error).__module__ == "builtins":
        return error.strerror
    words = " ".join(str(error).split()) or type(error).__name__
    return words[:200]

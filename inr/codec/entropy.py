"""Integers to bytes and back through one range coder (FORMAT.md, section 5).

The coder is `constriction.stream.queue`: 64-bit state, 32-bit words, 24-bit
probabilities.  Passing counts - 1 as float64 with `perfect=False` gives exactly our
integer counts: the library adds 1 to every symbol and scales the rest by
(2^24 - n) / Σ(counts - 1), which is 1.

Everything is checked before the library sees it, because a violated expectation in its
Rust core surfaces as a `PanicException`, which is no `Exception`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from inr.codec import models
from inr.errors import FormatError

Array = np.ndarray
T = TypeVar("T")
RAW_LIMIT = 23  # bits of one raw symbol; probabilities have 24
GAMMA_WIDTH = 5  # bits that hold the length of a gamma-coded number


class Writer:
    """Collects symbols; `getvalue` seals them into words.

    Attributes:
        bits: code length so far, without the seal.
    """

    def __init__(self, *, tally: bool = True) -> None:
        """Start an empty stream; without a `tally` the bits of `symbols` are not counted."""
        self._coder = _stream().queue.RangeEncoder()
        self._tally = tally
        self.bits = 0.0

    def raw(self, values: Array | int, width: int) -> None:
        """Write integers 0 .. 2^width - 1, all equally likely; width 0 writes nothing."""
        symbols = np.atleast_1d(np.asarray(values, dtype=np.int32))
        assert 0 <= width <= RAW_LIMIT, f"raw width {width}"
        if width and symbols.size:
            _assert_below(1 << width, symbols)
            self._coder.encode(np.ascontiguousarray(symbols), _uniform(width))
            self.bits += width * symbols.size

    def symbols(self, symbols: Array, table: models.Table) -> None:
        """Write symbols 0 .. 2·edge with the table's probabilities."""
        if symbols.size:
            _assert_below(table.counts.size, symbols)
            self._coder.encode(np.ascontiguousarray(symbols, dtype=np.int32), _categorical(table))
            if self._tally:
                self.bits += float(table.bits[symbols].sum())

    def sure(self, symbols: Array, table: models.Table) -> None:
        """`symbols` for int32 ones that are known to fit the table; their bits are not counted."""
        self._coder.encode(symbols, _categorical(table))

    def gamma(self, value: int) -> None:
        """Write an integer >= 0: the bit length of value + 1 less one, then its lower bits."""
        length = (value + 1).bit_length() - 1
        self.raw(length, GAMMA_WIDTH)
        self.raw(value + 1 - (1 << length), length)

    def values(self, values: Array, model: models.Model) -> None:
        """Write signed integers: table symbols, then low bits, then the excess of each escape."""
        high = values >> model.shift
        edge = model.table.edge
        self.symbols(np.clip(high, -edge, edge) + edge, model.table)
        self.raw(values & ((1 << model.shift) - 1), model.shift)
        magnitude = np.abs(high)
        for excess in (magnitude[magnitude >= edge] - edge).tolist():
            self.gamma(excess)

    def getvalue(self) -> bytes:
        """The sealed stream: 32-bit words, little-endian."""
        return np.asarray(self._coder.get_compressed(), dtype="<u4").tobytes()


class Reader:
    """Reads what a `Writer` wrote, call for call; every failure is a `FormatError`.

    Attributes:
        bits: code length of all that was read.
        size_bytes: of the stream.
    """

    def __init__(self, data: bytes) -> None:
        """Start at the first word.

        Raises:
            FormatError: the length is no multiple of 4.
        """
        if len(data) % 4:
            raise FormatError(f"weights take {len(data)} bytes, which is not a whole number of 32-bit words")
        words = np.frombuffer(data, dtype="<u4").astype(np.uint32)
        self._coder = _stream().queue.RangeDecoder(words)
        self._data, self.size_bytes = data, len(data)
        self._echo = Writer(tally=False)  # is told every symbol, and so ends as the same stream
        self.bits = 0.0

    def raw(self, count: int, width: int) -> Array:
        """`count` integers of 0 .. 2^width - 1, int32."""
        if not width or not count:
            return np.zeros(count, dtype=np.int32)
        self.claim(count * width)
        self.bits += count * width
        got = _guarded(lambda: self._coder.decode(_uniform(width), count))
        self._echo.raw(got, width)
        return got

    def symbols(self, count: int, table: models.Table) -> Array:
        """`count` symbols of 0 .. 2·edge, int32."""
        if not count:
            return np.zeros(0, dtype=np.int32)
        self.claim(count * table.least_bits)
        symbols = _guarded(lambda: self._coder.decode(_categorical(table), count))
        self._echo.sure(symbols, table)
        self.bits += float(np.add.reduce(table.bits[symbols]))
        self.claim(0)
        return symbols

    def gamma(self) -> int:
        """An integer 0 .. 2^24 - 2."""
        length = int(self.raw(1, GAMMA_WIDTH)[0])
        if length > RAW_LIMIT:
            raise FormatError(
                f"weights hold an excess of {length + 1} bits; at most {RAW_LIMIT + 1} are allowed"
            )
        return (1 << length) + int(self.raw(1, length)[0]) - 1

    def values(self, count: int, model: models.Model) -> Array:
        """`count` signed integers, int64 (hostile ones may pass 32 bits)."""
        edge = model.table.edge
        high = self.symbols(count, model.table).astype(np.int64) - edge
        low = self.raw(count, model.shift)
        for at in np.flatnonzero(np.abs(high) == edge).tolist():
            high[at] += self.gamma() if high[at] > 0 else -self.gamma()
        return (high << model.shift) | low

    def finish(self, what: str) -> None:
        """Refuse a stream that is too long, too short or otherwise sealed: only the encoder's own bytes pass.

        Raises:
            FormatError: it does not follow from the symbols that were read (FORMAT.md, section 5.3).
        """
        if self._echo.getvalue() != self._data:
            raise FormatError(
                f"{what}: the stream does not end where its last integer ends; the file is damaged"
            )

    def claim(self, bits: float) -> None:
        """Refuse to go on where the stream is too short for what was and will be read."""
        # A sealed stream is never shorter than the code length of its symbols (section 5.3);
        # one word of slack covers the rounding of the lengths.
        if self.bits + bits > 8 * self.size_bytes + 32:
            raise FormatError(
                f"weights take at least {self.bits + bits:.0f} bits by the header, "
                f"but the file holds {8 * self.size_bytes}. It was damaged or made by a faulty program."
            )


def _stream() -> Any:
    """The library, imported at its first use: fitting imports this room and may do without."""
    import constriction

    return constriction.stream  # pyright: ignore[reportAttributeAccessIssue]


@lru_cache(maxsize=64)
def _uniform(width: int) -> Any:
    return _stream().model.Uniform(1 << width)


@lru_cache(maxsize=512)
def _categorical(table: models.Table) -> Any:
    return _stream().model.Categorical((table.counts - 1).astype(np.float64), perfect=False)


def _assert_below(limit: int, symbols: Array) -> None:
    lowest, highest = int(np.minimum.reduce(symbols)), int(np.maximum.reduce(symbols))
    assert 0 <= lowest <= highest < limit, f"symbols {lowest}..{highest} do not fit 0..{limit - 1}"


def _guarded(read: Callable[[], T]) -> T:
    try:
        return read()
    except (ValueError, AssertionError) as error:
        raise FormatError("weights are no valid stream of the range coder: the file is damaged") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise FormatError("weights made the range coder fail: the file is damaged") from error

"""What is too long for the header: levels of cells, times of frames, and a colour profile.

    section D (critical)   levels:  varint length, then zlib: one byte for each cell
    section P (critical)   pts:     varint length of the deltas, then zlib of them:
                                    one varint >= 1 for each frame after the first
    section i (ancillary)  icc:     varint length, then zlib of the profile

The length is known before inflating, so a small file cannot fill the memory.
"""

import zlib

import numpy as np

from inr.codec import limits
from inr.codec.varint import BYTES, Bytes, varint
from inr.errors import FormatError, SpecError
from inr.specs import MOST_LEVEL

COMPRESSION = 9


def pack_levels(levels: tuple[int, ...]) -> bytes:
    """How finely each cell is cut, as a `FieldSpec` has it."""
    return _deflate(bytes(levels), "field: levels")


def unpack_levels(data: bytes, tiles: int) -> tuple[int, ...]:
    """The inverse of `pack_levels`.

    Raises:
        FormatError: damaged, or not levels of cells that have `tiles` tiles together and one cell
            with more than one of them.
    """
    cells = np.frombuffer(_inflate(data, "section D", min(tiles, limits.ANCILLARY)), dtype=np.uint8)
    if cells.max(initial=0) > MOST_LEVEL:
        raise FormatError(f"section D: levels must be 0..{MOST_LEVEL}; got {cells.max()}")
    made = int(np.left_shift(1, cells, dtype=np.int64).sum())
    if made != tiles:
        raise FormatError(f"section D: its cells have {made} tiles; the header says {tiles}")
    if not cells.any():
        raise FormatError("section D: cuts no cell; a file must leave it out then")
    return tuple(cells.tolist())


def pack_pts(pts: tuple[int, ...]) -> bytes:
    """Times of frames, in units of the time base.

    Raises:
        SpecError: they do not start at 0 and rise, or there are too many.
    """
    deltas = [b - a for a, b in zip(pts, pts[1:], strict=False)]
    if pts[0] != 0 or min(deltas, default=1) < 1:
        raise SpecError("signal: pts must start at 0 and rise from frame to frame")
    if len(pts) > limits.TIMED_FRAMES:
        raise SpecError(
            f"signal: a file holds the times of at most {limits.TIMED_FRAMES} frames; got {len(pts)}"
        )
    return _deflate(b"".join(map(varint, deltas)), "signal: pts")


def unpack_pts(data: bytes, frames: int) -> tuple[int, ...]:
    """The inverse of `pack_pts`.

    Raises:
        FormatError: damaged, or not one time for each of `frames` frames.
    """
    if frames > limits.TIMED_FRAMES:
        raise FormatError(f"section P: times of {frames} frames; at most {limits.TIMED_FRAMES} are allowed")
    deltas = _varints(_inflate(data, "section P"), frames - 1)
    if frames > 1 and (deltas.min() < 1 or float(deltas.sum(dtype=np.float64)) >= 2.0**62):
        raise FormatError("section P: times of frames must rise, and stay under 2^62")
    return (0, *np.cumsum(deltas).tolist())


def pack_icc(icc: bytes) -> bytes:
    """A colour profile, as it stood in the source."""
    return _deflate(icc, "signal: icc")


def unpack_icc(data: bytes) -> bytes:
    """The inverse of `pack_icc`.

    Raises:
        FormatError: damaged.
    """
    return _inflate(data, "section i")


def _deflate(data: bytes, what: str) -> bytes:
    out = varint(len(data)) + zlib.compress(data, COMPRESSION)
    if max(len(data), len(out)) > limits.ANCILLARY:
        raise SpecError(f"{what} takes {len(data)} bytes; a file holds at most {limits.ANCILLARY}")
    return out


def _inflate(data: bytes, what: str, most: int = limits.ANCILLARY) -> bytes:
    reader = Bytes(data, what)
    length = reader.varint()
    if length > most:
        raise FormatError(f"{what}: inflates to {length} bytes; at most {most} are allowed")
    inflater = zlib.decompressobj()
    try:
        # One byte more than promised, so that a longer stream shows; 0 would mean no bound.
        out = inflater.decompress(reader.take(reader.left), length + 1)
    except zlib.error as error:
        raise FormatError(f"{what}: is no zlib stream ({error}); the file is damaged") from error
    if len(out) != length or not inflater.eof or inflater.unused_data:
        raise FormatError(f"{what}: does not inflate to just the {length} bytes it promises")
    return out


def _varints(data: bytes, count: int) -> np.ndarray:
    """All varints of a buffer at once, int64 [count]."""
    octets = np.frombuffer(data, dtype=np.uint8)
    last = np.flatnonzero(octets < 0x80)
    start = np.concatenate([[0], last[:-1] + 1]) if last.size else last
    size = last - start + 1
    whole = last.size == count and (last[-1] + 1 if count else 0) == octets.size
    if not whole or np.any(size > BYTES) or np.any((size > 1) & (octets[last] == 0)):
        raise FormatError(f"section P: does not hold {count} integers in their shortest form")
    values = np.zeros(count, dtype=np.int64)
    for place in range(int(size.max(initial=0))):
        inside = size > place
        values[inside] |= (octets[start[inside] + place].astype(np.int64) & 0x7F) << (7 * place)
    return values

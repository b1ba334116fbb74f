"""Section `u`: the units of scattered data (FORMAT.md, section 4.5).

    for each axis, then for each channel:   low, high        two IEEE 754 doubles, little-endian
    for each of them again:                 varint length, then so many bytes of UTF-8; or nothing at all

It is ancillary: a decoder without it shows the network's own output, as of any picture or sound.
"""

import struct

from inr.codec.varint import Bytes, varint
from inr.domain import LONGEST_NAME, Domain
from inr.errors import FormatError, SpecError

PAIR = struct.Struct("<dd")


def pack_domain(domain: Domain) -> bytes:
    """The section's payload."""
    bounds = b"".join(PAIR.pack(*pair) for pair in (*domain.axes, *domain.ranges))
    names = [name.encode() for name in domain.names]
    return bounds + b"".join(varint(len(name)) + name for name in names)


def unpack_domain(data: bytes, axes: int, channels: int) -> Domain:
    """The inverse of `pack_domain`.

    Raises:
        FormatError: damaged, or not the bounds of so many axes and channels.
    """
    reader = Bytes(data, "section u")
    pairs = [PAIR.unpack(reader.take(PAIR.size)) for _ in range(axes + channels)]
    names = tuple(_name(reader) for _ in pairs) if reader.left else ()
    reader.finish()
    try:
        return Domain(tuple(pairs[:axes]), tuple(pairs[axes:]), names)
    except SpecError as error:
        raise FormatError(f"section u: {error}") from error


def _name(reader: Bytes) -> str:
    length = reader.varint()
    if not 1 <= length <= LONGEST_NAME:
        raise FormatError(f"section u: a name of {length} bytes; 1 to {LONGEST_NAME} are allowed")
    try:
        return reader.take(length).decode()
    except UnicodeDecodeError as error:
        raise FormatError(f"section u: a name is no UTF-8 ({error.reason}); the file is damaged") from error

"""Magic, version, sections (FORMAT.md, sections 2 and 3).

    89 49 4E 52  version  { type  length  payload } ...  W  payload  CRC-32

A section's type is a letter: upper case is critical (a reader that does not know it must
stop), lower case ancillary (it may be skipped), as in PNG.  `H` comes first, `W` last, and
no type twice: there is one way to read a file, and no place to hide bytes in.  The CRC covers
all bytes before it.  In versions 1 and 2 every section, `W` too, has a length and a CRC of its
own, which covers type, length and payload; those files are read, and no longer written.
"""

import zlib
from dataclasses import dataclass

from inr.codec import limits
from inr.codec.varint import Bytes, varint
from inr.errors import FormatError

MAGIC = b"\x89INR"
WITHOUT_GRIDS, WITH_GRIDS = 1, 2  # the early versions: a CRC for each section
VERSION = 3
VERSIONS = (WITHOUT_GRIDS, WITH_GRIDS, VERSION)
HEADER, WEIGHTS, DIVISION, TIMES, GRIDS, PROFILE = "H", "W", "D", "P", "G", "i"
KNOWN = (HEADER, WEIGHTS, DIVISION, TIMES, GRIDS, PROFILE)
UNITS = "u"  # of scattered data; ancillary
CRC_BYTES = 4


@dataclass(frozen=True)
class Section:
    """One section of a file.

    Attributes:
        type: an ASCII letter.
        payload: its bytes, without the frame.
        size_bytes: what it takes in the file, frame included.
    """

    type: str
    payload: bytes
    size_bytes: int


def pack(sections: list[tuple[str, bytes]]) -> bytes:
    """A whole file of sections in the given order, the weights last."""
    *others, (last, payload) = sections
    assert last == WEIGHTS, f"section {last} comes last"
    body = b"".join(kind.encode("ascii") + varint(len(own)) + own for kind, own in others)
    data = MAGIC + bytes([VERSION]) + body + last.encode("ascii") + payload
    return data + _crc(data)


def unpack(data: bytes) -> list[Section]:
    """The sections of a file, checked in frame, order and number.

    Raises:
        FormatError: this is no `.inr` file, it needs a newer inr, or it is damaged.
    """
    reader = Bytes(data, "file")
    version = _version(reader)
    early = is_early(data)
    if not early:
        body = max(len(data) - CRC_BYTES, reader.at)
        if data[body:] != _crc(data[:body]):
            raise FormatError("file: its CRC-32 does not match; it is damaged or cut short: copy it again")
        reader = Bytes(data[:body], "file")
        reader.take(len(MAGIC) + 1)
    sections: list[Section] = []
    while not sections or sections[-1].type != WEIGHTS:
        sections.append(_next(reader, first=not sections, early=early))
        kinds = [section.type for section in sections]
        if kinds.count(kinds[-1]) > 1:
            raise FormatError(f"section {kinds[-1]}: comes twice; a file holds each type once at most")
    if reader.left:
        raise FormatError(f"file: {reader.left} bytes follow the weights; nothing may come after them")
    if early and (version == WITH_GRIDS) != any(section.type == GRIDS for section in sections):
        raise FormatError(
            f"file: version {version} is that of files {'with' if version == WITH_GRIDS else 'without'} grids"
        )
    return sections


def is_early(data: bytes) -> bool:
    """Whether `unpack`ed bytes are of version 1 or 2, which say some things in another way."""
    return data[len(MAGIC)] != VERSION


def _version(reader: Bytes) -> int:
    if reader.data[: len(MAGIC)] != MAGIC:
        start = reader.data[: len(MAGIC)].hex(" ") or "nothing"
        raise FormatError(f"not a .inr file: it starts with {start}, a .inr file with {MAGIC.hex(' ')}")
    reader.take(len(MAGIC))
    version = reader.byte()
    if version not in VERSIONS:
        raise FormatError(
            f"version {version} of the format; this inr reads versions {VERSIONS[0]} to {VERSIONS[-1]}. "
            "Update inr, or copy the file again if it should be of one of these."
        )
    return version


def _next(reader: Bytes, *, first: bool, early: bool) -> Section:
    start = reader.at
    code = reader.byte()
    kind = chr(code)
    if not (kind.isascii() and kind.isalpha()):
        raise FormatError(f"file: byte {code:#04x} at offset {start} is no section type; the file is damaged")
    length = reader.varint() if early or kind != WEIGHTS else reader.left
    payload = reader.take(length)
    end = reader.at
    if early and reader.take(CRC_BYTES) != _crc(reader.data[start:end]):
        raise FormatError(f"section {kind}: its CRC-32 does not match; the file is damaged: copy it again")
    if first != (kind == HEADER):
        raise FormatError(f"section {kind} at offset {start}: the header must come first, and only there")
    if kind.isupper() and kind not in KNOWN:
        raise FormatError(f"section {kind}: is critical and not known here; the file needs a newer inr")
    if kind not in (WEIGHTS, GRIDS) and length > limits.ANCILLARY:
        raise FormatError(f"section {kind}: takes {length} bytes; at most {limits.ANCILLARY} are allowed")
    return Section(kind, payload, reader.at - start)


def _crc(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(CRC_BYTES, "little")

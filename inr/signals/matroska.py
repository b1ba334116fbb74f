"""The shape of a pixel in Matroska and WebM, which PyAV has no way to write.

The writer leaves a long track name as room.  Here the name is taken out again and the
display size goes into the track's Video element instead; what is left over becomes a
Void element, so no other byte of the file moves (RFC 9559, section 5.1.4; RFC 8794).
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

SEGMENT, TRACKS, TRACK_ENTRY = 0x18538067, 0x1654AE6B, 0xAE
NAME, VIDEO, VOID = 0x536E, 0xE0, 0xEC
DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT = 0x54B0, 0x54BA, 0x54B2
ROOM = "room for the display size, to be taken out again"
# The tracks come before the frames; their head is this short.
HEAD_BYTES = 1 << 16

Element = tuple[int, int, int]  # identifier, start and stop of the content


def set_pixel_aspect(path: Path, aspect: Fraction, width: int, height: int) -> None:
    """Write width : height of a pixel into a finished file of ours.

    Raises:
        ValueError: the file has no track with a name to take the place of.
    """
    with path.open("rb+") as file:
        head = file.read(HEAD_BYTES)
        _, start, stop = _find(head, (SEGMENT, TRACKS, TRACK_ENTRY))
        children = list(_children(head, start, stop))
        if not any(name == NAME for name, _, _ in children):
            raise ValueError("no room for the shape of a pixel in the track header")
        entry = b"".join(
            _element(name, _with_display(head[a:b], aspect, width, height) if name == VIDEO else head[a:b])
            for name, a, b in children
            if name != NAME
        )
        file.seek(start)
        file.write(entry + _void(stop - start - len(entry)))


def _with_display(video: bytes, aspect: Fraction, width: int, height: int) -> bytes:
    """The content of a Video element with the display size that the aspect asks for."""
    across, down = width * aspect.numerator, height * aspect.denominator
    common = math.gcd(across, down)
    kept = [
        _element(name, video[a:b])
        for name, a, b in _children(video, 0, len(video))
        if name not in (DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT)
    ]
    shown = ((DISPLAY_WIDTH, across // common), (DISPLAY_HEIGHT, down // common))
    return b"".join([*kept, *(_element(name, value.to_bytes(8, "big")) for name, value in shown)])


def _find(data: bytes, path: tuple[int, ...]) -> Element:
    start, stop = 0, len(data)
    found = (0, start, stop)
    for wanted in path:
        found = next((e for e in _children(data, start, stop) if e[0] == wanted), None)
        if found is None:
            raise ValueError("no track header where one was expected")
        start, stop = found[1], min(found[2], len(data))
    return found


def _children(data: bytes, start: int, stop: int) -> Iterator[Element]:
    """Elements one after the other; the last may reach past the data."""
    while start < stop:
        length = 9 - data[start].bit_length()
        name = int.from_bytes(data[start : start + length], "big")
        start += length
        length = 9 - data[start].bit_length()
        size = int.from_bytes(data[start : start + length], "big") - (1 << (7 * length))
        start += length
        unknown = size == (1 << (7 * length)) - 1
        end = len(data) if unknown else start + size
        yield name, start, end
        start = end


def _element(name: int, content: bytes) -> bytes:
    """Identifier, size in as few bytes as it takes, content."""
    length = next(n for n in range(1, 9) if len(content) < (1 << (7 * n)) - 1)
    size = (len(content) | 1 << (7 * length)).to_bytes(length, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + content


def _void(size: int) -> bytes:
    if size < 2 or size > 128:
        raise ValueError(f"{size} bytes left over in the track header; 2 .. 128 can be filled")
    return bytes([VOID, 0x80 | (size - 2)]) + bytes(size - 2)

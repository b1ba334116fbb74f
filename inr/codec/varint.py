"""Unsigned integers of any size up to 2^63 - 1 in as few bytes as they need.

Seven bits a byte, least significant group first; the top bit says that more follow
(LEB128).  Only the shortest form is accepted, so that a header has one spelling.
"""

from inr.errors import FormatError, SpecError

BYTES = 9
LIMIT = 1 << (7 * BYTES)


def varint(value: int) -> bytes:
    """The bytes of one integer.

    Raises:
        SpecError: the integer is negative or needs more than 63 bits.
    """
    if not 0 <= value < LIMIT:
        raise SpecError(f"a file holds integers of 0..2^63-1; got {value}")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class Bytes:
    """Reads bytes from the front of a buffer.

    Args:
        data: the buffer.
        what: named in errors, as in "header".
    """

    def __init__(self, data: bytes, what: str) -> None:
        """Start at the first byte."""
        self.data = data
        self.what = what
        self.at = 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        """The next `count` bytes.

        Raises:
            FormatError: fewer are left.
        """
        if count > self.left:
            raise FormatError(
                f"{self.what}: needs {count} bytes at offset {self.at}, but {self.left} are left. "
                "The file was cut short or damaged: copy it again."
            )
        self.at += count
        return self.data[self.at - count : self.at]

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def varint(self) -> int:
        """The next integer.

        Raises:
            FormatError: it ends too early, takes more than 9 bytes, or is not in its shortest form.
        """
        value = 0
        for place in range(BYTES):
            byte = self.byte()
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                if byte == 0 and place:
                    raise FormatError(
                        f"{self.what}: the integer before offset {self.at} is not in its shortest form"
                    )
                return value
        raise FormatError(f"{self.what}: the integer before offset {self.at} takes more than {BYTES} bytes")

    def finish(self) -> None:
        """Check that nothing is left.

        Raises:
            FormatError: bytes are left.
        """
        if self.left:
            raise FormatError(f"{self.what}: {self.left} bytes follow its last field; there must be none")

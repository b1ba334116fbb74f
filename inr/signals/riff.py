"""Whether a WAV or AIFF file holds as many bytes of sound as its header declares.

libsndfile reads a file that was cut short as if it had been made that way, so the size
of the sound's chunk is compared with the file's own size (RIFF, RF64: EBU Tech 3306; AIFF).
"""

import struct
from pathlib import Path

from inr.errors import SignalError

# "Size not known", written by programs that stream to a pipe.
UNKNOWN = 0xFFFFFFFF
# A chunk of sound comes within the first few; more means that the walk has lost its way.
MAX_CHUNKS = 1024


def check_complete(path: Path) -> None:
    """Raise if the declared sound reaches past the end of the file.

    Files of any other kind pass, and so do files without a chunk of sound: what those
    lack is for the decoder to say.

    Raises:
        SignalError: the file was cut short.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        magic, _, form = struct.unpack("4s4s4s", file.read(12).ljust(12, b"\0"))
        if magic in (b"RIFF", b"RF64", b"RIFX") and form == b"WAVE":
            order, sound = (">" if magic == b"RIFX" else "<"), b"data"
        elif magic == b"FORM" and form in (b"AIFF", b"AIFC"):
            order, sound = ">", b"SSND"
        else:
            return
        long_size = None
        for _ in range(MAX_CHUNKS):
            head = file.read(8)
            if len(head) < 8:
                return
            name, length = struct.unpack(f"{order}4sI", head)
            start = file.tell()
            if name == b"ds64":
                long_size = struct.unpack("<8xQ", file.read(16).ljust(16, b"\0"))[0]
            if name == sound:
                break
            file.seek(start + length + length % 2)
        else:
            return
    if length == UNKNOWN:
        length = long_size if magic == b"RF64" and long_size is not None else size - start
    if start + length > size:
        raise SignalError(
            f"{path}: cut short: the header promises {length} bytes of sound and {size - start} are there; "
            "copy or record it again"
        )

"""Files put together by hand, with no check of the package's own in the way, and damage to whole ones."""

import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from inr import codec
from inr.codec.entropy import Writer
from inr.codec.weights import put
from inr.codec.weights import write as write_weights
from inr.errors import FormatError

MAGIC = b"\x89INR"
WHOLE = 64  # flag of a header of version 3: one tile, without a margin
reads_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from /proc"
)


def varint(value):
    """Any size, unlike the codec's own."""
    out = b""
    while value >= 128:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def varints(*numbers):
    return b"".join(map(varint, numbers))


def crc(data):
    return zlib.crc32(data).to_bytes(4, "little")


class Hand:
    """Writes as a version has it: 1 and 2 are early, with a checksum for each section."""

    def __init__(self, version):
        self.version, self.early = version, version < 3
        self.start = MAGIC + bytes([version])

    def section(self, kind, payload, length=None):
        size = b"" if kind == "W" and not self.early else varint(len(payload) if length is None else length)
        body = kind.encode() + size + payload
        return body + crc(body) if self.early else body

    def file(self, *sections, start=None, after=b""):
        """Of sections as bytes; `after` comes behind the end."""
        data = (self.start if start is None else start) + b"".join(sections)
        return (data if self.early else data + crc(data)) + after

    def division(self, tiles, margin):
        """(flag for the first byte of a header, its numbers): tiles and margin, or nothing."""
        if not self.early and set(tiles) == {1} and set(margin) == {0}:
            return WHOLE, ()
        return 0, (*tiles, *margin)

    def weights(self, integers, k):
        """A stream of these tensors alone, all of one step."""
        return write_weights(integers, dict.fromkeys(integers, k), early=self.early)

    def grids(self, network, planes, k=5, step=1000, shrink=0):
        """A section `G` of this context network and of the planes that `planes(writer)` writes."""
        writer, exponents = Writer(), dict.fromkeys(network, k)
        head = varint(step) + bytes([shrink])
        if self.early:
            own = write_weights(network, exponents, early=True)
            head += varint(len(own)) + own
        else:
            put(writer, network, exponents)
        planes(writer)
        return head + writer.getvalue()


def bits(*values):
    """What `Hand.grids` takes, of so many raw bits."""

    def write(writer):
        for value in values:
            writer.raw(value, 1)

    return write


def assert_no_part_of_it_decodes(data, most):
    """Every truncation and every flip of a single bit is an error."""
    assert len(data) <= most
    for length in range(len(data)):
        with pytest.raises(FormatError):
            codec.decode(data[:length])
    for bit in range(8 * len(data)):
        with pytest.raises(FormatError):
            codec.decode(flipped(data, bit))


def flipped(data, bit):
    damaged = bytearray(data)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def mutate(rng, payload):
    """A few edits of one payload."""
    out = bytearray(payload)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(out) + 1))
        edit = int(rng.integers(5))
        if edit == 0 and at < len(out):
            out[at] ^= 1 << int(rng.integers(8))
        elif edit == 1 and at < len(out):
            out[at] = int(rng.choice([0, 1, 127, 128, 255, rng.integers(256)]))
        elif edit == 2:
            out[at:at] = rng.integers(0, 256, int(rng.integers(1, 5)), dtype=np.uint8).tobytes()
        elif edit == 3:
            del out[at : at + int(rng.integers(1, 5))]
        else:
            source = int(rng.integers(len(out) + 1))
            out[at : at + 4] = out[source : source + 4]
    return bytes(out)


def tally(cases, look):
    """How many of these files were decoded and refused; `look` is shown what was decoded."""
    outcomes = {"decoded": 0, "refused": 0}
    for data in cases:
        try:
            found = codec.decode(data)
            groups = found.grids if isinstance(found.grids, codec.Clip) else None
            held = [groups.group(i) for i in range(len(groups.lengths))] if groups else []
        except FormatError:
            outcomes["refused"] += 1
            continue
        outcomes["decoded"] += 1
        look(found, held)
    return outcomes


def peak_memory(files, folder):
    """Megabytes that a process takes at most which decodes all of them."""
    for place, data in enumerate(files):
        (folder / f"{place}.inr").write_bytes(data)
    code = """if True:
        import sys
        from pathlib import Path
        from inr import codec, errors
        for path in Path(sys.argv[1]).glob("*.inr"):
            try:
                held = codec.load(path).grids
                for i in range(len(held.lengths) if isinstance(held, codec.Clip) else 0):
                    held.group(i)
            except errors.FormatError:
                pass
        # Not ru_maxrss: a child starts with the peak of the process that forked it.
        status = Path("/proc/self/status").read_text().split()
        print(int(status[status.index("VmHWM:") + 1]))
    """
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True, timeout=120
    )
    return int(done.stdout) / 1000

"""Bytes that nobody's encoder wrote: a field or a FormatError, in bounded time and memory."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from inr import codec
from inr.codec import container
from inr.codec.numbers import BASES
from inr.codec.weights import write as write_weights
from inr.errors import FormatError
from tests.codec import random_fields as some

WRITABLE = 1 << 62


def small_file(field=some.SMALL_FIELD):
    rng = np.random.default_rng(5)
    q, k, _ = some.tensors(rng, field)
    q = {name: rng.integers(-40, 40, t.shape) for name, t in q.items()}
    tensors = {name: np.ldexp(t.astype(np.float32), np.int32(-k[name])) for name, t in q.items()}
    return codec.encode(field, tensors, k, some.SMALL_SIGNAL)


SMALL_FILES = {
    "even tiles": small_file(),
    "uneven tiles": small_file(some.UNEVEN_FIELD),
    "a carrier": small_file(some.CARRIED_FIELD),
}
every_small_file = pytest.mark.parametrize("name", SMALL_FILES)


def varint(value):
    """Any size, unlike the codec's own."""
    out = b""
    while value >= 128:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def section(kind, payload, length=None):
    body = kind.encode() + varint(len(payload) if length is None else length) + payload
    return body + zlib.crc32(body).to_bytes(4, "little")


def header(kind=1, shape=(8, 8), mode=4, bits=8, tiles=(1, 1), margin=(0, 0), width=4, hidden=1, flags=5,
           activation=(1,), omega=480, tail=()):  # fmt: skip
    """A picture with a sine network, every field open to abuse."""
    numbers = [*shape, mode, bits, *tiles, *margin, width, hidden, flags, *activation, omega, *tail]
    return bytes([kind]) + b"".join(map(varint, numbers))


def file(head=None, weights=bytes(16), between=b"", after=b"", start=b"\x89INR\x01"):
    head = header() if head is None else head
    return start + section("H", head) + between + section("W", weights) + after


def bases(*numbers):
    """A RAF activation as `header` takes it."""
    return (2, sum(number << 5 * place for place, number in enumerate(numbers)))


def picture(rows):
    """The integers of a RAF network as `header` describes it, with so many rows of amplitude."""
    shapes = {}
    for layer, fan_in in enumerate((2, 4)):
        shapes[f"layer{layer}.weight"] = (1, fan_in, 4)
        shapes[f"layer{layer}.bias"] = (1, 4)
        shapes[f"layer{layer}.amplitude"] = (1, rows, 4)
    shapes |= {"output.weight": (1, 4, 3), "output.bias": (1, 3)}
    rng = np.random.default_rng(2)
    integers = {name: rng.integers(-9, 10, shape, dtype=np.int32) for name, shape in shapes.items()}
    return write_weights(integers, dict.fromkeys(integers, 8))


def pts_header(frames):
    return bytes([3 + 4 + 32]) + b"".join(
        map(varint, [frames, 2, 2, 4, 8, 30, 1, 1, 90, *(1, 1, 1), *(0, 0, 0), 2, 0, 5, 1, 480])
    )


def division(levels, tiles, length=None, packed=None, after=b""):
    """A picture whose slowest axis is cut so; its header says `tiles`."""
    packed = zlib.compress(bytes(levels), 9) if packed is None else packed
    content = varint(len(levels) if length is None else length) + packed + after
    return file(header(tiles=(tiles, 1)), between=section("D", content))


def pts(frames, deltas, length=None):
    packed = varint(len(deltas) if length is None else length) + zlib.compress(deltas, 9)
    return file(pts_header(frames), between=section("P", packed))


def pairs(*bounds):
    """Lows and highs as section `u` has them."""
    return b"".join(struct.pack("<dd", *pair) for pair in bounds)


def units(payload):
    """A picture of two axes and three channels with such a section of units."""
    return file(header(activation=bases(10, 4, 5)), picture(2), between=section("u", payload))


VALUES = pairs((0, 1), (-5, 5), (7, 7))
AXES_AND_VALUES = pairs((0, 1), (2, 3)) + VALUES
BIG = 2**32 - 1
BOMB = zlib.compress(bytes(1 << 26), 9)
HOSTILE = {
    "huge height": file(header(shape=(BIG, 1))),
    "huge product of sides": file(header(shape=(1 << 20, 1 << 20))),
    "sides that overflow 64 bits": file(header(shape=(WRITABLE, WRITABLE))),
    "zero height": file(header(shape=(0, 8))),
    "too many tiles": file(header(tiles=(1 << 20, 2))),
    "tiles that overflow 64 bits": file(header(tiles=(WRITABLE, WRITABLE))),
    "zero tiles": file(header(tiles=(0, 1))),
    "a million layers": file(header(hidden=10**6)),
    "a width of two to the 31": file(header(width=2**31)),
    "zero width": file(header(width=0)),
    "too many parameters": file(header(width=4096, hidden=64)),
    "many parameters and few bytes": file(header(width=2000, hidden=60)),
    "many tiles and few bytes": file(header(tiles=(900, 900))),
    "a margin of half a tile": file(header(margin=(32, 0))),
    "no omega": file(header(omega=0)),
    "a huge omega": file(header(omega=1 << 40)),
    "an unknown activation": file(header(activation=(99,))),
    "an unknown basis": file(header(activation=bases(31))),
    "the first basis without a number": file(header(activation=bases(max(BASES.values()) + 1))),
    "basis 0 between others": file(header(activation=bases(3, 0, 4))),
    "a basis twice": file(header(activation=bases(3, 3))),
    "thirteen bases": file(header(activation=bases(*range(1, 11), 1, 2, 3))),
    "no basis": file(header(activation=bases())),
    "a carrier that comes second": file(header(activation=bases(4, 10)), picture(1)),
    "a carrier that comes last": file(header(activation=bases(4, 5, 10)), picture(2)),
    "two carriers": file(header(activation=bases(10, 10)), picture(1)),
    "a carrier with an amplitude of its own": file(header(activation=bases(10, 4, 5)), picture(3)),
    "a carrier with an amplitude too few": file(header(activation=bases(10, 4, 5)), picture(1)),
    "a carrier for a sine network": file(header(activation=(1, 10))),
    "an unknown encoding": file(header(flags=5 + 8 * 9)),
    "an unknown mode": file(header(mode=1000)),
    "a mode of audio in a picture": file(header(mode=18)),
    "no kind": file(header(kind=0)),
    "an unknown signal flag": file(header(kind=1 + 64)),
    "a picture of 65 bits": file(header(bits=65)),
    "omega spelt out twice": file(header(flags=1, tail=(480,))),
    "an aspect of 1 spelt out": file(
        header(kind=1 + 8, tail=()).replace(b"\x08\x01", b"\x08\x01\x01\x01", 1)
    ),
    "bytes after the header's last field": file(header(tail=(0,))),
    "a header cut short": file(header()[:-3]),
    "an empty header": file(b""),
    "an overlong varint": file(header()[:1] + b"\x88\x00" + header()[2:]),
    "a varint of ten bytes": file(header()[:1] + b"\xff" * 9 + b"\x01" + header()[2:]),
    "a length past the end": b"\x89INR\x01" + section("H", header(), length=1000),
    "a length of two to the 62": b"\x89INR\x01H" + varint(WRITABLE) + bytes(40),
    "weights first": b"\x89INR\x01" + section("W", bytes(16)) + section("H", header()),
    "no header": b"\x89INR\x01" + section("W", bytes(16)),
    "no weights": b"\x89INR\x01" + section("H", header()),
    "two headers": file(between=section("H", header())),
    "an ancillary section twice": file(between=section("x", b"a") * 2),
    "an unknown critical section": file(between=section("X", b"a")),
    "a section type that is no letter": file(between=section("7", b"a")),
    "a byte after the weights": file(after=b"\0"),
    "a section after the weights": file(after=section("x", b"")),
    "another magic": file(start=b"\x89INQ\x01"),
    "version 0": file(start=b"\x89INR\x00"),
    "version 2 without grids": file(start=b"\x89INR\x02"),
    "version 3": file(start=b"\x89INR\x03"),
    "weights of 7 bytes": file(weights=bytes(7)),
    "no weight bytes": file(weights=b""),
    "weights with a word to spare": file(weights=bytes(64)),
    "weights of all ones": file(weights=b"\xff" * 64),
    "a profile that inflates without end": file(between=section("i", varint(1 << 24) + BOMB)),
    "a profile promising 4 GB": file(between=section("i", varint(BIG) + BOMB)),
    "a profile with bytes behind it": file(between=section("i", varint(1) + zlib.compress(b"a") + b"b")),
    "a profile that is no zlib stream": file(between=section("i", b"\x05hello")),
    "times for two to the 33 frames": pts(1 << 31, b"\x01"),
    "times for one frame less": pts(3, b"\x01"),
    "times that stand still": pts(3, b"\x01\x00"),
    "times that overflow": pts(9, (b"\xff" * 8 + b"\x7f") * 8),
    "times with an overlong varint": pts(2, b"\x81\x00"),
    "times without a time base": file(between=section("P", varint(7) + zlib.compress(b"\x01" * 7))),
    "a division that cuts nothing": division([0, 0], 2),
    "a division into more tiles than the header's": division([0, 2], 4),
    "a division into fewer tiles than the header's": division([0, 1], 4),
    "a level of 16": division([16], 1 << 16),
    "levels of 255": division([255] * 8, 8),
    "levels whose tiles overflow 64 bits": division([63, 63], 2),
    "levels of 64, where a shift wraps to 1": division([64, 1], 3),
    "a division without cells": division([], 1),
    "more cells than tiles": division([0] * 9, 8),
    "a division that promises 4 GB": division([], 1 << 20, length=BIG, packed=BOMB),
    "a division that inflates without end": division([], 1 << 20, length=1 << 20, packed=BOMB),
    "a division with bytes behind it": division([0, 1], 3, after=b"a"),
    "a division that inflates to less than it says": division([0, 1], 3, length=3),
    "a division that inflates to more than it says": division([0, 1, 0], 3, length=2),
    "a division that is no zlib stream": division([0, 1], 3, packed=b"hello"),
    "an empty division": file(header(tiles=(3, 1)), between=section("D", b"")),
    "two divisions": file(
        header(tiles=(3, 1)), between=section("D", b"\x02" + zlib.compress(b"\0\1", 9)) * 2
    ),
    "a division before the header": b"\x89INR\x01"
    + section("D", b"\x02" + zlib.compress(b"\0\1", 9))
    + section("H", header(tiles=(3, 1)))
    + section("W", bytes(16)),
    "units cut short": units(AXES_AND_VALUES[:-1]),
    "no units": units(b""),
    "units of an axis too few": units(pairs((0, 1)) + VALUES),
    "an axis of width 0": units(pairs((0, 1), (2, 2)) + VALUES),
    "an axis upside down": units(pairs((0, 1), (3, 2)) + VALUES),
    "values upside down": units(pairs((0, 1), (0, 1), (3, 2), (0, 1), (0, 1))),
    "an axis that starts at NaN": units(pairs((float("nan"), 1), (0, 1)) + VALUES),
    "an axis without end": units(pairs((0, float("inf")), (0, 1)) + VALUES),
    "an axis whose width overflows": units(pairs((-1e308, 1e308), (0, 1)) + VALUES),
    "names too few": units(AXES_AND_VALUES + b"\x01x\x01y"),
    "a name too many": units(AXES_AND_VALUES + b"\x01x\x01y\x01r\x01g\x01b\x01a"),
    "a name twice": units(AXES_AND_VALUES + b"\x01x\x01y\x01r\x01g\x01r"),
    "an empty name": units(AXES_AND_VALUES + b"\x00\x01y\x01r\x01g\x01b"),
    "a name of 65 bytes": units(AXES_AND_VALUES + b"\x01y\x01r\x01g\x01b" + b"A" * 66),
    "a name of two to the 62 bytes": units(AXES_AND_VALUES + varint(WRITABLE)),
    "a name that is no UTF-8": units(AXES_AND_VALUES + b"\x01\xff\x01y\x01r\x01g\x01b"),
    "a name that moves the cursor": units(AXES_AND_VALUES + b"\x02\x1b[\x01y\x01r\x01g\x01b"),
    "units twice": file(between=section("u", AXES_AND_VALUES) * 2),
    "nothing": b"",
    "the magic alone": b"\x89INR\x01",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_format_error(name):
    with pytest.raises(FormatError, match="^somewhere: "):
        codec.decode(HOSTILE[name], where="somewhere")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_hostile_bytes_take_little_memory(tmp_path):
    for place, data in enumerate(HOSTILE.values()):
        (tmp_path / f"{place}.inr").write_bytes(data)
    code = """if True:
        import sys
        from pathlib import Path
        from inr import codec, errors
        for path in Path(sys.argv[1]).glob("*.inr"):
            try:
                codec.load(path)
            except errors.FormatError:
                pass
        # Not ru_maxrss: a child starts with the peak of the process that forked it.
        status = Path("/proc/self/status").read_text().split()
        print(int(status[status.index("VmHWM:") + 1]))
    """
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < 200_000  # KiB


def test_an_unknown_ancillary_section_is_skipped():
    head, weights = container.unpack(small_file())
    data = container.pack([("H", head.payload), ("x", b"whatever"), ("W", weights.payload)])
    assert [kind for kind, _ in codec.decode(data).sections] == ["H", "x", "W"]


def test_the_attacks_on_the_carrier_start_from_a_file_that_decodes():
    field = codec.decode(file(header(activation=bases(10, 4, 5)), picture(2))).field
    assert field.spec.activation.bases == ("carrier", "sine2", "cosine2")
    assert field.tensors["layer1.amplitude"].shape == (1, 2, 4)


def test_the_attacks_on_units_start_from_a_file_that_decodes():
    plain, named = (
        codec.decode(units(AXES_AND_VALUES + names)).signal.domain for names in (b"", b"\1x\1y\1r\1g\1b")
    )
    assert plain.axes == ((0, 1), (2, 3))
    assert plain.ranges == ((0, 1), (-5, 5), (7, 7))
    assert named.names == ("x", "y", "r", "g", "b")


def test_a_carrier_out_of_place_is_named_in_the_error():
    with pytest.raises(FormatError, match="carrier has no amplitude, so it must come first"):
        codec.decode(HOSTILE["a carrier that comes second"])


def test_a_newer_critical_section_says_that_a_newer_inr_is_needed():
    with pytest.raises(FormatError, match="needs a newer inr"):
        codec.decode(HOSTILE["an unknown critical section"])


def test_the_small_files_have_every_critical_section_that_sound_can_have():
    kinds = {name: [section.type for section in container.unpack(data)] for name, data in SMALL_FILES.items()}
    assert kinds == {"even tiles": ["H", "W"], "uneven tiles": ["H", "D", "W"], "a carrier": ["H", "W"]}


@every_small_file
def test_every_truncation_is_a_format_error(name):
    data = SMALL_FILES[name]
    assert len(data) <= 400
    for length in range(len(data)):
        with pytest.raises(FormatError):
            codec.decode(data[:length])


@every_small_file
def test_every_flip_of_a_single_bit_is_a_format_error(name):
    data = SMALL_FILES[name]
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FormatError):
            codec.decode(bytes(damaged))


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


def sources():
    """Files with every kind of section."""
    found = []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        signal = some.signal(rng)
        field = some.field(rng, signal)
        _, exponents, tensors = some.tensors(rng, field)
        found.append(container.unpack(codec.encode(field, tensors, exponents, signal)))
    assert {section.type for sections in found for section in sections} == set("HWDPiu")
    return found


def test_payloads_mutated_under_a_valid_checksum_decode_or_are_a_format_error():
    rng = np.random.default_rng(0)
    files, outcomes = sources(), {"decoded": 0, "refused": 0}
    for case in range(4000):
        sections = [(section.type, section.payload) for section in files[case % len(files)]]
        at = int(rng.integers(len(sections)))
        sections[at] = (sections[at][0], mutate(rng, sections[at][1]))
        try:
            decoded = codec.decode(container.pack(sections))
        except FormatError:
            outcomes["refused"] += 1
            continue
        outcomes["decoded"] += 1
        again = codec.encode(decoded.field.spec, decoded.field.tensors, decoded.exponents, decoded.signal)
        assert codec.decode(again).signal == decoded.signal
        assert codec.decode(again).field.spec == decoded.field.spec
    assert min(outcomes.values()) > 50

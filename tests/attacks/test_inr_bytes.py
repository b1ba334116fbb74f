"""Bytes that nobody's encoder wrote: a field or a FormatError, in bounded time and memory."""

import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from inr import codec
from inr.codec import container
from inr.codec.numbers import BASES
from inr.errors import FormatError
from tests.attacks.by_hand import (
    Hand,
    assert_no_part_of_it_decodes,
    mutate,
    peak_memory,
    reads_proc,
    tally,
    varint,
    varints,
)  # fmt: skip
from tests.codec import random_fields as some

WRITABLE = 1 << 62
GOLDEN = Path(__file__).parents[1] / "golden"


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


def header(hand, kind=1, shape=(8, 8), mode=4, bits=8, tiles=(1, 1), margin=(0, 0), width=4, hidden=1,
           flags=5, activation=(1,), omega=480, tail=()):  # fmt: skip
    """A picture with a sine network, every field open to abuse."""
    whole, division = hand.division(tiles, margin)
    numbers = [*shape, mode, bits, *division, width, hidden, flags, *activation, omega, *tail]
    return bytes([kind + whole]) + varints(*numbers)


def file(hand, head=None, weights=bytes(16), between=b"", after=b"", start=None):
    head = hand.section("H", header(hand) if head is None else head)
    return hand.file(head, between, hand.section("W", weights), start=start, after=after)


def bases(*numbers):
    """A RAF activation as `header` takes it."""
    return (2, sum(number << 5 * place for place, number in enumerate(numbers)))


def picture(hand, rows):
    """The integers of a RAF network as `header` describes it, with so many rows of amplitude."""
    shapes = {}
    for layer, fan_in in enumerate((2, 4)):
        shapes[f"layer{layer}.weight"] = (1, fan_in, 4)
        shapes[f"layer{layer}.bias"] = (1, 4)
        shapes[f"layer{layer}.amplitude"] = (1, rows, 4)
    shapes |= {"output.weight": (1, 4, 3), "output.bias": (1, 3)}
    rng = np.random.default_rng(2)
    return hand.weights({n: rng.integers(-9, 10, shape, dtype=np.int32) for n, shape in shapes.items()}, 8)


def division(hand, levels, tiles, length=None, packed=None, after=b""):
    """A picture whose slowest axis is cut so; its header says `tiles`."""
    packed = zlib.compress(bytes(levels), 9) if packed is None else packed
    content = varint(len(levels) if length is None else length) + packed + after
    return file(hand, header(hand, tiles=(tiles, 1)), between=hand.section("D", content))


def pts(hand, frames, deltas, length=None):
    packed = varint(len(deltas) if length is None else length) + zlib.compress(deltas, 9)
    whole, axes = hand.division((1, 1, 1), (0, 0, 0))
    head = varints(frames, 2, 2, 4, 8, 30, 1, 1, 90, *axes, 2, 0, 5, 1, 480)
    return file(hand, bytes([3 + 4 + 32 + whole]) + head, between=hand.section("P", packed))


def pairs(*bounds):
    """Lows and highs as section `u` has them."""
    return b"".join(struct.pack("<dd", *pair) for pair in bounds)


def units(hand, payload):
    """A picture of two axes and three channels with such a section of units."""
    head = header(hand, activation=bases(10, 4, 5))
    return file(hand, head, picture(hand, 2), between=hand.section("u", payload))


VALUES = pairs((0, 1), (-5, 5), (7, 7))
AXES_AND_VALUES = pairs((0, 1), (2, 3)) + VALUES
BIG = 2**32 - 1
BOMB = zlib.compress(bytes(1 << 26), 9)


def hostile(hand):
    """Every attack, in the bytes of one version."""
    section, tell = hand.section, partial(header, hand)
    make, cut, timed, measured = (partial(f, hand) for f in (file, division, pts, units))
    return {
        "huge height": make(tell(shape=(BIG, 1))),
        "huge product of sides": make(tell(shape=(1 << 20, 1 << 20))),
        "sides that overflow 64 bits": make(tell(shape=(WRITABLE, WRITABLE))),
        "zero height": make(tell(shape=(0, 8))),
        "too many tiles": make(tell(tiles=(1 << 20, 2))),
        "tiles that overflow 64 bits": make(tell(tiles=(WRITABLE, WRITABLE))),
        "zero tiles": make(tell(tiles=(0, 1))),
        "a million layers": make(tell(hidden=10**6)),
        "a width of two to the 31": make(tell(width=2**31)),
        "zero width": make(tell(width=0)),
        "too many parameters": make(tell(width=4096, hidden=64)),
        "many parameters and few bytes": make(tell(width=2000, hidden=60)),
        "many tiles and few bytes": make(tell(tiles=(900, 900))),
        "a margin of half a tile": make(tell(margin=(32, 0))),
        "no omega": make(tell(omega=0)),
        "a huge omega": make(tell(omega=1 << 40)),
        "an unknown activation": make(tell(activation=(99,))),
        "an unknown basis": make(tell(activation=bases(31))),
        "the first basis without a number": make(tell(activation=bases(max(BASES.values()) + 1))),
        "basis 0 between others": make(tell(activation=bases(3, 0, 4))),
        "a basis twice": make(tell(activation=bases(3, 3))),
        "thirteen bases": make(tell(activation=bases(*range(1, 11), 1, 2, 3))),
        "no basis": make(tell(activation=bases())),
        "a carrier that comes second": make(tell(activation=bases(4, 10)), picture(hand, 1)),
        "a carrier that comes last": make(tell(activation=bases(4, 5, 10)), picture(hand, 2)),
        "two carriers": make(tell(activation=bases(10, 10)), picture(hand, 1)),
        "a carrier with an amplitude of its own": make(tell(activation=bases(10, 4, 5)), picture(hand, 3)),
        "a carrier with an amplitude too few": make(tell(activation=bases(10, 4, 5)), picture(hand, 1)),
        "a carrier for a sine network": make(tell(activation=(1, 10))),
        "an unknown encoding": make(tell(flags=5 + 8 * 9)),
        "an unknown mode": make(tell(mode=1000)),
        "a mode of audio in a picture": make(tell(mode=18)),
        "no kind": make(tell(kind=0)),
        "an unknown signal flag": make(tell(kind=1 + 128)),
        "a picture of 65 bits": make(tell(bits=65)),
        "omega spelt out twice": make(tell(flags=1, tail=(480,))),
        "an aspect of 1 spelt out": make(tell(kind=1 + 8).replace(b"\x04\x08", b"\x04\x08\x01\x01", 1)),
        "bytes after the header's last field": make(tell(tail=(0,))),
        "a header cut short": make(tell()[:-3]),
        "an empty header": make(b""),
        "an overlong varint": make(tell()[:1] + b"\x88\x00" + tell()[2:]),
        "a varint of ten bytes": make(tell()[:1] + b"\xff" * 9 + b"\x01" + tell()[2:]),
        "a length past the end": hand.file(section("H", tell(), length=1000)),
        "a length of two to the 62": hand.file(b"H" + varint(WRITABLE) + bytes(40)),
        "weights first": hand.file(section("W", bytes(16)), section("H", tell())),
        "no header": hand.file(section("W", bytes(16))),
        "no weights": hand.file(section("H", tell())),
        "two headers": make(between=section("H", tell())),
        "an ancillary section twice": make(between=section("x", b"a") * 2),
        "an unknown critical section": make(between=section("X", b"a")),
        "a section type that is no letter": make(between=section("7", b"a")),
        "a byte after the weights": make(after=b"\0"),
        "a section after the weights": make(after=section("x", b"")),
        "another magic": make(start=b"\x89INQ" + hand.start[4:]),
        "version 0": make(start=b"\x89INR\x00"),
        "version 2 without grids": make(start=b"\x89INR\x02"),
        "version 4": make(start=b"\x89INR\x04"),
        "weights of 7 bytes": make(weights=bytes(7)),
        "no weight bytes": make(weights=b""),
        "weights with a word to spare": make(weights=bytes(64)),
        "weights of all ones": make(weights=b"\xff" * 64),
        "a profile that inflates without end": make(between=section("i", varint(1 << 24) + BOMB)),
        "a profile promising 4 GB": make(between=section("i", varint(BIG) + BOMB)),
        "a profile with bytes behind it": make(between=section("i", varint(1) + zlib.compress(b"a") + b"b")),
        "a profile that is no zlib stream": make(between=section("i", b"\x05hello")),
        "times for two to the 33 frames": timed(1 << 31, b"\x01"),
        "times for one frame less": timed(3, b"\x01"),
        "times that stand still": timed(3, b"\x01\x00"),
        "times that overflow": timed(9, (b"\xff" * 8 + b"\x7f") * 8),
        "times with an overlong varint": timed(2, b"\x81\x00"),
        "times without a time base": make(between=section("P", varint(7) + zlib.compress(b"\x01" * 7))),
        "a division that cuts nothing": cut([0, 0], 2),
        "a division into more tiles than the header's": cut([0, 2], 4),
        "a division into fewer tiles than the header's": cut([0, 1], 4),
        "a level of 16": cut([16], 1 << 16),
        "levels of 255": cut([255] * 8, 8),
        "levels whose tiles overflow 64 bits": cut([63, 63], 2),
        "levels of 64, where a shift wraps to 1": cut([64, 1], 3),
        "a division without cells": cut([], 1),
        "more cells than tiles": cut([0] * 9, 8),
        "a division that promises 4 GB": cut([], 1 << 20, length=BIG, packed=BOMB),
        "a division that inflates without end": cut([], 1 << 20, length=1 << 20, packed=BOMB),
        "a division with bytes behind it": cut([0, 1], 3, after=b"a"),
        "a division that inflates to less than it says": cut([0, 1], 3, length=3),
        "a division that inflates to more than it says": cut([0, 1, 0], 3, length=2),
        "a division that is no zlib stream": cut([0, 1], 3, packed=b"hello"),
        "an empty division": make(tell(tiles=(3, 1)), between=section("D", b"")),
        "two divisions": make(
            tell(tiles=(3, 1)), between=section("D", b"\x02" + zlib.compress(b"\0\1", 9)) * 2
        ),
        "a division before the header": hand.file(
            section("D", b"\x02" + zlib.compress(b"\0\1", 9))
            + section("H", tell(tiles=(3, 1)))
            + section("W", bytes(16))
        ),
        "units cut short": measured(AXES_AND_VALUES[:-1]),
        "no units": measured(b""),
        "units of an axis too few": measured(pairs((0, 1)) + VALUES),
        "an axis of width 0": measured(pairs((0, 1), (2, 2)) + VALUES),
        "an axis upside down": measured(pairs((0, 1), (3, 2)) + VALUES),
        "values upside down": measured(pairs((0, 1), (0, 1), (3, 2), (0, 1), (0, 1))),
        "an axis that starts at NaN": measured(pairs((float("nan"), 1), (0, 1)) + VALUES),
        "an axis without end": measured(pairs((0, float("inf")), (0, 1)) + VALUES),
        "an axis whose width overflows": measured(pairs((-1e308, 1e308), (0, 1)) + VALUES),
        "names too few": measured(AXES_AND_VALUES + b"\x01x\x01y"),
        "a name too many": measured(AXES_AND_VALUES + b"\x01x\x01y\x01r\x01g\x01b\x01a"),
        "a name twice": measured(AXES_AND_VALUES + b"\x01x\x01y\x01r\x01g\x01r"),
        "an empty name": measured(AXES_AND_VALUES + b"\x00\x01y\x01r\x01g\x01b"),
        "a name of 65 bytes": measured(AXES_AND_VALUES + b"\x01y\x01r\x01g\x01b" + b"A" * 66),
        "a name of two to the 62 bytes": measured(AXES_AND_VALUES + varint(WRITABLE)),
        "a name that is no UTF-8": measured(AXES_AND_VALUES + b"\x01\xff\x01y\x01r\x01g\x01b"),
        "a name that moves the cursor": measured(AXES_AND_VALUES + b"\x02\x1b[\x01y\x01r\x01g\x01b"),
        "units twice": make(between=section("u", AXES_AND_VALUES) * 2),
        "nothing": b"",
        "the magic alone": hand.start,
        "the magic and a checksum": hand.file(),
    }


VERSIONS = {version: Hand(version) for version in (1, 3)}
HOSTILE = {
    f"{name}, version {v}": data for v, hand in VERSIONS.items() for name, data in hostile(hand).items()
}
HOSTILE |= {
    "one tile spelt out": VERSIONS[3].file(
        VERSIONS[3].section("H", header(VERSIONS[1])), VERSIONS[3].section("W", bytes(16))
    ),
    "one tile left out in version 1": file(VERSIONS[1], header(VERSIONS[3])),
}
every_version = pytest.mark.parametrize("hand", VERSIONS.values(), ids=lambda hand: f"version {hand.version}")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_format_error(name):
    with pytest.raises(FormatError, match="^somewhere: "):
        codec.decode(HOSTILE[name], where="somewhere")


@reads_proc
def test_hostile_bytes_take_little_memory(tmp_path):
    assert peak_memory(HOSTILE.values(), tmp_path) < 200


def test_an_unknown_ancillary_section_is_skipped():
    head, weights = container.unpack(small_file())
    data = container.pack([("H", head.payload), ("x", b"whatever"), ("W", weights.payload)])
    assert [kind for kind, _ in codec.decode(data).sections] == ["H", "x", "W"]


@every_version
def test_the_attacks_on_the_carrier_start_from_a_file_that_decodes(hand):
    field = codec.decode(file(hand, header(hand, activation=bases(10, 4, 5)), picture(hand, 2))).field
    assert field.spec.activation.bases == ("carrier", "sine2", "cosine2")
    assert field.tensors["layer1.amplitude"].shape == (1, 2, 4)


@every_version
def test_the_attacks_on_units_start_from_a_file_that_decodes(hand):
    plain, named = (
        codec.decode(units(hand, AXES_AND_VALUES + names)).signal.domain
        for names in (b"", b"\1x\1y\1r\1g\1b")
    )
    assert plain.axes == ((0, 1), (2, 3))
    assert plain.ranges == ((0, 1), (-5, 5), (7, 7))
    assert named.names == ("x", "y", "r", "g", "b")


def test_a_carrier_out_of_place_is_named_in_the_error():
    with pytest.raises(FormatError, match="carrier has no amplitude, so it must come first"):
        codec.decode(HOSTILE["a carrier that comes second, version 3"])


def test_a_newer_critical_section_says_that_a_newer_inr_is_needed():
    with pytest.raises(FormatError, match="needs a newer inr"):
        codec.decode(HOSTILE["an unknown critical section, version 3"])


def test_the_small_files_have_every_critical_section_that_sound_can_have():
    kinds = {name: [section.type for section in container.unpack(data)] for name, data in SMALL_FILES.items()}
    assert kinds == {"even tiles": ["H", "W"], "uneven tiles": ["H", "D", "W"], "a carrier": ["H", "W"]}


@every_small_file
def test_every_truncation_and_every_flip_of_a_single_bit_is_a_format_error(name):
    assert_no_part_of_it_decodes(SMALL_FILES[name], 400)


@pytest.mark.parametrize("name", ["v1-voice-levels", "v2-lapped-mono"])
def test_every_truncation_and_every_flip_of_a_file_of_an_early_version_is_a_format_error(name):
    assert_no_part_of_it_decodes((GOLDEN / f"{name}.inr").read_bytes(), 500)


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
    files = sources()

    def mutated():
        for case in range(2000):
            sections = [(section.type, section.payload) for section in files[case % len(files)]]
            at = int(rng.integers(len(sections)))
            sections[at] = (sections[at][0], mutate(rng, sections[at][1]))
            yield container.pack(sections)

    def look(decoded, _):
        again = codec.encode(decoded.field.spec, decoded.field.tensors, decoded.exponents, decoded.signal)
        assert codec.decode(again).signal == decoded.signal
        assert codec.decode(again).field.spec == decoded.field.spec

    assert min(tally(mutated(), look).values()) > 50

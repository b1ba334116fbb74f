"""Bytes with a section `G` that nobody's encoder wrote: a field or a FormatError, in bounded memory."""

from functools import partial

import numpy as np
import pytest

from inr import codec
from inr.codec import container
from inr.codec import grids as section_g
from inr.codec.neighbours import INPUTS
from inr.errors import FormatError
from tests.attacks.by_hand import (
    Hand,
    assert_no_part_of_it_decodes,
    bits,
    flipped,
    mutate,
    peak_memory,
    reads_proc,
    tally,
    varint,
    varints,
)  # fmt: skip
from tests.codec import random_grids as some

GRIDS, LEVELS = 5 + 2 * 8, 2  # flags and encoding of the header; its number of levels
NETWORK = (4, 0, GRIDS, LEVELS, 1, 480)  # width .. omega of the header
MLP = {"layer0.weight": (1, 3, 4), "layer0.bias": (1, 4), "output.weight": (1, 4, 1), "output.bias": (1, 1)}


def small_file():
    """As few bytes as there can be, with every part of the section in use."""
    rng = np.random.default_rng(3)
    signal, field = some.picture((6, 5), levels=LEVELS, width=2, hidden=0)
    net = {n: np.zeros(s, np.int32) for n, s in codec.context_shapes(INPUTS).items()}
    net["1.bias"][:] = 3
    net["3.weight"][:, 1] = 20
    grids = some.grids(rng, field, codec.Context(net), outliers=0.1, empty=0.0)
    tensors, exponents = some.network(rng, field, k=4)
    return codec.encode(field, tensors, exponents, signal, grids)


SMALL = small_file()


EMPTY = bits(*[0] * 3 * LEVELS)  # planes


def header(hand, shape=(8, 8), mode=2, tiles=(1, 1), flags=GRIDS, levels=(LEVELS,)):
    whole, division = hand.division(tiles, (0, 0))
    return bytes([1 + whole]) + varints(*shape, mode, 8, *division, 4, 0, flags, *levels, 1, 480)


def other(hand, kind, axes, *start):
    """A header of another kind, with grids."""
    whole, division = hand.division((1,) * axes, (0,) * axes)
    return bytes([kind + whole]) + varints(*start, *division, *NETWORK)


def network(most=0):
    """A context network whose weights are all `most`."""
    return {n: np.full(s, most, np.int32) for n, s in codec.context_shapes(INPUTS).items()}


def payload(hand, planes=EMPTY, most=0, **more):
    return hand.grids(network(most), planes, **more)


def separate(hand, own, stream=bytes(4), length=None):
    """The same of an early version, where the network has a stream of its own, in any bytes."""
    assert hand.early
    return varint(1000) + bytes(1) + varint(len(own) if length is None else length) + own + stream


def mlp(hand, low=(2, 2), seen=3):
    shapes = {**MLP, "layer0.weight": (1, seen, 4), "grid.low": (1, *low)}
    return hand.weights({n: np.zeros(s, np.int32) for n, s in shapes.items()}, 8)


def file(hand, head=None, grids=None, weights=None, between=b"", start=None):
    g = b"" if grids == b"" else hand.section("G", payload(hand) if grids is None else grids)
    head = hand.section("H", header(hand) if head is None else head)
    weights = hand.section("W", mlp(hand) if weights is None else weights)
    return hand.file(head, between, g, weights, start=start)


def one_plane(writer):
    """A first plane that is said not to be 0, and then is; a point in each of four phases."""
    writer.raw(1, 1)
    for _ in range(4):
        writer.symbols(np.zeros(1, np.int32), section_g.flag_table(56))
    for _ in range(3 * LEVELS - 1):
        writer.raw(0, 1)


def outsized(writer):
    """The first integer is 2^22 + 1."""
    table = section_g.size_table(20)
    writer.raw(1, 1)
    writer.symbols(np.ones(1, np.int32), section_g.flag_table(56))
    writer.symbols(np.full(1, table.edge), table)
    writer.gamma((1 << 22) - table.edge)
    writer.raw(0, 1)
    writer.raw(np.zeros(64, np.int32), 8)


SIDE = 1 << 13


def huge(hand, *planes, after=b""):
    """A grid of two to the 26 points in a file of a few hundred bytes."""
    head = header(hand, shape=(SIDE, SIDE), levels=(11,))
    return file(hand, head, payload(hand, bits(*planes)) + after, mlp(hand, (4, 4), 5))


def hostile(hand):
    """Every attack, in the bytes of one version."""
    tell, make, held = (partial(f, hand) for f in (header, file, payload))
    net = hand.weights(network(), 5)
    shared = {
        "two grids": make(between=hand.section("G", held())),
        "no grids": make(grids=b""),
        "no grids, as version 1": make(grids=b"", start=b"\x89INR\1"),
        "grids, as version 1": make(start=b"\x89INR\1"),
        "grids, as version 4": make(start=b"\x89INR\4"),
        "grids for a field without": make(tell(flags=5, levels=())),
        "grids before the header": hand.file(
            hand.section("G", held()), hand.section("H", tell()), hand.section("W", mlp(hand))
        ),
        "no levels": make(tell(levels=(0,))),
        "a level too many": make(tell(levels=(4,))),
        "65 levels": make(tell(levels=(65,))),
        "two to the 62 levels": make(tell(levels=(1 << 62,))),
        "tiles of grids": make(tell(tiles=(2, 1))),
        "grids with gain": make(tell(flags=GRIDS + 2)),
        "grids of sound": make(other(hand, 2 + 4, 1, 64, 18, 1, 16, 8000, 1)),
        "grids of a clip": make(other(hand, 3 + 4, 3, 8, 8, 8, 4, 8, 25, 1)),
        "a picture of one row": make(tell(shape=(1, 8))),
        "a huge grid": make(tell(shape=(1 << 14, 1 << 14), levels=(12,)), weights=mlp(hand, (4, 4))),
        "more grid values than there may be": make(
            tell(shape=(SIDE + 2, SIDE), levels=(11,)), weights=mlp(hand, (5, 4), 5)
        ),
        "a payload of one byte": make(grids=bytes(1)),
        "step 0": make(grids=held(step=0)),
        "a step above the limit": make(grids=held(step=(1 << 26) + 1)),
        "a context of steps 2^-6": make(grids=held(k=6)),
        "a context of weights above the limit": make(grids=held(most=4097)),
        "a context of weights below the limit": make(grids=held(most=-4097)),
        "a stream of 7 bytes": make(grids=varint(1000) + bytes(1) + bytes(7)),
        "no stream": make(grids=varint(1000) + bytes(1)),
        "a stream of all ones": make(grids=varint(1000) + bytes(1) + b"\xff" * 64),
        "a stream without planes": make(grids=held(bits())),
        "a stream with a word to spare": make(grids=held() + bytes(4)),
        "a stream without its last word": make(grids=held()[:-4]),
        "a plane of zeros that is spelt out": make(grids=held(one_plane)),
        "an integer above the limit": make(grids=held(outsized)),
        "a huge grid whose planes are all there": huge(hand, *[1] * 33),
        "a huge grid whose finest planes alone are there": huge(hand, *[0] * 30, 1),
        "a huge grid in too few words": huge(hand, *[0] * 30, 1, after=bytes(120)),
    }
    if not hand.early:
        return shared
    return shared | {
        "a context past the end": make(grids=separate(hand, net, length=10**6)),
        "a context of two to the 62 bytes": make(grids=separate(hand, net, length=1 << 62)),
        "a context of no bytes": make(grids=separate(hand, b"")),
        "a context of 7 bytes": make(grids=separate(hand, bytes(7))),
        "planes of no bytes": make(grids=separate(hand, net, b"")),
        "planes of 7 bytes": make(grids=separate(hand, net, bytes(7))),
        "planes of all ones": make(grids=separate(hand, net, b"\xff" * 64)),
    }


VERSIONS = {version: Hand(version) for version in (2, 3)}
HOSTILE = {
    f"{name}, version {v}": data for v, hand in VERSIONS.items() for name, data in hostile(hand).items()
}
every_version = pytest.mark.parametrize("hand", VERSIONS.values(), ids=lambda hand: f"version {hand.version}")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_format_error(name):
    with pytest.raises(FormatError, match="^somewhere: "):
        codec.decode(HOSTILE[name], where="somewhere")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("grids of sound", "encoding grids: shape must be 2 lengths"),
        ("grids of a clip", "encoding grids: shape must be 2 lengths"),
        ("no grids", "version 2 is that of files with grids|belong together"),
        ("grids, as version 1", "version 1 is that of files without grids|does not match"),
        ("grids, as version 4", "reads versions 1 to 3"),
        ("grids for a field without", "belong together"),
        ("a level too many", r"the last two >= 2\^count"),
        ("more grid values than there may be", "67[0-9]* values; at most 67108864"),
        ("step 0", "step 0 is out of range"),
        ("a context of steps 2^-6", r"must have the step 2\^-5"),
        ("a context of weights above the limit", "passes 4096"),
        ("a plane of zeros that is spelt out", "plane of zeros"),
        ("an integer above the limit", "passes 4194304"),
        ("a stream with a word to spare", "does not end where its last integer ends"),
        ("a huge grid in too few words", "weights take at least"),
    ],
)
@every_version
def test_the_error_names_what_is_wrong(hand, name, says):
    with pytest.raises(FormatError, match=says):
        codec.decode(HOSTILE[f"{name}, version {hand.version}"])


@every_version
def test_the_attacks_start_from_files_that_decode(hand):
    for grids in (payload(hand), payload(hand, shrink=255), payload(hand, step=1 << 26)):
        decoded = codec.decode(file(hand, grids=grids))
        assert decoded.field.spec.encoding.count == LEVELS
        assert not any(q.any() for q in decoded.grids.integers.values())
    if hand.early:
        codec.decode(file(hand, grids=separate(hand, hand.weights(network(), 5))))
    assert any(np.abs(q).max() > 100 for q in codec.decode(SMALL).grids.integers.values())


@reads_proc
def test_hostile_bytes_take_little_memory(tmp_path):
    assert peak_memory(HOSTILE.values(), tmp_path) < 200


def test_every_truncation_and_every_flip_of_a_single_bit_is_a_format_error():
    assert_no_part_of_it_decodes(SMALL, 300)


def assert_goes_round(decoded, _):
    """Whatever was read can be written, and says the same again."""
    data = codec.encode(
        decoded.field.spec, decoded.field.tensors, decoded.exponents, decoded.signal, decoded.grids
    )
    again = codec.decode(data)
    assert again.grids.step == decoded.grids.step
    for name, q in decoded.grids.integers.items():
        np.testing.assert_array_equal(again.grids.integers[name], q)


def test_every_flip_under_a_valid_checksum_decodes_or_is_a_format_error():
    sections = {section.type: section.payload for section in container.unpack(SMALL)}
    cases = (
        container.pack([*(sections | {"G": flipped(sections["G"], bit)}).items()])
        for bit in range(8 * len(sections["G"]))
    )
    assert min(tally(cases, assert_goes_round).values()) > 20


def test_payloads_mutated_under_a_valid_checksum_decode_or_are_a_format_error():
    rng = np.random.default_rng(1)
    source = [(section.type, section.payload) for section in container.unpack(SMALL)]

    def mutated():
        for case in range(1000):
            sections = list(source)
            at = case % 3
            sections[at] = (sections[at][0], mutate(rng, sections[at][1]))
            yield container.pack(sections)

    assert min(tally(mutated(), assert_goes_round).values()) > 20

"""Bytes of a clip that nobody's encoder wrote: a field or a FormatError, in bounded time and memory.

What a group's own bytes hold is checked when that group is decoded, so `everything` decodes them all.
"""

from functools import partial

import numpy as np
import pytest

from inr import codec
from inr.codec import container
from inr.codec.classes import flag_table, size_table
from inr.codec.entropy import Writer
from inr.codec.weights import write as write_weights
from inr.errors import FormatError
from tests.attacks.by_hand import (
    Hand,
    assert_no_part_of_it_decodes,
    flipped,
    mutate,
    peak_memory,
    reads_proc,
    tally,
    varint,
    varints,
)  # fmt: skip
from tests.codec import random_clips as some
from tests.codec import random_grids

CLIPS, LEVELS = 5 + 4 * 8, 2  # flags and encoding of the header; its number of levels
LENGTHS = (2, 1)
EVEN = 56  # the class of a flag where a network of zeros foresees it


def everything(data, where="data"):
    """A file with all that it holds: (decoded, values of each group)."""
    decoded = codec.decode(data, where=where)
    if not isinstance(decoded.grids, codec.Clip):
        return decoded, []
    return decoded, [decoded.grids.group(i) for i in range(len(decoded.grids.lengths))]


def small_file():
    """As few bytes as there can be, with every part of the section in use."""
    rng = np.random.default_rng(3)
    signal, field = some.clip(LENGTHS, (7, 6), 1, LEVELS, width=2)
    nets = [plain(inputs) for inputs in (codec.POINT_INPUTS, codec.BLOCK_INPUTS)]
    nets[0]["1.bias"][:] = 3
    nets[0]["3.weight"][:, 1] = 20
    nets = codec.ClipNetworks(*map(codec.Context, nets))
    groups = some.groups(rng, field, LENGTHS, nets, living=1.0, density=0.7, empty=0.0, outliers=0.02)
    tensors, exponents = random_grids.network(rng, field, k=4)
    return codec.encode(field, tensors, exponents, signal, groups)


def plain(inputs, most=0):
    return {n: np.full(s, most, np.int32) for n, s in codec.context_shapes(inputs).items()}


SMALL = small_file()


def header(hand, shape=(3, 8, 8), channels=1, tiles=(1, 1, 1), flags=CLIPS, levels=(LEVELS,)):
    whole, division = hand.division(tiles, (0, 0, 0))
    numbers = [*shape, 0, channels, 8, 25, 1, *division, 4, 0, flags, *levels, 1, 480]
    return bytes([3 + 4 + whole]) + varints(*numbers)


def other(hand, kind, axes, *start):
    """A header of another kind, with the encoding of clips."""
    whole, division = hand.division((1,) * axes, (0,) * axes)
    return bytes([kind + whole]) + varints(*start, *division, 4, 0, CLIPS, LEVELS, 1, 480)


def mlp(hand, seen=3, channels=1, tail=()):
    shapes = {"layer0.weight": (1, seen, 4), "layer0.bias": (1, 4)}
    shapes |= {"output.weight": (1, 4, channels), "output.bias": (1, channels), **dict(tail)}
    return hand.weights({n: np.zeros(s, np.int32) for n, s in shapes.items()}, 8)


def network(hand, inputs, most=0, k=5):
    """The stream of a context network whose weights are all `most`."""
    return hand.weights(plain(inputs, most), k)


def networks(hand):
    """Those of points and of blocks."""
    return network(hand, codec.POINT_INPUTS), network(hand, codec.BLOCK_INPUTS)


def raw(*bits):
    writer = Writer()
    for bit in bits:
        writer.raw(bit, 1)
    return writer.getvalue()


def lows(bands=(1, 1), k=(8,), fill=0):
    """The coarsest grids of a group with so many bands at each level of time."""
    tensors = {f"{i}.low": np.full((n, 1, 2, 2), fill, np.int32) for i, n in enumerate(bands)}
    exponents = {n: k[i % len(k)] for i, n in enumerate(tensors)}
    return write_weights(tensors, exponents, early=True)  # whatever the version


def group(stream=None, low=None, length=None):
    """The bytes of a group, of two frames whose stages are empty unless told."""
    stream, low = raw(0, 0) if stream is None else stream, lows() if low is None else low
    return varint(len(low) if length is None else length) + low + stream


TWO, ONE = group(), group(raw(0), lows((1,)))  # of so many frames


def payload(
    hand, groups=((2, TWO), (1, ONE)), step=1000, shrink=0, nets=None, sizes=None, tail=b""
):  # fmt: skip
    """Section `G`; `sizes` are what it says of the groups where that is not so."""
    nets = networks(hand) if nets is None else nets
    head = varint(step) + bytes([shrink]) + b"".join(varint(len(net)) + net for net in nets)
    told = [(frames, len(data)) for frames, data in groups] if sizes is None else sizes
    return head + b"".join(varints(*pair) for pair in told) + b"".join(data for _, data in groups) + tail


def file(hand, head=None, grids=None, weights=None, between=b"", start=None):
    g = b"" if grids == b"" else hand.section("G", payload(hand) if grids is None else grids)
    head = hand.section("H", header(hand) if head is None else head)
    return hand.file(head, between, g, hand.section("W", weights or mlp(hand)), start=start)


def first(hand, stream, low=None, length=None):
    """A file whose first group is another."""
    return file(hand, grids=payload(hand, ((2, group(stream, low, length)), (1, ONE))))


def one_block(*integers):
    """A first stage whose first plane, of two rows and two columns, is one living block of these integers.

    Of the file's 8 x 8 frames: 2 x 2 at the coarser level, and one block in every plane.
    """
    writer = Writer()
    writer.raw(1, 1)
    writer.symbols(np.ones(1, np.int32), flag_table(EVEN))
    for q in integers:
        writer.symbols(np.array([int(q != 0)], np.int32), flag_table(EVEN))
        if q:
            table = size_table(20)
            writer.symbols(np.array([min(abs(q) - 1, table.edge)], np.int32), table)
            if abs(q) > table.edge:
                writer.gamma(abs(q) - 1 - table.edge)
            writer.raw(int(q < 0), 1)
    for _ in range(3 * LEVELS - 1):
        writer.symbols(np.zeros(1, np.int32), flag_table(EVEN))
    writer.raw(0, 1)
    return writer.getvalue()


def swapped(hand):
    """Networks of blocks and of points, with weights that are not 0."""
    for inputs in (codec.BLOCK_INPUTS, codec.POINT_INPUTS):
        yield hand.weights(some.context(np.random.default_rng(0), inputs).weights, 5)


SIDE = 1 << 13
WHOLE = 1 << 26  # values that a group of more than one frame may have


def hostile(hand):
    """Every attack that is seen before a group is decoded, in the bytes of one version."""
    tell, make, held = (partial(f, hand) for f in (header, file, payload))
    points, blocks = networks(hand)
    return {
    "two grids": make(between=hand.section("G", held())),
    "no grids": make(grids=b""),
    "no grids, as version 1": make(grids=b"", start=b"\x89INR\1"),
    "clips, as version 1": make(start=b"\x89INR\1"),
    "clips, as version 4": make(start=b"\x89INR\4"),
    "grids for a clip without": make(tell(flags=5, levels=())),
    "no levels": make(tell(levels=(0,))),
    "a level too many": make(tell(levels=(4,))),
    "65 levels": make(tell(levels=(65,))),
    "two to the 62 levels": make(tell(levels=(1 << 62,))),
    "tiles in time": make(tell(tiles=(2, 1, 1))),
    "tiles of frames": make(tell(tiles=(1, 2, 1))),
    "gain": make(tell(flags=CLIPS + 2)),
    "another encoding": make(tell(flags=5 + 5 * 8)),
    "frames of one row": make(tell(shape=(3, 1, 8))),
    "five channels": make(tell(channels=5)),
    "clips of a picture": make(other(hand, 1, 2, 8, 8, 2, 8)),
    "clips of a sound": make(other(hand, 2 + 4, 1, 64, 18, 1, 16, 8000, 1)),
    "a coarsest grid among the weights": make(weights=mlp(hand, tail={"grid.low": (1, 2, 2)}.items())),
    "a frame of two to the 30 pixels": make(tell(shape=(1, 1 << 15, 1 << 15))),
    "two to the 40 frames": make(tell(shape=(1 << 40, 8, 8))),
    "a payload of one byte": make(grids=bytes(1)),
    "step 0": make(grids=held(step=0)),
    "a step above the limit": make(grids=held(step=(1 << 26) + 1)),
    "one network": make(grids=held(nets=(points,))),
    "networks the other way round": make(grids=held(nets=tuple(swapped(hand)))),
    "a network of no bytes": make(grids=held(nets=(points, b""))),
    "a network of 7 bytes": make(grids=held(nets=(points, bytes(7)))),
    "a network of steps 2^-6": make(grids=held(nets=(points, network(hand, codec.BLOCK_INPUTS, k=6)))),
    "a network of weights above the limit": make(
        grids=held(nets=(network(hand, codec.POINT_INPUTS, 4097), blocks))
    ),
    "no groups": make(grids=held(())),
    "a group of 0 frames": make(grids=held(((0, ONE), (2, TWO), (1, ONE)))),
    "a group of more frames than are left": make(grids=held(((2, TWO), (2, TWO)))),
    "a group of two to the 62 frames": make(grids=held(((1 << 62, TWO),))),
    "a group too few": make(grids=held(((2, TWO),))),
    "a group too many": make(grids=held(((2, TWO), (1, ONE), (1, ONE)))),
    "a group past the end": make(grids=held(sizes=((2, len(TWO)), (1, len(ONE) + 1)))),
    "a group of two to the 62 bytes": make(grids=held(sizes=((2, 1 << 62), (1, len(ONE))))),
    "a group that is not all": make(grids=held(sizes=((2, len(TWO)), (1, len(ONE) - 1)))),
    "a byte after the last group": make(grids=held(tail=b"\0")),
    "a word after the last group": make(grids=held(tail=bytes(4))),
    "more values in a group than there may be": make(
        tell(shape=(2, SIDE // 2 + 2, SIDE), levels=(2,)), held(((2, TWO),))
    ),
    "more values in the last group than there may be": make(
        tell(shape=(3, SIDE // 2 + 2, SIDE), levels=(2,)), held(((1, ONE), (2, TWO)))
    ),
    "more frames in a group than values may be": make(
        tell(shape=(WHOLE, 2, 2), levels=(1,)), held(((WHOLE, TWO),)), mlp(hand, 2)
    ),
}  # fmt: skip


def in_a_group(hand):
    """Those in the bytes of the first of two groups."""
    make, held, begin = (partial(f, hand) for f in (file, payload, first))
    return {
        "a group of no bytes": make(grids=held(((2, b""), (1, ONE)))),
        "coarsest grids past the end": begin(None, length=10**6),
        "coarsest grids of two to the 62 bytes": begin(None, length=1 << 62),
        "coarsest grids of no bytes": begin(None, b""),
        "coarsest grids of 7 bytes": begin(None, bytes(7)),
        "coarsest grids of all ones": begin(None, b"\xff" * 64),
        "coarsest grids with a word to spare": begin(None, lows() + bytes(4)),
        "coarsest grids of one band": begin(None, lows((1,))),
        "coarsest grids of three bands": begin(None, lows((1, 1, 1))),
        "coarsest grids of two steps": begin(None, lows(k=(8, 9))),
        "a coarsest grid above the limit": begin(None, lows(fill=(1 << 22) + 1)),
        "coarsest grids a word short": begin(None, lows(), len(lows()) - 4),
        "no planes": begin(b""),
        "planes of 7 bytes": begin(bytes(7)),
        "planes of all ones": begin(b"\xff" * 64),
        "planes with a word to spare": begin(raw(0, 0) + bytes(4)),
        "a stage too many": begin(raw(0, 0, 0) + bytes(4)),
        "a living block of zeros": begin(one_block(0, 0, 0, 0)),
        "an integer above the limit": begin(one_block((1 << 22) + 1, 0, 0, 0)),
        "an integer far below the limit": begin(one_block(-(1 << 23), 0, 0, 0)),
    }


def takes_of_the_next(hand):
    """A first group whose bytes end in those of the second."""
    return file(hand, grids=payload(hand, sizes=((2, len(TWO) + 4), (1, len(ONE) - 4))))


def named(attacks):
    """Those of every version that has section `G`."""
    return {
        f"{name}, version {v}": data for v, hand in VERSIONS.items() for name, data in attacks(hand).items()
    }


VERSIONS = {version: Hand(version) for version in (2, 3)}
IN_A_GROUP = named(in_a_group)
LATER = IN_A_GROUP | named(lambda hand: {"a group that takes of the next": takes_of_the_next(hand)})
HOSTILE = named(hostile) | LATER
every_version = pytest.mark.parametrize("hand", VERSIONS.values(), ids=lambda hand: f"version {hand.version}")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_format_error(name):
    with pytest.raises(FormatError, match=None if name in LATER else "^somewhere: "):
        everything(HOSTILE[name], "somewhere")


@pytest.mark.parametrize("name", IN_A_GROUP)
def test_what_is_wrong_in_a_group_leaves_the_others_and_is_said_when_it_is_asked_for(name):
    groups = codec.decode(IN_A_GROUP[name]).grids
    assert isinstance(groups, codec.Clip)
    assert not any(values.any() for values in groups.group(1).values())
    with pytest.raises(FormatError, match="^group 1 of 2: "):
        groups.group(0)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("clips of a picture", "encoding clips: shape must be 3 lengths"),
        ("clips of a sound", "encoding clips: shape must be 3 lengths"),
        ("no grids", "version 2 is that of files with grids|belong together"),
        ("clips, as version 1", "version 1 is that of files without grids|does not match"),
        ("clips, as version 4", "reads versions 1 to 3"),
        ("grids for a clip without", "belong together"),
        ("a level too many", r"the last two >= 2\^count"),
        ("step 0", "step 0 is out of range"),
        ("a network of steps 2^-6", r"must have the step 2\^-5"),
        ("a network of weights above the limit", "passes 4096"),
        ("a group of 0 frames", "a group of 0 frames, where 3 are left"),
        ("a group of more frames than are left", "a group of 2 frames, where 1 are left"),
        ("a group past the end", r"needs \d+ bytes at offset \d+, but \d+ are left"),
        ("a word after the last group", "4 bytes follow its last field"),
        ("more values in a group than there may be", "2 frames has 67141632 values; at most 67108864"),
        ("more values in the last group than there may be", "2 frames has 67141632 values; at most 67108864"),
        ("more frames in a group than values may be", "a group of 67108864 frames; at most 64"),
        ("coarsest grids of two steps", r"have the steps \[8, 9\]; one is allowed"),
        ("a living block of zeros", "grid.1.rows: a block of zeros is spelt out"),
        ("an integer above the limit", "passes 4194304"),
        ("planes with a word to spare", "does not end where its last integer ends"),
    ],
)
@every_version
def test_the_error_names_what_is_wrong(hand, name, says):
    with pytest.raises(FormatError, match=says):
        everything(HOSTILE[f"{name}, version {hand.version}"])


@every_version
def test_the_attacks_start_from_files_that_decode(hand):
    for grids in (payload(hand), payload(hand, shrink=255), payload(hand, step=1 << 26)):
        _, groups = everything(file(hand, grids=grids))
        assert [len(values["grid.low"]) for values in groups] == list(LENGTHS)
        assert not any(t.any() for values in groups for t in values.values())
    _, groups = everything(first(hand, one_block(3, 0, 0, -(1 << 22))))
    assert np.count_nonzero(groups[0]["grid.1.rows"]) == 2
    _, groups = everything(SMALL)
    assert all(sum(t.any() for t in values.values()) > 4 for values in groups)


@every_version
def test_as_many_values_as_a_group_may_have_are_not_refused(hand):
    data = file(hand, header(hand, shape=(2, SIDE // 2, SIDE), levels=(2,)), payload(hand, ((2, TWO),)))
    assert codec.decode(data).signal.samples == WHOLE


@reads_proc
def test_hostile_bytes_take_little_memory(tmp_path):
    assert peak_memory(HOSTILE.values(), tmp_path) < 200


def test_every_truncation_and_every_flip_of_a_single_bit_is_a_format_error():
    assert_no_part_of_it_decodes(SMALL, 400)


def assert_goes_round(decoded, groups):
    """Whatever was read can be written, and says the same again, to the last byte of section `G`."""
    clip = decoded.grids
    if not isinstance(clip, codec.Clip):
        return
    data = codec.encode(decoded.field.spec, decoded.field.tensors, decoded.exponents, decoded.signal, clip)
    again, values = everything(data)
    assert isinstance(again.grids, codec.Clip)
    assert (again.grids.step, again.grids.shrink) == (clip.step, clip.shrink)
    assert (again.grids.lengths, again.grids.streams) == (clip.lengths, clip.streams)
    for a, b in zip(values, groups, strict=True):
        for name, tensor in b.items():
            np.testing.assert_array_equal(a[name], tensor)
    # The integers as an encoder writes them: the same again, though it may choose other models for `low`.
    for index in range(len(clip.lengths)):
        (shapes,) = some.shapes_of(clip, clip.lengths[index : index + 1])
        own = some.read(clip, index)
        found = codec.read_group(codec.write_group(own, shapes, clip.nets), shapes, clip.nets)
        np.testing.assert_array_equal(found.low, own.low)
        for a, b in zip(found.stages, own.stages, strict=True):
            np.testing.assert_array_equal(a.places, b.places)
            np.testing.assert_array_equal(a.values, b.values)


def test_flips_under_a_valid_checksum_decode_or_are_a_format_error():
    sections = {section.type: section.payload for section in container.unpack(SMALL)}

    def damaged():
        for bit in range(0, 8 * len(sections["G"]), 5):
            yield container.pack([*(sections | {"G": flipped(sections["G"], bit)}).items()])

    assert min(tally(damaged(), assert_goes_round).values()) > 5


def test_payloads_mutated_under_a_valid_checksum_decode_or_are_a_format_error():
    rng = np.random.default_rng(1)
    source = [(section.type, section.payload) for section in container.unpack(SMALL)]

    def mutated():
        for case in range(500):
            sections = list(source)
            at = (1, 0, 1, 2)[case % 4]
            sections[at] = (sections[at][0], mutate(rng, sections[at][1]))
            yield container.pack(sections)

    assert min(tally(mutated(), assert_goes_round).values()) > 5

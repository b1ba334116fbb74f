"""Bytes with a section `G` that nobody's encoder wrote: a field or a FormatError, in bounded memory."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inr import codec
from inr.codec import container
from inr.codec import grids as section_g
from inr.codec.entropy import Writer
from inr.codec.neighbours import INPUTS
from inr.codec.weights import write as write_weights
from inr.errors import FormatError
from tests.attacks.test_inr_bytes import mutate, section, varint
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


def varints(*numbers):
    return b"".join(map(varint, numbers))


def header(shape=(8, 8), mode=2, tiles=(1, 1), flags=GRIDS, levels=(LEVELS,), kind=1):
    numbers = [*shape, mode, 8, *tiles, *(0, 0), 4, 0, flags, *levels, 1, 480]
    return bytes([kind]) + varints(*numbers)


def network(most=0, k=5):
    """The stream of a context network whose weights are all `most`."""
    shapes = codec.context_shapes(INPUTS)
    return write_weights({n: np.full(s, most, np.int32) for n, s in shapes.items()}, dict.fromkeys(shapes, k))


def raw(*bits):
    writer = Writer()
    for bit in bits:
        writer.raw(bit, 1)
    return writer.getvalue()


def payload(stream=None, step=1000, shrink=0, net=None, length=None):
    net = network() if net is None else net
    stream = raw(*[0] * 3 * LEVELS) if stream is None else stream
    return varint(step) + bytes([shrink]) + varint(len(net) if length is None else length) + net + stream


def mlp(low=(2, 2)):
    shapes = {**MLP, "grid.low": (1, *low)}
    return write_weights({n: np.zeros(s, np.int32) for n, s in shapes.items()}, dict.fromkeys(shapes, 8))


def file(head=None, grids=None, weights=None, version=2, between=b""):
    g = b"" if grids == b"" else section("G", payload() if grids is None else grids)
    head = header() if head is None else head
    return b"\x89INR" + bytes([version]) + section("H", head) + between + g + section("W", weights or mlp())


def one_plane(zeros):
    """A first plane that is said not to be 0, and then is; four integers in two phases or more."""
    writer = Writer()
    writer.raw(1, 1)
    flags = section_g.flag_table(56)
    for count in zeros:
        writer.symbols(np.zeros(count, np.int32), flags)
    for _ in range(3 * LEVELS - 1):
        writer.raw(0, 1)
    return writer.getvalue()


def outsized():
    """The first integer is 2^22 + 1."""
    writer, table = Writer(), section_g.size_table(20)
    writer.raw(1, 1)
    writer.symbols(np.ones(1, np.int32), section_g.flag_table(56))
    writer.symbols(np.full(1, table.edge), table)
    writer.gamma((1 << 22) - table.edge)
    writer.raw(0, 1)
    return writer.getvalue() + bytes(64)


SIDE = 1 << 13
HOSTILE = {
    "two grids": file(between=section("G", payload())),
    "no grids": file(grids=b""),
    "no grids, version 1": file(grids=b"", version=1),
    "grids in version 1": file(version=1),
    "version 3": file(version=3),
    "grids for a field without": file(header(flags=5, levels=())),
    "grids for a field without, version 1": file(header(flags=5, levels=()), version=1),
    "grids before the header": b"\x89INR\x02"
    + section("G", payload())
    + section("H", header())
    + section("W", mlp()),
    "no levels": file(header(levels=(0,))),
    "a level too many": file(header(levels=(4,))),
    "65 levels": file(header(levels=(65,))),
    "two to the 62 levels": file(header(levels=(1 << 62,))),
    "tiles of grids": file(header(tiles=(2, 1))),
    "grids with gain": file(header(flags=GRIDS + 2)),
    "grids of sound": file(bytes([2 + 4]) + varints(64, 18, 1, 16, 8000, 1, 1, 0, *NETWORK)),
    "grids of a clip": file(bytes([3 + 4]) + varints(8, 8, 8, 4, 8, 25, 1, *(1, 1, 1), *(0, 0, 0), *NETWORK)),
    "a picture of one row": file(header(shape=(1, 8))),
    "a huge grid": file(header(shape=(1 << 14, 1 << 14), levels=(12,)), weights=mlp((4, 4))),
    "more grid values than there may be": file(
        header(shape=(SIDE + 2, SIDE), levels=(11,)), weights=write_weights({
            **{n: np.zeros(s, np.int32) for n, s in (MLP | {"layer0.weight": (1, 5, 4)}).items()},
            "grid.low": np.zeros((1, 5, 4), np.int32),
        }, dict.fromkeys([*MLP, "grid.low"], 8)),
    ),
    "a payload of one byte": file(grids=bytes(1)),
    "step 0": file(grids=payload(step=0)),
    "a step above the limit": file(grids=payload(step=(1 << 26) + 1)),
    "a context past the end": file(grids=payload(length=10**6)),
    "a context of two to the 62 bytes": file(grids=payload(length=1 << 62)),
    "a context of no bytes": file(grids=payload(net=b"")),
    "a context of 7 bytes": file(grids=payload(net=bytes(7))),
    "a context of steps 2^-6": file(grids=payload(net=network(k=6))),
    "a context of weights above the limit": file(grids=payload(net=network(4097))),
    "a context of weights below the limit": file(grids=payload(net=network(-4097))),
    "no stream": file(grids=payload(b"")),
    "a stream of 7 bytes": file(grids=payload(bytes(7))),
    "a stream with a word to spare": file(grids=payload(raw(*[0] * 6) + bytes(4))),
    "a stream of all ones": file(grids=payload(b"\xff" * 64)),
    "a plane of zeros that is spelt out": file(grids=payload(one_plane((1, 1, 1, 1)))),
    "an integer above the limit": file(grids=payload(outsized())),
}  # fmt: skip


def huge(stream):
    """A grid of two to the 26 points in a file of a few hundred bytes."""
    low = write_weights({
        **{n: np.zeros(s, np.int32) for n, s in (MLP | {"layer0.weight": (1, 5, 4)}).items()},
        "grid.low": np.zeros((1, 4, 4), np.int32),
    }, dict.fromkeys([*MLP, "grid.low"], 8))  # fmt: skip
    return file(header(shape=(SIDE, SIDE), levels=(11,)), payload(stream), low)


HOSTILE |= {
    "a huge grid whose planes are all there": huge(raw(*[1] * 33)),
    "a huge grid whose finest planes alone are there": huge(raw(*[0] * 30, 1)),
    "a huge grid in too few words": huge(raw(*[0] * 30, 1) + bytes(120)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_format_error(name):
    with pytest.raises(FormatError, match="^somewhere: "):
        codec.decode(HOSTILE[name], where="somewhere")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("grids of sound", "encoding grids: shape must be 2 lengths"),
        ("grids of a clip", "encoding grids: shape must be 2 lengths"),
        ("no grids", "version 2 is that of files with grids"),
        ("no grids, version 1", "belong together"),
        ("grids in version 1", "version 1 is that of files without grids"),
        ("version 3", "reads versions 1 to 2"),
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
def test_the_error_names_what_is_wrong(name, says):
    with pytest.raises(FormatError, match=says):
        codec.decode(HOSTILE[name])


def test_the_attacks_start_from_files_that_decode():
    for data in (file(), file(grids=payload(shrink=255)), file(grids=payload(step=1 << 26))):
        decoded = codec.decode(data)
        assert decoded.field.spec.encoding.count == LEVELS
        assert not any(q.any() for q in decoded.grids.integers.values())
    assert any(np.abs(q).max() > 100 for q in codec.decode(SMALL).grids.integers.values())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_hostile_bytes_take_little_memory(tmp_path):
    for place, data in enumerate(HOSTILE.values()):
        (tmp_path / f"{place}.inr").write_bytes(data)
    code = """if True:
        import json, sys
        from pathlib import Path
        from inr import codec, errors
        for path in Path(sys.argv[1]).glob("*.inr"):
            try:
                codec.load(path)
            except errors.FormatError:
                pass
        # Not ru_maxrss: a child starts with the peak of the process that forked it.
        status = Path("/proc/self/status").read_text().split()
        print(json.dumps(int(status[status.index("VmHWM:") + 1]) / 1000))
    """
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) < 200


def test_every_truncation_is_a_format_error():
    assert len(SMALL) <= 300
    for length in range(len(SMALL)):
        with pytest.raises(FormatError):
            codec.decode(SMALL[:length])


def test_every_flip_of_a_single_bit_is_a_format_error():
    for bit in range(8 * len(SMALL)):
        damaged = bytearray(SMALL)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FormatError):
            codec.decode(bytes(damaged))


def assert_goes_round(decoded):
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
    outcomes = {"decoded": 0, "refused": 0}
    for bit in range(8 * len(sections["G"])):
        damaged = bytearray(sections["G"])
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            decoded = codec.decode(container.pack([*(sections | {"G": bytes(damaged)}).items()]))
        except FormatError:
            outcomes["refused"] += 1
            continue
        outcomes["decoded"] += 1
        assert_goes_round(decoded)
    assert min(outcomes.values()) > 20


def test_payloads_mutated_under_a_valid_checksum_decode_or_are_a_format_error():
    rng = np.random.default_rng(1)
    source = [(section.type, section.payload) for section in container.unpack(SMALL)]
    outcomes = {"decoded": 0, "refused": 0}
    for case in range(1000):
        sections = list(source)
        at = case % 3
        sections[at] = (sections[at][0], mutate(rng, sections[at][1]))
        try:
            decoded = codec.decode(container.pack(sections))
        except FormatError:
            outcomes["refused"] += 1
            continue
        outcomes["decoded"] += 1
        assert_goes_round(decoded)
    assert min(outcomes.values()) > 20

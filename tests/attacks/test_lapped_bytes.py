"""Bytes of a sound's section `G` that nobody's encoder wrote: a field or a FormatError, soon."""

import time

import numpy as np
import pytest

from inr import codec
from inr.codec import container
from inr.codec.lapped import INPUTS
from inr.errors import FormatError
from tests.attacks.by_hand import Hand, assert_no_part_of_it_decodes, tally, varints
from tests.codec import random_grids
from tests.codec import random_lapped as some


def small_file():
    """As few bytes as there can be, with every part of the section in use."""
    rng = np.random.default_rng(3)
    signal, field = some.sound(20, 1, 5, width=2)
    net = {n: np.zeros(s, np.int32) for n, s in codec.context_shapes(INPUTS).items()}
    net["1.bias"][:] = 3
    net["3.weight"][:, 1] = 20
    grids = some.grids(rng, field, codec.Context(net), outliers=0.05, empty=0.0)
    tensors, exponents = random_grids.network(rng, field, k=4)
    return codec.encode(field, tensors, exponents, signal, grids)


SMALL = small_file()


NOW = Hand(3)


def header(frames=20, order=(5,), kind=2, tiles=(1,), flags=5 + 3 * 8, shape=None):
    whole, division = NOW.division(tiles, (0,) * len(tiles))
    sound = kind == 2
    start = [*((frames,) if shape is None else shape), *((18, 1) if sound else (2,)), 16]
    numbers = [*start, *((8000, 1) if sound else ()), *division, 2, 0, flags, *order, 1, 480]
    return bytes([kind + whole + (4 if sound else 0)]) + varints(*numbers)


def file(head, grids=b""):
    g = NOW.section("G", grids) if grids else b""
    return NOW.file(NOW.section("H", head), g, NOW.section("W", bytes(40)))


def test_every_cut_and_every_flipped_bit_is_a_format_error():
    assert_no_part_of_it_decodes(SMALL, 300)


HOSTILE = {
    "order 4": header(order=(4,)),
    "order 14": header(order=(14,)),
    "order 2^62": header(order=(1 << 62,)),
    "two tiles": header(tiles=(2,)),
    "gain": header(flags=5 + 2 + 3 * 8),
    "a picture": header(kind=1, shape=(8, 8), tiles=(1, 1)),
    "a clip of frames": header(kind=3, shape=(8, 8, 8), tiles=(1, 1, 1)),
    "2^33 frames": header(frames=1 << 33),
    "2^40 frames": header(frames=1 << 40),
    "another encoding": header(flags=5 + 4 * 8),
    "no grids": header(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_header_that_claims_what_cannot_be_is_refused_at_once(name):
    started = time.monotonic()
    for grids in (b"", b"\x01\x00\x00", bytes(60)):
        with pytest.raises(FormatError):
            codec.decode(file(HOSTILE[name], b"" if name == "no grids" else grids))
    assert time.monotonic() - started < 30  # an hour, where a claim is believed


def test_payloads_changed_behind_a_right_crc_decode_or_are_a_format_error(rng):
    sections = container.unpack(SMALL)
    payload = {s.type: s.payload for s in sections}

    def changed():
        for _ in range(150):
            kind = str(rng.choice(["G", "G", "H", "W"]))
            data = bytearray(payload[kind])
            for _ in range(int(rng.integers(1, 4))):
                data[int(rng.integers(len(data)))] = int(rng.integers(256))
            own = payload | {kind: bytes(data)}
            yield container.pack([(s.type, own[s.type]) for s in sections])

    assert tally(changed(), lambda *_: None)["decoded"] < 150

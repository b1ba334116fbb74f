"""Section D: levels of cells go through a file, and nothing but levels does."""

import zlib
from fractions import Fraction

import numpy as np
import pytest

from inr import codec
from inr.codec import container, extras, limits
from inr.errors import FormatError
from inr.specs import ActivationSpec, FieldSpec, SignalSpec
from tests.codec import random_fields as some

CLIP = SignalSpec("video", (4, 9, 9), 3, 8, "RGB", Fraction(25), pts=(0, 1, 2, 5), time_base=Fraction(1, 25))
SINE = FieldSpec(1, 1, (1,), (8,), 2, 0, activation=ActivationSpec("sine"))


def encode(field, signal=some.SMALL_SIGNAL):
    _, exponents, tensors = some.tensors(np.random.default_rng(0), field)
    return codec.encode(field, tensors, exponents, signal)


def with_division(data, payload):
    """The file with another section D, or with none; all checksums are right."""
    sections = [(section.type, section.payload) for section in container.unpack(data) if section.type != "D"]
    between = [] if payload is None else [("D", payload)]
    return container.pack([sections[0], *between, *sections[1:]])


def payload(levels):
    return bytes([len(levels)]) + zlib.compress(bytes(levels), 9)


@pytest.mark.parametrize("levels", [(0, 2, 0, 1), (1,), (15,), (0, 15), (3, 3, 3), (0,) * 300 + (1,)])
def test_levels_come_back_from_a_file(levels):
    field = some.with_levels(SINE, levels)
    decoded = codec.decode(encode(field))
    assert decoded.field.spec == field
    assert decoded.field.spec.levels == levels
    assert [kind for kind, _ in decoded.sections] == ["H", "D", "W"]


def test_a_field_whose_cells_are_its_tiles_has_no_section_of_its_own():
    assert [kind for kind, _ in codec.decode(encode(some.SMALL_FIELD)).sections] == ["H", "W"]


def test_the_bytes_are_a_length_and_a_zlib_stream_of_one_byte_a_cell():
    packed = extras.pack_levels((0, 2, 0, 1))
    assert packed[0] == 4
    assert zlib.decompress(packed[1:]) == b"\0\2\0\1"
    assert extras.unpack_levels(packed, 8) == (0, 2, 0, 1)


def test_levels_of_a_long_recording_take_little_of_a_file():
    levels = np.random.default_rng(0).choice(4, 5000, p=[0.6, 0.2, 0.15, 0.05])
    assert len(extras.pack_levels(tuple(levels.tolist()))) < 5000 * 2.2 / 8


@pytest.mark.parametrize(
    ("levels", "says"),
    [
        ((0, 2, 0, 2), "10 tiles; the header says 8"),
        ((0, 2, 0, 0), "7 tiles; the header says 8"),
        ((0,) * 8, "cuts no cell"),
        ((0,) * 9, "inflates to 9 bytes; at most 8"),
        ((16, 0), r"0\.\.15; got 16"),
        ((67,), r"0\.\.15; got 67"),  # a shift of 64 bits may wrap to one of 3
        ((255,) * 8, "got 255"),
        ((), "0 tiles"),
    ],
)
def test_levels_that_do_not_make_the_tiles_of_the_header_are_refused(levels, says):
    data = encode(some.UNEVEN_FIELD)
    with pytest.raises(FormatError, match=f"^here: section D: .*{says}"):
        codec.decode(with_division(data, payload(levels)), where="here")


@pytest.mark.parametrize(
    ("damaged", "says"),
    [
        (b"", "needs 1 bytes"),
        (b"\x84\x00" + payload((0, 2, 0, 1))[1:], "not in its shortest form"),
        (payload((0, 2, 0, 1)) + b"\0", "does not inflate to just the 4 bytes"),
        (payload((0, 2, 0, 1))[:-1], "does not inflate to just the 4 bytes"),
        (b"\x03" + payload((0, 2, 0, 1))[1:], "does not inflate to just the 3 bytes"),
        (b"\x05" + payload((0, 2, 0, 1))[1:], "does not inflate to just the 5 bytes"),
        (b"\x04hello", "no zlib stream"),
        (b"\x04", "does not inflate"),
    ],
)
def test_a_damaged_division_is_refused_with_its_name(damaged, says):
    data = encode(some.UNEVEN_FIELD)
    with pytest.raises(FormatError, match=f"section D: .*{says}"):
        codec.decode(with_division(data, damaged))


def test_the_number_of_cells_is_bounded_by_the_tiles_before_anything_is_inflated(monkeypatch):
    def never(*_):
        raise AssertionError

    bomb = zlib.compress(bytes(1 << 24), 9)
    monkeypatch.setattr("zlib.decompressobj", never)
    with pytest.raises(FormatError, match="at most 8 are allowed"):
        extras.unpack_levels(b"\x09" + bomb, 8)
    with pytest.raises(FormatError, match=f"at most {limits.ANCILLARY} are allowed"):
        extras.unpack_levels(b"\x81\x80\x80\x08" + bomb, 1 << 40)


def test_without_its_division_a_file_still_reads_as_one_of_even_tiles():
    # The weights do not depend on where tiles lie: that is why the section must be critical.
    decoded = codec.decode(with_division(encode(some.UNEVEN_FIELD), None))
    assert decoded.field.spec.tiles == (8,)
    assert decoded.field.spec.levels == ()


def test_a_reader_that_does_not_know_divisions_says_that_it_is_too_old(monkeypatch):
    data = encode(some.UNEVEN_FIELD)
    monkeypatch.setattr(container, "KNOWN", ("H", "W", "P"))
    with pytest.raises(FormatError, match="section D: is critical and not known here; .* newer inr"):
        codec.decode(data)


@pytest.mark.parametrize("signal", [some.TYPICAL_SIGNAL, CLIP], ids=lambda s: s.kind)
def test_a_division_of_pictures_and_video_is_of_their_slowest_axis(signal):
    dims = len(signal.shape)
    even = FieldSpec(dims, 3, (3,) * dims, (8,) * dims, 2, 0, activation=ActivationSpec("sine"))
    field = some.with_levels(even, (0, 1, 0))
    assert field.tiles == (4, 3, 3)[:dims]
    decoded = codec.decode(encode(field, signal))
    assert decoded.field.spec == field
    assert decoded.signal == signal

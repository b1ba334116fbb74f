"""The range coder: exact probabilities, exact ends, and errors of one kind."""

import numpy as np
import pytest

from inr.codec import models
from inr.codec.entropy import Reader, Writer
from inr.errors import FormatError
from tests.codec import reference_decoder


def words(data):
    return np.frombuffer(data, dtype="<u4").tolist()


@pytest.mark.parametrize(
    ("family", "index"), [(1, 0), (1, 25), (1, 39), (1, 60), (1, 107), (2, 16), (2, 39), (2, 90)]
)
def test_a_plain_python_coder_reads_the_same_values_and_seals_the_same_words(family, index):
    rng = np.random.default_rng(index)
    model = models.model(family, index)
    scale = 2.0 ** (index / 4 - 5)
    values = np.rint(rng.laplace(0, scale, 1500)).astype(np.int64)
    values[::97] *= 40  # escapes
    writer = Writer()
    writer.values(values, model)
    data = writer.getvalue()
    reference = reference_decoder.RangeDecoder(data)
    assert reference.values(values.size, family, index) == values.tolist()
    assert reference_decoder.seal(reference.history) == words(data)
    assert Reader(data).values(values.size, model).tolist() == values.tolist()


def test_sealing_follows_the_page_in_a_thousand_short_streams():
    rng = np.random.default_rng(0)
    for _ in range(1000):
        writer, calls = Writer(), []
        for _ in range(int(rng.integers(0, 12))):
            width = int(rng.integers(1, 24))
            # Values at the ends of the range make the coder hold back words.
            value = int(rng.choice([0, (1 << width) - 1, rng.integers(1 << width)]))
            writer.raw(value, width)
            calls.append((width, value))
        history = [(value << (24 - width), 1 << (24 - width)) for width, value in calls]
        assert words(writer.getvalue()) == reference_decoder.seal(history)


def test_counted_bits_are_the_length_of_the_stream_but_for_the_seal():
    writer = Writer()
    rng = np.random.default_rng(1)
    for index in (4, 20, 44):
        writer.values(np.rint(rng.laplace(0, 5, 4000)).astype(np.int64), models.model(1, index))
    assert writer.bits <= 8 * len(writer.getvalue()) <= writer.bits + 64
    reader = Reader(writer.getvalue())
    for index in (4, 20, 44):
        reader.values(4000, models.model(1, index))
    assert reader.bits == pytest.approx(writer.bits, rel=1e-12)


@pytest.mark.parametrize("value", [0, 1, 2, 3, 62, 63, 64, (1 << 23) - 1, (1 << 24) - 2])
def test_gamma_codes_round_trip(value):
    writer = Writer()
    writer.gamma(value)
    assert Reader(writer.getvalue()).gamma() == value


def test_random_words_give_values_or_a_format_error():
    rng = np.random.default_rng(2)
    outcomes = set()
    for _ in range(600):
        reader = Reader(rng.integers(0, 1 << 32, int(rng.integers(0, 60)), dtype=np.uint32).tobytes())
        try:
            for _ in range(6):
                index = int(rng.integers(16, models.SCALES))
                reader.values(int(rng.integers(0, 30)), models.model(int(rng.integers(1, 3)), index))
            outcomes.add("read")
        except FormatError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_a_stream_too_short_for_the_symbols_asked_for_is_refused():
    with pytest.raises(FormatError, match="at least"):
        Reader(bytes(8)).raw(1000, 8)
    with pytest.raises(FormatError, match="whole number"):
        Reader(bytes(7))

"""Section `G`: round trips, tables, the context network, and the second decoder of the page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inr import codec, fields, reconstruct
from inr.codec import container, context_shapes, models, weights
from inr.codec import grids as section
from inr.codec.classes import FLAGS, SIZES, flag_table, size_table
from inr.codec.context import log2_pieces
from inr.codec.neighbours import INPUTS, Plane, order
from inr.errors import FormatError, SpecError
from inr.specs import EncodingSpec
from tests.codec import random_grids as some
from tests.codec import reference_decoder, reference_grids
from tests.codec.random_fields import integers_alone

GOLDEN = Path(__file__).parents[1] / "golden"

CASES = {
    "grey": ((24, 17), "L", None),
    "grey and alpha": ((9, 30), "LA", None),
    "colours": ((40, 33), "RGB", None),
    "colours and alpha": ((16, 19), "RGBA", None),
    "four inks, one level": ((7, 12), "CMYK", 1),
    "two rows": ((2, 21), "RGB", None),
    "two columns": ((21, 2), "L", None),
    "the smallest": ((2, 2), "L", None),
    "sides of 4 n + 2": ((14, 18), "RGB", 3),
    "a power of two": ((16, 16), "L", 4),
    "three columns": ((11, 3), "L", None),
}
every_case = pytest.mark.parametrize("name", CASES)


def made(name, seed=0, **settings):
    """(signal, field, tensors, exponents, grids, bytes) of a case."""
    rng = np.random.default_rng(seed)
    signal, field = some.picture(*CASES[name])
    grids = some.grids(rng, field, **settings)
    tensors, exponents = some.network(rng, field)
    return signal, field, tensors, exponents, grids, codec.encode(field, tensors, exponents, signal, grids)


def assert_same(found, grids):
    assert (found.step, found.shrink) == (grids.step, grids.shrink)
    assert list(found.integers) == list(grids.integers)
    for name, q in grids.integers.items():
        assert found.integers[name].dtype == np.int32
        np.testing.assert_array_equal(found.integers[name], q)
    for name, w in grids.context.weights.items():
        np.testing.assert_array_equal(found.context.weights[name], w)


@every_case
@pytest.mark.parametrize(
    "settings", [{}, {"outliers": 0.1}, {"empty": 1.0}, {"scale": 40.0, "empty": 0.0}], ids=str
)
def test_what_is_encoded_is_decoded(name, settings):
    signal, field, tensors, exponents, grids, data = made(name, 1, **settings)
    decoded = codec.decode(data)
    assert (decoded.signal, decoded.field.spec, decoded.version) == (signal, field, 3)
    assert_same(decoded.grids, grids)
    assert decoded.exponents == exponents
    assert list(decoded.field.tensors) == list(fields.tensor_shapes(field)) == list(decoded.tensor_bits)
    for tensor, values in grids.values().items():
        np.testing.assert_array_equal(decoded.field.tensors[tensor], values)
    for tensor, values in tensors.items():
        np.testing.assert_array_equal(decoded.field.tensors[tensor], values)
    again = codec.encode(field, decoded.field.tensors, decoded.exponents, signal, decoded.grids)
    assert again == data


@every_case
@pytest.mark.parametrize(("net", "outliers"), [("random", 0.05), ("trained", 0.0)])
def test_the_reference_decoder_finds_the_same_integers_and_values(name, net, outliers):
    signal, field, tensors, exponents, grids, data = made(name, 2, outliers=outliers)
    if net == "trained":
        grids = replace(grids, context=some.trained(grids.integers))
        data = codec.encode(field, tensors, exponents, signal, grids)
    head, _, _ = reference_decoder.decode(data)
    found = reference_grids.read(reference_decoder.sections(data)["G"], head)
    assert (head["encoding"], head["levels"]) == (2, field.encoding.count)
    assert (found.step, found.shrink) == (grids.step, grids.shrink)
    assert {n: q.tolist() for n, q in grids.integers.items()} == found.integers
    assert {n: w.reshape(-1).tolist() for n, w in grids.context.weights.items()} == found.context
    # Equal as 64-bit floats: the values are the same 32-bit floats to the last bit.
    assert {n: v.astype(float).tolist() for n, v in grids.values().items()} == reference_grids.values(found)


def test_random_contexts_use_many_classes_and_every_way_through_the_network():
    """Else the comparison above could pass with tables that are wrong."""
    rng = np.random.default_rng(0)
    _, field = some.picture(*CASES["colours"])
    seen_z, seen_g = set(), set()
    for _ in range(8):
        grids = some.grids(rng, field, outliers=0.05)
        known = {name: np.abs(q) for name, q in grids.integers.items()}
        for name, c in order(list(known), 3):
            plane = Plane(name, c, known)
            for where, x in plane.phases():
                z, g = grids.context.classes(x)
                seen_z |= set(z.tolist())
                seen_g |= set(g.tolist())
                size = known[name][c].T if plane.turned else known[name][c]
                plane.put(where, size[where].reshape(-1))
    assert {0, FLAGS - 1} <= seen_z
    assert {0, SIZES - 1} <= seen_g
    assert min(len(seen_z), len(seen_g)) > 25


@pytest.mark.parametrize("name", ["grey", "colours", "colours and alpha", "two rows"])
def test_the_picture_of_the_page_is_that_of_the_package(name):
    rng = np.random.default_rng(4)
    signal, field = some.picture(*CASES[name])
    tensors, exponents = some.network(rng, field, k=12, scale=0.2)
    coefficients = fields.analyse(some.smooth(rng, signal.shape, signal.channels), field.encoding)
    step = 0.02
    q = {n: np.rint(coefficients[n] / step).astype(np.int32) for n in some.shapes(field)}
    grids = codec.Grids(round(step * 2**20), (4, 2), q, some.context(rng))
    tensors["grid.low"] = coefficients["grid.low"]
    data = codec.encode(field, tensors, exponents, signal, grids)
    head, found, _ = reference_decoder.decode(data)
    page = reference_grids.Picture(
        head, found, reference_grids.read(reference_decoder.sections(data)["G"], head)
    )
    decoded = codec.decode(data).field
    got = np.concatenate([b.values for b in reconstruct.blocks(decoded, signal)])
    h, w = signal.shape
    want = [[page.on_grid(i, j) for j in range(w)] for i in range(h)]
    np.testing.assert_allclose(2 * got - 1, want, rtol=0, atol=2e-5)
    x = rng.uniform(-1, 1, (40, 2))
    x[:4] = [(-1, -1), (1, 1), (-1, 0.3), (0.2, 1)]
    want = [page.anywhere(row) for row in x.tolist()]
    np.testing.assert_allclose(fields.at_points(decoded, x), want, rtol=0, atol=2e-5)


def test_flag_tables_are_those_of_the_page_and_rise_with_the_class():
    counts = [flag_table(z).counts for z in range(FLAGS)]
    for z, row in enumerate(counts):
        assert row.sum() == 1 << 24
        assert row.min() >= 64
        assert row.tolist() == reference_grids.flag_counts(z)
    ones = [int(row[1]) for row in counts]
    assert ones == sorted(set(ones))
    # Equation (1): P(1) : P(0) is 2^(z / 4 - 14).
    odds = np.log2([row[1] / row[0] for row in counts])
    np.testing.assert_allclose(odds, np.arange(FLAGS) / 4 - 14, atol=2e-3)


def test_size_tables_are_those_of_the_page_and_have_the_means_of_their_classes():
    for g in range(SIZES):
        table = size_table(g)
        counts = table.counts
        assert counts.sum() == models.TOTAL
        assert counts.min() >= 1
        assert counts.tolist() == reference_grids.size_counts(g)
        assert counts.size == table.edge + 1
        assert np.all(np.diff(counts[:-1]) <= 0)
        mean = 2.0 ** (g / 4 - 5)
        n = np.arange(table.edge)
        want = (mean / (1 + mean)) ** n / (1 + mean)
        np.testing.assert_allclose(counts[:-1] / models.TOTAL, want, atol=2e-4)


def test_logarithms_by_pieces_are_within_a_unit_of_16_log2():
    v = np.concatenate(
        [np.arange(5000), np.random.default_rng(0).integers(0, 1 << 26, 2000), [(1 << 20) + 1]]
    )
    got = log2_pieces(v)
    assert got.tolist() == [reference_grids.logarithm(int(u)) for u in v]
    true = 16 * np.log2(np.minimum(v, 1 << 20) + 1.0)
    # Chords of the logarithm lie up to 0.0861 octaves below it, and the floor takes up to 1.
    assert np.all((got <= true) & (got > true - 16 * 0.0862 - 1))
    assert log2_pieces(np.array([0, 1, 2, 3, 7])).tolist() == [0, 16, 24, 32, 48]


@pytest.mark.parametrize("spread", [3.0, 30.0, 2000.0])
def test_classes_equal_a_scalar_loop_over_integers(spread):
    rng = np.random.default_rng(int(spread))
    net = some.context(rng, spread)
    x = rng.integers(0, 321, (300, INPUTS)).astype(float)
    z, g = net.classes(x)
    weights = {n: w.reshape(-1).tolist() for n, w in net.weights.items()}
    want = [reference_grids.classes(weights, row) for row in x.astype(int).tolist()]
    assert list(zip(z.tolist(), g.tolist(), strict=True)) == want


def test_classes_do_not_depend_on_how_many_points_are_asked_for_at_once(rng):
    net = some.context(rng, 4000.0)
    x = rng.integers(0, 321, (257, INPUTS)).astype(float)
    whole = np.stack(net.classes(x))
    parts = [np.stack(net.classes(x[a:b])) for a, b in ((0, 1), (1, 8), (8, 100), (100, 257))]
    np.testing.assert_array_equal(np.concatenate(parts, 1), whole)


def test_values_are_the_exact_products_rounded_once():
    net = some.context(np.random.default_rng(0))
    q = np.array([[[0, 1, -1, 2, -2, 3, 4194304, -4194303]]], np.int32)
    for step, shrink in ((1, (0, 0)), (1 << 26, (15, 15)), (12345677, (7, 3))):
        got = codec.Grids(step, shrink, {"grid.0.rows": q}, net).values()["grid.0.rows"]
        assert got.dtype == np.float32
        for value, integer in zip(got.reshape(-1).tolist(), q.reshape(-1).tolist(), strict=True):
            t = shrink[abs(integer) > 1]
            exact = (32 * abs(integer) - t) * step / 2**25 * np.sign(integer) if integer else 0.0
            assert value == reference_grids.single(exact)


def test_the_estimate_of_bits_is_the_length_of_the_stream():
    _, field, _, _, grids, data = made("colours")
    decoded = codec.decode(data)
    head, bits = sum(s for k, s in decoded.sections if k != "G"), codec.grid_bits(grids)
    assert sum(decoded.tensor_bits[n] for n in some.shapes(field)) == pytest.approx(bits)
    assert 0 < len(data) - 5 - head - bits / 8 < 500  # what is left is the context network and the frame


def test_a_trained_context_is_cheaper_than_none():
    _, field, _, _, _, _ = made("colours")
    rng = np.random.default_rng(0)
    picture = some.smooth(rng, field.encoding.shape, 3)
    q = {
        n: np.rint(c / 0.05).astype(np.int32)
        for n, c in fields.analyse(picture, field.encoding).items()
        if n != "grid.low"
    }
    grids = codec.Grids(round(0.05 * 2**20), (0, 0), q, some.trained(q, 200))
    nothing = codec.Context({n: np.zeros_like(w) for n, w in grids.context.weights.items()})
    assert codec.grid_bits(grids) < 0.75 * codec.grid_bits(replace(grids, context=nothing))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"step": 0}, "step 0"),
        ({"step": (1 << 26) + 1}, "step 67108865"),
        ({"shrink": (16, 0)}, r"shrink \(16, 0\)"),
        ({"shrink": (0, -1)}, r"shrink \(0, -1\)"),
        ({"integers": {}}, "grids are needed"),
    ],
)
def test_grids_that_no_file_can_hold_are_refused(change, says):
    signal, field, tensors, exponents, grids, _ = made("grey")
    with pytest.raises(SpecError, match=says):
        codec.encode(field, tensors, exponents, signal, replace(grids, **change))


def test_an_integer_above_the_limit_is_refused_and_the_largest_is_not():
    signal, field, tensors, exponents, grids, _ = made("the smallest")
    for largest in (1 << 22, -(1 << 22)):
        q = {n: np.full_like(v, largest) for n, v in grids.integers.items()}
        kept = replace(grids, integers=q)
        assert_same(codec.decode(codec.encode(field, tensors, exponents, signal, kept)).grids, kept)
        q["grid.0.both"] = q["grid.0.both"] + np.int32(np.sign(largest))
        with pytest.raises(SpecError, match="largest integer is 4194305"):
            codec.encode(field, tensors, exponents, signal, kept)


def test_grids_and_their_encoding_go_together():
    signal, field, tensors, exponents, grids, _ = made("grey")
    with pytest.raises(SpecError, match="grids are needed"):
        codec.encode(field, tensors, exponents, signal)
    plain = replace(field, encoding=EncodingSpec())
    shapes = fields.tensor_shapes(plain)
    others = {n: np.zeros(s, np.float32) for n, s in shapes.items()}
    with pytest.raises(SpecError, match="grids are needed"):
        codec.encode(plain, others, dict.fromkeys(shapes, 3), signal, grids)


@pytest.mark.parametrize(
    "encoding",
    [EncodingSpec("grids", 2, shape=(24, 18)), EncodingSpec("grids", 2, shape=(17, 24))],
)
def test_a_grid_of_another_shape_than_the_picture_is_refused(encoding):
    signal, field, tensors, exponents, grids, _ = made("grey")
    with pytest.raises(SpecError, match="they must agree"):
        codec.encode(replace(field, encoding=encoding), tensors, exponents, signal, grids)


def test_a_base_has_no_place_in_the_header_of_grids():
    signal, field, tensors, exponents, grids, _ = made("grey")
    with pytest.raises(SpecError, match="has no base"):
        codec.encode(
            replace(field, encoding=replace(field.encoding, base=3.0)), tensors, exponents, signal, grids
        )


def test_an_early_version_says_whether_there_are_grids():
    data = (GOLDEN / "v2-grids-grey.inr").read_bytes()
    kinds = [section.type for section in container.unpack(data)]
    assert kinds == ["H", "G", "W"]
    with pytest.raises(FormatError, match="version 1 is that of files without grids"):
        codec.decode(data[:4] + b"\1" + data[5:])


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("v2-*.inr")), ids=lambda path: path.stem)
def test_a_file_of_an_early_version_is_a_little_smaller_when_written_again(path):
    early = codec.load(path)
    field = early.field
    data = codec.encode(field.spec, field.tensors, early.exponents, early.signal, early.grids)
    assert len(path.read_bytes()) - 40 < len(data) < len(path.read_bytes())
    again = codec.decode(data)
    assert again.version == 3
    for name, values in field.tensors.items():
        np.testing.assert_array_equal(again.field.tensors[name], values)


def test_a_stream_with_a_word_more_or_less_is_refused():
    _, field, _, _, grids, _ = made("grey")
    payload = section.write(grids)
    shapes = some.shapes(field)
    found, _ = section.read(payload, shapes)
    assert_same(found, grids)
    for wrong in (payload + bytes(4), payload + b"\1\2\3\4", payload[:-4], payload + b"\0"):
        with pytest.raises(FormatError):
            section.read(wrong, shapes)


@pytest.mark.parametrize("seed", range(8))
def test_header_and_side_information_of_a_picture_take_at_most_64_bytes(seed):
    signal, field = some.picture((512, 768), "RGB", 6, width=16)
    rng = np.random.default_rng(seed)
    grids = some.grids(rng, field, empty=1.0)
    tensors, exponents = some.network(rng, field)
    data = codec.encode(field, tensors, exponents, signal, grids)
    decoded = codec.decode(data)
    net = weights.write(grids.context.weights, dict.fromkeys(grids.context.weights, 5))
    networks = integers_alone(net, context_shapes(INPUTS))
    networks += integers_alone(container.unpack(data)[-1].payload, {n: t.shape for n, t in tensors.items()})
    stream = sum(bits for name, bits in decoded.tensor_bits.items() if name not in tensors)
    # All but the integers: sections, checksum, header, steps, rows of both networks, seals of streams.
    assert len(data) - (networks + stream) / 8 <= 64

"""The codec against a decoder written from FORMAT.md alone."""

import numpy as np
import pytest

from inr import codec, fields, partition
from inr.codec import models
from inr.codec.numbers import ACTIVATIONS, BASES, ENCODINGS, KINDS, MODES
from tests.codec import random_fields, reference_decoder


@pytest.mark.parametrize("seed", range(60))
def test_the_reference_decoder_finds_the_same_integers_and_header(seed):
    rng = np.random.default_rng(seed)
    signal = random_fields.signal(rng)
    field = random_fields.field(rng, signal)
    integers, exponents, tensors = random_fields.tensors(rng, field)
    head, found, extras = reference_decoder.decode(codec.encode(field, tensors, exponents, signal))
    for name, (shape, k, values) in found.items():
        assert shape == integers[name].shape
        assert k == exponents[name]
        assert values == integers[name].reshape(-1).tolist()
    assert list(found) == list(fields.tensor_shapes(field))
    assert head["kind"] == KINDS[signal.kind]
    assert head["mode"] == MODES[signal.mode]
    assert tuple(head["shape"]) == signal.shape
    assert (head["channels"], head["bits"]) == (signal.channels, signal.bits)
    assert head["rate"] == (signal.rate.as_integer_ratio() if signal.rate else None)
    assert head["aspect"] == signal.aspect.as_integer_ratio()
    assert tuple(head["colour"]) == signal.colour
    assert extras.get("i") == signal.icc
    assert ("P" in extras) == (signal.pts is not None)
    assert tuple(extras.get("D", b"")) == field.levels
    act, encoding = field.activation, field.encoding
    assert (tuple(head["tiles"]), tuple(head["margin"])) == (field.tiles, field.margin)
    assert (head["width"], head["hidden"], head["gain"]) == (field.width, field.hidden, field.gain)
    assert (head["encoding"], head["count"]) == (ENCODINGS[encoding.name], encoding.count)
    assert head["base"] == encoding.base * 16
    assert head["activation"] == ACTIVATIONS[act.name]
    assert head["bases"] == [BASES[name] for name in act.bases]
    assert (head["omega"], head["omega_hidden"]) == (act.omega_first * 16, act.omega_hidden * 16)
    assert head["shared"] == act.shared


def test_the_random_fields_have_carriers_alone_and_beside_other_bases():
    rng = np.random.default_rng(0)
    found = [random_fields.some_bases(rng) for _ in range(400)]
    assert {("carrier",), ("gauss",)} <= set(found)
    assert {bases.index("carrier") for bases in found if "carrier" in bases} == {0}
    beside = {name for bases in found if bases[0] == "carrier" for name in bases}
    assert beside == set(BASES) == {name for bases in found for name in bases}


@pytest.mark.parametrize("family", [models.LAPLACE, models.GAUSS])
def test_every_table_equals_the_one_that_the_page_describes(family):
    for index in models.indices(family):
        model = models.model(family, index)
        counts, edge, shift = reference_decoder.table(family, index)
        assert model.table.counts.tolist() == counts
        assert (model.table.edge, model.shift) == (edge, shift)


@pytest.mark.parametrize("seed", range(40))
def test_the_network_of_the_page_has_the_values_of_the_fields_room(seed):
    rng = np.random.default_rng(seed)
    signal = random_fields.signal(rng)
    field = random_fields.field(rng, signal)
    shapes = fields.tensor_shapes(field)
    exponents = dict.fromkeys(shapes, 9)
    # Weights small enough that 64-bit rounding is not blown up by large frequencies.
    tensors = {n: rng.normal(0, 0.1, s).astype(np.float32) for n, s in shapes.items()}
    head, found, _ = reference_decoder.decode(codec.encode(field, tensors, exponents, signal))
    u = rng.uniform(-1, 1, (field.tile_count, 3, field.dims))
    weights = {n: w.astype(np.float64) for n, w in codec.quantised(tensors, exponents).items()}
    want = fields.forward(np, field, weights, u)
    for tile in range(field.tile_count):
        for i in range(3):
            got = reference_decoder.network(head, found, tile, u[tile, i].tolist())
            np.testing.assert_allclose(got, want[tile, i], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("levels", [(), (1,), (0, 2, 0), (3, 0, 0, 1), (5, 0)])
@pytest.mark.parametrize("margin", [0, 3, 31])
def test_the_tiles_and_blending_of_the_page_are_those_of_the_package(levels, margin):
    x = np.linspace(-1, 1, 401)
    for tiles in (1, 2, 5) if not levels else (sum(2**v for v in levels),):
        axis = partition.Axis(tiles, margin / 64, levels)
        border = reference_decoder.borders(tiles, levels)
        np.testing.assert_allclose(axis.borders, border, rtol=0, atol=1e-15)
        windows = [[reference_decoder.window(border, margin, k, v) for v in x.tolist()] for k in range(tiles)]
        np.testing.assert_allclose(np.sum(windows, axis=0), 1.0)
        for k, (first, last) in enumerate(axis.spans(x)):
            np.testing.assert_allclose(axis.window(x[first:last], k), windows[k][first:last], atol=1e-12)
            assert not np.any(windows[k][:first])
            assert not np.any(windows[k][last:])
            u = [reference_decoder.local(border, k, v) for v in x.tolist()]
            np.testing.assert_allclose(axis.local(x, k), u, rtol=0, atol=1e-11)

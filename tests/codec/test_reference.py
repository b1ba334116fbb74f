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
    act, encoding = field.activation, field.encoding
    assert (tuple(head["tiles"]), tuple(head["margin"])) == (field.tiles, field.margin)
    assert (head["width"], head["hidden"], head["gain"]) == (field.width, field.hidden, field.gain)
    assert (head["encoding"], head["count"]) == (ENCODINGS[encoding.name], encoding.count)
    assert head["base"] == encoding.base * 16
    assert head["activation"] == ACTIVATIONS[act.name]
    assert head["bases"] == [BASES[name] for name in act.bases]
    assert (head["omega"], head["omega_hidden"]) == (act.omega_first * 16, act.omega_hidden * 16)
    assert head["shared"] == act.shared


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


def test_the_blending_of_the_page_is_the_one_of_the_package():
    x = np.linspace(-1, 1, 401)
    for tiles in (1, 2, 5):
        for margin in (0, 3, 31):
            axis = partition.Axis(tiles, margin / 64)
            windows = [
                [reference_decoder.window(tiles, margin, k, v) for v in x.tolist()] for k in range(tiles)
            ]
            np.testing.assert_allclose(np.sum(windows, axis=0), 1.0)
            for k, (first, last) in enumerate(axis.spans(x)):
                np.testing.assert_allclose(axis.window(x[first:last], k), windows[k][first:last], atol=1e-12)
                assert not np.any(windows[k][:first]) and not np.any(windows[k][last:])  # noqa: PT018

"""Samples drawn by every variant against plain indexing, bit for bit."""

import math

import numpy as np
import pytest
import torch

from inr.kernel import Box

BATCH = 37
# dtype held, (offset, full scale), the value that a stored number means
STORED = {
    "uint8": (np.uint8, (0.0, 255.0), lambda v: v.astype(np.float32) / np.float32(255)),
    "int16": (np.int16, (0.0, 32768.0), lambda v: v.astype(np.float32) / np.float32(32768)),
    "uint16": (np.int16, (32768.0, 65535.0), lambda v: (v.astype(np.float32) + 32768) / np.float32(65535)),
    "float32": (np.float32, (0.0, 1.0), lambda v: v),
}
SHAPES = [(1,), (50,), (6, 7), (1, 9), (3, 4, 5)]


def group(stored, shape, tiles, channels, seed=0):
    """Samples [G, n, C] over the whole range of their type, and tables of coordinates."""
    rng = np.random.default_rng(seed)
    dtype, size = STORED[stored][0], (tiles, math.prod(shape), channels)
    if dtype == np.float32:
        samples = rng.normal(0, 1, size).astype(np.float32)
    else:
        info = np.iinfo(dtype)
        samples = rng.integers(info.min, info.max, size, dtype=dtype, endpoint=True)
        samples.ravel()[:2] = info.min, info.max
    return samples, [rng.uniform(-1, 1, (tiles, n)).astype(np.float32) for n in shape]


def box(shape, places, samples, tables):
    return Box(shape, places, torch.from_numpy(samples), [torch.from_numpy(t) for t in tables])


def empty(tiles, dims, channels):
    return torch.full((tiles, BATCH, dims), math.nan), torch.full((tiles, BATCH, channels), math.nan)


def wanted(stored, shape, samples, tables, index):
    """u [G, B, D] and values [G, B, C] of all tiles."""
    places = np.unravel_index(index, shape)
    u = np.stack([table[:, place] for table, place in zip(tables, places, strict=True)], -1)
    return u, STORED[stored][2](samples[:, index])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("stored", STORED)
def test_samples_are_those_of_plain_indexing(code, stored, channels, shape):
    samples, tables = group(stored, shape, 5, channels)
    index = np.random.default_rng(1).integers(0, math.prod(shape), BATCH)
    u, values = empty(5, len(shape), channels)
    code.draw(index, box(shape, [0, 1, 2, 3, 4], samples, tables), (0, 5), 0, STORED[stored][1], u, values)
    for got, want in zip((u, values), wanted(stored, shape, samples, tables, index), strict=True):
        np.testing.assert_array_equal(got.numpy(), want)


def test_groups_whose_tiles_alternate_fill_one_batch(code):
    """Three groups of tiles 10 .. 19 of a batch that begins at tile 10."""
    placed = {(6, 7): [10, 13, 14, 19], (4, 7): [11, 12, 18], (2, 2): [15, 16, 17]}
    u, values = empty(10, 2, 3)
    want_u, want_values = (t.numpy().copy() for t in (u, values))
    for seed, (shape, places) in enumerate(placed.items()):
        samples, tables = group("uint8", shape, len(places), 3, seed)
        index = np.random.default_rng(seed).integers(0, math.prod(shape), BATCH)
        code.draw(index, box(shape, places, samples, tables), (0, len(places)), 10, (0.0, 255.0), u, values)
        where = np.array(places) - 10
        want_u[where], want_values[where] = wanted("uint8", shape, samples, tables, index)
    assert not np.isnan(want_u).any()
    np.testing.assert_array_equal(u.numpy(), want_u)
    np.testing.assert_array_equal(values.numpy(), want_values)


@pytest.mark.parametrize("tiles", [(0, 1), (1, 3), (3, 4), (2, 2)])
def test_only_the_tiles_asked_for_are_filled(code, tiles):
    samples, tables = group("int16", (6, 7), 4, 2)
    places = [0, 2, 5, 6]
    index = np.arange(BATCH)
    u, values = empty(8, 2, 2)
    code.draw(index, box((6, 7), places, samples, tables), tiles, 0, STORED["int16"][1], u, values)
    filled = ~torch.isnan(values).flatten(1).any(1)
    assert filled.nonzero().flatten().tolist() == places[slice(*tiles)]
    assert torch.equal(filled, ~torch.isnan(u).flatten(1).any(1))


def test_any_kind_of_whole_number_can_be_an_index(code):
    samples, tables = group("float32", (50,), 1, 1)
    for dtype in (np.int64, np.int32, np.uint16):
        index = np.arange(0, 2 * BATCH)[::2].astype(dtype) % 50
        u, values = empty(1, 1, 1)
        code.draw(index, box((50,), [0], samples, tables), (0, 1), 0, (0.0, 1.0), u, values)
        np.testing.assert_array_equal(values.numpy()[0], samples[0, index])

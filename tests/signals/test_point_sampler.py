"""Batches of scattered points: whose they are, where they lie, and how often each one comes."""

from collections import Counter

import numpy as np
import pytest

from inr import signals
from inr.errors import SpecError
from inr.partition import Axis

TILES = (Axis(4, 8 / 64), Axis(3, 4 / 64))


def scattered(rng, count=400, dims=2):
    """Points whose value is their own number, so that a batch tells which they are."""
    x = rng.uniform(0, 1, (count, dims))
    return signals.ScatteredReader(x, np.arange(count))


def numbers(values, count):
    return np.rint(np.asarray(values)[..., 0] * (count - 1)).astype(int)


UNEVEN = (Axis(5, 0.25, (2, 0)), Axis(2, 0.0))
SINGLE = (Axis(1, 0.0), Axis(1, 0.0))


@pytest.mark.parametrize("tiles", [TILES, SINGLE, UNEVEN])
def test_a_tile_gets_the_points_in_its_reach_and_sees_them_at_their_local_coordinates(tiles, rng):
    reader = scattered(rng)
    sampler = signals.PointSampler(reader, tiles, batch=64)
    x = reader.points().x
    seen = [set() for _ in range(np.prod([axis.tiles for axis in tiles]))]
    for _ in range(30):
        batch = sampler.next()
        who = numbers(batch.values, 400)
        for tile in range(len(seen)):
            place = np.unravel_index(tile, [axis.tiles for axis in tiles])
            for d, (axis, k) in enumerate(zip(tiles, place, strict=True)):
                left, right = axis.borders[k : k + 2]
                want = (x[who[tile], d] - (left + right) / 2) / ((right - left) / 2)
                np.testing.assert_allclose(batch.u[tile, :, d], want, atol=1e-5)
            seen[tile] |= set(who[tile].tolist())
    for tile, found in enumerate(seen):
        place = np.unravel_index(tile, [axis.tiles for axis in tiles])
        inside = np.ones(len(x), bool)
        for d, (axis, k) in enumerate(zip(tiles, place, strict=True)):
            first, last = (edge[k] for edge in axis.reach())
            inside &= (x[:, d] >= first) & (x[:, d] < last)
        assert found == set(np.flatnonzero(inside).tolist())


def test_every_point_of_a_tile_comes_equally_often(rng):
    sampler = signals.PointSampler(scattered(rng, 97), (Axis(1, 0.0), Axis(1, 0.0)), batch=32)
    turns = [numbers(sampler.next().values, 97)[0] for _ in range(97)]
    counts = Counter(np.concatenate(turns).tolist())
    assert set(counts.values()) == {32}
    orders = np.concatenate(turns).reshape(32, 97)
    assert all(sorted(order) == list(range(97)) for order in orders.tolist())
    assert len({tuple(order) for order in orders.tolist()}) == 32


def test_parts_of_a_batch_are_parts_of_the_whole(rng):
    batch = signals.PointSampler(scattered(rng), TILES, batch=16).next()
    u, values = batch.draw(3, 7)
    np.testing.assert_array_equal(u, batch.u[3:7])
    np.testing.assert_array_equal(values, batch.values[3:7])
    assert batch.size == 12 * 16


def test_probes_do_not_disturb_training_and_differ_by_turn(rng):
    reader = scattered(rng)
    one, other = (signals.PointSampler(reader, TILES, batch=16) for _ in range(2))
    first = one.probe(0).values
    assert not np.array_equal(first, one.probe(1).values)
    for _ in range(5):
        other.probe(3)
        np.testing.assert_array_equal(one.next().values, other.next().values)
    np.testing.assert_array_equal(first, one.probe(0).values)


def test_a_resumed_sampler_goes_on_with_the_same_batches(rng):
    reader = scattered(rng)
    one = signals.PointSampler(reader, TILES, batch=16, seed=3)
    for _ in range(7):
        one.next()
    other = signals.PointSampler(reader, TILES, batch=16, seed=3)
    other.load_state_dict(one.state_dict())
    np.testing.assert_array_equal(one.next().values, other.next().values)
    assert one.step == other.step == 8
    wrong = signals.PointSampler(reader, TILES, batch=16, seed=4)
    with pytest.raises(SpecError, match="seed"):
        wrong.load_state_dict(one.state_dict())


def test_tiles_in_a_gap_borrow_what_lies_nearest():
    """All points in the left fifth and the right fifth of [-1, 1]; values are their coordinates."""
    t = np.concatenate([np.linspace(0, 0.2, 40), np.linspace(0.8, 1, 40)])
    reader = signals.ScatteredReader(t, t)
    sampler = signals.PointSampler(reader, (Axis(10, 0.0),), batch=32)
    batch = sampler.next()
    assert batch.u.abs().max() <= 1 + 1e-5
    np.testing.assert_allclose(batch.values[3].max(), -0.6, atol=0.02)  # the left group's end
    np.testing.assert_allclose(batch.values[6].min(), 0.6, atol=0.02)  # the right group's
    assert (batch.u[3] == -1).all()  # on the side where they come from
    assert (batch.u[6] == 1).all()


def test_two_points_serve_any_number_of_tiles():
    reader = signals.ScatteredReader([[0.0, 0.0], [1.0, 1.0]], [1.0, 2.0])
    batch = signals.PointSampler(reader, TILES, batch=16).next()
    assert np.isfinite(batch.u.numpy()).all()
    assert set(np.unique(batch.values.numpy())) == {0.0, 1.0}


def test_peaks_are_those_of_each_tile():
    t = np.linspace(0, 1, 100)
    sampler = signals.PointSampler(signals.ScatteredReader(t, t), (Axis(4, 0.0),), batch=8)
    np.testing.assert_allclose(sampler.peaks(0)[:, 0], [1.0, 0.5, 0.5, 1.0], atol=0.03)


def test_points_that_exceed_the_memory_are_one_clear_line(rng):
    with pytest.raises(SpecError, match="--memory"):
        signals.PointSampler(scattered(rng), TILES, batch=8, memory_bytes=5000)

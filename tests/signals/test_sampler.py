"""The sampler: every sample equally often, values at their own places, bounded memory, exact resume."""

import numpy as np
import pytest
import torch

from inr import coords, signals
from inr.errors import SpecError
from inr.partition import Axis
from tests.signals.drawn import (
    PICTURE,
    TALL,
    assert_a_state_goes_on_with_the_batches_of_an_unbroken_run,
    assert_the_kernel_draws_what_torch_draws,
    bits,
    boxes,
    every_case,
    held_bytes,
    make,
    places_of,
    reader_of,
    slabs_of,
    some_array,
)


@every_case
def test_values_and_coordinates_belong_together_and_values_are_exact(name):
    array, partition, sampler = make(name)
    want = signals.to_float(array)
    for _ in range(3):
        batch = sampler.next()
        place = places_of(batch, partition, array.shape[:-1])
        assert batch.values.numpy().dtype == np.float32
        np.testing.assert_array_equal(batch.values.numpy(), want[tuple(np.moveaxis(place, -1, 0))])


@every_case
def test_every_sample_of_a_widened_cell_is_drawn_equally_often(name):
    array, partition, sampler = make(name, batch=50)
    shape = array.shape[:-1]
    counts = [np.zeros(shape, int) for _ in boxes(partition, shape)]
    steps = 23
    for _ in range(steps):
        batch = sampler.next()
        for tile, place in zip(
            range(batch.tiles.start, batch.tiles.stop), places_of(batch, partition, shape), strict=True
        ):
            np.add.at(counts[tile], tuple(place.T), 1)
    for count, box in zip(counts, boxes(partition, shape), strict=True):
        inside = count[tuple(slice(a, b) for a, b in box)]
        assert count.sum() == inside.sum() == steps * 50
        low, rest = divmod(steps * 50, inside.size)
        assert inside.min() >= low
        assert inside.max() <= low + (rest > 0)


@every_case
def test_local_coordinates_are_those_of_the_partition_to_float32(name):
    array, partition, sampler = make(name)
    batch = sampler.next()
    place = places_of(batch, partition, array.shape[:-1])
    tiles = np.stack(np.unravel_index(np.arange(batch.tiles.stop), [a.tiles for a in partition]), -1)
    assert batch.tiles.start == 0
    for k, d in np.ndindex(place.shape[0], place.shape[-1]):
        x = coords.at(place[k, :, d], array.shape[d])
        want = partition[d].local(x, tiles[k, d]).astype(np.float32)
        np.testing.assert_array_equal(batch.u[k, :, d].numpy(), want)


def test_a_seed_gives_the_same_batches_and_another_seed_others():
    first, again, other = (make("uint8 picture", seed=seed)[2].next() for seed in (1, 1, 2))
    assert first.u.equal(again.u)
    assert first.values.equal(again.values)
    assert not first.u.equal(other.u)


def test_the_array_is_not_changed():
    array, _, sampler = make("uint16 picture")
    kept = array.copy()
    for _ in range(3):
        sampler.next().values.mul_(0)
    np.testing.assert_array_equal(array, kept)


def test_a_read_only_array_is_as_good_as_any():
    array = some_array("uint8", (31, 22, 3))
    want = signals.Sampler(reader_of(array), PICTURE, batch=64).next()
    array.setflags(write=False)
    got = signals.Sampler(reader_of(array), PICTURE, batch=64).next()
    assert got.values.equal(want.values)


# With the kernel and without


@every_case
def test_the_kernel_draws_the_same_bits_as_torch(name, without_kernel):
    _, _, sampler = make(name)
    assert_the_kernel_draws_what_torch_draws(sampler, without_kernel, 3)


def test_the_kernel_draws_the_same_bits_in_every_slab(without_kernel):
    _, sampler = slabs_of(16_000, visit=1)
    for _ in range(2 * len(sampler.slabs)):
        batch = sampler.next()
        count = batch.tiles.stop - batch.tiles.start
        for got, want in zip(
            bits(batch.draw(0, count)),
            bits(without_kernel(lambda batch=batch, n=count: batch.draw(0, n))),
            strict=True,
        ):
            np.testing.assert_array_equal(got, want)


# Slabs


@pytest.mark.parametrize("memory_bytes", [10_000, 16_000, 40_000])
def test_several_slabs_hold_no_more_samples_than_half_the_memory(memory_bytes):
    array, sampler = slabs_of(memory_bytes)
    assert len(sampler.slabs) > 1
    assert array.nbytes > memory_bytes / 2
    most = 0
    for _ in range(4 * len(sampler.slabs)):
        sampler.next()
        most = max(most, held_bytes(sampler))
    assert memory_bytes / 8 < most <= memory_bytes / 2


def test_slabs_are_runs_of_whole_tile_rows_that_cover_every_tile_once():
    _, sampler = slabs_of(16_000)
    tiles = [sampler.slab_tiles(i) for i in range(len(sampler.slabs))]
    assert tiles[0].start == 0
    assert tiles[-1].stop == 36
    assert all(a.stop == b.start for a, b in zip(tiles, tiles[1:], strict=False))
    assert all(t.start % 3 == t.stop % 3 == 0 for t in tiles)
    rows = [(t.stop - t.start) // 3 for t in tiles]
    assert max(rows) - min(rows) <= 1


def test_slabs_take_turns_and_count_their_own_steps():
    _, sampler = slabs_of(16_000, visit=4)
    count = len(sampler.slabs)
    seen = [sampler.next() for _ in range(2 * 4 * count)]
    want = [(slab, 4 * turn + i) for turn in range(2) for slab in range(count) for i in range(4)]
    assert [(b.slab, b.visit_step) for b in seen] == want
    for batch in seen:
        assert batch.tiles == sampler.slab_tiles(batch.slab)
        assert batch.u.shape == (batch.tiles.stop - batch.tiles.start, 40, 2)


def test_values_belong_to_their_places_in_every_slab():
    array, sampler = slabs_of(16_000)
    want = signals.to_float(array)
    for _ in range(8 * len(sampler.slabs)):
        batch = sampler.next()
        place = places_of(batch, TALL, array.shape[:2])
        np.testing.assert_array_equal(batch.values.numpy(), want[place[..., 0], place[..., 1]])


def test_a_signal_that_fits_is_one_slab():
    _, sampler = slabs_of(1 << 29)
    assert sampler.slabs == [(0, 12)]


def test_too_little_memory_for_a_row_of_tiles_says_how_much_is_needed():
    with pytest.raises(SpecError, match=r"one row of tiles needs .* MB .*raise --memory or use more tiles"):
        slabs_of(3000)


def test_uneven_tiles_in_slabs_keep_to_the_memory_and_to_their_places():
    array = some_array("int16", (4001, 1))
    partition = (Axis(32, 0.25, (0, 3, 0, 4, 1, 2)),)
    sampler = signals.Sampler(reader_of(array, "audio"), partition, batch=30, memory_bytes=13_000, visit=2)
    want, seen = signals.to_float(array), []
    # 32 tiles hold 1.3 times the signal's 8 kB; slabs of as many tiles as fit of the widest would be 8.
    assert len(sampler.slabs) == 2
    for _ in range(2 * len(sampler.slabs)):
        batch = sampler.next()
        seen += range(batch.tiles.start, batch.tiles.stop)
        place = places_of(batch, partition, array.shape[:1])
        np.testing.assert_array_equal(batch.values.numpy(), want[place[..., 0]])
        assert held_bytes(sampler) <= 13_000 / 2
    assert sorted(seen) == sorted(2 * list(range(32)))


def test_parts_of_a_batch_of_uneven_tiles_are_those_of_the_whole():
    _, partition, sampler = make("uneven sound")
    batch = sampler.next()
    u, values = batch.draw(0, 17)
    for first, last in [(0, 1), (3, 11), (11, 17), (16, 17)]:
        part = batch.draw(first, last)
        assert part[0].equal(u[first:last])
        assert part[1].equal(values[first:last])


def test_tiles_of_many_widths_form_few_groups():
    # A step costs a little for each group, so they must not grow with the tiles.
    levels = np.random.default_rng(0).integers(0, 5, 400).tolist()
    partition = (Axis(sum(2**v for v in levels), 0.25, tuple(levels)),)
    sampler = signals.Sampler(reader_of(some_array("int16", (400 * 512, 1)), "audio"), partition, batch=16)
    sampler.next()
    assert partition[0].tiles > 2000
    assert len(sampler._held[1]) < 60


# Resume


@pytest.mark.parametrize("memory_bytes", [16_000, 1 << 29])
@pytest.mark.parametrize("k", [1, 7, 30])
def test_k_steps_and_k_more_after_a_resume_are_2k_steps(memory_bytes, k):
    assert_a_state_goes_on_with_the_batches_of_an_unbroken_run(lambda: slabs_of(memory_bytes)[1], k)


@pytest.mark.parametrize(
    "other",
    [{"seed": 9}, {"batch": 41}, {"visit": 5}, {"memory_bytes": 1 << 29}],
    ids=lambda o: next(iter(o)),
)
def test_the_state_of_other_settings_is_refused(other):
    _, sampler = slabs_of(16_000)
    _, changed = slabs_of(**{"memory_bytes": 16_000} | other)
    with pytest.raises(SpecError, match="saved state has .* this run .*settings of the first run"):
        changed.load_state_dict(sampler.state_dict())


def test_the_probe_is_always_the_same_and_disturbs_nothing():
    _, plain = slabs_of(16_000)
    _, probed = slabs_of(16_000)
    probes = []
    for _ in range(4):
        a, b = plain.next(), probed.next()
        assert a.u.equal(b.u)
        probes.append(probed.probe())
    assert all(p.slab == 0 and p.u.equal(probes[0].u) and p.values.equal(probes[0].values) for p in probes)
    assert probed.step == 4


def test_probes_of_successive_turns_reach_every_sample():
    array, _, sampler = make("uint8 picture")
    sampler.next()
    first = sampler.probe()
    count = array.shape[0] * array.shape[1]
    probes = [sampler.probe(turn) for turn in range(4 * count // (len(first.u) * first.rows))]
    reached = [torch.unique(torch.cat([p.u[k] for p in probes]), dim=0) for k in range(len(first.u))]
    assert sum(map(len, reached)) >= count > sum(len(torch.unique(u, dim=0)) for u in first.u)
    for k, places in enumerate(reached):
        # A grid: every row that was reached was reached at every column.
        assert len(places) == np.prod([len(places[:, d].unique()) for d in (0, 1)]), k


# Peaks


def test_peaks_are_the_largest_magnitudes_of_every_tile():
    array, partition, sampler = make("int16 sound")
    values = np.abs(signals.to_float(array))
    want = [values[a:b].max(0) for ((a, b),) in boxes(partition, array.shape[:1])]
    np.testing.assert_array_equal(sampler.peaks(0), want)


def test_a_tile_without_a_sample_is_refused_with_a_remedy():
    with pytest.raises(SpecError, match=r"no sample.*fewer tiles"):
        signals.Sampler(reader_of(some_array("int16", (3, 1)), "audio"), (Axis(9, 0.0),), batch=4)


@every_case
def test_the_whole_holds_every_sample_of_every_tile_once_with_equal_weight(name):
    array, partition, sampler = make(name)
    want = signals.to_float(array)
    shape = array.shape[:-1]
    tiles = list(np.ndindex(*(axis.tiles for axis in partition)))
    ranges = boxes(partition, shape)
    seen = set()
    for part in sampler.whole():
        assert (part.weight == 1).all()
        for k, tile in enumerate(part.tiles.tolist()):
            seen.add(tile)
            cut = tuple(slice(a, b) for a, b in ranges[tile])
            np.testing.assert_array_equal(part.values[k].numpy(), want[cut].reshape(-1, want.shape[-1]))
            x = np.meshgrid(*(coords.axis(n)[c] for n, c in zip(shape, cut, strict=True)), indexing="ij")
            for d, (axis, place) in enumerate(zip(partition, tiles[tile], strict=True)):
                local = axis.local(x[d].ravel(), place).astype(np.float32)
                np.testing.assert_array_equal(part.u[k, :, d].numpy(), local)
    assert seen == set(range(len(tiles)))

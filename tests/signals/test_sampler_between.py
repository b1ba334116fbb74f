"""Batches that hold a share between the samples: the spline's values there, the exact ones on the grid."""

import numpy as np
import pytest

from inr import coords, signals
from inr.errors import SpecError
from inr.partition import Axis
from inr.signals.refine import refine
from tests.signals.drawn import (
    TALL,
    assert_a_state_goes_on_with_the_batches_of_an_unbroken_run,
    assert_the_kernel_draws_what_torch_draws,
    boxes,
    every_case,
    held_bytes,
    make,
    reader_of,
    slabs_of,
    some_array,
)

SHARE = 0.25


def half_places(tiles, u, partition, shape):
    """Twice the grid indices [k, B, D] of places in tiles, from their local coordinates; whole numbers."""
    tiles = np.stack(np.unravel_index(np.asarray(tiles), [a.tiles for a in partition]), -1)
    out = []
    for d, (axis, n) in enumerate(zip(partition, shape, strict=True)):
        left, right = (axis.borders[tiles[:, d, None] + side] for side in (0, 1))
        x = (u[..., d].double().numpy() * (right - left) + left + right) / 2
        place = 2 * coords.index(x, n)
        assert np.abs(place - np.rint(place)).max() < 2e-3
        out.append(np.rint(place).astype(int))
    return np.stack(out, -1)


def places_of(batch, partition, shape):
    """`half_places` of a batch."""
    return half_places(range(batch.tiles.start, batch.tiles.stop), batch.u, partition, shape)


def refined(array):
    """The signal at twice its density in every axis, in its own type, as floats in signal units."""
    fine = array
    for axis in range(array.ndim - 1):
        fine = refine(fine, axis)
    if array.dtype != np.float32:
        info = np.iinfo(array.dtype)
        fine = np.clip(np.rint(fine), info.min, info.max)
    return signals.to_float(fine.astype(array.dtype))


def at(values, places):
    """Values [..., C] at index arrays [..., D]."""
    return values[tuple(np.moveaxis(places, -1, 0))]


@every_case
def test_samples_are_exact_and_what_lies_between_has_the_spline_s_values(name):
    array, partition, sampler = make(name, between=SHARE)
    exact, fine = signals.to_float(array), refined(array)
    between = 0
    for _ in range(3):
        batch = sampler.next()
        place = places_of(batch, partition, array.shape[:-1])
        values = batch.values.numpy()
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, at(fine, place))
        on = (place % 2 == 0).all(-1)
        np.testing.assert_array_equal(values[on], at(exact, place[on] // 2))
        between += (~on).sum()
    assert (between > 0) == (array[..., 0].size > 1)


@every_case
def test_every_sample_is_drawn_equally_often_in_the_part_that_is_not_between(name):
    steps, batch_size, true = 23, 50, 38
    array, partition, sampler = make(name, batch=batch_size, between=SHARE)
    shape = array.shape[:-1]
    counts = [np.zeros(shape, int) for _ in boxes(partition, shape)]
    for _ in range(steps):
        place = places_of(sampler.next(), partition, shape)[:, :true]
        assert (place % 2 == 0).all()
        for tile, mine in enumerate(place // 2):
            np.add.at(counts[tile], tuple(mine.T), 1)
    for count, box in zip(counts, boxes(partition, shape), strict=True):
        inside = count[tuple(slice(a, b) for a, b in box)]
        assert count.sum() == inside.sum() == steps * true
        low, rest = divmod(steps * true, inside.size)
        assert inside.min() >= low
        assert inside.max() <= low + (rest > 0)


@pytest.mark.parametrize("name", ["uint8 picture", "int16 sound", "uneven sound", "one network"])
def test_the_share_between_goes_half_a_step_over_the_samples_of_a_tile_and_everywhere_in_it(name):
    array, partition, sampler = make(name, batch=400, between=0.5)
    shape = array.shape[:-1]
    seen = [np.zeros([2 * n - 1 for n in shape], int) for _ in boxes(partition, shape)]
    for _ in range(20):
        for tile, mine in enumerate(places_of(sampler.next(), partition, shape)[:, 200:]):
            np.add.at(seen[tile], tuple(mine.T), 1)
    for count, box in zip(seen, boxes(partition, shape), strict=True):
        whole = tuple(
            slice(max(0, 2 * a - 1), min(2 * n - 1, 2 * b)) for (a, b), n in zip(box, shape, strict=True)
        )
        assert count.sum() == count[whole].sum() == 20 * 200
        if count[whole].size <= 500:
            assert count[whole].min() > 0
        # The places are independent and uniform, so every eighth of the box gets its share.
        share = np.array([part.sum() for part in np.array_split(count[whole].ravel(), 8)]) / 4000
        sizes = np.array([part.size for part in np.array_split(count[whole].ravel(), 8)]) / count[whole].size
        assert np.abs(share - sizes).max() < 6 * np.sqrt(sizes.max() / 4000)


def test_full_scale_edges_do_not_wrap_around():
    for dtype, low, high in [("uint8", 0, 255), ("uint16", 0, 65535)]:
        array = np.where(np.arange(40) // 5 % 2 == 1, high, low).astype(dtype)[:, None, None]
        array = np.repeat(array, 6, 1)
        sampler = signals.Sampler(reader_of(array), (Axis(1, 0.0), Axis(1, 0.0)), batch=2000, between=0.5)
        batch = sampler.next()
        place = places_of(batch, (Axis(1, 0.0), Axis(1, 0.0)), array.shape[:2])
        values, down = batch.values.numpy()[0, :, 0], place[0, :, 0]
        assert values.min() == 0
        assert values.max() == 1
        # In the middle of a run of 5, far from the edges, overshoot would be the other extreme.
        middle = np.isin(down % 20, (4, 5, 14, 15))
        np.testing.assert_allclose(values[middle], down[middle] % 20 > 9, atol=0.1)


def test_between_of_zero_is_the_sampler_without_it():
    _, _, plain = make("uneven picture")
    _, _, zero = make("uneven picture", between=0.0)
    for _ in range(3):
        a, b = plain.next(), zero.next()
        assert a.u.equal(b.u)
        assert a.values.equal(b.values)
    assert plain.state_dict() == zero.state_dict()


@every_case
def test_the_probe_has_nothing_between_and_is_always_the_same(name):
    array, partition, sampler = make(name, between=SHARE)
    want = signals.to_float(array)
    probes = []
    for _ in range(3):
        sampler.next()
        probe = sampler.probe()
        place = places_of(probe, partition, array.shape[:-1])
        assert (place % 2 == 0).all()
        np.testing.assert_array_equal(probe.values.numpy(), at(want, place // 2))
        probes.append(probe)
    assert sampler.step == 3
    assert all(p.u.equal(probes[0].u) and p.values.equal(probes[0].values) for p in probes)


def test_every_batch_and_every_seed_has_other_places_between():
    places = []
    for seed in (1, 2):
        array, partition, sampler = make("int16 sound", batch=64, between=SHARE, seed=seed)
        places += [places_of(sampler.next(), partition, array.shape[:1])[:, 48:] for _ in range(2)]
    for i in range(4):
        assert not any(np.array_equal(places[i], places[j]) for j in range(i))


# With the kernel and without


@every_case
def test_the_kernel_draws_the_same_bits_as_torch_between_the_samples(name, without_kernel):
    _, _, sampler = make(name, between=SHARE)
    assert_the_kernel_draws_what_torch_draws(sampler, without_kernel, 2)


# Slabs


@pytest.mark.parametrize("memory_bytes", [60_000, 100_000, 200_000])
def test_values_belong_to_their_places_in_every_slab(memory_bytes):
    array, sampler = slabs_of(memory_bytes, between=SHARE)
    assert len(sampler.slabs) > 1
    fine = refined(array)
    for _ in range(8 * len(sampler.slabs)):
        batch = sampler.next()
        place = places_of(batch, TALL, array.shape[:2])
        np.testing.assert_array_equal(batch.values.numpy(), at(fine, place))


def test_slabs_hold_no_more_samples_than_half_the_memory():
    for memory_bytes in range(56_000, 200_000, 6_000):
        _, sampler = slabs_of(memory_bytes, visit=1, between=SHARE)
        for _ in sampler.slabs:
            sampler.next()
            assert held_bytes(sampler) <= memory_bytes / 2, memory_bytes


def test_uneven_tiles_in_slabs_keep_to_the_memory_and_to_their_places():
    array = some_array("int16", (4001, 1))
    partition = (Axis(32, 0.25, (0, 3, 0, 4, 1, 2)),)
    sampler = signals.Sampler(
        reader_of(array, "audio"), partition, batch=30, memory_bytes=26_500, visit=2, between=SHARE
    )
    fine, seen = refined(array), []
    assert len(sampler.slabs) == 2
    for _ in range(2 * len(sampler.slabs)):
        batch = sampler.next()
        seen += range(batch.tiles.start, batch.tiles.stop)
        np.testing.assert_array_equal(batch.values.numpy(), at(fine, places_of(batch, partition, (4001,))))
        assert held_bytes(sampler) <= 26_500 / 2
    assert sorted(seen) == sorted(2 * list(range(32)))


def test_tiles_of_many_widths_still_form_few_groups():
    levels = np.random.default_rng(0).integers(0, 5, 400).tolist()
    partition = (Axis(sum(2**v for v in levels), 0.25, tuple(levels)),)
    array = some_array("int16", (400 * 512, 1))
    sampler = signals.Sampler(reader_of(array, "audio"), partition, batch=16, between=SHARE)
    sampler.next()
    assert partition[0].tiles > 2000
    assert len(sampler._held[1]) < 60


# Resume


@pytest.mark.parametrize("memory_bytes", [60_000, 1 << 29])
@pytest.mark.parametrize("k", [1, 7])
def test_k_steps_and_k_more_after_a_resume_are_2k_steps(memory_bytes, k):
    assert_a_state_goes_on_with_the_batches_of_an_unbroken_run(
        lambda: slabs_of(memory_bytes, between=SHARE)[1], k
    )


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (0.25, 0.5),
        (0.0, 0.25),
        (0.25, 0.0),
    ],
)
def test_the_state_of_another_share_is_refused(then, now):
    _, before = slabs_of(1 << 29, between=then)
    _, after = slabs_of(1 << 29, between=now)
    with pytest.raises(SpecError, match="saved state has between=.* this run .*settings of the first run"):
        after.load_state_dict(before.state_dict())


def test_the_array_is_not_changed_by_what_lies_between():
    array, _, sampler = make("deep clip", between=SHARE)
    kept = array.copy()
    sampler.next().values.mul_(0)
    np.testing.assert_array_equal(array, kept)


@every_case
def test_the_whole_weighs_what_lies_between_as_the_batches_draw_it(name):
    batch_size = 64
    array, partition, sampler = make(name, between=SHARE, batch=batch_size)
    fine, drawn = refined(array), np.zeros(2)
    for _ in range(40):
        on = (places_of(sampler.next(), partition, array.shape[:-1]) % 2 == 0).all(-1)
        drawn += on.sum(), (~on).sum()
    held = np.zeros(2)
    for part in sampler.whole():
        on = part.weight.numpy() == 1
        held += len(part.tiles) * np.array([on.sum(), part.weight.numpy()[~on].sum()])
        place = half_places(part.tiles, part.u, partition, array.shape[:-1])
        np.testing.assert_array_equal(part.values.numpy(), at(fine, place))
        assert ((place % 2 == 0).all(-1) == on).all()
    # A share of each tile: those of a picture differ in size, and batches do not.
    if array[..., 0].size > 1 and len(partition) == 1:
        assert held[1] / held.sum() == pytest.approx(drawn[1] / drawn.sum(), abs=0.02)

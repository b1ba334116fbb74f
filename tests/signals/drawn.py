"""Signals, partitions and samplers over them that several tests draw from."""

from fractions import Fraction

import numpy as np
import pytest

from inr import coords, signals
from inr.partition import Axis

PICTURE = (Axis(3, 0.125), Axis(2, 0.0625))
CLIP = (Axis(2, 0.0625), Axis(2, 0.125), Axis(3, 0.0))


def some_array(dtype, shape, seed=0):
    rng = np.random.default_rng(seed)
    if dtype == "float32":
        return rng.uniform(-1, 1, shape).astype(np.float32)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


def reader_of(array, kind="image"):
    options = {"audio": {"rate_hz": Fraction(8000)}, "video": {"fps": Fraction(25)}}
    return signals.open_reader(array, kind=kind, **options.get(kind, {}))


def places_of(batch, partition, shape):
    """Grid indices [k, B, D] of a batch, from its local coordinates."""
    tiles = np.stack(
        np.unravel_index(np.arange(batch.tiles.start, batch.tiles.stop), [a.tiles for a in partition]), -1
    )
    out = []
    for d, (axis, n) in enumerate(zip(partition, shape, strict=True)):
        left, right = (axis.borders[tiles[:, d, None] + side] for side in (0, 1))
        x = (batch.u[..., d].double().numpy() * (right - left) + left + right) / 2
        place = coords.index(x, n)
        assert np.abs(place - np.rint(place)).max() < 1e-3
        out.append(np.rint(place).astype(int))
    return np.stack(out, -1)


def boxes(partition, shape):
    """Index ranges of every tile's widened cell, row-major."""
    spans = [axis.spans(coords.axis(n)) for axis, n in zip(partition, shape, strict=True)]
    return [tuple(s[k] for s, k in zip(spans, place, strict=True)) for place in np.ndindex(*map(len, spans))]


CASES = {
    "uint8 picture": ("image", "uint8", (31, 22, 3), PICTURE),
    "uint16 picture": ("image", "uint16", (31, 22, 4), PICTURE),
    "int16 sound": ("audio", "int16", (1003, 2), (Axis(7, 0.25),)),
    "float32 sound": ("audio", "float32", (1003, 1), (Axis(7, 0.25),)),
    "uneven sound": ("audio", "int16", (1003, 2), (Axis(17, 0.25, (0, 3, 0, 2, 1, 0)),)),
    "very uneven sound": ("audio", "int16", (2111, 1), (Axis(67, 31 / 64, (6, 0, 1)),)),
    "uneven tiles without margins": ("audio", "float32", (1003, 1), (Axis(12, 0.0, (1, 3, 0, 0)),)),
    "uneven picture": ("image", "uint8", (31, 22, 3), (Axis(7, 0.125, (0, 2, 1)), Axis(2, 0.0625))),
    "clip": ("video", "uint8", (5, 14, 13, 3), CLIP),
    "deep clip": ("video", "uint16", (5, 14, 13, 3), CLIP),
    "one network": ("image", "uint8", (31, 22, 3), (Axis(1, 0.0), Axis(1, 0.0))),
    "one sample of sound": ("audio", "int16", (1, 1), (Axis(1, 0.0),)),
    "one pixel": ("image", "uint8", (1, 1, 3), (Axis(1, 0.0), Axis(1, 0.0))),
}
every_case = pytest.mark.parametrize("name", CASES)


def make(name, **options):
    kind, dtype, shape, partition = CASES[name]
    array = some_array(dtype, shape)
    return array, partition, signals.Sampler(reader_of(array, kind), partition, **{"batch": 64} | options)


TALL = (Axis(12, 0.125), Axis(3, 0.125))


def slabs_of(memory_bytes, visit=4, shape=(240, 30, 3), **options):
    array = some_array("uint8", shape)
    return array, signals.Sampler(
        reader_of(array), TALL, **{"batch": 40, "memory_bytes": memory_bytes, "visit": visit} | options
    )


def held_bytes(sampler):
    """What the samples in memory take; the sampler keeps them in `_held`."""
    return sum(group.samples.numel() * group.samples.element_size() for group in sampler._held[1])


def bits(tensors):
    return [t.numpy().view(np.int32) for t in tensors]


def assert_the_kernel_draws_what_torch_draws(sampler, without_kernel, steps):
    """Bit for bit, in whole batches and in parts of them."""
    for _ in range(steps):
        batch = sampler.next()
        count = batch.tiles.stop - batch.tiles.start
        for first, last in {(0, count), (count // 3, count // 3 + 1), (count // 2, count)}:
            ours = bits(batch.draw(first, last))
            theirs = bits(without_kernel(lambda batch=batch, a=first, b=last: batch.draw(a, b)))
            for got, want in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(got, want)


def assert_a_state_goes_on_with_the_batches_of_an_unbroken_run(make, k):
    """`make` gives a new sampler; the state is taken after k of 2 k batches."""
    whole, first, second = make(), make(), make()
    batches = [whole.next() for _ in range(2 * k)]
    for _ in range(k):
        first.next()
    second.load_state_dict(first.state_dict())
    assert second.step == k
    for want in batches[k:]:
        got = second.next()
        assert (got.tiles, got.slab, got.visit_step) == (want.tiles, want.slab, want.visit_step)
        assert got.u.equal(want.u)
        assert got.values.equal(want.values)

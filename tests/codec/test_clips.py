"""Section `G` of clips: round trips, and the second decoder of section 12."""

from dataclasses import replace

import numpy as np
import pytest

from inr import codec, coords, fields, reconstruct
from inr.codec import limits
from inr.errors import FormatError, SpecError
from inr.specs import EncodingSpec
from tests.codec import random_clips as some
from tests.codec import random_grids, reference_clips, reference_decoder

# Frames of each group, shape of a frame, channels.
CASES = {
    "three groups": ((4, 1, 2), (20, 37), 3),
    "a level of time in two stages": ((1, 9), (18, 22), 1),
    "many blocks": ((8,), (34, 40), 2),
    "sides of 4 n + 2, two levels of time in two stages": ((16,), (14, 10), 1),
    "three bands at a level of time": ((7,), (6, 5), 4),
    "one frame": ((1,), (9, 11), 3),
    "the smallest": ((1, 1), (2, 2), 1),
}
SPARSE = {"many blocks": {"living": 0.3, "density": 0.2, "empty": 0.0}}
every_case = pytest.mark.parametrize("name", CASES)


def made(name, seed=0, **settings):
    """(signal, field, tensors, exponents, groups, bytes) of a case."""
    rng = np.random.default_rng(seed)
    lengths, frame, channels = CASES[name]
    signal, field = some.clip(lengths, frame, channels)
    groups = some.groups(rng, field, lengths, **SPARSE.get(name, {}) | settings)
    tensors, exponents = random_grids.network(rng, field)
    return signal, field, tensors, exponents, groups, codec.encode(field, tensors, exponents, signal, groups)


def clip_of(data):
    """Section `G` of a file."""
    groups = codec.decode(data).grids
    assert isinstance(groups, codec.Clip)
    return groups


def assert_same_integers(found, want):
    np.testing.assert_array_equal(found.low, want.low)
    assert found.k == want.k
    for a, b in zip(found.stages, want.stages, strict=True):
        np.testing.assert_array_equal(a.places, b.places)
        np.testing.assert_array_equal(a.values, b.values)


@every_case
@pytest.mark.parametrize(
    "settings", [{}, {"outliers": 0.1}, {"empty": 1.0}, {"scale": 40.0, "living": 1.0, "empty": 0.0}], ids=str
)
def test_what_is_encoded_is_decoded(name, settings):
    rng = np.random.default_rng(1)
    lengths, frame, channels = CASES[name]
    signal, field = some.clip(lengths, frame, channels)
    want = [some.integers(rng, shapes, **settings) for shapes in some.shapes_of(field, lengths)]
    groups = some.written(field, lengths, want, some.networks(rng), 12345, (3, 15))
    tensors, exponents = random_grids.network(rng, field)
    data = codec.encode(field, tensors, exponents, signal, groups)
    decoded, found = codec.decode(data), clip_of(data)
    assert (decoded.signal, decoded.field.spec, decoded.version) == (signal, field, 3)
    assert (found.step, found.shrink, found.lengths) == (12345, (3, 15), tuple(lengths))
    for net, own in ((found.nets.points, groups.nets.points), (found.nets.blocks, groups.nets.blocks)):
        for tensor, weights in own.weights.items():
            np.testing.assert_array_equal(net.weights[tensor], weights)
    for index, integers in enumerate(want):
        assert_same_integers(some.read(found, index), integers)
    names = [f"group {i + 1}" for i in range(len(lengths))]
    assert list(decoded.tensor_bits) == [*fields.tensor_shapes(field), *names] == list(decoded.parts)
    assert codec.encode(field, decoded.field.tensors, decoded.exponents, signal, found) == data


@every_case
@pytest.mark.parametrize("outliers", [0.0, 0.05])
def test_the_reference_decoder_finds_the_same_integers_and_values(name, outliers):
    _, field, _, _, groups, data = made(name, 2, outliers=outliers)
    head, _, _ = reference_decoder.decode(data)
    found = reference_clips.read(reference_decoder.sections(data)["G"], head)
    assert (head["encoding"], head["levels"]) == (4, field.encoding.count)
    assert (found.step, found.shrink, found.lengths) == (groups.step, groups.shrink, groups.lengths)
    for net, page in ((groups.nets.points, found.points), (groups.nets.blocks, found.blocks)):
        assert {n: w.reshape(-1).tolist() for n, w in net.weights.items()} == page
    for index, page in enumerate(found.groups):
        own = some.read(groups, index)
        (shapes,) = some.shapes_of(field, groups.lengths[index : index + 1])
        assert own.k == page.k
        assert own.low.reshape(-1).tolist() == [q for part in page.low for q in part]
        assert {n: q.tolist() for n, q in some.dense(own, shapes).items()} == page.integers
        # Equal as 64-bit floats: the values are the same 32-bit floats to the last bit.
        values = {n: v.astype(float).tolist() for n, v in groups.group(index).items()}
        assert values == reference_clips.values(found, index, head)


def test_random_clips_have_what_the_comparison_is_about():
    """Else it could pass without most of the page."""
    largest, empty, some_dead, stages = 0, 0, 0, []
    for name in CASES:
        _, _, _, _, groups, _ = made(name, 2, outliers=0.05)
        for index, frames in enumerate(groups.lengths):
            own = some.read(groups, index)
            stages += [stage.later for stage in codec.stages(frames)]
            empty += sum(not len(stage.places) for stage in own.stages)
            largest = max(largest, *(int(np.abs(stage.values).max(initial=0)) for stage in own.stages))
            (shapes,) = some.shapes_of(groups, (frames,))
            for q in some.dense(own, shapes).values():
                alive = codec.blocks_where(q.reshape(-1, *q.shape[2:]) != 0)
                some_dead += int(alive.any() and not alive.all())
    assert largest > 1 << 20
    assert min(empty, some_dead, stages.count(1)) >= 4


@pytest.mark.parametrize(
    ("lengths", "frame", "channels", "levels"),
    [((9, 1), (10, 7), 3, None), ((2, 3), (8, 12), 1, 1), ((1,), (6, 7), 2, None), ((5,), (4, 5), 4, 2)],
)
def test_the_clip_of_the_page_is_that_of_the_package(lengths, frame, channels, levels):
    rng = np.random.default_rng(4)
    signal, field = some.clip(lengths, frame, channels, levels)
    tensors, exponents = random_grids.network(rng, field, k=12, scale=0.2)
    groups = some.groups(rng, field, lengths, living=1.0, empty=0.0)
    data = codec.encode(field, tensors, exponents, signal, replace(groups, step=3000))
    head, found, _ = reference_decoder.decode(data)
    page = reference_clips.Film(
        head, found, reference_clips.read(reference_decoder.sections(data)["G"], head)
    )
    decoded = codec.decode(data).field
    h, w = frame
    rest = [coords.axis(h), coords.axis(w)]
    got = reconstruct.points(decoded, [coords.axis(signal.shape[0]), *rest])
    want = [[[page.on_grid(t, i, j) for j in range(w)] for i in range(h)] for t in range(signal.shape[0])]
    assert np.std(want) > 0.05
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-4)
    times = [-1.0, -0.93, -0.41, 0.003, 0.52, 0.97, 1.0]
    got = reconstruct.points(decoded, [np.array(times), *rest])
    want = [[[page.between_frames(x, i, j) for j in range(w)] for i in range(h)] for x in times]
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-4)
    x = rng.uniform(-1, 1, (30, 3))
    x[:4] = [(-1, -1, -1), (1, 1, 1), (-1, 1, 0.3), (0.2, 0.3, 1)]
    want = [page.anywhere(row) for row in x.tolist()]
    np.testing.assert_allclose(fields.at_points(decoded, x), want, rtol=0, atol=1e-4)
    x[:, 0] = coords.axis(signal.shape[0])[0]
    want = [page.at_frame(0, row) for row in x[:, 1:].tolist()]
    np.testing.assert_allclose(fields.at_points(decoded, x), want, rtol=0, atol=1e-4)


def test_a_group_is_decoded_without_the_others():
    *_, groups, _ = made("three groups")
    for kept in range(len(groups.lengths)):
        streams = tuple(s if i == kept else b"\xff" * len(s) for i, s in enumerate(groups.streams))
        damaged = replace(groups, streams=streams)
        for name, values in groups.group(kept).items():
            np.testing.assert_array_equal(damaged.group(kept)[name], values)
        for other in {0, 1, 2} - {kept}:
            with pytest.raises(FormatError, match=f"^group {other + 1} of 3: "):
                damaged.group(other)


def test_a_file_with_a_damaged_group_shows_the_frames_of_the_others():
    signal, field, tensors, exponents, groups, data = made("three groups")
    streams = (*groups.streams[:2], b"\xff" * len(groups.streams[2]))
    damaged = codec.encode(field, tensors, exponents, signal, replace(groups, streams=streams))
    want, got = (
        reconstruct.blocks(codec.decode(bytes_).field, signal, span=(0, 5)) for bytes_ in (data, damaged)
    )
    for a, b in zip(want, got, strict=True):
        np.testing.assert_array_equal(a.values, b.values)
    with pytest.raises(FormatError, match="group 3 of 3"):
        list(reconstruct.blocks(codec.decode(damaged).field, signal, span=(4, 6)))


@pytest.mark.parametrize("frames", [1, 2, 7, 8, 9, 31])
def test_stages_take_every_band_once_and_slower_levels_first(frames):
    stages = codec.stages(frames)
    taken = [(stage.level, band) for stage in stages for band in stage.rows.tolist()]
    assert sorted(taken) == sorted(fields.bands(frames))
    assert [s.distance for s in stages] == sorted(s.distance for s in stages)
    for first, second in zip(stages, [*stages[1:], None], strict=True):
        split = second is not None and second.level == first.level
        assert split == (first.rows.tolist()[1:2] == [2])
        assert first.later == (first.rows[0] == 1)


@pytest.mark.parametrize("density", [0.0, 0.02, 0.3])
def test_phases_take_every_point_of_living_blocks_once_and_no_other(rng, density):
    _, field = some.clip((9,), (39, 70), 2, levels=2)
    (shapes,) = some.shapes_of(field, (9,))
    for _, details, planes in codec.walk(shapes):
        for plane in planes:
            own = plane.read_as(np.zeros(details[plane.name], dtype=np.int32)).shape
            q = rng.integers(1, 9, own) * (rng.random(own) < density)
            alive = codec.blocks_where(q != 0)
            asked = np.zeros(alive.shape, dtype=int)
            for where, x in plane.blocks():
                assert x.shape == (asked[where].size, codec.BLOCK_INPUTS)
                asked[where] += 1
                plane.put_blocks(where, alive[where])
            assert (asked == 1).all()
            seen = np.zeros(own, dtype=int)
            for where, x in plane.points():
                assert x.shape == (len(where[0]), codec.POINT_INPUTS)
                np.add.at(seen, where, 1)
                plane.put(where, q[where])
            living = alive.repeat(codec.BLOCK, 1).repeat(codec.BLOCK, 2)[:, : own[1], : own[2]]
            np.testing.assert_array_equal(seen, living)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"step": 0}, "step 0"),
        ({"step": (1 << 26) + 1}, "step 67108865"),
        ({"shrink": (16, 0)}, r"shrink \(16, 0\)"),
        ({"shrink": (0, -1)}, r"shrink \(0, -1\)"),
    ],
)
def test_groups_that_no_file_can_hold_are_refused(change, says):
    signal, field, tensors, exponents, groups, _ = made("the smallest")
    with pytest.raises(SpecError, match=says):
        codec.encode(field, tensors, exponents, signal, replace(groups, **change))


def test_the_largest_integer_is_kept(rng):
    _, field = some.clip((2,), (4, 4), 1)
    (shapes,) = some.shapes_of(field, (2,))
    low = np.zeros(shapes["grid.low"], dtype=np.int32)
    stage = codec.Sparse(np.array([0, 5]), np.array([limits.INTEGER, -limits.INTEGER], dtype=np.int32))
    nets = some.networks(rng)
    content = codec.GroupIntegers(low, 8, (codec.EMPTY, stage))
    assert_same_integers(some.read(some.written(field, (2,), [content], nets), 0), content)


def test_an_integer_or_a_step_that_no_file_holds_is_refused(rng):
    _, field = some.clip((2,), (4, 4), 1)
    (shapes,) = some.shapes_of(field, (2,))
    low, nets = np.zeros(shapes["grid.low"], dtype=np.int32), some.networks(rng)
    large = np.array([limits.INTEGER + 1], dtype=np.int32)
    stage = codec.Sparse(np.array([3]), large)
    for content, says in (
        (codec.GroupIntegers(low, 8, (codec.EMPTY, stage)), "largest integer"),
        (codec.GroupIntegers(low + large, 8, (codec.EMPTY, codec.EMPTY)), "largest integer"),
        (codec.GroupIntegers(low, 30, (codec.EMPTY, codec.EMPTY)), "k is 30"),
    ):
        with pytest.raises(SpecError, match=says):
            codec.write_group(content, shapes, nets)


def test_a_group_of_too_many_frames_is_refused_before_it_is_looked_into(rng):
    signal, field = some.clip((65,), (4, 4), 1)
    tensors, exponents = random_grids.network(rng, field)
    clip = codec.Clip(9, (0, 0), some.networks(rng), (65,), (b"",), field.encoding, field.channels)
    with pytest.raises(SpecError, match="a group of 65 frames; at most 64"):
        codec.encode(field, tensors, exponents, signal, clip)


def test_groups_and_their_encoding_go_together():
    signal, field, tensors, exponents, groups, _ = made("three groups")
    with pytest.raises(SpecError, match="grids are needed"):
        codec.encode(field, tensors, exponents, signal)
    plain = replace(field, encoding=EncodingSpec())
    shapes = fields.tensor_shapes(plain)
    others = {n: np.zeros(s, np.float32) for n, s in shapes.items()}
    with pytest.raises(SpecError, match="needs the groups|grids are needed"):
        codec.encode(plain, others, dict.fromkeys(shapes, 3), signal, groups)
    few = replace(groups, lengths=groups.lengths[:2], streams=groups.streams[:2])
    with pytest.raises(SpecError, match="a clip needs the groups of all its frames"):
        codec.encode(field, tensors, exponents, signal, few)


@pytest.mark.parametrize("shape", [(7, 20, 38), (7, 21, 37), (8, 20, 37)])
def test_an_encoding_of_another_shape_than_the_clip_is_refused(shape):
    signal, field, tensors, exponents, groups, _ = made("three groups")
    other = replace(field, encoding=replace(field.encoding, shape=shape))
    with pytest.raises(SpecError, match="they must agree"):
        codec.encode(other, tensors, exponents, signal, groups)


def test_a_base_has_no_place_in_the_header_of_clips():
    signal, field, tensors, exponents, groups, _ = made("the smallest")
    with pytest.raises(SpecError, match="has no base"):
        codec.encode(
            replace(field, encoding=replace(field.encoding, base=3.0)), tensors, exponents, signal, groups
        )


def test_a_still_clip_costs_little_more_than_its_first_frame(rng):
    """What holds still is 0 in all but the low band, and blocks of zeros are cheap to foresee."""
    _, field = some.clip((1,), (32, 48), 1, levels=3)
    nothing = {
        inputs: codec.Context({n: np.zeros(s, np.int32) for n, s in codec.context_shapes(inputs).items()})
        for inputs in (codec.POINT_INPUTS, codec.BLOCK_INPUTS)
    }
    nothing[codec.BLOCK_INPUTS].weights["3.bias"][0] = -400
    nets = codec.ClipNetworks(*nothing.values())
    sizes = []
    for frames in (1, 16):
        (shapes,) = some.shapes_of(field, (frames,))
        own = some.integers(np.random.default_rng(0), shapes, empty=0.0)
        low = np.concatenate([own.low[:1], 0 * own.low[1:]])
        still = replace(own, low=low, stages=(own.stages[0], *[codec.EMPTY] * (len(own.stages) - 1)))
        sizes.append(len(codec.write_group(still, shapes, nets)))
    assert sizes[1] <= sizes[0] + 40

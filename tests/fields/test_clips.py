"""Fields over clips: bands in time, the planes of frames, and what lies between the frames."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from inr import coords, fields, reconstruct
from inr.errors import SpecError
from inr.fields import clips
from inr.fields.grids import mixing
from inr.specs import EncodingSpec, FieldSpec
from tests.codec import random_clips, random_grids

# Frames of each group, shape of a frame, channels, levels.
CASES = {
    "colours in three groups": ((5, 1, 3), (12, 17), 3, 2),
    "grey": ((6,), (9, 8), 1, 3),
    "two channels, one frame": ((1,), (8, 11), 2, 1),
    "four channels, groups of one frame": ((1, 1, 1), (6, 5), 4, 1),
}
every_case = pytest.mark.parametrize("name", CASES)


@dataclass
class Held:
    """Groups that are kept, and which of them were asked for."""

    lengths: tuple[int, ...]
    tensors: list[dict[str, np.ndarray]]
    asked: list[int] = field(default_factory=list)

    def group(self, index):
        self.asked.append(index)
        return self.tensors[index]


def film(frames, shape, channels, still=False, seed=0):
    """Waves that move, an edge and a little noise: float32 [T, H, W, C]."""
    rng = np.random.default_rng(seed)
    t, y, x = np.meshgrid(np.arange(frames), *(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    t = 0.0 * t if still else 0.3 * t
    parts = [np.sin(3 * x + c + t) * 0.5 + 0.3 * (x + y > 0.2 * t) for c in range(channels)]
    noise = rng.normal(0, 0.05, (1 if still else frames, *shape, channels))
    return (np.stack(parts, -1) + noise).astype(np.float32)


def made(name, still=False, silent=False) -> Any:
    """(field, signal, frames): a clip's coefficients, and an MLP of random weights."""
    lengths, shape, channels, levels = CASES[name]
    signal, spec = random_clips.clip(lengths, shape, channels, levels, width=4)
    frames = film(sum(lengths), shape, channels, still)
    parts = np.split(frames, np.cumsum(lengths)[:-1])
    groups = Held(lengths, [fields.analyse(part, spec.encoding) for part in parts])
    tensors, _ = random_grids.network(np.random.default_rng(1), spec)
    if silent:
        tensors = {n: np.zeros_like(t) if n.startswith("output.") else t for n, t in tensors.items()}
    return fields.Field(spec, tensors, groups), signal, frames


def whole(of, signal, **options):
    return np.concatenate([b.values for b in reconstruct.blocks(of, signal, **options)])


def weights_at(x, n):
    """[M, n]: how much of each frame is at each coordinate."""
    index, weights = clips._taps(np.asarray(x, dtype=float), n)
    out = np.zeros((len(index), n))
    for k in range(4):
        np.add.at(out, (np.arange(len(index)), index[:, k]), weights[:, k])
    return out


def place(t, n):
    """The coordinate of a time in frames."""
    return (2.0 * np.asarray(t) + 1.0) / n - 1.0


@pytest.mark.parametrize("n", range(1, 34))
def test_bands_and_frames_are_turned_into_each_other(rng, n):
    frames = rng.normal(size=(n, 3, 2))
    values = clips.to_bands(frames)
    assert values.shape == frames.shape
    np.testing.assert_allclose(clips.to_frames(values), frames, rtol=0, atol=1e-12)
    np.testing.assert_allclose(clips.to_bands(clips.to_frames(frames)), frames, rtol=0, atol=1e-12)
    single = frames.astype(np.float32)
    assert clips.to_bands(single).dtype == np.float32
    np.testing.assert_allclose(clips.to_frames(clips.to_bands(single)), single, rtol=0, atol=5e-6)


@pytest.mark.parametrize("n", range(1, 34))
def test_bands_are_named_in_the_order_in_which_they_stand(n):
    found = clips.bands(n)
    assert len(found) == len(set(found)) == n
    assert found[0] == (max(level for level, _ in found), 0)
    assert found[1:] == sorted(found[1:], key=lambda band: (-band[0], band[1]))
    for level in range(found[0][0]):
        length = n
        for _ in range(level):
            length = (length + 1) // 2
        assert sum(own == level for own, _ in found) == length // 2


@pytest.mark.parametrize("n", [2, 5, 9, 16, 33])
def test_the_last_bands_tell_how_neighbours_differ_and_the_first_what_all_have(n):
    still = clips.to_bands(np.ones(n))
    top = clips.bands(n)[0][0]
    np.testing.assert_allclose(still, [2.0 ** (top / 2), *[0.0] * (n - 1)], rtol=0, atol=1e-7)
    flicker = np.square(clips.to_bands((-1.0) ** np.arange(n)))
    fast = n // 2  # bands of level 0
    assert flicker[n - fast :].sum() > 0.8 * flicker.sum()


@pytest.mark.parametrize("n", range(1, 34))
def test_the_energy_of_a_group_is_nearly_kept(rng, n):
    """Short groups are mostly ends, where the transform is less orthonormal."""
    noise = rng.normal(size=(n, 4000))
    energy = np.square(noise).sum()
    assert np.square(clips.to_frames(noise)).sum() == pytest.approx(energy, rel=0.12)
    assert np.square(clips.to_bands(noise)).sum() == pytest.approx(energy, rel=0.1 if n >= 24 else 0.25)


@every_case
def test_the_coefficients_of_a_clip_are_put_together_to_it_again(name):
    of, signal, frames = made(name, silent=True)
    groups = of.groups
    for index, count in enumerate(groups.lengths):
        shapes = {n: t.shape for n, t in groups.group(index).items()}
        assert shapes == clips.band_shapes(of.spec.encoding, signal.channels, count)
        assert list(shapes) == list(clips.band_shapes(of.spec.encoding, signal.channels, count))
    np.testing.assert_allclose(whole(of, signal), 0.5 * frames + 0.5, rtol=0, atol=5e-6)
    values = [groups.group(index) for index in range(len(groups.lengths))]
    planes = [plane for own in values for plane in fields.planes_of_group(own, of.spec.encoding)]
    for t, plane in enumerate(planes):
        np.testing.assert_array_equal(of.planes.of_frame(t).planes, plane)
        components = np.einsum("ij,hwj->ihw", mixing(signal.channels), frames[t])
        np.testing.assert_allclose(plane[: signal.channels], components, rtol=0, atol=5e-6)
    assert len(planes[0]) == fields.encoded_size(of.spec.encoding, 3, signal.channels)


@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_weights_between_frames_sum_to_1_and_agree_at_frames(n):
    x = np.linspace(-1, 1, 301)
    np.testing.assert_allclose(weights_at(x, n).sum(1), 1.0, rtol=0, atol=1e-6)
    np.testing.assert_allclose(weights_at(coords.axis(n), n), np.eye(n), rtol=0, atol=1e-6)


def test_a_steady_change_goes_on_between_frames():
    n = 9
    t = np.linspace(1.0, n - 2.0, 200)  # beyond these, a mirrored frame has a part in it
    np.testing.assert_allclose(weights_at(place(t, n), n) @ np.arange(n), t, rtol=0, atol=1e-5)
    np.testing.assert_allclose(weights_at(place(t, n), n) @ np.arange(n) ** 2, t**2, rtol=0, atol=1e-4)


def test_weights_are_those_of_the_kernel():
    """Keys 1981, equation 15, with its pieces in the other order."""

    def kernel(s):
        s = abs(s)
        far = 0.5 * (1 - s) * (2 - s) ** 2 if s < 2 else 0.0
        return 1 - s**2 * (5 - 3 * s) / 2 if s < 1 else far

    n = 9
    for t in (2.0, 2.25, 3.5, 4.9, 6.01):
        want = [kernel(t - k) for k in range(n)]
        np.testing.assert_allclose(weights_at(place([t], n), n)[0], want, rtol=0, atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_the_ends_are_mirrored_about_the_first_and_last_border(n):
    """As if the frames 1, 0, 0, 1 .. n-1, n-1, n-2 stood there, and nothing beyond them changes."""
    t = np.array([-0.5, -0.4, -0.1])
    inside = np.arange(-2, n + 2)
    mirrored = [int(np.clip(min(max(k, -1 - k), 2 * n - 1 - max(k, -1 - k)), 0, n - 1)) for k in inside]
    wide = weights_at(place(t + 2, n + 4), n + 4)
    want = np.zeros((3, n))
    for source, target in enumerate(mirrored):
        want[:, target] += wide[:, source]
    np.testing.assert_allclose(weights_at(place(t, n), n), want, rtol=0, atol=1e-6)
    np.testing.assert_allclose(weights_at(place(n - 1 - t, n), n), want[:, ::-1], rtol=0, atol=1e-6)
    beyond = weights_at([-1.5, -1.0, 1.0, 1.5], n)
    np.testing.assert_array_equal(beyond[[0, 3]], beyond[[1, 2]])


@every_case
def test_a_still_clip_is_the_same_at_every_time(name):
    of, signal, frames = made(name, still=True)
    times = np.linspace(-1, 1, 41)
    got = reconstruct.points(of, [times, *(coords.axis(n) for n in signal.shape[1:])])
    np.testing.assert_allclose(got, np.broadcast_to(got[:1], got.shape), rtol=0, atol=2e-5)
    for index in range(len(of.groups.lengths)):
        for tensor in of.groups.group(index).values():
            np.testing.assert_allclose(tensor[1:], 0.0, rtol=0, atol=3e-6)
    assert np.std(frames) > 0.1


def test_at_frames_the_time_beside_them_does_not_matter():
    of, signal, _ = made("colours in three groups")
    rest = [coords.axis(n) for n in signal.shape[1:]]
    whole_clip = of.planes.product(coords.axis(signal.shape[0]), *rest)
    for t in range(signal.shape[0]):
        got = of.planes.product(coords.axis(signal.shape[0])[t : t + 1], *rest)
        np.testing.assert_array_equal(got[0], whole_clip[t])
        np.testing.assert_array_equal(got[0], np.moveaxis(of.planes.of_frame(t).planes, 0, -1))


def test_value_and_slope_are_continuous_in_time_over_frames_and_groups():
    """Where steps are a quarter, first differences fall by 4 and second ones by 16."""
    of, signal, _ = made("colours in three groups")
    n, largest = signal.shape[0], []
    for density in (16, 64):
        x = np.linspace(-1, 1, n * density + 1)
        line = np.stack([x, np.full(len(x), 0.211), np.full(len(x), -0.4)], 1)
        values = of.planes.points(line).astype(float)
        largest.append([np.abs(np.diff(values, order, axis=0)).max() for order in (1, 2)])
    first, second = np.divide(*largest)
    assert first > 3
    assert second > 10


def test_the_slope_at_a_frame_is_the_same_from_both_sides():
    of, signal, _ = made("colours in three groups")
    n, step = signal.shape[0], 1e-2  # of a frame
    border = [4, 5, 6]  # the last frame of the first group, the only one of the second, the next
    for t in [1, 2, *border, 7]:
        at = place([t - 2 * step, t - step, t, t + step, t + 2 * step], n)
        v = of.planes.points(np.stack([at, np.full(5, 0.3), np.full(5, 0.1)], 1)).astype(float)
        # One-sided differences of second order.
        before, after = (3 * v[2] - 4 * v[1] + v[0]) / (2 * step), (4 * v[3] - 3 * v[2] - v[4]) / (2 * step)
        np.testing.assert_allclose(before, after, rtol=0, atol=5e-3)
        frames = of.planes.points(np.stack([place([t - 1, t + 1], n), [0.3] * 2, [0.1] * 2], 1))
        np.testing.assert_allclose(before, (frames[1] - frames[0]) / 2, rtol=0, atol=5e-3)


@every_case
def test_points_of_any_order_are_those_of_the_product(rng, name):
    of, signal, _ = made(name)
    grids = [
        [coords.axis(n) for n in signal.shape],
        [np.sort(rng.uniform(-1, 1, n)) for n in (7, 4, 5)],
        [np.array([-1.0, coords.axis(signal.shape[0])[0], 1.0]), np.array([-1.0, 0.1]), np.array([0.3, 1.0])],
    ]
    for grid in grids:
        every = np.stack(np.meshgrid(*grid, indexing="ij"), -1).reshape(-1, 3)
        mixed = rng.permutation(len(every))
        product = of.planes.product(*grid)
        assert product.dtype == np.float32
        got = of.planes.points(every[mixed])
        np.testing.assert_allclose(got, product.reshape(len(every), -1)[mixed], rtol=0, atol=1e-5)
        values = reconstruct.points(of, grid).reshape(len(every), -1)
        np.testing.assert_allclose(fields.at_points(of, every), values, rtol=0, atol=2e-5)
    assert fields.at_points(of, np.zeros((0, 3))).shape == (0, signal.channels)


@every_case
@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("scale", [(1, 1, 1), (2, 1, 1), (3, 2, 2), (0.5, 0.7, 1)])
def test_bits_do_not_depend_on_blocks_or_spans(name, engine, scale):
    of, signal, _ = made(name)
    shape = tuple(max(1, round(n * s)) for n, s in zip(signal.shape, scale, strict=True))
    signal = replace(signal, shape=shape)
    want = whole(of, signal, engine=engine)
    assert want.shape == (*shape, signal.channels)
    np.testing.assert_array_equal(whole(of, signal, engine=engine, memory_bytes=30_000), want)
    for start in range(0, shape[0], 2):
        got = whole(of, signal, engine=engine, span=(start, start + 1))
        np.testing.assert_array_equal(got, want[start : start + 1])


@every_case
def test_numpy_and_torch_agree(name):
    of, signal, _ = made(name)
    numpy, torch = (whole(of, signal, engine=engine) for engine in ("numpy", "torch"))
    np.testing.assert_allclose(numpy, torch, rtol=0, atol=5e-6)


def test_a_group_is_asked_for_when_its_frames_are_and_once_in_a_run():
    of, signal, _ = made("colours in three groups")
    rest = [coords.axis(n) for n in signal.shape[1:]]
    assert of.groups.asked == []
    of.planes.product(coords.axis(signal.shape[0])[2:4], *rest)
    assert of.groups.asked == [0]
    of.planes.product(coords.axis(signal.shape[0])[5:6], *rest)
    assert of.groups.asked == [0, 1]
    of.groups.asked.clear()
    of, signal, _ = made("colours in three groups")
    whole(of, signal)
    assert of.groups.asked == [0, 1, 2]
    # Between frames too: those that four frames around a time need are kept.
    of, signal, _ = made("grey")
    whole(of, replace(signal, shape=(31, *signal.shape[1:])))
    assert of.groups.asked == [0]


@pytest.mark.parametrize("lengths", [(), (5, 1), (5, 1, 4), None])
def test_a_clip_without_the_groups_of_all_its_frames_is_refused(lengths):
    of, _, _ = made("colours in three groups")
    groups = None if lengths is None else Held(lengths, [])
    with pytest.raises(SpecError, match="a clip needs the groups of all its frames"):
        fields.Field(of.spec, of.tensors, groups)


def test_groups_for_a_field_of_another_encoding_are_refused():
    of, _, _ = made("grey")
    spec = replace(of.spec, encoding=EncodingSpec())
    tensors = {n: np.zeros(s, np.float32) for n, s in fields.tensor_shapes(spec).items()}
    with pytest.raises(SpecError, match="others none"):
        fields.Field(spec, tensors, of.groups)


@pytest.mark.parametrize(
    ("shape", "count"),
    [((8, 8), 1), ((8, 8, 8, 8), 1), ((8, 1, 8), 1), ((0, 8, 8), 1), ((8, 8, 7), 3), ((8, 8, 8), 0), ((), 1)],
)
def test_a_clip_whose_frames_cannot_be_split_so_often_is_refused(shape, count):
    with pytest.raises(SpecError, match="encoding clips"):
        EncodingSpec("clips", count, shape=shape)


@pytest.mark.parametrize(
    "change", [{"dims": 2, "tiles": (1, 1), "margin": (0, 0)}, {"tiles": (2, 1, 1)}, {"gain": True}]
)
def test_a_field_of_clips_has_three_axes_one_tile_and_no_gain(change):
    of, _, _ = made("grey")
    with pytest.raises(SpecError, match="as many axes as its grid, one tile and no gain"):
        replace(of.spec, **change)


def test_params_count_the_numbers_of_all_groups():
    of, _, frames = made("colours in three groups")
    assert of.params == frames.size + sum(t.size for t in of.tensors.values())
    assert FieldSpec.from_json(of.spec.to_json()) == of.spec

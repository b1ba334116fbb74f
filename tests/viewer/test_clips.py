"""Clips by grids: the page's decoder finds Python's integers, and its field Python's values."""

from pathlib import Path

import numpy as np
import pytest

from inr import codec, reconstruct
from inr.errors import FormatError
from tests.codec import random_clips
from tests.viewer import made, made_clips
from tests.viewer.javascript import array, ask, text, value
from tests.viewer.test_damage import mutated, refused, resealed
from tests.viewer.test_values import assert_near, pixels, raster

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*-clips-*.inr"))


def dense(bands, parts, dtype, what):
    """Tensors of a group, [bands, C, ...], of what the page found in each band that is not 0."""
    size = sum(int(np.prod(part["shape"])) for part in parts)
    flat = np.zeros((len(bands), size), dtype=dtype)
    for row, band in zip(flat, bands, strict=True):
        row[array(band["places"], "<u4")] = array(band[what], dtype)
    cut = {p["name"]: flat[:, p["start"] :][:, : int(np.prod(p["shape"]))] for p in parts}
    return {p["name"]: cut[p["name"]].reshape(len(bands), *p["shape"]) for p in parts}


def assert_same_groups(found, clip):
    """Integers and values of all groups are Python's, bit for bit."""
    assert tuple(found["lengths"]) == clip.lengths
    assert tuple(found["scale"].values()) == (clip.step, *clip.shrink)
    for index, group in enumerate(found["groups"]):
        (shapes,) = random_clips.shapes_of(clip, clip.lengths[index : index + 1])
        own = random_clips.read(clip, index)
        want = random_clips.dense(own, shapes)
        values = codec.group_values(own, shapes, clip.step, clip.shrink)
        integers = dense(group["bands"], found["parts"], "<i4", "integers")
        exact = dense(group["bands"], found["parts"], "<u4", "values")
        for name, q in want.items():
            np.testing.assert_array_equal(integers[name], q)
            np.testing.assert_array_equal(exact[name], values[name].view(np.uint32))
        low = array(group["low"], "<u4").reshape(shapes["grid.low"])
        np.testing.assert_array_equal(low, values["grid.low"].view(np.uint32))


def test_integers_and_values_of_golden_and_random_clips_are_the_same(tmp_path):
    files = [path.read_bytes() for path in GOLDEN]
    files += [made_clips.random_file(seed)[0] for seed in range(8)]
    assert len(files) >= 11
    answers = ask([{"ask": "groups", "file": text(data)} for data in files], tmp_path)
    for answer, data in zip(answers, files, strict=True):
        assert_same_groups(value(answer), codec.decode(data).grids)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_frames_are_those_that_decode_writes_at_any_scale(channels, tmp_path):
    data, want = made_clips.film((4, 1, 3), (48, 37), channels, channels=channels)
    frames = made.decoded(want.field, want.signal).reshape(8, 48, 37, channels)
    places = [0, 3, 4, 7]
    views = [raster(37, 48, t=(2 * frame + 1) / 8 - 1) for frame in places]
    views.append(raster(20, 10, x=7, y=31, of=(48, 37), t=5 / 8))
    answers = ask([{"ask": "raster", "file": text(data), "view": view} for view in views], tmp_path)
    for frame, answer in zip(places, answers, strict=False):
        assert_near(pixels(answer, 48, 37, channels), frames[frame])
    assert_near(pixels(answers[-1], 10, 20, channels), frames[6][31:41, 7:27])


def test_values_at_frames_between_them_and_at_both_ends_are_those_of_python(rng, tmp_path):
    requests, wanted = [], []
    for lengths in ((1,), (2,), (1, 1, 1, 1), (5, 4), (9,), (2, 1, 6)):
        data, want = made_clips.film(lengths, (24, 31), seed=len(lengths))
        n = sum(lengths)
        frames = (2 * np.arange(n) + 1) / n - 1
        times = np.sort(np.r_[-1.0, 1.0, frames, rng.uniform(-1, 1, 9)])
        grid = [times, *(np.sort(np.r_[-1.0, 1.0, rng.uniform(-1, 1, m)]) for m in (4, 5))]
        requests.append({"ask": "values", "file": text(data), "grid": [x.tolist() for x in grid]})
        wanted.append(reconstruct.points(want.field, grid))
    for answer, want in zip(ask(requests, tmp_path), wanted, strict=True):
        got = array(value(answer), np.float64).reshape(want.shape)
        assert np.ptp(want) > 1
        np.testing.assert_allclose(got, want, rtol=0, atol=2e-5)


def test_a_moment_that_rounding_moved_off_its_frame_is_the_frame_itself(tmp_path):
    data, _ = made_clips.film((5, 4), (24, 31))
    exact = 2 * (5 + 0.5) / 9 - 1
    grid = [[exact, exact + 1e-8, exact + 1e-3], [0.1], [0.2]]
    (answer,) = ask([{"ask": "values", "file": text(data), "grid": grid}], tmp_path)
    at, beside, between = array(value(answer), np.float64).reshape(3, 3)
    assert at.tolist() == beside.tolist()
    assert np.abs(at - between).max() > 1e-6


def test_every_flipped_byte_and_every_cut_of_a_clip_is_refused(tmp_path):
    data, _ = made_clips.film((2, 1), (6, 5), levels=1, step=0.3)
    broken = [data[:cut] for cut in range(len(data))]
    broken += [data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :] for i in range(len(data))]
    answers = ask([{"ask": "file", "file": text(d)} for d in broken], tmp_path)
    assert [i for i, answer in enumerate(answers) if not refused(answer)] == []


def test_changes_of_a_clip_behind_a_right_crc_are_refused_with_their_reason(tmp_path):
    data, want = made_clips.film((4, 2), (24, 31))
    at, lengths = _places(want.grids)
    broken = {
        "a step of 0": (lambda p: b"\0" + p[3:], "clips: step 0 is out of range"),
        "no network": (lambda p: p[:4] + b"\0", "is out of range; it is damaged"),
        "a group of no frames": (
            lambda p: _put(p, lengths, 0),
            "clips: a group of 0 frames, where 6 are left",
        ),
        "a longer group": (lambda p: _put(p, lengths, 7), "clips: a group of 7 frames, where 6 are left"),
        "another length": (lambda p: _put(p, lengths, 5), "clips: a group of 2 frames, where 1 are left"),
        "bytes cut off": (lambda p: p[:-4], "the file was cut short or damaged"),
        "bytes that follow": (lambda p: p + bytes(4), "clips: 4 bytes follow its last field"),
        "another last word": (lambda p: p[:-4] + bytes(4), "group 2 of 2: "),
        "all bits set": (lambda p: p[:-99] + b"\xff" * 99, "group 2 of 2: "),
        "coarsest grids of zeros": (lambda p: p[:at] + b"\0" * 99 + p[at + 99 :], "group 1 of 2: "),
    }
    files = [resealed(data, "G", change) for change, _ in broken.values()]
    answers = ask([{"ask": "groups", "file": text(d)} for d in files], tmp_path)
    for (name, (_, reason)), answer in zip(broken.items(), answers, strict=True):
        assert refused(answer), name
        assert reason in answer["message"], (name, answer)


def _places(clip):
    """Of the first group's bytes and of its length: a length takes a byte, a size here two."""
    at = len(codec.clips.write(clip)) - sum(map(len, clip.streams))
    assert all(128 <= len(stream) < 1 << 14 for stream in clip.streams)
    return at, at - 3 * len(clip.streams)


def _put(payload, place, byte):
    return payload[:place] + bytes([byte]) + payload[place + 1 :]


def test_both_decoders_have_the_same_opinion_of_changed_groups(rng, tmp_path):
    sources = [made_clips.film((3, 2), (13, 21), seed, levels=2, step=0.2)[0] for seed in range(3)]
    files = []
    for _ in range(50):
        # Step and shrink, which are free to be others, or anything.
        head = int(rng.choice([4, 1 << 20]))
        change = lambda payload, n=head: mutated(rng, payload[:n]) + payload[n:]  # noqa: E731
        files.append(resealed(sources[int(rng.integers(3))], "G", change))
    answers = ask([{"ask": "groups", "file": text(data)} for data in files], tmp_path)
    accepted = 0
    for answer, data in zip(answers, files, strict=True):
        try:
            clip = codec.decode(data).grids
            for index in range(len(clip.lengths)):
                clip.group(index)
        except FormatError:
            assert refused(answer), answer
            continue
        accepted += 1
        assert_same_groups(value(answer), clip)
    assert accepted > 5


def _larger(lengths, frame):
    """A file whose header and group promise more than its bytes hold."""
    data, want = made_clips.film((1,), (24, 31))
    _, length = _places(want.grids)
    head = codec.header.pack(*random_clips.clip(lengths, frame, 3, 3, width=12, hidden=1))
    return resealed(resealed(data, "H", lambda _: head), "G", lambda p: _put(p, length, lengths[0]))


def test_a_frame_that_is_too_large_for_a_page_is_refused_before_memory_is_taken(tmp_path):
    request = {"ask": "values", "file": text(_larger((1,), (8192, 8192))), "grid": [[0], [0], [0]]}
    (answer,) = ask([request], tmp_path)
    assert answer == {"error": "Error", "message": "Frames of 201326592 values are too large for a page."}


@pytest.mark.parametrize(
    ("lengths", "frame", "reason"),
    [
        ((65,), (8, 8), "65 frames; at most 64 are allowed"),
        ((2,), (8192, 8192), "2 frames has 402653184 values; at most 67108864 may be"),
    ],
)
def test_groups_beyond_the_limits_are_refused(lengths, frame, reason, tmp_path):
    (answer,) = ask([{"ask": "file", "file": text(_larger(lengths, frame))}], tmp_path)
    assert refused(answer)
    assert answer["message"] == f"clips: a group of {reason}"

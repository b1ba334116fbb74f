"""The signals of `bench raf`: a crop is a part of the whole, with the whole's coordinates."""

import numpy as np
import pytest

from inr.bench.raf_plan import QUICK
from inr.bench.raf_signals import SOURCES, make_signal
from tests.bench.small_jobs import tone, waves


def everything(signal):
    return np.arange(signal.count)


def test_coordinates_of_a_whole_signal_include_the_end_points_and_those_of_sound_reach_100():
    picture = make_signal("image", "waves", waves(5, 7), None)
    rows, columns = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 7), indexing="ij")
    np.testing.assert_allclose(
        picture.points(everything(picture)), np.stack([rows.ravel(), columns.ravel()], -1), atol=1e-7
    )
    sound = make_signal("audio", "tone", tone(41), None)
    np.testing.assert_allclose(sound.points(everything(sound))[:, 0], np.linspace(-100, 100, 41), atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "whole", "crop"),
    [
        ("image", waves(20, 31), (6, 9)),
        ("audio", tone(300), (50,)),
        ("video", np.stack([waves(9, 8, 3)] * 5), (3, 4, 4)),
    ],
)
def test_every_sample_of_a_crop_is_one_of_the_whole_at_its_coordinates(kind, whole, crop):
    full, part = (make_signal(kind, "it", whole, c) for c in (None, crop))
    assert part.shape == crop
    at = {
        tuple(x): v
        for x, v in zip(
            full.points(everything(full)).tolist(), full.targets(everything(full)).tolist(), strict=True
        )
    }
    points, values = part.points(everything(part)).tolist(), part.targets(everything(part)).tolist()
    assert [at[tuple(x)] for x in points] == values
    assert make_signal(kind, "it", whole, tuple(10 * n for n in whole.shape[:-1])).shape == whole.shape[:-1]


def test_pictures_and_clips_are_cropped_in_the_middle():
    axes = make_signal("image", "waves", waves(20, 30), (6, 10)).axes
    for axis in axes:
        np.testing.assert_allclose(axis, -axis[::-1], atol=1e-12)


def test_sound_is_cropped_where_it_is_loudest_and_divided_by_the_peak_of_the_whole():
    sound = np.zeros((100, 2), np.float32)
    sound[60:70] = 0.25
    sound[5] = -0.5  # the peak, alone
    part = make_signal("audio", "burst", sound, (10,))
    np.testing.assert_array_equal(part.targets(everything(part))[:, 0], np.full(10, 0.5, np.float32))
    assert part.axes[0][0] == pytest.approx(200 * 60 / 99 - 100)


@pytest.mark.parametrize(("kind", "native"), [("image", waves(6, 6)), ("audio", tone(40))])
def test_targets_are_in_minus_one_to_one_and_come_back(kind, native):
    signal = make_signal(kind, "it", native, None)
    y, v = signal.targets(everything(signal)), signal.waveform(everything(signal))
    assert np.abs(y).max() <= 1.0
    np.testing.assert_allclose(signal.from_targets(y), v, atol=1e-7)
    assert signal.from_targets(np.array([9.0])) == signal.from_targets(np.array([1.0]))


@pytest.mark.parametrize("shape", [(7, 8), (6, 5)])
def test_the_half_signal_and_what_it_leaves_out_are_the_whole(shape):
    signal = make_signal("image", "waves", waves(*shape), None)
    half = signal.half()
    left = signal.points(signal.left_out()).tolist()
    kept = half.points(everything(half)).tolist()
    assert sorted(left + kept) == sorted(signal.points(everything(signal)).tolist())
    assert half.shape == tuple(-(-n // 2) for n in shape)


def test_the_pictures_are_small_grey_and_different_and_need_no_data():
    loaded = [s.load(None, None) for s in SOURCES if s.experiment == "image"]
    assert [(s.name, s.native.shape, s.native.dtype.name) for s in loaded if s is not None] == [
        (name, (256, 256, 1), "uint8") for name in ("camera", "astronaut", "cat", "coins")
    ]
    means = {round(float(s.native.mean())) for s in loaded if s is not None}
    assert len(means) == 4


def test_without_the_data_sound_and_video_are_absent(tmp_path):
    for data in (None, tmp_path):
        assert [s.load(data, None) for s in SOURCES if s.experiment != "image"] == [None] * 3


def test_the_reference_sounds_and_clip_are_those_of_the_paper(reference_data):
    found = [s.load(reference_data, QUICK.crop[s.experiment]) for s in SOURCES[4:]]
    loaded = {s.name: s for s in found if s is not None}
    bach, counting, bikes = loaded["bach"], loaded["counting"], loaded["bikes"]
    assert bach.shape == counting.shape == (2048,)
    assert bach.axes[0][1] - bach.axes[0][0] == pytest.approx(200 / 308_206, rel=1e-6)
    assert bikes.native.shape == (16, 34, 40, 3)
    steps = [axis[1] - axis[0] for axis in bikes.axes]
    assert steps == pytest.approx([2 / 249, 2 / 271, 2 / 639])

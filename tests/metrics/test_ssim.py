import numpy as np
import pytest
from skimage import data
from skimage.metrics import structural_similarity

from inr.errors import SignalError
from inr.metrics import PictureSsim, VideoSsim, ssim

SETTINGS = {
    "gaussian_weights": True,
    "sigma": 1.5,
    "use_sample_covariance": False,
    "data_range": 1.0,
    "channel_axis": -1,
}


def pair(rng, shape):
    y, x = np.mgrid[: shape[0], : shape[1]]
    smooth = 0.5 + 0.4 * np.sin(x / 7) * np.cos(y / 11)
    reference = np.clip(smooth[..., None] + rng.normal(0, 0.05, shape), 0, 1)
    return reference, np.clip(reference + rng.normal(0, 0.1, shape), 0, 1)


@pytest.mark.parametrize("shape", [(11, 11, 1), (40, 17, 3), (37, 64, 4)])
def test_one_picture_has_the_value_of_scikit_image(rng, shape):
    reference, estimate = pair(rng, shape)
    want = structural_similarity(reference, estimate, **SETTINGS)
    assert ssim(reference, estimate) == pytest.approx(want, abs=1e-12)


def test_strips_give_the_value_of_the_whole_picture(rng):
    """1500 columns make strips of 174 rows: 600 rows take four of them."""
    reference, estimate = pair(rng, (600, 1500, 1))
    want = structural_similarity(reference, estimate, **SETTINGS)
    assert ssim(reference, estimate) == pytest.approx(want, abs=1e-9)


def test_a_photograph_in_float32_has_the_value_of_its_float64():
    picture = data.camera()[:200, :300, None] / 255.0
    coarse = np.round(picture * 15) / 15
    want = structural_similarity(picture, coarse, **SETTINGS)
    assert ssim(picture.astype(np.float32), coarse.astype(np.float32)) == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize("shape", [(97, 33, 3), (400, 2000, 1)])
def test_any_split_into_rows_gives_the_same_value(rng, shape):
    reference, estimate = pair(rng, shape)
    want = structural_similarity(reference, estimate, **SETTINGS)
    for _ in range(4):
        cuts = np.sort(rng.integers(0, shape[0] + 1, rng.integers(1, 60)))
        metric = PictureSsim()
        for y, y_hat in zip(np.split(reference, cuts), np.split(estimate, cuts), strict=True):
            metric.update(y, y_hat)
        assert metric.compute() == pytest.approx(want, abs=1e-9)
        assert metric.compute() == pytest.approx(want, abs=1e-9), "asking twice must not change the value"


def test_video_is_the_mean_of_its_frames(rng):
    pairs = [pair(rng, (20, 31, 3)) for _ in range(5)]
    reference, estimate = (np.stack(side) for side in zip(*pairs, strict=True))
    metric = VideoSsim()
    metric.update(reference[:2], estimate[:2])
    metric.update(reference[2:], estimate[2:])
    want = np.mean([structural_similarity(y, y_hat, **SETTINGS) for y, y_hat in pairs])
    assert metric.compute() == pytest.approx(want, abs=1e-12)


def test_equal_pictures_have_1_and_noise_has_less(rng):
    reference, estimate = pair(rng, (32, 32, 3))
    assert ssim(reference, reference) == pytest.approx(1.0, abs=1e-12)
    assert ssim(reference, estimate) < 0.95


@pytest.mark.parametrize("shape", [(10, 40, 3), (40, 10, 3), (1, 1, 1)])
def test_under_11_pixels_a_side_there_is_no_value(shape):
    assert ssim(np.zeros(shape), np.zeros(shape)) is None
    metric = VideoSsim()
    metric.update(np.zeros((2, *shape)), np.zeros((2, *shape)))
    assert metric.compute() is None


def test_without_channels_or_with_other_shapes_it_refuses():
    with pytest.raises(SignalError, match="rows, width, channels"):
        ssim(np.zeros((20, 20)), np.zeros((20, 20)))
    with pytest.raises(SignalError, match=r"\(20, 20, 1\).*\(20, 20, 3\)"):
        ssim(np.zeros((20, 20, 1)), np.zeros((20, 20, 3)))


def test_values_that_are_not_finite_are_refused():
    picture = np.zeros((20, 20, 1))
    broken = picture.copy()
    broken[9, 9] = np.nan
    with pytest.raises(SignalError, match="NaN or infinity"):
        ssim(picture, broken)

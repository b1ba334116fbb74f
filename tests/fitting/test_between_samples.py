"""Between the samples the field must behave: an interpolation of the source is its judge there."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import shift

from inr import coords, reconstruct, signals
from inr.fitting import make_plan
from inr.fitting.fit import Fit
from inr.specs import FitSpec


def fitted(path, steps):
    request = FitSpec(steps=steps)
    with signals.open_reader(path) as reader:
        fit = Fit(request, make_plan(request, reader), reader, started=0.0)
        for _ in fit.run():
            pass
        fit.network.close()
        return fit.best()


@pytest.mark.slow
def test_a_picture_is_as_good_half_a_pixel_off_its_grid(reference_data):
    path = reference_data / "kodak" / "kodim15.png"
    field = fitted(path, 600)
    picture = np.asarray(Image.open(path)).astype(np.float64) / 255
    height, width = picture.shape[:2]
    inner = slice(8, -8)

    def psnr_db(down, right):
        grid = [coords.at(np.arange(n) + d, n) for n, d in ((height, down), (width, right))]
        got = reconstruct.to_signal(reconstruct.points(field, grid), "image")
        want = shift(picture, (-down, -right, 0), order=5, mode="nearest")
        return -10 * np.log10(np.square(want - got)[inner, inner].mean())

    on_grid = psnr_db(0.0, 0.0)
    assert on_grid > 29
    assert min(psnr_db(0.5, 0.0), psnr_db(0.0, 0.5), psnr_db(0.5, 0.5)) > on_grid - 1.0


@pytest.mark.slow
def test_a_sound_is_as_good_half_a_sample_off_its_grid(reference_data):
    path = reference_data / "audio" / "gt_bach.wav"
    field = fitted(path, 150)
    with signals.open_reader(path) as reader:
        wave = signals.to_float(reader.read(0, reader.spec.shape[0]))[:, 0].astype(np.float64)
    count = len(wave)
    bands = np.fft.rfft(wave) * np.exp(1j * np.pi * np.arange(count // 2 + 1) / count)
    halfway = np.fft.irfft(bands, count)[100:-100]
    got = reconstruct.points(field, [coords.at(np.arange(100, count - 100) + 0.5, count)])[:, 0]
    assert 10 * np.log10(np.square(halfway).sum() / np.square(halfway - got).sum()) > 28

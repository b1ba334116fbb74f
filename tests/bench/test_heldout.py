"""Between the samples: the coordinates of the pixels left out, and both judges."""

import numpy as np
import pytest

from inr import coords, fields
from inr.bench.heldout import held_out, on_full_grid, spline
from inr.specs import ActivationSpec, FieldSpec
from tests.bench.small_jobs import waves


def affine_field(rows, columns, constant):
    """f(x) = rows · x_0 + columns · x_1 + constant, exactly."""
    spec = FieldSpec(2, 1, (1, 1), (0, 0), 1, 0, activation=ActivationSpec("raf", bases=("linear",)))
    tensors = {n: np.zeros(s, np.float32) for n, s in fields.tensor_shapes(spec).items()}
    tensors["layer0.weight"][0, :, 0] = rows, columns
    tensors["layer0.amplitude"][...] = 1.0
    tensors["output.weight"][...] = 1.0
    tensors["output.bias"][...] = constant
    return fields.Field(spec, tensors)


@pytest.mark.parametrize("shape", [(8, 12), (9, 12), (9, 7)])
def test_a_ramp_through_the_half_picture_is_the_ramp_on_the_whole_one(shape):
    """Values 2i + 3j at pixel (i, j), so 4k + 6l at sample (k, l) of the half picture."""
    half = [-(-n // 2) for n in shape]
    # Coordinates grow by 2 / n' a sample, and sample 0 sits at 1 / n' - 1.
    rows, columns = 4 * half[0] / 2, 6 * half[1] / 2
    field = affine_field(rows, columns, -rows * coords.at(0, half[0]) - columns * coords.at(0, half[1]))
    i, j = np.mgrid[0 : shape[0], 0 : shape[1]]
    got = 2.0 * on_full_grid(field, shape)[..., 0] - 1.0
    np.testing.assert_allclose(got, 2 * i + 3 * j, atol=1e-4)


@pytest.mark.parametrize("shape", [(16, 20), (17, 21)])
def test_the_spline_passes_through_the_samples_and_follows_a_parabola_between_them(shape):
    i, j = np.mgrid[0 : shape[0], 0 : shape[1]]
    picture = (i + j).astype(np.uint8)[..., None]
    got = 255.0 * spline(picture[::2, ::2], shape)
    np.testing.assert_allclose(got[::2, ::2], picture[::2, ::2], atol=1e-9)
    inside = (slice(5, -6), slice(5, -6))
    np.testing.assert_allclose(got[inside], picture[inside], atol=0.05)


def test_a_smooth_picture_is_found_again_between_its_samples():
    got = held_out(waves(32, 32), 800, 1.0)
    assert got.ours_db > 25
    assert got.spline_db > 25

"""Encodings by scalar loop."""

import numpy as np
import pytest
import torch

from inr import fields
from inr.specs import EncodingSpec
from tests.fields.scalar_field import encoded, random_field, some_spec


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(
    "spec", [EncodingSpec(), EncodingSpec("fourier", 1), EncodingSpec("fourier", 5, 1.4375)], ids=str
)
def test_encodings_equal_a_scalar_loop(rng, spec, dims):
    # The first layer is made a window on the encoding: weight 1 on one value, linear activation.
    size = fields.encoded_size(spec, dims)
    field = some_spec(
        "raf", ("linear",), dims=dims, channels=size, tiles=(1,) * dims, margin=(0,) * dims, width=size,
        hidden=0, encoding=spec,
    )  # fmt: skip
    t = {name: np.zeros(shape) for name, shape in fields.tensor_shapes(field).items()}
    t["layer0.weight"][0] = t["output.weight"][0] = np.eye(size)
    t["layer0.amplitude"][...] = 1.0
    u = rng.uniform(-1.2, 1.2, (1, 20, dims))
    want = [[encoded(point, spec) for point in u[0].tolist()]]
    np.testing.assert_allclose(fields.forward(np, field, t, u), want, rtol=1e-12, atol=1e-12)
    in_torch = {name: torch.tensor(v) for name, v in t.items()}
    np.testing.assert_allclose(
        fields.forward(torch, field, in_torch, torch.tensor(u)).numpy(), want, rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("count", [1, 4, 64])
def test_a_fourier_encoding_has_two_values_a_frequency_and_axis_and_no_parameters(count):
    assert fields.encoded_size(EncodingSpec("fourier", count), 3) == 3 + 6 * count
    with_it = some_spec(encoding=EncodingSpec("fourier", count))
    more = fields.param_count(with_it) - fields.param_count(some_spec())
    assert more == 2 * 2 * count * with_it.width * with_it.tile_count


def test_the_identity_hands_on_what_it_gets(rng):
    field = random_field(some_spec(tiles=(1, 1), margin=(0, 0), hidden=0))
    u = rng.uniform(-1, 1, (1, 9, 2))
    z = u @ field.tensors["layer0.weight"] + field.tensors["layer0.bias"][:, None]
    p, q = field.tensors["layer0.amplitude"][0].astype(np.float64)
    theta = 6.0 * z
    h = np.sin(theta) + p * np.sin(2 * theta) + q * np.cos(2 * theta)
    want = h @ field.tensors["output.weight"] + field.tensors["output.bias"][:, None]
    np.testing.assert_allclose(fields.forward(np, field.spec, field.tensors, u), want, rtol=1e-6, atol=1e-6)

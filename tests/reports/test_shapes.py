"""Activation shapes: those of the formula, for every activation there is."""

import numpy as np
import pytest

from inr import fields
from inr.fields import Field
from inr.reports.shapes import shapes
from inr.specs import FieldSpec


def field_of(name, tiles=(3,), hidden=1):
    spec = FieldSpec(1, 1, tiles, (8,), 6, hidden, activation=fields.activation(name).default)
    return Field(spec, fields.initialise(spec, 4))


@pytest.mark.parametrize("name", sorted(fields.ACTIVATIONS))
def test_every_activation_has_shapes_and_an_untouched_one_has_not_changed(name):
    field = field_of(name)
    found = shapes(field.spec, 4, field)
    assert len(found) == 2
    for shape in found:
        assert shape.before.shape == shape.after.shape
        assert len(shape.z) == len(shape.before)
        assert np.isfinite(shape.after).all()
        assert not shape.trained


def test_the_shape_of_raf_is_its_formula_with_the_trained_amplitudes():
    field = field_of("raf", tiles=(1,))
    amplitude = field.tensors["layer1.amplitude"]
    amplitude[:] = 0.0
    amplitude[:, 0] = 0.5  # of sin 2θ
    first, second = shapes(field.spec, 4, field)
    theta = field.spec.activation.omega_hidden * second.z.astype(np.float64)
    want = np.sin(theta) + 0.5 * np.sin(2 * theta)
    for line in second.after.T:
        np.testing.assert_allclose(line, want, atol=1e-4)
    assert second.trained
    assert not first.trained


def test_the_range_is_that_of_the_pre_activations():
    field = field_of("relu")
    field.tensors["layer0.weight"][:] = 2.0
    field.tensors["layer0.bias"][:] = 0.0
    assert shapes(field.spec, 4, field)[0].z[-1] == pytest.approx(2.0, rel=0.05)

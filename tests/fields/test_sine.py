"""Sine against `math.sin`, and its start range."""

import math

import numpy as np
import pytest
import torch

from inr import fields
from inr.specs import ActivationSpec, FieldSpec


@pytest.mark.parametrize("omega", [1.0, 30.0, 3000.0])
def test_sine_equals_its_formula(rng, omega):
    spec, z = ActivationSpec("sine", (), omega, omega), rng.normal(0, 1, (2, 5, 3))
    want = np.vectorize(lambda v: math.sin(omega * v))(z)
    apply = fields.activation("sine").apply
    np.testing.assert_allclose(apply(np, z, {}, omega, spec), want, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        apply(torch, torch.tensor(z), {}, omega, spec).numpy(), want, rtol=1e-12, atol=1e-12
    )


def test_sine_has_no_parameters_of_its_own():
    spec = FieldSpec(2, 3, (1, 1), (0, 0), 64, 2, activation=ActivationSpec("sine"))
    assert fields.activation("sine").shapes(spec.activation, 64) == {}
    assert fields.param_count(spec) == (2 * 64 + 64) + 2 * (64 * 64 + 64) + 64 * 3 + 3


@pytest.mark.parametrize(("first", "hidden"), [(30.0, 30.0), (3000.0, 30.0), (10.0, 20.0)])
def test_weights_start_in_the_siren_range(first, hidden):
    spec = FieldSpec(1, 1, (4,), (8,), 64, 2, activation=ActivationSpec("sine", (), first, hidden))
    start = fields.initialise(spec, 1)
    for name, bound in {
        "layer0.weight": 1.0,
        "layer1.weight": math.sqrt(6 / 64) / hidden,
        "layer2.weight": math.sqrt(6 / 64) / hidden,
        "output.weight": math.sqrt(6 / 64) / hidden,
    }.items():
        assert bound * 0.9 <= np.abs(start[name]).max() <= bound * (1 + 1e-6)


def test_activations_keep_unit_scale_through_the_depth():
    spec = FieldSpec(2, 256, (1, 1), (0, 0), 256, 5, activation=ActivationSpec("sine"))
    start = fields.initialise(spec, 0)
    h = np.random.default_rng(0).uniform(-1, 1, (1, 2000, 2))
    for layer in range(6):
        z = 30 * (h @ start[f"layer{layer}.weight"] + start[f"layer{layer}.bias"][:, None])
        h = np.sin(z)
        # The arcsine law on [-1, 1] has this standard deviation (SIREN, section 3.2).
        assert h.std() == pytest.approx(math.sqrt(0.5), abs=0.08)

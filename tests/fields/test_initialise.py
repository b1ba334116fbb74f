"""Start values: the same for a seed on every machine, and in the ranges that are promised."""

import math

import numpy as np
import pytest

from inr import fields
from inr.specs import FieldSpec
from tests.fields.scalar_field import some_spec

NAMES = sorted(fields.ACTIVATIONS)


def spec_of(name, **changes):
    return some_spec(activation=fields.activation(name).default, **changes)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(name):
    spec = spec_of(name)
    first, again, other = (fields.initialise(spec, seed) for seed in (5, 5, 6))
    for key in fields.tensor_shapes(spec):
        assert first[key].tobytes() == again[key].tobytes()
    assert not np.array_equal(first["layer0.weight"], other["layer0.weight"])


@pytest.mark.parametrize("name", NAMES)
def test_start_values_fit_the_spec_and_are_finite_float32(name):
    spec = spec_of(name, gain=True)
    start = fields.initialise(spec)
    fields.Field(spec, start)
    assert list(start) == list(fields.tensor_shapes(spec))
    for tensor in start.values():
        assert tensor.dtype == np.float32
        assert tensor.flags.c_contiguous
        assert tensor.flags.writeable
        assert np.isfinite(tensor).all()


@pytest.mark.parametrize("name", NAMES)
def test_every_activation_starts_with_a_signal_of_sensible_size(name):
    spec = spec_of(name, width=32, tiles=(2, 2))
    u = np.random.default_rng(0).uniform(-1, 1, (4, 300, 2)).astype(np.float32)
    y = fields.forward(np, spec, fields.initialise(spec), u)
    assert 1e-3 < y.std() < 3.0


def test_the_global_generator_of_numpy_is_left_alone():
    np.random.seed(3)
    want = np.random.random(3)
    np.random.seed(3)
    fields.initialise(some_spec())
    np.testing.assert_array_equal(np.random.random(3), want)


def test_biases_start_within_one_over_the_root_of_the_fan_in():
    spec = FieldSpec(2, 3, (3, 3), (8, 8), 100, 2, activation=fields.activation("raf").default)
    start = fields.initialise(spec, 2)
    for key, fan_in in {"layer0.bias": 2, "layer1.bias": 100, "layer2.bias": 100}.items():
        bound = 1 / math.sqrt(fan_in)
        assert 0.95 * bound < np.abs(start[key]).max() <= bound * (1 + 1e-6)
        assert np.abs(start[key].mean()) < 0.1 * bound


def test_the_output_bias_starts_at_zero_and_gains_at_one():
    start = fields.initialise(some_spec(gain=True))
    np.testing.assert_array_equal(start["output.bias"], 0.0)
    np.testing.assert_array_equal(start["gain"], 1.0)


def test_tiles_start_differently():
    weights = fields.initialise(some_spec())["layer0.weight"]
    assert len({w.tobytes() for w in weights}) == len(weights)


# Written down once; a change here changes every fit with a seed, and belongs in the change log.
GOLDEN = {
    "sine": {
        "layer0.weight": [-0.48593298, -0.24223275, -0.028434619],
        "layer0.bias": [0.017395899, 0.46574217, -0.36976621],
        "output.weight": [-0.019808561, -0.0041556866, -0.0056905658],
    },
    "raf": {
        "layer0.weight": [-0.48593298, -0.24223275, -0.028434619],
        "layer0.bias": [0.017395899, 0.46574217, -0.36976621],
        "output.weight": [-0.0173543, 0.010008661, -0.029670076],
        "layer1.amplitude": [0.0, 0.0, 0.0],
        "layer2.amplitude": [-0.17514169, 0.24251451, -0.065110371],
    },
    "raf-image": {
        "layer0.weight": [-0.48593298, -0.24223275, -0.028434619],
        "layer0.bias": [-0.63969475, -0.21412164, -0.056133501],
        "output.weight": [-0.0046748435, 0.023326736, -0.0094300071],
        "layer1.amplitude": [0.0093507329, -0.014917973, -0.037786033],
        "layer1.frequency": [30.000025, 30.000435, 29.998337],
    },
    "raf-audio": {
        "layer0.weight": [-0.48593298, -0.24223275, -0.028434619],
        "layer0.bias": [-0.65750313, -0.35212824, 0.044698101],
        "output.weight": [0.0082953274, 0.0026745133, 0.025027579],
        "layer1.amplitude": [1.9012538, 2.046783, 2.0317466],
        "layer1.frequency": [28.508204, 26.221397, 2.7578208],
    },
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_first_numbers_of_seed_0_are_those_written_down(name):
    start = fields.initialise(spec_of(name), 0)
    for key, numbers in GOLDEN[name].items():
        np.testing.assert_allclose(start[key].reshape(-1)[: len(numbers)], numbers, rtol=1e-6)

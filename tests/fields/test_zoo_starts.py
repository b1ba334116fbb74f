"""How the activations of the zoo start: ranges of weights, values of their own, nothing shared."""

import itertools
import math

import numpy as np
import pytest

from inr import fields
from inr.specs import FieldSpec
from tests.fields.scalar_zoo import ZOO, some_parameters

every_one = pytest.mark.parametrize("name", ZOO)
WIDTH = 64

SIREN = [
    "finer",
    "spder",
    "hosc",
    "incode",
    "staf",
    "slaf",
    "slaf-fourier",
    "pau",
    "kat",
    "pwlu",
    "gp",
    "combination",
]
HE = ["relu", "lslu", "rational32", "apalu", "sqish", "talu"]
LINEAR = ["gauss", "wire", "wire-real", "sinc", "raf-groups"]
COUNTS = {  # numbers of one layer beside its weights and biases
    "finer": 0, "gauss": 0, "wire": 1, "wire-real": 0, "spder": 0, "sinc": 0, "relu": 0, "relu2": 0,
    "raf-groups": 0, "staf": 15, "incode": 4, "hosc": 1, "slaf": 7, "slaf-fourier": 7, "lslu": 8 * WIDTH,
    "pau": 10, "kat": 38, "rational32": 6, "pwlu": 21, "gp": 9, "combination": 4, "apalu": 2, "sqish": 3,
    "talu": 1,
}  # fmt: skip


def spec_of(name, **changes):
    settings = {"width": WIDTH, "hidden": 2, "tiles": (2, 2), "margin": (8, 8)} | changes
    return FieldSpec(2, 3, activation=fields.activation(name).default, **settings)


def bounds(name, fan_in, omega):
    """Of the first layer and of the others."""
    if name in SIREN:
        return 1 / 2, math.sqrt(6 / fan_in) / omega
    scale = 6.0 if name in HE else 1.0 if name in LINEAR else 2.0
    return math.sqrt(scale / 2), math.sqrt(scale / fan_in)


@every_one
def test_weights_start_uniform_in_the_range_that_is_promised(name):
    spec = spec_of(name)
    start = fields.initialise(spec, 1)
    first, other = bounds(name, WIDTH, spec.activation.omega_hidden)
    for key in ("layer0", "layer1", "layer2", "output"):
        bound, w = first if key == "layer0" else other, start[f"{key}.weight"]
        assert 0.95 * bound < np.abs(w).max() <= bound * (1 + 1e-6), key
        assert w.std() == pytest.approx(bound / math.sqrt(3), rel=0.1), key


def test_groups_start_in_the_siren_range_where_omega_is_high():
    act = fields.activation("raf-groups")
    spec = FieldSpec(2, 1, (1, 1), (0, 0), 64, 1, activation=act.default).activation
    assert act.weight_bound(spec, 1, 50) == 1 / math.sqrt(50)
    high = type(spec)("raf-groups", spec.bases, 18.0, 20.0)
    assert act.weight_bound(high, 1, 50) == pytest.approx(math.sqrt(6 / 50) / 20)


@every_one
def test_a_layer_has_as_many_numbers_of_its_own_as_the_table_says(name):
    plain = fields.param_count(spec_of("relu"))
    assert fields.param_count(spec_of(name)) - plain == 3 * COUNTS[name]


@every_one
def test_no_parameter_is_shared_between_layers(name):
    spec = spec_of(name, width=8)
    start = fields.initialise(spec, 2)
    for (a, s), (b, t) in itertools.combinations(start.items(), 2):
        assert not np.shares_memory(s, t), (a, b)
    # Moved off the start, where some have no effect yet, each changes the output on its own.
    rng = np.random.default_rng(0)
    tensors = {key: t.astype(np.float64) for key, t in start.items()}
    for layer in range(3):
        own = some_parameters(name, 8, 1, rng)
        tensors |= {f"layer{layer}.{key}": t for key, t in own.items()}
    u = rng.uniform(-1, 1, (4, 200, 2))
    before = fields.forward(np, spec, tensors, u)
    for layer in range(3):
        for key in fields.activation(name).shapes(spec.activation, 8):
            changed = {**tensors, f"layer{layer}.{key}": tensors[f"layer{layer}.{key}"] * 1.1}
            assert np.abs(fields.forward(np, spec, changed, u) - before).max() > 1e-7, (layer, key)


@every_one
def test_start_values_are_fresh_arrays_every_time(name):
    act, rng = fields.activation(name), np.random.default_rng(0)
    first, second = (act.start(act.default, 6, layer, rng) for layer in (0, 1))
    for key in first:
        assert first[key].dtype == np.float32
        assert not np.shares_memory(first[key], second[key])


@every_one
@pytest.mark.parametrize("width", [16, 128])
def test_the_signal_neither_dies_nor_explodes_through_four_layers(name, width):
    spec = spec_of(name, width=width, hidden=3, tiles=(1, 1), margin=(0, 0))
    u = np.random.default_rng(0).uniform(-1, 1, (1, 500, 2)).astype(np.float32)
    y = fields.forward(np, spec, fields.initialise(spec, 3), u)
    assert 1e-3 < y.std((0, 1)).mean() < 5.0


def at_start(name, x, layer=1):
    """y where θ (or z, where there is no frequency) is x."""
    act = fields.activation(name)
    start = act.start(act.default, 1, layer, np.random.default_rng(0))
    own = {key: t[None].astype(np.float64) for key, t in start.items()}
    return act.apply(np, x[None, :, None], own, 1.0, act.default)[0, :, 0]


@pytest.mark.parametrize(
    ("name", "end", "error"),
    [
        ("pau", math.pi, 0.08),
        ("kat", math.pi, 0.08),
        ("slaf", math.pi, 0.02),
        ("slaf-fourier", 20.0, 1e-12),
        ("pwlu", 2 * math.pi, (math.pi / 4) ** 2 / 8),  # of a chord of length d: d²/8
        ("gp", 1.5 * math.pi, 0.05),
    ],
)
def test_the_learnt_ones_start_as_a_sine(name, end, error):
    x = np.linspace(-end, end, 501)
    assert np.abs(at_start(name, x) - np.sin(x)).max() <= error


def test_a_gaussian_process_starts_through_its_points():
    x = np.pi / 2 * np.arange(-3, 4)
    np.testing.assert_allclose(at_start("gp", x), np.sin(x), atol=1e-6)


def test_the_rational_function_starts_as_the_published_approximation_of_a_relu():
    x = np.linspace(-1, 1, 2001)
    errors = at_start("rational32", x) - np.maximum(x, 0)
    assert np.abs(errors).max() <= 0.0225
    assert at_start("rational32", np.zeros(1))[0] == pytest.approx(0.0218)


def test_the_terms_of_lslu_start_different_from_each_other():
    start = fields.activation("lslu").start(fields.activation("lslu").default, 3, 0, np.random.default_rng(0))
    np.testing.assert_allclose(start["shift"][:, 0], [-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_array_equal(start["amplitude"], 0.25)


def test_staf_starts_with_unit_variance_and_the_published_laws():
    act, rng = fields.activation("staf"), np.random.default_rng(0)
    drawn = [act.start(act.default, 4, 1, rng) for _ in range(4000)]
    amplitude, frequency, phase = (
        np.stack([d[k] for d in drawn]) for k in ("amplitude", "frequency", "phase")
    )
    # E C² = E|X| = 2/5 of the Laplace law, five terms, and half of it after the sine.
    assert (amplitude.astype(np.float64) ** 2).mean() == pytest.approx(2 / 5, rel=0.05)
    assert np.abs(amplitude.mean()) < 0.02
    assert (frequency.min(), frequency.max()) == pytest.approx((0.0, 1.0), abs=0.01)
    assert frequency.mean() == pytest.approx(0.5, abs=0.02)
    assert (phase.min(), phase.max()) == pytest.approx((-math.pi, math.pi), abs=0.02)


def test_the_learnt_scalars_start_where_they_are_said_to():
    values = {"hosc": {"beta": 2.0}, "incode": dict.fromkeys("abcd", 0.312), "talu": {"cut": -2.0}}
    values |= {"apalu": {"a": 0.55, "b": 0.065}, "sqish": {"a": 0.5, "b": 1.0, "g": 1.0}}
    for name, want in values.items():
        act = fields.activation(name)
        start = act.start(act.default, 4, 0, np.random.default_rng(0))
        assert {k: pytest.approx(float(v[0])) for k, v in start.items()} == want


@pytest.mark.parametrize("name", ["pau", "kat"])
def test_the_rational_start_stays_below_four_however_far_out(name):
    x = np.concatenate([np.linspace(0, 50, 5001), np.geomspace(50, 1e6, 100)])
    assert np.abs(at_start(name, np.concatenate([-x, x]))).max() < 4

"""RAF: equation (1) term by term, what it can represent exactly, and the published start."""

import itertools
import math

import numpy as np
import pytest
import torch

from inr import fields
from inr.errors import SpecError
from inr.fields.activations.raf import SECOND
from inr.specs import ActivationSpec, FieldSpec
from tests.fields.scalar_field import ALL_BASES, HARMONIC, MODULATED, activated, rows

SUBSETS = [
    *((name,) for name in ALL_BASES),
    *itertools.combinations(ALL_BASES, 2),
    ("linear", "square", "sine", "gauss"),
    HARMONIC,
    ("cosine2", "relu3", "gauss", "sine2", "linear"),
    ALL_BASES,
    ALL_BASES[::-1],
    ("carrier",),
    *(("carrier", name) for name in ALL_BASES),
    MODULATED,
    ("carrier", "cosine2", "relu3", "gauss", "sine2", "linear"),
    ("carrier", *ALL_BASES),
]


def parameters(rng, bases, lead, width):
    counts = dict(zip(("amplitude", "frequency"), rows(bases), strict=True))
    return {name: rng.normal(0, 1, (lead, n, width)) for name, n in counts.items() if n}


def equation_1(z, params, omega, spec):
    out = np.zeros(z.shape)
    for k, n, j in np.ndindex(z.shape):
        own = {name: t[k if t.shape[0] > 1 else 0, :, j].tolist() for name, t in params.items()}
        out[k, n, j] = activated(z[k, n, j], spec, omega, own.get("amplitude", []), own.get("frequency", []))
    return out


@pytest.mark.parametrize("lead", [1, 2])
@pytest.mark.parametrize("bases", SUBSETS, ids="-".join)
def test_raf_equals_equation_1_term_by_term(rng, bases, lead):
    params, omega = parameters(rng, bases, lead, 3), 2.5
    z = rng.normal(0, 1.5, (2, 4, 3))
    spec = ActivationSpec("raf", bases, omega, omega, shared=lead == 1)
    want = equation_1(z, params, omega, spec)
    act = fields.activation("raf")
    np.testing.assert_allclose(act.apply(np, z, params, omega, spec), want, rtol=1e-12, atol=1e-12)
    in_torch = act.apply(torch, torch.tensor(z), {n: torch.tensor(t) for n, t in params.items()}, omega, spec)
    np.testing.assert_allclose(in_torch.numpy(), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("bases", SUBSETS, ids="-".join)
def test_parameters_have_one_amplitude_a_basis_and_one_scaling_an_argument(bases):
    spec = ActivationSpec("raf", bases)
    want = {name: t.shape[1:] for name, t in parameters(np.random.default_rng(0), bases, 1, 5).items()}
    assert fields.activation("raf").shapes(spec, 5) == want


def one_layer(bases, width, omega=1.0):
    """A field of one activated layer over the whole line, in float64, all zero."""
    spec = FieldSpec(1, 1, (1,), (0,), width, 0, activation=ActivationSpec("raf", bases, omega, omega))
    return spec, {name: np.zeros(shape) for name, shape in fields.tensor_shapes(spec).items()}


def test_linear_and_square_reproduce_any_polynomial_of_degree_four(rng):
    # The first layer makes x and x², the second x, x², x⁴ and (x + x²)² = x² + 2 x³ + x⁴.
    spec = FieldSpec(1, 1, (1,), (0,), 4, 1, activation=ActivationSpec("raf", ("linear", "square"), 1.0, 1.0))
    t = {name: np.zeros(shape) for name, shape in fields.tensor_shapes(spec).items()}
    t["layer0.weight"][0, 0, :2] = 1.0
    t["layer0.amplitude"][0] = [[1, 0, 0, 0], [0, 1, 0, 0]]
    t["layer1.weight"][0, :2] = [[1, 0, 0, 1], [0, 1, 1, 1]]
    t["layer1.amplitude"][0] = [[1, 1, 0, 0], [0, 0, 1, 1]]
    c = rng.normal(0, 1, 5)
    t["output.weight"][0, :, 0] = [c[1], c[2] - c[3] / 2, c[4] - c[3] / 2, c[3] / 2]
    t["output.bias"][0, 0] = c[0]
    x = rng.uniform(-2, 2, (1, 50, 1))
    want = np.polynomial.polynomial.polyval(x, c)
    np.testing.assert_allclose(fields.forward(np, spec, t, x), want, rtol=1e-12, atol=1e-12)


def test_sines_and_cosines_reproduce_a_fourier_sum(rng):
    spec, t = one_layer(("sine", "cosine"), 6)
    t["layer0.weight"][0, 0] = 1.0
    t["layer0.frequency"][0, 0] = math.pi * np.arange(1, 7)  # neuron j holds harmonic j + 1
    t["layer0.amplitude"][0] = coefficients = rng.normal(0, 1, (2, 6))
    t["output.weight"][0, :, 0] = 1.0
    t["output.bias"][0, 0] = mean = rng.normal()
    x = rng.uniform(-1, 1, (1, 60, 1))
    harmonics = np.arange(1, 7) * math.pi * x
    want = (
        mean + (coefficients[0] * np.sin(harmonics) + coefficients[1] * np.cos(harmonics)).sum(-1)[..., None]
    )
    np.testing.assert_allclose(fields.forward(np, spec, t, x), want, rtol=1e-12, atol=1e-12)


def test_double_angles_are_the_next_octave_of_the_single_ones(rng):
    double, t = one_layer(("sine2", "cosine2"), 4, omega=2.0)
    single, _ = one_layer(("sine", "cosine"), 4, omega=4.0)
    for tensor in t.values():
        tensor[...] = rng.normal(0, 1, tensor.shape)
    x = rng.uniform(-1, 1, (1, 60, 1))
    np.testing.assert_allclose(
        fields.forward(np, double, t, x), fields.forward(np, single, t, x), rtol=1e-12, atol=1e-12
    )


def test_a_carrier_is_a_sine_whose_amplitude_and_frequency_are_one(rng):
    carried, t = one_layer(("carrier", "sine2", "cosine2", "gauss"), 5, omega=3.0)
    for tensor in t.values():
        tensor[...] = rng.normal(0, 1, tensor.shape)
    plain, same = one_layer(("sine", "sine2", "cosine2", "gauss"), 5, omega=3.0)
    same |= {name: tensor for name, tensor in t.items() if tensor.shape == same[name].shape}
    same["layer0.amplitude"] = np.concatenate([np.ones((1, 1, 5)), t["layer0.amplitude"]], 1)
    same["layer0.frequency"] = np.concatenate([np.ones((1, 1, 5)), t["layer0.frequency"]], 1)
    x = rng.uniform(-1, 1, (1, 60, 1))
    np.testing.assert_allclose(
        fields.forward(np, carried, t, x), fields.forward(np, plain, same, x), rtol=1e-12, atol=1e-12
    )


def test_modulated_neurons_reproduce_any_two_harmonics_of_one_tone(rng):
    # The first neuron makes sin θ and both of 2θ, the second one, a quarter turn on, cos θ.
    spec, t = one_layer(MODULATED, 2, omega=4.0)
    t["layer0.weight"][0, 0] = 1.0
    t["layer0.bias"][0] = [0.0, math.pi / 2 / 4.0]  # sin θ and cos θ
    sin1, cos1, sin2, cos2 = rng.normal(0, 1, 4)
    t["layer0.amplitude"][0, :, 0] = [sin2 / sin1, cos2 / sin1]
    t["output.weight"][0, :, 0] = [sin1, cos1]
    x = rng.uniform(-1, 1, (1, 60, 1))
    want = sin1 * np.sin(4 * x) + cos1 * np.cos(4 * x) + sin2 * np.sin(8 * x) + cos2 * np.cos(8 * x)
    np.testing.assert_allclose(fields.forward(np, spec, t, x), want, rtol=1e-10, atol=1e-10)


def test_gaussians_reproduce_a_radial_basis_sum(rng):
    spec, t = one_layer(("gauss",), 8)
    centres, widths, heights = rng.uniform(-1, 1, 8), rng.uniform(0.1, 0.6, 8), rng.normal(0, 1, 8)
    t["layer0.weight"][0, 0], t["layer0.bias"][0] = 1.0, -centres
    t["layer0.frequency"][0, 0] = 1 / widths
    t["layer0.amplitude"][0, 0] = heights
    t["output.weight"][0, :, 0] = 1.0
    x = rng.uniform(-1, 1, (1, 60, 1))
    want = (heights * np.exp(-((x - centres) ** 2) / (2 * widths**2))).sum(-1, keepdims=True)
    np.testing.assert_allclose(fields.forward(np, spec, t, x), want, rtol=1e-12, atol=1e-12)


def test_relus_reproduce_the_absolute_value_and_the_cube(rng):
    spec, t = one_layer(("relu", "relu3"), 2)
    t["layer0.weight"][0, 0] = [1.0, -1.0]
    t["layer0.amplitude"][0] = [[1, 1], [1, -1]]  # |x| + x³
    t["output.weight"][0, :, 0] = 1.0
    x = rng.uniform(-1, 1, (1, 60, 1))
    np.testing.assert_allclose(fields.forward(np, spec, t, x), np.abs(x) + x**3, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("bases", [(), ("sine", "sine"), ("tanh",), ("sine", "Gauss"), ("carrier",) * 2])
def test_bases_that_are_unknown_repeated_or_missing_are_refused(bases):
    spec = FieldSpec(1, 1, (1,), (0,), 4, 1, activation=ActivationSpec("raf", bases))
    with pytest.raises(SpecError, match="bases must be distinct names out of linear, square, sine"):
        fields.tensor_shapes(spec)


@pytest.mark.parametrize("bases", [("sine2", "carrier"), ("gauss", "carrier", "sine")])
def test_a_carrier_that_does_not_come_first_is_refused(bases):
    spec = FieldSpec(1, 1, (1,), (0,), 4, 1, activation=ActivationSpec("raf", bases))
    with pytest.raises(SpecError, match="the carrier has no amplitude, so it must come first"):
        fields.tensor_shapes(spec)


def test_an_unknown_activation_is_an_error_that_lists_the_known_ones():
    with pytest.raises(SpecError, match=r"'swish' is not known; known are .*raf, raf-audio, raf-image, sine"):
        fields.activation("swish")


def test_raf_is_a_carrier_with_a_second_harmonic_unless_told_otherwise():
    default = fields.activation("raf").default
    assert default.bases == MODULATED
    assert fields.activation("raf").shapes(default, 5) == {"amplitude": (2, 5)}


@pytest.mark.parametrize("bases", [MODULATED, ("carrier", "cosine2", "sine2"), ("carrier", "gauss", "sine2")])
def test_sin_2_theta_starts_at_either_sign_in_the_last_layer_over_a_plane(bases):
    width = 4000
    spec = FieldSpec(2, 1, (1, 1), (0, 0), width, 0, activation=ActivationSpec("raf", bases))
    start = fields.initialise(spec, 3)
    amplitude = dict(zip(bases[1:], start["layer0.amplitude"][0].astype(np.float64), strict=True))
    # Five standard errors of 4000 draws.
    assert amplitude["sine2"].mean() == pytest.approx(0.0, abs=5 * SECOND / math.sqrt(width))
    assert amplitude["sine2"].std() == pytest.approx(SECOND, rel=5 / math.sqrt(2 * width))
    within = np.abs(amplitude["sine2"]) < SECOND
    assert within.mean() == pytest.approx(0.683, abs=5 * math.sqrt(0.22 / width))  # of a normal law
    assert not np.any(amplitude.get("cosine2", 0.0))
    frequency = start.get("layer0.frequency", np.zeros((1, 0, width)))
    assert frequency.shape == (1, int("gauss" in bases), width)


def test_harmonics_of_other_layers_and_of_lines_start_at_zero():
    plane = FieldSpec(2, 1, (1, 1), (0, 0), 9, 2, activation=ActivationSpec("raf", MODULATED))
    line = FieldSpec(1, 1, (1,), (0,), 9, 2, activation=ActivationSpec("raf", MODULATED))
    layers = {
        spec: [fields.initialise(spec, 1)[f"layer{n}.amplitude"].any() for n in range(3)]
        for spec in (plane, line)
    }
    assert layers == {plane: [False, False, True], line: [False, False, False]}


@pytest.mark.parametrize("bases", [HARMONIC, ("sine",), ("carrier",), ("carrier", "cosine2", "linear")])
def test_raf_without_sin_2_theta_beside_a_carrier_starts_as_a_sine(rng, bases):
    raf = ActivationSpec("raf", bases)
    spec = FieldSpec(2, 1, (2, 2), (8, 8), 9, 2, activation=raf)
    sine = FieldSpec(2, 1, (2, 2), (8, 8), 9, 2, activation=ActivationSpec("sine"))
    start = fields.initialise(spec, 3)
    plain = {name: start[name] for name in fields.tensor_shapes(sine)}
    u = rng.uniform(-1, 1, (4, 20, 2)).astype(np.float32)
    np.testing.assert_allclose(
        fields.forward(np, spec, start, u), fields.forward(np, sine, plain, u), rtol=0, atol=1e-6
    )


# The published runs: 256 neurons, four activated layers (research/activations.md, 1.2 and 1.3).
PUBLISHED = {
    "raf-image": (FieldSpec(2, 1, (1, 1), (0, 0), 256, 3), 198_401, 6_144),
    "raf-audio": (FieldSpec(1, 1, (1,), (0,), 256, 3), 198_145, 4_096),
}
PUBLISHED_VIDEO = FieldSpec(3, 3, (1, 1, 1), (0, 0, 0), 400, 3)


def with_activation(spec, name):
    return FieldSpec(
        spec.dims, spec.channels, spec.tiles, spec.margin, spec.width, spec.hidden,
        activation=fields.activation(name).default,
    )  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_networks_have_the_published_numbers_of_parameters(name):
    base, weights, activations = PUBLISHED[name]
    assert fields.param_count(with_activation(base, "sine")) == weights
    assert fields.param_count(with_activation(base, name)) == weights + activations


def test_the_published_video_network_has_the_published_number_of_parameters():
    assert fields.param_count(with_activation(PUBLISHED_VIDEO, "sine")) == 484_003
    assert fields.param_count(with_activation(PUBLISHED_VIDEO, "raf-image")) == 484_003 + 9_600
    assert fields.param_count(with_activation(PUBLISHED_VIDEO, "raf-audio")) == 484_003 + 6_400


# Mean and standard deviation of each amplitude, then of the frequency.
NORMALS = {
    "raf-image": {
        "linear": (0, 0.1),
        "square": (1, 0.1),
        "sine": (2, 0.1),
        "gauss": (1, 0.1),
        "f": (30, 1e-3),
    },
    "raf-audio": {"sine": (2, 0.1), "gauss": (1, 0.1), "f": (30, 10)},
}


@pytest.mark.parametrize("name", NORMALS)
def test_published_start_values_have_the_published_means_and_spreads(name):
    spec = FieldSpec(2, 1, (1, 1), (0, 0), 4000, 1, activation=fields.activation(name).default)
    rng = np.random.default_rng(1)
    for layer in range(2):
        start = fields.activation(name).start(spec.activation, spec.width, layer, rng)
        rows = dict(zip(spec.activation.bases, start["amplitude"], strict=True)) | {
            "f": start["frequency"][0]
        }
        for row, (mean, spread) in NORMALS[name].items():
            # Five standard errors of 4000 draws.
            assert rows[row].mean(dtype=np.float64) == pytest.approx(mean, abs=5 * spread / 63), row
            assert rows[row].std(dtype=np.float64) == pytest.approx(spread, rel=0.06), row


@pytest.mark.parametrize("name", NORMALS)
def test_published_gaussian_widths_start_uniform_between_one_and_five_hundredths(name):
    spec = FieldSpec(1, 1, (1,), (0,), 4000, 0, activation=fields.activation(name).default)
    widths = 1 / fields.initialise(spec, 0)["layer0.frequency"][0, 1].astype(np.float64)
    assert widths.min() >= 0.01 * (1 - 1e-6)
    assert widths.max() <= 0.05 * (1 + 1e-6)
    share, _ = np.histogram(widths, 8, (0.01, 0.05))
    assert np.all(np.abs(share - 500) < 5 * math.sqrt(500))


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_weights_start_uniform_in_the_siren_range_with_its_thirty(name):
    spec = with_activation(PUBLISHED[name][0], name)
    start = fields.initialise(spec, 0)
    bounds = [1 / spec.dims, *[math.sqrt(6 / 256) / 30] * 4]
    names = [*(f"layer{i}.weight" for i in range(4)), "output.weight"]
    for key, bound in zip(names, bounds, strict=True):
        w = start[key].astype(np.float64)
        assert np.abs(w).max() <= bound * (1 + 1e-6)
        assert np.abs(w).max() >= bound * 0.95
        assert w.std() == pytest.approx(bound / math.sqrt(3), rel=0.1)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_forms_keep_their_thirty_in_the_frequency_and_not_in_omega(name):
    default = fields.activation(name).default
    assert (default.omega_first, default.omega_hidden) == (1.0, 1.0)


def test_published_starts_with_other_bases_are_refused():
    spec = FieldSpec(1, 1, (1,), (0,), 4, 0, activation=ActivationSpec("raf-audio", ("sine",), 1.0, 1.0))
    with pytest.raises(SpecError, match="raf-audio"):
        fields.initialise(spec)

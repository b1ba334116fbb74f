"""What RAF is named after: constructed networks that are a polynomial, a Fourier sum or an RBF sum.

The weights are written down, not trained; the judges are sums of `math`, one number at a time.  Products
come from squares, x y = ((x + y)² - (x - y)²) / 4, as in the paper (arXiv:2101.04844).
"""

import math

import numpy as np
import pytest
import torch

from inr import fields
from inr.fields.activations.raf import MODULATED
from inr.specs import ActivationSpec, FieldSpec

BASES = ("linear", "square", "sine", "gauss")
CLOSE = 1e-12


class Network:
    """A network written neuron by neuron; each method gives the place of the neuron it adds."""

    def __init__(self, dims):
        self.dims, self.layers = dims, [[]]

    def neuron(self, basis, z, bias=0.0, frequency=1.0):
        """g_basis of z = Σ z[i] · (input i) + bias."""
        self.layers[-1].append((basis, z, bias, frequency))
        return {len(self.layers[-1]) - 1: 1.0}

    def product(self, p, q):
        """Two neurons whose difference is p q; p and q are linear in this layer's inputs."""
        both = sorted(p.keys() | q.keys())
        plus, minus = (
            self.neuron("square", {i: p.get(i, 0.0) + sign * q.get(i, 0.0) for i in both}) for sign in (1, -1)
        )
        return {k: v / 4 for k, v in plus.items()} | {k: -v / 4 for k, v in minus.items()}

    def next_layer(self):
        self.layers.append([])

    def values(self, xp, output, points):
        """The network's values at points [N, D], through the package's own formulas in float64."""
        width = max(len(layer) for layer in self.layers)
        form = ActivationSpec("raf-image", BASES, 1.0, 1.0)
        spec = FieldSpec(
            self.dims, 1, (1,) * self.dims, (0,) * self.dims, width, len(self.layers) - 1, activation=form
        )
        tensors = {name: np.zeros(shape) for name, shape in fields.tensor_shapes(spec).items()}
        for number, layer in enumerate(self.layers):
            head = f"layer{number}."
            for j, (basis, z, bias, frequency) in enumerate(layer):
                for i, weight in z.items():
                    tensors[head + "weight"][0, i, j] = weight
                tensors[head + "bias"][0, j] = bias
                tensors[head + "amplitude"][0, BASES.index(basis), j] = 1.0
                tensors[head + "frequency"][0, :, j] = frequency
        for j, weight in output.items():
            tensors["output.weight"][0, j, 0] = weight
        return evaluate(xp, spec, tensors, points)


def evaluate(xp, spec, tensors, points):
    if xp is torch:
        tensors, points = {n: torch.from_numpy(t) for n, t in tensors.items()}, torch.from_numpy(points)
    return np.asarray(fields.forward(xp, spec, tensors, points[None]))[0, :, 0]


def weighted(terms):
    """Σ c · f over pairs of a number and a linear form."""
    total = {}
    for c, form in terms:
        for place, weight in form.items():
            total[place] = total.get(place, 0.0) + c * weight
    return total


def monomials(degree):
    return [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]


@pytest.fixture(params=[np, torch], ids=["numpy", "torch"])
def xp(request):
    return request.param


def test_linear_and_square_are_any_polynomial_of_two_variables(xp, rng):
    coefficients = {powers: rng.normal() for powers in monomials(4)}
    net = Network(2)
    x, y = {0: 1.0}, {1: 1.0}
    first = {
        (1, 0): net.neuron("linear", x),
        (0, 1): net.neuron("linear", y),
        (2, 0): net.product(x, x),
        (1, 1): net.product(x, y),
        (0, 2): net.product(y, y),
    }
    net.next_layer()
    second = {powers: net.neuron("linear", form) for powers, form in first.items()}
    for i, j in monomials(4):
        if i + j > 2:  # a product of a monomial of degree 2 and a lower one
            a = max(p for p in first if sum(p) == 2 and p[0] <= i and p[1] <= j)
            second[i, j] = net.product(first[a], first[i - a[0], j - a[1]])
    second[0, 0] = net.neuron("square", {}, bias=1.0)
    output = weighted((c, second[powers]) for powers, c in coefficients.items())

    points = rng.uniform(-1, 1, (60, 2))
    want = [math.fsum(c * a**i * b**j for (i, j), c in coefficients.items()) for a, b in points.tolist()]
    np.testing.assert_allclose(net.values(xp, output, points), want, rtol=0, atol=CLOSE)


def test_three_layers_of_squares_are_a_polynomial_of_degree_eight(xp, rng):
    coefficients = rng.normal(size=9)
    net, powers = Network(1), {1: {0: 1.0}}
    for top in (1, 2, 4):
        kept = {k: net.neuron("linear", form) for k, form in powers.items()}
        made = {top + k: net.product(powers[top], form) for k, form in powers.items()}
        constant = net.neuron("square", {}, bias=1.0)
        powers = kept | made
        if top < 4:
            net.next_layer()
    output = weighted([(coefficients[0], constant), *((coefficients[k], powers[k]) for k in range(1, 9))])

    points = rng.uniform(-1, 1, (60, 1))
    want = [math.fsum(c * x**k for k, c in enumerate(coefficients.tolist())) for (x,) in points.tolist()]
    np.testing.assert_allclose(net.values(xp, output, points), want, rtol=0, atol=CLOSE)


def test_sines_are_a_fourier_sum(xp, rng):
    waves = [(i, j) for i in range(-3, 4) for j in range(4)]
    of_sine, of_cosine = (dict(zip(waves, rng.normal(size=len(waves)), strict=True)) for _ in range(2))
    net, terms = Network(2), []
    for i, j in waves:
        for coefficients, bias in ((of_sine, 0.0), (of_cosine, 0.5)):  # cos θ = sin(θ + π/2)
            neuron = net.neuron("sine", {0: float(i), 1: float(j)}, bias, frequency=math.pi)
            terms.append((coefficients[i, j], neuron))

    points = rng.uniform(-1, 1, (60, 2))
    want = [
        math.fsum(
            of_sine[i, j] * math.sin(math.pi * (i * a + j * b))
            + of_cosine[i, j] * math.cos(math.pi * (i * a + j * b))
            for i, j in waves
        )
        for a, b in points.tolist()
    ]
    np.testing.assert_allclose(net.values(xp, weighted(terms), points), want, rtol=0, atol=CLOSE)


def test_one_neuron_of_the_default_raf_is_a_wave_with_its_octave(xp, rng):
    """Σ_k c_k (sin kx + p_k sin 2kx + q_k cos 2kx), a neuron for each k."""
    count, omega = 6, 2.0
    c, p, q = rng.normal(size=(3, count))
    spec = FieldSpec(1, 1, (1,), (0,), count, 0, activation=ActivationSpec("raf", MODULATED, omega, omega))
    tensors = {
        "layer0.weight": np.arange(1, count + 1)[None, None] / omega,
        "layer0.bias": np.zeros((1, count)),
        "layer0.amplitude": np.stack([p, q])[None],
        "output.weight": c[None, :, None],
        "output.bias": np.zeros((1, 1)),
    }
    points = rng.uniform(-1, 1, (60, 1))
    want = [
        math.fsum(
            c[k - 1] * (math.sin(k * x) + p[k - 1] * math.sin(2 * k * x) + q[k - 1] * math.cos(2 * k * x))
            for k in range(1, count + 1)
        )
        for (x,) in points.tolist()
    ]
    np.testing.assert_allclose(evaluate(xp, spec, tensors, points), want, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("dims", [1, 2])
def test_gaussians_and_squares_are_a_sum_of_radial_functions(xp, rng, dims):
    """Σ_m c_m exp(-|x - p_m|² / 2σ_m²): a Gaussian an axis, then their product."""
    count = 7
    weights, widths = rng.normal(size=count), rng.uniform(0.1, 0.6, count)
    centres = rng.uniform(-1, 1, (count, dims))
    net = Network(dims)
    bumps = [
        [
            net.neuron("gauss", {axis: 1.0}, -centres[m, axis], frequency=1.0 / widths[m])
            for axis in range(dims)
        ]
        for m in range(count)
    ]
    if dims == 2:
        net.next_layer()
        bumps = [[net.product(*pair)] for pair in bumps]
    output = weighted((c, form) for c, (form,) in zip(weights, bumps, strict=True))

    points = rng.uniform(-1, 1, (60, dims))
    want = [
        math.fsum(
            c * math.exp(-(math.dist(x, centre) ** 2) / (2 * s * s))
            for c, centre, s in zip(weights.tolist(), centres.tolist(), widths.tolist(), strict=True)
        )
        for x in points.tolist()
    ]
    np.testing.assert_allclose(net.values(xp, output, points), want, rtol=0, atol=CLOSE)

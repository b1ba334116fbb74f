"""The bases of RAF that no file holds: rational, floor, 2^x and step; straight-through gradients."""

import math

import numpy as np
import pytest
import torch

from inr import fields
from inr.fields.activations import fes
from inr.specs import ActivationSpec, FieldSpec
from tests.fields.scalar_field import activated
from tests.fields.scalar_zoo import loop, rational

PAPER = ("linear", "square", "relu", "relu3", "sine", "cosine", "gauss", "rational")
FES = ("floor", "exp2", "step")
SETS = [
    *((name,) for name in ("rational", *FES)),
    FES,
    PAPER,
    ("carrier", "rational", "step"),
    (*FES, *PAPER),
]
OMEGA = 2.5
NEW = {
    "rational": lambda x, own: rational(x, own["numerator"], own["denominator"]),
    "floor": lambda x, own: math.floor(x),
    "exp2": lambda x, own: 2.0 ** min(8.0, max(-8.0, x)),
    "step": lambda x, own: 1.0 if x >= 0 else 0.0,
}


def scalar(bases):
    scaled = [name for name in bases if name in ("rational", "floor", "exp2")]
    amplitudes = [name for name in bases if name != "carrier"]

    def one(row, j, w, own):
        column = [a[j] for a in own.get("amplitude", [])]
        frequencies = [f[j] for f in own.get("frequency", [])]
        y = 0.0
        for name in bases:
            a = 1.0 if name == "carrier" else column[amplitudes.index(name)]
            if name in NEW:
                c = own["scaling"][scaled.index(name)][j] if name in scaled else 1.0
                y += a * NEW[name](c * row[j], own)
            else:  # the judge of the other bases
                spec = ActivationSpec("raf", (name,))
                y += activated(row[j], spec, w, [] if name == "carrier" else [a], frequencies)
        return y

    return one


def parameters(rng, bases, lead, width):
    shapes = fields.activation("raf").shapes(ActivationSpec("raf", bases), width)
    return {name: rng.normal(0, 1, (lead, *shape)) for name, shape in shapes.items()}


@pytest.mark.parametrize("lead", [1, 2])
@pytest.mark.parametrize("bases", SETS, ids="-".join)
def test_raf_with_the_other_bases_equals_equation_1_term_by_term(rng, bases, lead):
    act, spec, own = fields.activation("raf"), ActivationSpec("raf", bases), parameters(rng, bases, lead, 3)
    z = rng.normal(0, 1.5, (2, 5, 3))
    want = loop(scalar(bases), z, own, OMEGA)
    np.testing.assert_allclose(act.apply(np, z, own, OMEGA, spec), want, rtol=1e-12, atol=1e-12)
    in_torch = act.apply(torch, torch.tensor(z), {n: torch.tensor(t) for n, t in own.items()}, OMEGA, spec)
    np.testing.assert_allclose(in_torch.numpy(), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("bases", SETS, ids="-".join)
def test_shapes_and_starts_agree_and_only_these_bases_ask_for_more(bases):
    spec = FieldSpec(2, 1, (2, 1), (8, 0), 5, 1, activation=ActivationSpec("raf", bases))
    fields.Field(spec, fields.initialise(spec))
    shapes = fields.activation("raf").shapes(spec.activation, 5)
    scaled = len({"rational", "floor", "exp2"} & set(bases))
    assert shapes.get("scaling") == ((scaled, 5) if scaled else None)
    assert ("numerator" in shapes) == ("rational" in bases)


def test_beside_a_sine_the_other_bases_start_silent(rng):
    spec = FieldSpec(2, 1, (1, 1), (0, 0), 6, 1, activation=ActivationSpec("raf", ("sine", *FES, "rational")))
    plain = FieldSpec(2, 1, (1, 1), (0, 0), 6, 1, activation=ActivationSpec("sine"))
    start = fields.initialise(spec, 4)
    u = rng.uniform(-1, 1, (1, 20, 2)).astype(np.float32)
    want = fields.forward(np, plain, {n: start[n] for n in fields.tensor_shapes(plain)}, u)
    np.testing.assert_allclose(fields.forward(np, spec, start, u), want, rtol=0, atol=1e-6)


def slope_of(function, x):
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = function(torch, at)
    (slope,) = torch.autograd.grad(y.sum(), at)
    return y.detach().numpy(), slope.numpy()


def test_floor_and_step_have_exact_values_and_borrowed_slopes():
    x = np.array([-2.0, -1.5, -0.4, -1e-9, 0.0, 0.3, 0.49, 0.51, 1.0, 7.9])
    y, slope = slope_of(fes.floor, x)
    np.testing.assert_array_equal(y, [math.floor(v) for v in x])
    np.testing.assert_array_equal(slope, 1.0)
    y, slope = slope_of(fes.step, x)
    np.testing.assert_array_equal(y, [float(v >= 0) for v in x])
    np.testing.assert_array_equal(slope, (np.abs(x) < 0.5).astype(float))
    np.testing.assert_array_equal(fes.step(np, x), y)
    np.testing.assert_array_equal(fes.floor(np, x), np.floor(x))


def test_powers_of_two_are_cut_where_float32_would_overflow():
    x = np.array([-500.0, -8.0, 0.0, 3.5, 8.0, 500.0])
    y, slope = slope_of(fes.exp2, x)
    np.testing.assert_allclose(y, [2.0**-8, 2.0**-8, 1.0, 2**3.5, 256.0, 256.0])
    np.testing.assert_allclose(slope[[2, 3]], y[[2, 3]] * math.log(2))
    np.testing.assert_array_equal(slope[[0, -1]], 0.0)


def test_floor_step_and_powers_read_off_the_digits_of_a_number(rng):
    # The heart of the theorem: binary digit i of x in [0, 1) is floor(2^i x) - 2 floor(2^(i-1) x).
    spec = ActivationSpec("raf", ("floor",))
    x = rng.uniform(0, 1, 200)
    own = {"amplitude": np.ones((1, 1, 6)), "scaling": 2.0 ** np.arange(6)[None, None]}
    floors = fields.activation("raf").apply(np, x[None, :, None].repeat(6, 2), own, 1.0, spec)[0]
    digits = floors[:, 1:] - 2 * floors[:, :-1]
    assert set(np.unique(digits)) == {0.0, 1.0}
    rebuilt = (digits / 2.0 ** np.arange(1, 6)).sum(1)
    assert np.all((x >= rebuilt) & (x < rebuilt + 2.0**-5))

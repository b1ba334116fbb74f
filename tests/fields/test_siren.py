"""State dicts of other programs' SIREN networks against a float64 loop over the paper's formula."""

import math

import numpy as np
import pytest
import torch

from inr import fields
from inr.errors import SpecError

OMEGA = 30.0
# Names of the layers of a network with three sine layers; hidden ω, and whether a sine ends it.
LAYOUTS = {
    "SIREN's notebook": (["net.0.linear", "net.1.linear", "net.2.linear", "net.3"], OMEGA, False),
    "the notebook with a sine at the end": ([f"net.{i}.linear" for i in range(4)], OMEGA, True),
    "SIREN's training code": ([f"net.net.{i}.0" for i in range(4)], OMEGA, False),
    "a plain sequence": (["net.0", "net.2", "net.4", "net.6"], OMEGA, False),
    "a sequence without a name": (["0", "2", "4", "6"], OMEGA, False),
    "siren-pytorch": (["layers.0", "layers.1", "layers.2", "last_layer"], 1.0, False),
    "siren-pytorch before its layers had a name": (["net.0", "net.1", "net.2", "last_layer"], 1.0, False),
    "COIN": (["net.0.linear", "net.1.linear", "net.2.linear", "last_layer.linear"], OMEGA, False),
    "twelve layers": ([f"net.{i}.linear" for i in range(11)] + ["net.11"], OMEGA, False),
}


def state(names, sizes=(2, 9, 9, 9, 3), hidden=OMEGA, seed=0):
    """A state dict with SIREN's start values, its tensors in an order of its own."""
    rng = torch.Generator().manual_seed(seed)
    sizes = (sizes[0], *[sizes[1]] * (len(names) + 1 - len(sizes)), *sizes[1:])
    out = {}
    for place, (name, fan_in, fan_out) in enumerate(zip(names, sizes[:-1], sizes[1:], strict=True)):
        bound = 1 / fan_in if place == 0 else math.sqrt(6 / fan_in) / hidden
        out[f"{name}.weight"] = (2 * torch.rand(fan_out, fan_in, generator=rng) - 1) * bound
        out[f"{name}.bias"] = (2 * torch.rand(fan_out, generator=rng) - 1) / math.sqrt(fan_in)
    return dict(sorted(out.items(), key=lambda item: item[0][::-1]))


def siren(tensors, names, x, omega, hidden, outer=False):
    """Equations of the paper, one number at a time."""
    h = list(x)
    for place, name in enumerate(names):
        w, b = tensors[f"{name}.weight"].tolist(), tensors[f"{name}.bias"].tolist()
        z = [
            math.fsum([bias, *map(math.prod, zip(row, h, strict=True))])
            for row, bias in zip(w, b, strict=True)
        ]
        last = place == len(names) - 1
        frequency = hidden if place else omega
        h = z if last and not outer else [math.sin(frequency * v) for v in z]
    return h


def points(count=12, dims=2):
    return np.random.default_rng(1).uniform(-1, 1, (count, dims))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_imported_network_is_the_formula(layout):
    names, hidden, outer = LAYOUTS[layout]
    tensors = state(names, hidden=hidden)
    field = fields.siren_field(tensors, omega=OMEGA)
    x = points()
    want = [siren(tensors, names, row, OMEGA, hidden, outer) for row in x.tolist()]
    # ω = 30 turns the rounding of a float32 phase into 30 times as much.
    np.testing.assert_allclose(fields.at_points(field, x), want, atol=3e-5)
    assert field.spec.activation.omega_first == OMEGA
    assert field.spec.activation.omega_hidden == hidden


def test_weights_are_kept_number_for_number():
    names, _, _ = LAYOUTS["SIREN's notebook"]
    tensors = state(names)
    field = fields.siren_field(tensors)
    for place, name in enumerate(names):
        head = "output" if place == 3 else f"layer{place}"
        np.testing.assert_array_equal(field.tensors[f"{head}.weight"][0].T, tensors[f"{name}.weight"].numpy())
        np.testing.assert_array_equal(field.tensors[f"{head}.bias"][0], tensors[f"{name}.bias"].numpy())


@pytest.mark.parametrize(("omega", "hidden"), [(30.1, 7.77), (0.01, 1000.03), (4096.0, 1 / 3)])
def test_an_omega_that_no_file_can_hold_goes_into_the_weights(omega, hidden):
    names, _, _ = LAYOUTS["SIREN's notebook"]
    tensors = state(names, hidden=hidden)
    field = fields.siren_field(tensors, omega=omega, omega_hidden=hidden)
    x = points()
    want = [siren(tensors, names, row, omega, hidden) for row in x.tolist()]
    np.testing.assert_allclose(fields.at_points(field, x), want, atol=1e-6 * max(omega, hidden, 30))
    for stored in (field.spec.activation.omega_first, field.spec.activation.omega_hidden):
        assert (16 * stored).is_integer()


def test_layers_of_several_widths_are_padded_with_neurons_that_do_nothing():
    names, _, _ = LAYOUTS["SIREN's notebook"]
    tensors = state(names, sizes=(2, 5, 11, 7, 3))
    field = fields.siren_field(tensors)
    assert field.spec.width == 11
    want = [siren(tensors, names, row, OMEGA, OMEGA) for row in points().tolist()]
    np.testing.assert_allclose(fields.at_points(field, points()), want, atol=3e-5)


def test_biases_may_be_missing_and_any_float_type_will_do():
    names, _, _ = LAYOUTS["siren-pytorch"]
    tensors = {n: t for n, t in state(names, hidden=1.0).items() if n.endswith("weight")}
    zeros = {n.replace("weight", "bias"): torch.zeros(len(t)) for n, t in tensors.items()}
    want = [siren(tensors | zeros, names, row, OMEGA, 1.0) for row in points().tolist()]
    for kind in (torch.float64, torch.float32):
        given = {n: t.to(kind).requires_grad_() for n, t in tensors.items()}
        np.testing.assert_allclose(fields.at_points(fields.siren_field(given), points()), want, atol=3e-5)
    halves = {n: t.bfloat16() for n, t in tensors.items()}
    assert fields.siren_field(halves).params == fields.siren_field(tensors).params


def test_outputs_of_another_range_and_stretched_coordinates_are_folded_into_the_ends():
    names, _, _ = LAYOUTS["SIREN's notebook"]
    tensors = state(names)
    field = fields.siren_field(tensors, values=(0.0, 255.0), stretch=(8 / 7, 1.5))
    want = [
        [2 * v / 255 - 1 for v in siren(tensors, names, (a * 8 / 7, b * 1.5), OMEGA, OMEGA)]
        for a, b in points().tolist()
    ]
    np.testing.assert_allclose(fields.at_points(field, points()), want, atol=3e-5)


PLAIN = state(["0", "2", "4", "6"])
WRONG = {
    "nothing": ({}, {}, "names such as"),
    "a tensor that is no layer": (state(LAYOUTS["COIN"][0]) | {"scale": torch.ones(1)}, {}, "'scale'"),
    "a bias too long": (PLAIN | {"2.bias": torch.zeros(10)}, {}, r"2 has a weight"),
    "layers that do not meet": (PLAIN | {"2.weight": torch.zeros(9, 8)}, {}, "takes 8"),
    "a weight of three axes": (PLAIN | {"2.weight": torch.zeros(1, 9, 9)}, {}, "out, in"),
    "integers": (PLAIN | {"2.bias": torch.zeros(9, dtype=torch.int64)}, {}, "finite"),
    "NaN": (PLAIN | {"2.bias": torch.full((9,), math.nan)}, {}, "finite"),
    "one layer": ({"0.weight": torch.zeros(3, 2), "0.bias": torch.zeros(3)}, {}, "one linear layer"),
    "four axes": (state(["0", "2", "4", "6"], sizes=(4, 9, 9, 9, 3)), {}, "dims"),
    "no omega": (PLAIN, {"omega": 0.0}, "omega"),
    "a huge omega": (PLAIN, {"omega": 5000.0}, "omega"),
    "an ending that nobody knows": (PLAIN, {"outermost": "tanh"}, "linear or sine"),
    "a range upside down": (PLAIN, {"values": (1.0, 0.0)}, "low < high"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_siren_is_a_spec_error_that_says_why(name):
    tensors, options, words = WRONG[name]
    with pytest.raises(SpecError, match=words) as caught:
        fields.siren_field(tensors, **options)
    assert "\n" not in str(caught.value)

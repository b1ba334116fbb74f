"""An activation of one's own in ten lines: it is fitted, compared, and not written to a file."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from inr import codec, fields, fitting, signals
from inr.errors import SpecError
from inr.fields.activations import EXCLUDED, Tuning
from inr.specs import ActivationSpec, FieldSpec, FitSpec, SignalSpec
from tests.fields.scalar_zoo import ZOO

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def _the_list_is_as_it_was():
    before = dict(fields.ACTIVATIONS)
    yield
    fields.ACTIVATIONS.clear()
    fields.ACTIVATIONS.update(before)


def morlet(xp, t):
    return xp.cos(t) * xp.exp(-0.5 * t * t)


def slope(xp, t):
    return -(xp.sin(t) + t * xp.cos(t)) * xp.exp(-0.5 * t * t)


def fitted(name, steps=40, **request):
    """Progress records and the field of a 16 x 16 picture, and what it is a picture of."""
    y, x = np.mgrid[0:16, 0:16] / 16
    picture = np.rint(127 + 60 * np.sin(6 * x) * np.cos(5 * y) + 60 * x).astype(np.uint8)
    reader = signals.open_reader(picture, kind="image")
    asked = FitSpec(activation=name, steps=steps, params=600, **request)
    fit = fitting.Fit(asked, fitting.make_plan(asked, reader), reader, started=time.monotonic())
    try:
        records = list(fit.run())
    finally:
        fit.network.close()
    return records, fit.best(), reader.spec


def test_an_activation_of_ones_own_is_fitted_by_its_name():
    fields.register(fields.Activation.of("morlet", morlet))
    records, field, _ = fitted("morlet")
    assert field.spec.activation.name == "morlet"
    assert records[-1].step == 40
    assert records[-1].quality_db > records[0].quality_db + 4


def test_a_file_cannot_hold_it_and_one_line_says_why():
    fields.register(fields.Activation.of("morlet", morlet))
    _, field, signal = fitted("morlet", steps=2)
    with pytest.raises(SpecError) as caught:
        codec.encode(field.spec, field.tensors, dict.fromkeys(field.tensors, 8), signal)
    message = str(caught.value)
    assert "\n" not in message
    assert "'morlet' can be fitted and compared, but it has no number" in message
    assert "cannot be written to a .inr file" in message


@pytest.mark.parametrize("name", [*ZOO, "raf", "raf-image", "raf-audio", "sine"])
def test_every_activation_learns_a_picture(name):
    records, field, _ = fitted(name, steps=60)
    assert field.spec.activation.name == name
    # The published RAF has rates for thousands of steps.
    gain = records[-1].quality_db - records[0].quality_db
    assert gain > (0.5 if name in ("raf-image", "raf-audio") else 3.0)


@pytest.mark.parametrize("name", ZOO)
def test_no_file_holds_an_activation_of_the_zoo(name):
    spec = FieldSpec(2, 1, (1, 1), (0, 0), 5, 1, activation=fields.activation(name).default)
    tensors = fields.initialise(spec)
    with pytest.raises(SpecError, match=f"'{name}' can be fitted and compared"):
        codec.encode(spec, tensors, dict.fromkeys(tensors, 8), SignalSpec("image", (16, 16), 1))


def test_parameters_may_belong_to_a_layer_or_to_each_neuron():
    function = lambda xp, t, beta, shift: xp.tanh(beta * xp.sin(t + shift))  # noqa: E731
    start = {"beta": 2.0, "shift": 0.5}
    whole = fields.Activation.of("whole", function, start=start)
    each = fields.Activation.of("each", function, start=start, per_neuron=True)
    z = np.random.default_rng(0).normal(0, 1, (2, 3, 4))
    for act, count in ((fields.register(whole), 1), (fields.register(each), 4)):
        assert act.shapes(act.default, 4) == {"beta": (count,), "shift": (count,)}
        own = {key: t[None] for key, t in act.start(act.default, 4, 0, np.random.default_rng(0)).items()}
        got = act.apply(np, z, own, 3.0, act.default)
        np.testing.assert_allclose(got, np.tanh(2.0 * np.sin(3.0 * z + 0.5)), rtol=1e-6)
        assert fitted(act.name, steps=3)[1].spec.activation.name == act.name


def test_a_derivative_by_hand_is_used_and_can_be_differentiated_and_mapped():
    calls = []

    def counted(xp, t):
        calls.append(t.shape)
        return slope(xp, t)

    by_hand = fields.register(fields.Activation.of("by-hand", morlet, derivative=counted))
    plain = fields.register(fields.Activation.of("plain", morlet))
    z = torch.linspace(-2, 2, 30, dtype=torch.float64).reshape(1, 10, 3).requires_grad_()

    def slopes(act):
        (first,) = torch.autograd.grad(act.apply(torch, z, {}, 2.0, act.default).sum(), z, create_graph=True)
        (second,) = torch.autograd.grad(first.square().sum(), z)
        return first, second

    for ours, theirs in zip(slopes(by_hand), slopes(plain), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    assert calls

    def one(act):
        return lambda row: act.apply(torch, row[None, None], {}, 2.0, act.default)[0, 0]

    rows = z.detach()[0]
    jacobians = [torch.func.vmap(torch.func.jacrev(one(act)))(rows) for act in (by_hand, plain)]
    torch.testing.assert_close(*jacobians, rtol=1e-12, atol=1e-12)


def test_a_wrong_derivative_gives_a_wrong_gradient_so_it_is_really_used():
    act = fields.register(fields.Activation.of("wrong", morlet, derivative=lambda xp, t: 7.0 + 0.0 * t))
    z = torch.ones(1, 2, 2, requires_grad=True)
    act.apply(torch, z, {}, 3.0, act.default).sum().backward()
    assert torch.equal(z.grad, torch.full((1, 2, 2), 21.0))


def test_a_derivative_of_a_function_with_parameters_is_refused():
    with pytest.raises(SpecError, match="leave the derivative out"):
        fields.Activation.of("two", morlet, derivative=slope, start={"a": 1.0})


@pytest.mark.parametrize("name", ["raf", "wire", "grelu", ""])
def test_a_name_that_is_taken_is_refused(name):
    with pytest.raises(SpecError, match="empty or taken"):
        fields.register(fields.Activation.of(name, morlet))


def wrong(**changes):
    parts = {
        "name": "mine",
        "shapes": lambda spec, width: {"a": (width,)},
        "start": lambda spec, width, layer, rng: {"a": np.ones(width, np.float32)},
        "weight_bound": lambda spec, layer, fan_in: 1.0,
        "apply": lambda xp, z, p, omega, spec: p["a"][:, None] * z,
        "default": ActivationSpec("mine"),
        "tuning": Tuning(),
    }
    return fields.Activation(**{**parts, **changes})


def test_a_whole_activation_with_a_start_rule_of_its_own_is_taken():
    assert fields.register(wrong()) is fields.activation("mine")
    assert fitted("mine", steps=2)[1].spec.activation.name == "mine"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"default": ActivationSpec("yours")}, "its default is for 'yours'"),
        ({"start": lambda spec, width, layer, rng: {}}, "start gives {}, but shapes says"),
        ({"apply": lambda xp, z, p, omega, spec: z[0]}, "needs the same shape and finite values"),
        ({"apply": lambda xp, z, p, omega, spec: z * np.inf}, "finite: False"),
        ({"weight_bound": lambda spec, layer, fan_in: 0.0}, "weight_bound must be > 0"),
        ({"shapes": lambda spec, width: {"bias": (1,)}}, "every field has a tensor called bias"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(changes, says):
    with pytest.raises(SpecError, match=says):
        fields.register(wrong(**changes))
    assert "mine" not in fields.ACTIVATIONS


@pytest.mark.parametrize("name", EXCLUDED)
def test_what_was_left_out_says_why(name):
    with pytest.raises(SpecError, match="left out on purpose: its slope") as caught:
        fields.activation(name)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_lists_the_known_ones_and_the_way_to_add_one():
    with pytest.raises(
        SpecError, match=r"'swish' is not known; known are apalu, .*wire.*inr\.fields\.register"
    ):
        fields.activation("swish")


def test_a_registered_name_is_listed_among_the_known_ones():
    fields.register(fields.Activation.of("morlet", morlet))
    with pytest.raises(SpecError, match="morlet"):
        fields.activation("swish")


@pytest.mark.parametrize("basis", ["rational", "floor", "exp2", "step"])
def test_raf_with_a_basis_that_has_no_number_is_fitted_and_not_written(basis):
    active = replace(fields.activation("raf").default, bases=("carrier", basis))
    spec = FieldSpec(2, 1, (1, 1), (0, 0), 5, 1, activation=active)
    tensors = fields.initialise(spec)
    with pytest.raises(SpecError, match=f"basis '{basis}' can be fitted and compared"):
        codec.encode(spec, tensors, dict.fromkeys(tensors, 8), SignalSpec("image", (16, 16), 1))

"""Gradients and loss of every variant against float64 autograd over the field's own formula."""

import functools

import numpy as np
import pytest
import torch

from inr import fields
from inr.errors import SpecError
from inr.kernel import Kernel, Net
from inr.specs import ActivationSpec, EncodingSpec, FieldSpec
from tests.fields.scalar_field import random_field, some_spec

RAF = ("carrier", "sine2", "cosine2")
KINDS = {
    "sine": ActivationSpec("sine", (), 3.0, 2.0),
    "raf, shared": ActivationSpec("raf", RAF, 3.0, 2.0, shared=True),
    "raf, own": ActivationSpec("raf", RAF, 3.0, 2.0, shared=False),
}
TILES = {1: (5,), 2: (3, 2), 3: (2, 1, 2)}
WIDTHS, ROWS = (1, 5, 16, 19, 70), (1, 63, 64, 65, 1000)


@functools.cache
def case(kind, dims=2, channels=3, width=7, rows=50, hidden=1, gain=False, single=False):
    """A field and a batch: coordinates [K, B, D] and targets [K, B, C]."""
    spec = some_spec(
        dims=dims,
        channels=channels,
        tiles=(1,) * dims if single else TILES[dims],
        margin=(0,) * dims,
        width=width,
        hidden=hidden,
        gain=gain,
        activation=KINDS[kind],
    )
    field = random_field(spec, seed=width + rows)
    for layer in range(1, hidden + 1):  # of full size, eight layers multiply a rounding error by thousands
        field.tensors[f"layer{layer}.weight"] *= np.float32(0.5)
    rng = np.random.default_rng(rows)
    u = torch.tensor(rng.uniform(-1, 1, (spec.tile_count, rows, dims)), dtype=torch.float32)
    target = torch.tensor(rng.uniform(-1, 1, (*u.shape[:2], channels)), dtype=torch.float32)
    return field, u, target


def judge(field, u, target, tiles=slice(None), rows=slice(None)):
    """Gradients by name and the summed squared error, in float64, of some rows of some tiles."""
    leaves = {n: torch.tensor(t, dtype=torch.float64).requires_grad_() for n, t in field.tensors.items()}
    own = {n: t if t.shape[0] == 1 else t[tiles] for n, t in leaves.items()}
    out = fields.forward(torch, field.spec, own, u[tiles, rows].double())
    loss = (out - target[tiles, rows].double()).square().sum()
    return dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True)), float(
        loss.detach()
    )


class Ours:
    """The same by the kernel; gradients start from `fill`."""

    def __init__(self, code, field, fill=0.0, learning=0):
        self.code = code
        self.tensors = {n: torch.tensor(t) for n, t in field.tensors.items()}
        self.grads = {n: torch.full_like(t, fill) for n, t in self.tensors.items()}
        self.net = Net(field.spec, self.tensors, self.grads, learning)

    def run(self, u, target, tiles=None, rows=None, backward=True):
        """The loss; `u` and `target` are those of all tiles."""
        a, b = tiles or (0, len(u))
        part = (t[a:b].contiguous() for t in (u, target))
        return self.code.gradients(self.net, (a, b), rows or (0, u.shape[1]), *part, backward=backward)


def assert_close(grads, want):
    assert grads.keys() == want.keys()
    for name, grad in grads.items():
        scale = float(want[name].abs().max())
        torch.testing.assert_close(grad.double(), want[name], rtol=0, atol=5e-5 * scale, msg=name)


def check(code, **settings):
    field, u, target = case(**settings)
    ours = Ours(code, field)
    want, error = judge(field, u, target)
    assert ours.run(u, target) == pytest.approx(error, rel=1e-5)
    assert_close(ours.grads, want)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("width", WIDTHS)
def test_any_width_and_any_number_of_rows(code, width, rows):
    w, r = WIDTHS.index(width), ROWS.index(rows)
    kind = list(KINDS)[(w + r) % 3]
    gain = (w * r) % 2 == 1
    check(
        code,
        kind=kind,
        dims=1 + (w + 2 * r) % 3,
        channels=1 + (w + r) % 4,
        width=width,
        rows=rows,
        hidden=(w + 3 * r) % 4,
        gain=gain,
    )


@pytest.mark.parametrize("hidden", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("single", [False, True], ids=["tiles", "one tile"])
@pytest.mark.parametrize("gain", [False, True], ids=["", "gain"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network(code, kind, gain, single, hidden):
    check(code, kind=kind, gain=gain, single=single, hidden=hidden)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 13])
@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_axes_and_channels(code, kind, dims, channels):
    check(code, kind=kind, dims=dims, channels=channels)


@pytest.mark.parametrize(
    ("tiles", "rows"), [((0, 6), (0, 1)), ((2, 5), (7, 40)), ((5, 6), (31, 50)), ((1, 2), (0, 50))]
)
@pytest.mark.parametrize("kind", KINDS)
def test_some_rows_of_some_tiles_add_to_the_gradients_of_these_tiles_alone(code, kind, tiles, rows):
    field, u, target = case(kind, gain=True)
    ours = Ours(code, field, fill=7.0)
    want, error = judge(field, u, target, slice(*tiles), slice(*rows))
    assert ours.run(u, target, tiles, rows) == pytest.approx(error, rel=1e-5)
    for name, grad in ours.grads.items():
        if grad.shape[0] > 1:
            others = torch.ones(len(grad), dtype=torch.bool)
            others[slice(*tiles)] = False
            assert (grad[others] == 7).all(), name
        # A seven on top costs the gradients up to half its last bit at every addition.
        torch.testing.assert_close(grad.double() - 7, want[name], rtol=1e-4, atol=1e-5 * len(u))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_several_calls_add_up(code, kind):
    field, u, target = case(kind, rows=200)
    ours = Ours(code, field)
    losses = [ours.run(u, target, tiles, rows) for tiles in ((0, 4), (4, 6)) for rows in ((0, 33), (33, 200))]
    want, error = judge(field, u, target)
    assert sum(losses) == pytest.approx(error, rel=1e-5)
    assert_close(ours.grads, want)


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_alone_is_the_same_number_and_touches_no_gradient(code, kind):
    field, u, target = case(kind, gain=True, rows=65)
    ours = Ours(code, field, fill=3.0)
    alone = ours.run(u, target, backward=False)
    assert all((grad == 3).all() for grad in ours.grads.values())
    assert alone == ours.run(u, target)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_the_gradients_is_written(code, kind):
    field, u, target = case(kind, gain=True)
    ours = Ours(code, field)
    before = {n: t.clone() for n, t in ours.tensors.items()}, u.clone(), target.clone()
    ours.run(u, target)
    assert all(torch.equal(before[0][n], t) for n, t in ours.tensors.items())
    assert torch.equal(before[1], u)
    assert torch.equal(before[2], target)


@pytest.mark.parametrize("kind", KINDS)
def test_no_tile_and_no_row_give_no_error(code, kind):
    field, u, target = case(kind)
    ours = Ours(code, field)
    assert ours.run(u, target, tiles=(2, 2)) == 0
    assert ours.run(u, target, rows=(9, 9)) == 0
    assert all((grad == 0).all() for grad in ours.grads.values())


def test_two_variants_agree_to_rounding(runnable):
    field, u, target = case("raf, own", width=19, rows=130)
    losses = [Ours(code, field).run(u, target) for code in runnable.values()]
    np.testing.assert_allclose(losses, losses[0], rtol=1e-6)


# Sine and cosine


def sine_and_cosine(code, theta):
    """Of float32 numbers θ: a tile for each, whose network is y = sin(u), and target -2.

    Then ∂L/∂b_out = 2 (sin θ + 2) and ∂L/∂b_0 = 2 (sin θ + 2) cos θ.
    """
    spec = some_spec(
        dims=1,
        channels=1,
        tiles=(len(theta),),
        margin=(0,),
        width=1,
        hidden=0,
        activation=ActivationSpec("sine", (), 1, 1),
    )
    one, zero = np.ones((len(theta), 1, 1), np.float32), np.zeros((len(theta), 1), np.float32)
    names = {"layer0.weight": one, "layer0.bias": zero, "output.weight": one, "output.bias": zero}
    ours = Ours(code, fields.Field(spec, names))
    ours.run(torch.tensor(theta)[:, None, None], torch.full((len(theta), 1, 1), -2.0))
    above = ours.grads["output.bias"].double().numpy().ravel()
    return above / 2 - 2, ours.grads["layer0.bias"].double().numpy().ravel() / above


def test_sine_and_cosine_are_right_far_from_zero(code, rng):
    spread = rng.uniform(-1, 1, 4000) * 10 ** rng.uniform(-3, 4, 4000)
    turns = np.arange(-3200, 3200, 7) * np.pi / 2  # where one of the two is zero
    theta = np.concatenate([spread, turns, [0.0, -0.0, 1e4, -1e4, 1e-30]]).astype(np.float32)
    sine, cosine = sine_and_cosine(code, theta)
    np.testing.assert_allclose(sine, np.sin(theta.astype(np.float64)), rtol=0, atol=1e-6)
    np.testing.assert_allclose(cosine, np.cos(theta.astype(np.float64)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_a_number_is_seen_in_the_loss(code, kind, wrong):
    field, u, target = case(kind, rows=65)
    for broken in ("u", "target", "layer1.bias"):
        ours = Ours(code, field)
        batch = {"u": u.clone(), "target": target.clone()}
        (batch | ours.tensors)[broken].view(-1)[-1] = wrong
        assert not np.isfinite(ours.run(**batch)), broken


# What it does not know


@pytest.mark.parametrize(
    "spec",
    [
        some_spec("raf", ("linear", "square", "sine2", "cosine2")),
        some_spec("raf", RAF[:2]),
        some_spec("sine", (), encoding=EncodingSpec("fourier", 2)),
        some_spec("sine", (), hidden=8),
    ],
    ids=["other bases", "fewer bases", "an encoding", "nine layers"],
)
def test_a_network_that_the_kernel_does_not_know_is_refused(spec):
    assert not Kernel.serves(spec)
    tensors = {n: torch.tensor(t) for n, t in random_field(spec).tensors.items()}
    with pytest.raises(SpecError, match="kernel: no code for"):
        Net(spec, tensors, tensors)


@pytest.mark.parametrize("name", ["raf", "sine"])
def test_the_defaults_of_the_zoo_are_served(name):
    """The kernel keeps its own list of bases; were `raf` to change, fits would silently be slow."""
    spec = FieldSpec(2, 3, (2, 2), (0, 0), 8, 2, activation=fields.activation(name).default)
    assert Kernel.serves(spec)


@pytest.mark.parametrize("kind", ["raf, shared", "raf, own"])
@pytest.mark.parametrize("learning", [0, 1, 2, 3])
@pytest.mark.parametrize("zeros", [(), (0,), (0, 1), (0, 2), (0, 1, 2)])
def test_harmonics_learn_from_a_layer_on_and_the_other_gradients_are_the_same(code, kind, learning, zeros):
    field, u, target = case(kind, hidden=2)
    field = type(field)(field.spec, {n: t.copy() for n, t in field.tensors.items()})
    for layer in zeros:
        field.tensors[f"layer{layer}.amplitude"][...] = 0.0
    ours = Ours(code, field, learning=learning)
    want, error = judge(field, u, target)
    assert ours.run(u, target) == pytest.approx(error, rel=1e-5)
    for layer in range(learning):
        assert not ours.grads[f"layer{layer}.amplitude"].any()
        del ours.grads[f"layer{layer}.amplitude"], want[f"layer{layer}.amplitude"]
    assert_close(ours.grads, want)

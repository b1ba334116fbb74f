"""Gradients in pieces and on several threads against one autograd pass over everything."""

import numpy as np
import pytest
import torch

from inr import fields, kernel
from inr.fitting.network import TrainingNetwork
from inr.specs import ActivationSpec
from tests.fields.scalar_field import random_field, some_spec

HARMONIC = ("linear", "square", "sine", "sine2", "cosine2")
MODULATED = ("carrier", "sine2", "cosine2")  # what the kernel serves, besides sine
SPECS = {
    "shared": some_spec(tiles=(7, 5), width=12),
    "own": some_spec(tiles=(7, 5), activation=ActivationSpec("raf", HARMONIC, 6.0, 5.0, shared=False)),
    "single": some_spec(tiles=(1, 1), margin=(0, 0), width=64),
    "sine with gain": some_spec("sine", (), tiles=(3, 3), gain=True),
    "one sine": some_spec("sine", (), tiles=(1, 1), margin=(0, 0), width=19, gain=True),
    "modulated, shared": some_spec("raf", MODULATED, tiles=(7, 5), width=12, gain=True),
    "modulated, own": some_spec(
        tiles=(7, 5), activation=ActivationSpec("raf", MODULATED, 6.0, 5.0, shared=False)
    ),
    "one modulated": some_spec("raf", MODULATED, tiles=(1, 1), margin=(0, 0), width=19),
}
# Both paths, where there are two.
PATHS = [
    pytest.param(name, compiled, id=f"{name}, {'kernel' if compiled else 'torch'}")
    for name, spec in SPECS.items()
    for compiled in (False, True)[: 1 + kernel.Kernel.serves(spec)]
]
each_path = pytest.mark.parametrize(("name", "compiled"), PATHS)


def setting(name, rows=500):
    field = random_field(SPECS[name], 1)
    rng = np.random.default_rng(2)
    u = torch.tensor(rng.uniform(-1, 1, (field.spec.tile_count, rows, 2)), dtype=torch.float32)
    return field, u, torch.tensor(rng.uniform(-1, 1, (*u.shape[:2], 3)), dtype=torch.float32)


def resting(spec):
    """The tensors that a fit leaves alone: harmonics of all layers but the last."""
    if spec.activation.bases != MODULATED:
        return set()
    return {f"layer{layer}.amplitude" for layer in range(spec.hidden)}


def batch(u, target):
    """Rows a tile, and how to draw them."""
    return u.shape[1], lambda first, last: (u[first:last], target[first:last])


@pytest.fixture
def network():
    """Make training networks; their workers end with the test."""
    made = []

    def make(field, workers, compiled=True):
        made.append(TrainingNetwork(field.spec, field.tensors, "cpu", workers, compiled=compiled))
        if compiled and kernel.Kernel.serves(field.spec) and made[-1].kernel is None:
            pytest.skip(f"no kernel: {kernel.why_not()}")
        assert (made[-1].kernel is not None) == (compiled and kernel.Kernel.serves(field.spec))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("workers", [1, 2, 3])
@each_path
def test_gradients_and_loss_are_those_of_one_pass_over_everything(network, name, compiled, workers):
    field, u, target = setting(name)
    ours = network(field, workers, compiled)
    loss = ours.gradients(slice(0, len(u)), *batch(u, target))
    leaves = {n: torch.tensor(t, dtype=torch.float64).requires_grad_() for n, t in field.tensors.items()}
    error = (fields.forward(torch, field.spec, leaves, u.double()) - target.double()).square()
    grads = torch.autograd.grad(error.sum(), list(leaves.values()))
    assert float(loss) == pytest.approx(float(error.detach().mean()), rel=1e-5)
    for key, want in zip(leaves, grads, strict=True):
        scale = float(want.abs().max())
        wanted = torch.zeros_like(want) if key in resting(field.spec) else want
        torch.testing.assert_close(ours.grads[key].double(), wanted, rtol=0, atol=1e-4 * scale)
    assert float(ours.error(slice(0, len(u)), *batch(u, target))) == pytest.approx(
        float(error.detach().mean()), rel=1e-5
    )


@pytest.mark.parametrize("workers", [1, 2])
@each_path
def test_a_batch_gives_the_same_bits_again(network, name, compiled, workers):
    field, u, target = setting(name)
    ours = network(field, workers, compiled)
    results = []
    for _ in range(3):
        loss = ours.gradients(slice(0, len(u)), *batch(u, target))
        results.append([loss.clone(), *(g.clone() for g in ours.grads.values())])
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_of_some_tiles_leave_those_of_others_as_they_were(network, compiled, workers):
    field, u, target = setting("modulated, own")
    ours = network(field, workers, compiled)
    for grad in ours.grads.values():
        grad.fill_(7.0)
    ours.gradients(slice(5, 20), *batch(u[5:20], target[5:20]))
    for name, grad in ours.grads.items():
        assert (grad[:5] == 7).all(), name
        assert (grad[20:] == 7).all(), name
        assert (grad[5:20] != 7).any(), name
        assert (grad[5:20] == 0).all() == (name in resting(field.spec)), name


@each_path
def test_the_tiles_of_a_run_get_the_gradients_that_all_together_give_them(network, name, compiled):
    field, u, target = setting(name)
    if len(u) < 9:
        pytest.skip("one network is one run")
    ours = network(field, 2, compiled)
    ours.gradients(slice(0, len(u)), *batch(u, target))
    whole = {n: g.clone() for n, g in ours.grads.items()}
    ours.gradients(slice(3, 8), *batch(u[3:8], target[3:8]))
    for key, grad in ours.grads.items():
        if grad.shape[0] > 1:
            torch.testing.assert_close(grad[3:8], whole[key][3:8], rtol=1e-4, atol=1e-3)


def test_more_workers_than_tiles_or_rows_do_no_harm(network):
    for name in ("sine with gain", "one sine"):
        field, u, target = setting(name, rows=2)
        few, many = (network(field, workers) for workers in (1, 12))
        losses = [float(one.gradients(slice(0, len(u)), *batch(u, target))) for one in (few, many)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-6)
        for key, grad in few.grads.items():
            torch.testing.assert_close(many.grads[key], grad, rtol=1e-4, atol=1e-4)


def test_threads_of_torch_are_put_back(network):
    ours = network(setting("shared")[0], 2)
    before = torch.get_num_threads()
    with ours.threads():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
    with pytest.raises(ZeroDivisionError), ours.threads():
        1 / 0  # noqa: B018
    assert torch.get_num_threads() == before

"""Gradients in pieces and on several threads against one autograd pass over everything."""

import numpy as np
import pytest
import torch

from inr import fields
from inr.fitting.network import TrainingNetwork
from inr.specs import ActivationSpec
from tests.fields.scalar_field import random_field, some_spec

HARMONIC = ("linear", "square", "sine", "sine2", "cosine2")
SPECS = {
    "shared": some_spec(tiles=(7, 5), width=12),
    "own": some_spec(tiles=(7, 5), activation=ActivationSpec("raf", HARMONIC, 6.0, 5.0, shared=False)),
    "single": some_spec(tiles=(1, 1), margin=(0, 0), width=64),
    "sine with gain": some_spec("sine", (), tiles=(3, 3), gain=True),
}


def setting(name, rows=500):
    field = random_field(SPECS[name], 1)
    rng = np.random.default_rng(2)
    u = torch.tensor(rng.uniform(-1, 1, (field.spec.tile_count, rows, 2)), dtype=torch.float32)
    return field, u, torch.tensor(rng.uniform(-1, 1, (*u.shape[:2], 3)), dtype=torch.float32)


@pytest.fixture
def network():
    """Make training networks; their workers end with the test."""
    made = []

    def make(field, workers):
        made.append(TrainingNetwork(field.spec, field.tensors, "cpu", workers))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("name", SPECS)
def test_gradients_and_loss_are_those_of_one_pass_over_everything(network, name, workers):
    field, u, target = setting(name)
    ours = network(field, workers)
    loss = ours.gradients(slice(0, len(u)), u, target)
    leaves = {n: torch.tensor(t, dtype=torch.float64).requires_grad_() for n, t in field.tensors.items()}
    error = (fields.forward(torch, field.spec, leaves, u.double()) - target.double()).square()
    grads = torch.autograd.grad(error.sum(), list(leaves.values()))
    assert float(loss) == pytest.approx(float(error.detach().mean()), rel=1e-5)
    for key, want in zip(leaves, grads, strict=True):
        scale = float(want.abs().max())
        torch.testing.assert_close(ours.grads[key].double(), want, rtol=0, atol=1e-4 * scale)
    assert float(ours.error(slice(0, len(u)), u, target)) == pytest.approx(
        float(error.detach().mean()), rel=1e-5
    )


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", SPECS)
def test_a_batch_gives_the_same_bits_again(network, name, workers):
    field, u, target = setting(name)
    ours = network(field, workers)
    results = []
    for _ in range(3):
        loss = ours.gradients(slice(0, len(u)), u, target)
        results.append([loss.clone(), *(g.clone() for g in ours.grads.values())])
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))


def test_gradients_of_some_tiles_leave_those_of_others_as_they_were(network):
    field, u, target = setting("own")
    ours = network(field, 2)
    for grad in ours.grads.values():
        grad.fill_(7.0)
    ours.gradients(slice(5, 20), u[5:20], target[5:20])
    for name, grad in ours.grads.items():
        assert (grad[:5] == 7).all(), name
        assert (grad[20:] == 7).all(), name
        assert (grad[5:20] != 7).any(), name


def test_threads_of_torch_are_put_back(network):
    ours = network(setting("shared")[0], 2)
    before = torch.get_num_threads()
    with ours.threads():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
    with pytest.raises(ZeroDivisionError), ours.threads():
        1 / 0  # noqa: B018
    assert torch.get_num_threads() == before

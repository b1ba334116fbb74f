"""Adam against torch.optim, Muon against its formula, and tiles that do not disturb each other."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from inr import kernel
from inr.fitting.network import TrainingNetwork
from inr.fitting.optimisers import BETAS, DECAY, EPSILON, MOMENTUM, Optimiser, Rates, orthogonal
from tests.fields.scalar_field import random_field, some_spec


def tensors(seed=0, tiles=4, dtype=torch.float64):
    rng = np.random.default_rng(seed)
    shapes = {
        "layer0.weight": (tiles, 2, 8),
        "layer0.bias": (tiles, 8),
        "layer0.amplitude": (1, 5, 8),
        "layer1.weight": (tiles, 8, 8),
        "output.weight": (tiles, 8, 3),
    }
    return {name: torch.tensor(rng.normal(0, 1, shape), dtype=dtype) for name, shape in shapes.items()}


ALL = slice(0, 4)


@dataclass
class Way:
    """How the updates are computed: by torch in float64, or by the kernel's workers in float32."""

    network: TrainingNetwork | None
    dtype: torch.dtype
    close: dict[str, float]

    def tensors(self, seed=0, **options):
        return tensors(seed, dtype=self.dtype, **options)

    def optimiser(self, trained, rates):
        return Optimiser(trained, rates, self.network)


@pytest.fixture(params=["torch", "kernel", "kernel, 3 workers"])
def way(request):
    if request.param == "torch":
        yield Way(None, torch.float64, {"rtol": 1e-11, "atol": 1e-12})
        return
    if kernel.load() is None:
        pytest.skip(f"no kernel: {kernel.why_not()}")
    some = random_field(some_spec("sine", ()))
    network = TrainingNetwork(some.spec, some.tensors, "cpu", 3 if "3" in request.param else 1)
    yield Way(network, torch.float32, {"rtol": 0, "atol": 2e-4})
    network.close()


def test_adam_equals_that_of_torch(way):
    ours = way.tensors()
    theirs = {n: t.double().requires_grad_() for n, t in ours.items()}
    judge = torch.optim.Adam(theirs.values(), lr=0.01, betas=BETAS, eps=EPSILON)
    optimiser = way.optimiser(ours, Rates(0.0, 0.01, 0.01))
    for step in range(1, 31):
        grads = {n: 10.0 ** (step % 5 - 4) * g for n, g in way.tensors(step).items()}
        optimiser.step(grads, ALL, step, 1.0)
        for name, tensor in theirs.items():
            tensor.grad = grads[name].double()
        judge.step()
    for name, tensor in ours.items():
        torch.testing.assert_close(tensor.double(), theirs[name].detach(), **way.close)


def test_a_scale_of_a_half_is_half_the_rate(way):
    a, b = way.tensors(), way.tensors()
    halved = way.optimiser(a, Rates(0.1, 0.005, 0.0025))
    scaled = way.optimiser(b, Rates(0.2, 0.01, 0.005))
    for step in range(1, 4):
        halved.step(way.tensors(step), ALL, step, 1.0)
        scaled.step(way.tensors(step), ALL, step, 0.5)
    for name in a:
        torch.testing.assert_close(a[name], b[name], **way.close)


def test_the_activations_own_parameters_have_a_rate_of_their_own(way):
    start, ours = way.tensors(), way.tensors()
    way.optimiser(ours, Rates(0.1, 0.01, 0.002)).step(way.tensors(1), ALL, 1, 1.0)
    # The first step of Adam is the rate, whatever the gradient.
    for name, rate in {"layer0.weight": 0.01, "output.weight": 0.01, "layer0.amplitude": 0.002}.items():
        moved = (ours[name] - start[name]).abs()
        torch.testing.assert_close(moved, torch.full_like(moved, rate), rtol=1e-3, atol=0)


def test_muon_is_equation_1_and_moves_hidden_matrices_only(way):
    ours = way.tensors()
    start = {n: t.double() for n, t in ours.items()}
    optimiser = way.optimiser(ours, Rates(0.1, 0.01, 0.01))
    momentum = torch.zeros(4, 8, 8, dtype=torch.float64)
    want = start["layer1.weight"].clone()
    for step in range(1, 6):
        grads = way.tensors(step)
        optimiser.step(grads, ALL, step, 1.0)
        g = grads["layer1.weight"].double()
        momentum = MOMENTUM * momentum + g
        want = (1 - 0.1 * DECAY) * want - 0.1 * orthogonal(g + MOMENTUM * momentum)
    torch.testing.assert_close(ours["layer1.weight"].double(), want, **way.close)
    plain = way.tensors()
    adam = way.optimiser(plain, Rates(0.0, 0.01, 0.01))
    for step in range(1, 6):
        adam.step(way.tensors(step), ALL, step, 1.0)
    for name in ours:
        assert torch.equal(ours[name], plain[name]) == (name != "layer1.weight"), name


@pytest.mark.parametrize("shape", [(5, 8, 8), (3, 16, 16), (2, 6, 12), (2, 12, 6), (1, 1, 1)])
def test_orthogonal_gives_singular_values_near_one_and_keeps_the_vectors(shape):
    rng = np.random.default_rng(2)
    k, a, b = shape
    n = min(a, b)
    left = np.linalg.qr(rng.normal(0, 1, (k, a, n)))[0]
    right = np.linalg.qr(rng.normal(0, 1, (k, b, n)))[0]
    values = rng.uniform(0.2, 3, (k, n))
    got = orthogonal(torch.tensor((left * values[:, None]) @ right.transpose(0, 2, 1))).numpy()
    inside = left.transpose(0, 2, 1) @ got @ right
    diagonal = np.diagonal(inside, axis1=1, axis2=2)
    # The quintic steps end between 0.68 and 1.14 (Jordan et al. 2024).
    assert diagonal.min() > 0.6
    assert diagonal.max() < 1.3
    np.testing.assert_allclose(inside, np.eye(n) * diagonal[:, None], atol=1e-10)


def test_orthogonal_does_not_see_the_scale_and_survives_zeros():
    m = torch.tensor(np.random.default_rng(0).normal(0, 1, (3, 8, 8)))
    torch.testing.assert_close(orthogonal(1e-6 * m), orthogonal(m), rtol=1e-9, atol=1e-9)
    assert torch.equal(orthogonal(torch.zeros(2, 4, 4)), torch.zeros(2, 4, 4))
    assert torch.isfinite(orthogonal(torch.full((1, 4, 4), 1e-30))).all()


@pytest.mark.parametrize("muon", [0.0, 0.1])
def test_a_step_on_some_tiles_leaves_the_others_and_their_moments_alone(way, muon):
    ours = way.tensors()
    optimiser = way.optimiser(ours, Rates(muon, 0.01, 0.01))
    before = {n: t.clone() for n, t in (ours | optimiser.state()).items()}
    optimiser.step(way.tensors(1), slice(1, 3), 1, 1.0)
    for name, tensor in (ours | optimiser.state()).items():
        moved = (tensor != before[name]).flatten(1).any(1).tolist()
        assert moved == ([True] if tensor.shape[0] == 1 else [False, True, True, False]), name


def test_slabs_that_take_turns_with_their_own_counts_train_as_if_alone(way):
    together = {n: t for n, t in way.tensors().items() if t.shape[0] > 1}
    alone = [{n: t[part].clone() for n, t in together.items()} for part in (slice(0, 2), slice(2, 4))]
    optimiser = way.optimiser(together, Rates(0.1, 0.01, 0.01))
    apart = [way.optimiser(own, Rates(0.1, 0.01, 0.01)) for own in alone]
    counts = [0, 0]
    for step, slab in enumerate([0, 0, 0, 1, 1, 0, 1, 1, 1]):
        part, grads = slice(2 * slab, 2 * slab + 2), way.tensors(step + 1)
        counts[slab] += 1
        optimiser.step(grads, part, counts[slab], 1.0)
        own = {n: grads[n][part] for n in together}
        apart[slab].step(own, slice(0, 2), counts[slab], 1.0)
    for slab, own in enumerate(alone):
        for name, tensor in own.items():
            assert torch.equal(tensor, together[name][2 * slab : 2 * slab + 2]), name


def test_the_state_is_the_live_moments(way):
    ours = way.tensors()
    optimiser = way.optimiser(ours, Rates(0.1, 0.01, 0.01))
    state = optimiser.state()
    assert set(state) == {f"first.{n}" for n in ours} | {f"second.{n}" for n in ours if n != "layer1.weight"}
    optimiser.step(way.tensors(1), ALL, 1, 1.0)
    assert all(t.abs().max() > 0 for t in state.values())


@pytest.mark.parametrize(("tiles", "width"), [(1, 8), (4, 1), (4, 33), (3, 70), (1, 70)])
def test_matrices_of_any_number_and_width_are_updated_the_same(way, tiles, width):
    """Wide ones and single ones go to torch, also where there is a kernel."""
    rng = np.random.default_rng(width)
    start, g = (torch.tensor(rng.normal(0, 1, (tiles, width, width)), dtype=way.dtype) for _ in range(2))
    ours = {"layer1.weight": start.clone()}
    way.optimiser(ours, Rates(0.1, 0.01, 0.01)).step({"layer1.weight": g}, slice(0, tiles), 1, 1.0)
    want = (1 - 0.1 * DECAY) * start.double() - 0.1 * orthogonal((1 + MOMENTUM) * g.double())
    torch.testing.assert_close(ours["layer1.weight"].double(), want, **way.close)


def test_rates_without_a_horizon_stay_and_others_fall_with_long_plans_alone():
    assert Rates(0.1, 0.1, 0.1).lowered(10**6) == 1.0
    rates = Rates(0.1, 0.1, 0.1, horizon=100)
    assert [rates.lowered(n) for n in (0, 1, 100)] == [1.0, 1.0, 1.0]
    assert rates.lowered(1600) == pytest.approx(0.5)

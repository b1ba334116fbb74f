"""Muon and Adam of every variant against the formulas in float64."""

import numpy as np
import pytest
import torch

from inr.fitting.optimisers import BETAS, EPSILON, MOMENTUM, orthogonal


def matrices(count, n, seed):
    return torch.tensor(np.random.default_rng(seed).normal(0, 1, (count, n, n)), dtype=torch.float32)


def muon(code, w, g, m, tiles, rate=0.1):
    code.muon(w, g, m, tiles, momentum=MOMENTUM, rate=rate)


@pytest.mark.parametrize("width", range(1, 41))
def test_muon_is_that_of_the_formula_at_any_width(code, width):
    count = 1 + 7 * width % 34
    w, g, m = (matrices(count, width, seed) for seed in (1, 2, 3))
    start, momentum = w.double(), MOMENTUM * m.double() + g.double()
    muon(code, w, g, m, (0, count))
    torch.testing.assert_close(m.double(), momentum, rtol=1e-6, atol=1e-6)
    want = start - 0.1 * orthogonal(g.double() + MOMENTUM * momentum)
    # Small singular values are multiplied by up to 3.4^5 on their way, and so is rounding.
    torch.testing.assert_close(w.double(), want, rtol=0, atol=1e-4)


@pytest.mark.parametrize("width", [5, 16])
@pytest.mark.parametrize("count", [1, 15, 16, 17, 33, 64])
def test_any_number_of_matrices(code, count, width):
    w, g, m = (matrices(count, width, seed) for seed in (1, 2, 3))
    want = w.double() - 0.1 * orthogonal(g.double() + MOMENTUM * (MOMENTUM * m.double() + g.double()))
    muon(code, w, g, m, (0, count))
    torch.testing.assert_close(w.double(), want, rtol=0, atol=1e-4)


@pytest.mark.parametrize("tiles", [(0, 1), (3, 20), (16, 32), (39, 40), (7, 7)])
def test_muon_on_some_tiles_gives_these_the_same_and_leaves_the_others_alone(code, tiles):
    whole, part = ([matrices(40, 6, seed) for seed in (1, 2, 3)] for _ in range(2))
    before = [t.clone() for t in part]
    muon(code, *whole, (0, 40))
    muon(code, *part, tiles)
    inside = torch.zeros(40, dtype=torch.bool)
    inside[slice(*tiles)] = True
    for after, full, old in zip(part, whole, before, strict=True):
        assert torch.equal(after[~inside], old[~inside])
        torch.testing.assert_close(after[inside], full[inside], rtol=0, atol=1e-6)
    assert torch.equal(part[1], before[1])


def test_muon_does_not_see_the_scale_of_a_gradient_and_survives_zeros(code):
    g = matrices(20, 8, 1)
    moved = []
    for scale in (1.0, 1e-6, 1e6):
        w, m = torch.zeros(20, 8, 8), torch.zeros(20, 8, 8)
        muon(code, w, scale * g, m, (0, 20))
        moved.append(w)
    for other in moved[1:]:
        torch.testing.assert_close(other, moved[0], rtol=0, atol=1e-4)
    w = matrices(20, 8, 2)
    before = w.clone()
    muon(code, w, torch.zeros_like(w), torch.zeros_like(w), (0, 20))
    assert torch.equal(w, before)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 1000])
def test_adam_is_that_of_torch(code, count):
    rng = np.random.default_rng(count)
    ours = torch.tensor(rng.normal(0, 1, count), dtype=torch.float32)
    theirs = ours.double().requires_grad_()
    judge = torch.optim.Adam([theirs], lr=0.01, betas=BETAS, eps=EPSILON)
    m, v = torch.zeros_like(ours), torch.zeros_like(ours)
    for step in range(1, 31):
        g = torch.tensor(10.0 ** (step % 5 - 4) * rng.normal(0, 1, count), dtype=torch.float32)
        rate, root = 0.01 / (1 - BETAS[0] ** step), 1 / (1 - BETAS[1] ** step)
        code.adam(ours, g, m, v, betas=BETAS, rate=rate, root=root, epsilon=EPSILON)
        theirs.grad = g.double()
        judge.step()
    torch.testing.assert_close(ours.double(), theirs.detach(), rtol=0, atol=3e-6)


@pytest.mark.parametrize("part", [slice(0, 1), slice(5, 38), slice(99, 100)])
def test_adam_on_a_part_leaves_the_rest_alone(code, part):
    w, g, m, v = (matrices(100, 1, seed).square() for seed in range(4))
    before = [t.clone() for t in (w, m, v)]
    code.adam(w[part], g[part], m[part], v[part], betas=BETAS, rate=0.1, root=1.0, epsilon=EPSILON)
    outside = torch.ones(100, dtype=torch.bool)
    outside[part] = False
    for after, old in zip((w, m, v), before, strict=True):
        assert torch.equal(after[outside], old[outside])
        assert (after[part] != old[part]).all()


def test_adam_takes_no_step_where_there_was_never_a_gradient(code):
    w = matrices(3, 5, 1)
    before, m, v = w.clone(), torch.zeros_like(w), torch.zeros_like(w)
    code.adam(w, torch.zeros_like(w), m, v, betas=BETAS, rate=0.1, root=100.0, epsilon=EPSILON)
    assert torch.equal(w, before)

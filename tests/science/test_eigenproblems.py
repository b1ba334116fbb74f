"""The judges of eigenvalue problems: lattices, the Fourier solver, and quotients at exact solutions."""

import itertools
import math

import numpy as np
import pytest
import torch

from inr.errors import SpecError
from inr.science import EIGENPROBLEMS, find_eigenproblem, lattice, levels
from inr.science.eigen import Sampled, quotient, relative_error


@pytest.mark.parametrize(
    ("count", "dim", "reach"), [(1 << 16, 2, 20), (1 << 16, 3, 6), (1 << 16, 10, 1), (512, 2, 4)]
)
def test_a_lattice_integrates_trigonometric_polynomials_exactly(count, dim, reach, generator):
    """Σ_h a_h cos(2π h·x + b_h) over all |h_i| <= reach has the mean a_0 cos b_0."""
    frequencies = [h for h in itertools.product(range(-reach, reach + 1), repeat=dim) if any(h)]
    chosen = torch.randperm(len(frequencies), generator=generator)[:300].tolist()
    x = lattice(count, dim, torch.rand(dim, dtype=torch.float64, generator=generator))
    for k in chosen:
        phase = 2 * math.pi * (x @ torch.tensor(frequencies[k], dtype=torch.float64))
        assert abs(float(torch.cos(phase + 0.3).mean())) < 1e-13


@pytest.mark.parametrize("dim", [2, 5, 10])
def test_every_trigonometric_polynomial_of_low_degree_is_off_the_dual_lattice(dim):
    """Exactness fails only where h·z is a multiple of N; no h with |h|_1 <= 4 is one."""
    from inr.science.lattice import GENERATOR

    for size in range(1, 5):
        for axes in itertools.combinations_with_replacement(range(dim), size):
            for signs in itertools.product((-1, 1), repeat=size):
                h = np.zeros(dim, dtype=np.int64)
                np.add.at(h, list(axes), signs)
                if h.any():
                    assert int(h @ np.array(GENERATOR[:dim])) % (1 << 16)


def test_a_smooth_periodic_function_is_integrated_to_rounding():
    x = 2 * math.pi * lattice(1 << 16, 5)
    got = float(torch.exp(0.4 * torch.cos(x).sum(-1)).mean())
    assert got == pytest.approx(float(np.i0(0.4)) ** 5, rel=1e-12)


def test_every_second_point_of_a_lattice_is_the_lattice_of_half_as_many():
    torch.testing.assert_close(lattice(64, 7)[::2], lattice(32, 7), rtol=0, atol=0)


@pytest.mark.parametrize(("count", "dim"), [(100, 2), (0, 2), (1 << 18, 2), (64, 0), (64, 11)])
def test_impossible_lattices_are_refused(count, dim):
    with pytest.raises(SpecError, match="lattice: needs"):
        lattice(count, dim)


@pytest.mark.parametrize(
    ("name", "dim", "state", "value", "tolerance"),
    [
        ("schroedinger", 2, 0, -0.591624518674115, 1e-10),
        ("schroedinger", 5, 0, -0.054018930536326, 1e-10),
        ("schroedinger", 10, 0, -0.098087448866409, 1e-10),
        ("double-well", 1, 0, -0.2658780338622622, 1e-10),
        ("double-well", 5, 0, -0.2658780338622622 - 4 * 0.00499454380053, 1e-10),
        ("double-well", 2, 1, 0.1860163214034416 - 0.00499454380053, 1e-10),
        ("cubic", 5, 0, -3.0, 0),
        ("fokker-planck", 10, 0, 0.0, 0),
    ],
)
def test_exact_eigenvalues_are_the_published_ones(name, dim, state, value, tolerance):
    assert abs(find_eigenproblem(name, dim).exact_value(state) - value) <= tolerance


def test_the_nearly_degenerate_double_well_has_its_two_levels():
    lower, upper = levels({2: 5.0}, 2)
    assert (lower.value, upper.value) == pytest.approx((-2.15307834, -2.07633151), abs=1e-8)


def test_the_fourier_solver_agrees_with_finite_differences():
    """Fourth-order differences on 400 points: another discretisation, another eigensolver."""
    n = 400
    step = 2 * math.pi / n
    second = sum(
        c * np.roll(np.eye(n), k, axis=1)
        for k, c in {-2: -1 / 12, -1: 4 / 3, 0: -5 / 2, 1: 4 / 3, 2: -1 / 12}.items()
    )
    x = step * np.arange(n)
    matrix = -second / step**2 + np.diag(0.7 * np.cos(x) + 0.4 * np.cos(3 * x))
    want = np.linalg.eigvals(matrix).real
    want.sort()
    assert [level.value for level in levels({1: 0.7, 3: 0.4}, 3)] == pytest.approx(
        want[:3].tolist(), abs=1e-6
    )


def test_levels_are_functions_that_solve_their_equation_and_are_orthogonal():
    x = torch.linspace(0, 2 * math.pi, 65, dtype=torch.float64)[:-1].requires_grad_()
    found = levels({2: 1.5}, 3)
    for level in found:
        u = level(x)
        (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
        (curve,) = torch.autograd.grad(slope.sum(), x, create_graph=True)
        left = -curve + 1.5 * torch.cos(2 * x) * u
        torch.testing.assert_close(left, level.value * u, rtol=0, atol=1e-10)
    products = torch.stack([level(x) for level in found]).detach()
    gram = products @ products.T / 64
    torch.testing.assert_close(gram, torch.eye(3, dtype=torch.float64), rtol=0, atol=1e-12)


def exactly(problem, x, state):
    at = x.clone().requires_grad_()
    u = problem.exact(at, state)
    (slope,) = torch.autograd.grad(u.sum(), at)
    return Sampled(x, u.detach(), slope)


@pytest.mark.parametrize("name", EIGENPROBLEMS)
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_the_quotient_of_an_exact_eigenfunction_is_its_eigenvalue(name, dim):
    problem = find_eigenproblem(name, dim)
    x = 2 * math.pi * lattice(1 << 14, dim)
    for state in range(problem.states):
        got = float(quotient(problem, exactly(problem, x, state), problem.epsilon))
        assert got == pytest.approx(problem.exact_value(state), abs=1e-9)


@pytest.mark.parametrize("name", EIGENPROBLEMS)
def test_what_is_minimised_is_smallest_at_the_exact_eigenfunction(name, generator):
    problem = find_eigenproblem(name, 2)
    x = 2 * math.pi * lattice(1 << 12, 2)
    exact = exactly(problem, x, 0)
    least = float(quotient(problem, exact, 0.5 * problem.epsilon))
    for _ in range(8):
        k, b = torch.randint(1, 4, (2,), generator=generator), torch.rand(1, generator=generator).double()
        bump, slope = 0.01 * torch.cos(x @ k.double() + b), -0.01 * torch.sin(x @ k.double() + b)
        moved = Sampled(x, exact.u + bump, exact.slope + slope[:, None] * k.double())
        got = float(quotient(problem, moved, 0.5 * problem.epsilon))
        assert least < got < least + 0.02


def test_the_exact_cubic_state_has_norm_1_and_solves_its_equation():
    problem = find_eigenproblem("cubic", 2)
    x = 2 * math.pi * lattice(1 << 10, 2)
    assert float(problem.exact(x, 0).square().mean()) == pytest.approx(1.0, abs=1e-13)
    hessian = torch.func.vmap(torch.func.jacrev(torch.func.jacrev(lambda at: problem.exact(at[None], 0)[0])))(
        x
    )
    u = problem.exact(x, 0)
    left = -hessian.diagonal(dim1=1, dim2=2).sum(-1) + problem._potential(x) * u + u**3
    torch.testing.assert_close(left, -3.0 * u, rtol=1e-10, atol=1e-10)


def test_the_part_without_a_lower_state_is_orthogonal_to_it(generator):
    x = 2 * math.pi * lattice(1 << 10, 2)
    u, p, weight = (torch.rand(1 << 10, dtype=torch.float64, generator=generator) for _ in range(3))
    zero = torch.zeros_like(x)
    got = Sampled(x, u, zero).without(Sampled(x, p, zero), weight)
    assert abs(float((weight * got.u * p).mean())) < 1e-15


def test_the_relative_error_sees_neither_a_factor_nor_a_sign(generator):
    u = torch.randn(100, dtype=torch.float64, generator=generator)
    assert relative_error(-3.0 * u, u) < 1e-15
    tilted = u / u.norm() + 1e-6 * torch.linalg.qr(torch.stack([u, torch.ones_like(u)], 1))[0][:, 1]
    assert relative_error(tilted, u) == pytest.approx(1e-6, rel=1e-6)


def test_unknown_eigenproblems_and_impossible_dimensions_are_refused():
    with pytest.raises(SpecError, match="known are fokker-planck, schroedinger, cubic, double-well"):
        find_eigenproblem("helmholtz")
    with pytest.raises(SpecError, match="must be 1 to 10; got 11"):
        find_eigenproblem("cubic", 11)

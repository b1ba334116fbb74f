"""The boundary value problems against autograd of their exact solutions."""

import pytest
import torch

from inr.errors import SpecError
from inr.science import PROBLEMS, Jet, find_problem

DIMS = [1, 2, 3, 10]


def jets(function, x):
    """Value, gradient and Laplacian by torch.func."""
    hessian = torch.func.vmap(torch.func.jacrev(torch.func.jacrev(function)))(x)
    return Jet(
        torch.func.vmap(function)(x),
        torch.func.vmap(torch.func.jacrev(function))(x),
        hessian.diagonal(dim1=-2, dim2=-1).sum(-1),
    )


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("dim", DIMS)
def test_the_exact_solution_solves_the_problem(name, dim, generator):
    problem = find_problem(name, dim)
    x = problem.sample(50, generator)
    u = jets(lambda at: problem.exact(at[None])[0], x)
    torch.testing.assert_close(problem.operator(x, u), problem.source(x), rtol=1e-9, atol=1e-9)


def test_a_share_of_the_nonlinear_terms_is_that_share(generator):
    problem = find_problem("oscillation", 2)
    x = problem.sample(20, generator)
    u = Jet(*(torch.randn(shape, dtype=torch.float64, generator=generator) for shape in (20, (20, 2), 20)))
    none, half, whole = (problem.operator(x, u, share) for share in (0.0, 0.5, 1.0))
    torch.testing.assert_close(none, -u.laplacian)
    torch.testing.assert_close(half, 0.5 * (none + whole))
    for name in ("poisson", "singular"):
        linear = find_problem(name, 2)
        torch.testing.assert_close(linear.operator(x, u, 0.0), linear.operator(x, u))


@pytest.mark.parametrize("dim", DIMS)
def test_the_singular_source_is_minus_the_divergence_of_the_flux(dim, generator):
    """The operator as it is written in the paper, differentiated outside and inside."""
    problem = find_problem("singular", dim)
    x = problem.sample(20, generator)

    def flux(at):
        return at.norm() * torch.func.jacrev(lambda y: problem.exact(y[None])[0])(at)

    divergence = torch.func.vmap(torch.func.jacrev(flux))(x).diagonal(dim1=-2, dim2=-1).sum(-1)
    torch.testing.assert_close(-divergence, problem.source(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("dim", DIMS)
def test_the_boundary_function_has_the_derivatives_it_says(name, dim, generator):
    problem = find_problem(name, dim)
    x = problem.sample(30, generator)
    got, want = problem.boundary(x), jets(lambda at: problem.boundary(at[None]).value[0], x)
    for key in ("value", "gradient", "laplacian"):
        torch.testing.assert_close(getattr(got, key), getattr(want, key), rtol=1e-10, atol=1e-12)


def on_the_boundary(name, dim, generator):
    x = find_problem(name, dim).sample(40, generator)
    if name == "singular":
        return x / x.norm(dim=-1, keepdim=True)
    for row in range(len(x)):
        x[row, row % dim] = float(row // dim % 2)
    return x


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("dim", DIMS)
def test_the_boundary_function_and_the_solution_are_0_on_the_boundary_and_not_inside(name, dim, generator):
    problem = find_problem(name, dim)
    x = on_the_boundary(name, dim, generator)
    assert problem.boundary(x).value.abs().max() < 1e-15
    assert problem.exact(x).abs().max() < 1e-14
    assert problem.boundary(problem.sample(200, generator)).value.min() > 0


@pytest.mark.parametrize("name", PROBLEMS)
def test_points_are_uniform_in_the_domain(name, generator):
    x = find_problem(name, 5).sample(40_000, generator)
    if name == "singular":
        assert x.norm(dim=-1).max() <= 1
        torch.testing.assert_close(float(x.square().sum(-1).mean()), 5 / 7, rtol=0.01, atol=0)
        assert x.mean(0).abs().max() < 0.02
    else:
        assert x.min() >= 0
        assert x.max() <= 1
        assert (x.mean(0) - 0.5).abs().max() < 0.01


def test_the_mean_square_of_the_oscillation_is_one_half_to_the_power_of_the_dimension(generator):
    for dim in (1, 2, 3):
        problem = find_problem("oscillation", dim)
        mean = float(problem.exact(problem.sample(200_000, generator)).square().mean())
        assert mean == pytest.approx(0.5**dim, rel=0.02)


def test_usual_dimensions_are_the_published_ones():
    assert {name: find_problem(name).dim for name in PROBLEMS} == {
        "poisson": 2,
        "singular": 10,
        "oscillation": 2,
    }


def test_unknown_problems_and_impossible_dimensions_are_refused():
    with pytest.raises(SpecError, match="known are poisson, singular, oscillation"):
        find_problem("stokes")
    with pytest.raises(SpecError, match="at least 1; got 0"):
        find_problem("poisson", 0)

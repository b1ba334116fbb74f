"""Gauss-Newton steps: derivatives by autograd in float64, the step by a dense solve, and what each does."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inr import fields
from inr.fitting import newton
from inr.fitting.network import TrainingNetwork
from inr.signals import Whole
from inr.specs import ActivationSpec
from tests.fields.scalar_field import random_field, some_spec

MODULATED = ("carrier", "sine2", "cosine2")
SPECS = {
    "raf, gains": some_spec("raf", MODULATED, tiles=(3, 2), width=5, gain=True),
    "own bases": some_spec(
        tiles=(3, 2), width=5, activation=ActivationSpec("raf", ("linear", "sine", "gauss"), 6.0, 5.0)
    ),
    "sine": some_spec("sine", (), tiles=(3, 2), width=4),
    "neurons that meet": some_spec("wire-real", (), tiles=(3, 2), width=6),
    "one network": some_spec("sine", (), tiles=(1, 1), margin=(0, 0), width=5, gain=True),
}
each_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


def samples(spec, rows):
    """Random places and values, for all tiles but the last in one part, for the last in another."""
    rng = np.random.default_rng(2)
    count = spec.tile_count

    def part(tiles, rows):
        u = torch.tensor(rng.uniform(-1, 1, (len(tiles), rows, spec.dims)))
        values = torch.tensor(rng.uniform(-1, 1, (len(tiles), rows, spec.channels)))
        weight = torch.tensor(rng.uniform(0.2, 1, rows))
        return Whole(torch.tensor(tiles), u, values, weight)

    tiles = list(range(count))
    return [part(tiles[:-1] or tiles, rows), part(tiles[-1:], rows + 7)][: 1 if count == 1 else 2]


@pytest.fixture
def solver():
    """Makes a solver in float64, so that rounding hides nothing; its workers end with the test."""
    made = []

    def make(spec, parts, workers=1):
        network = TrainingNetwork(spec, random_field(spec, 1).tensors, "cpu", workers, compiled=False)
        network.tensors = {n: t.double() for n, t in network.tensors.items()}
        made.append(network)
        return newton.GaussNewton(network, parts), network

    yield make
    for one in made:
        one.close()


def errors(spec, tensors, parts):
    """Weighted squared error of every tile."""
    out = torch.zeros(spec.tile_count, dtype=torch.float64)
    for part in parts:
        views = {n: t if t.shape[0] == 1 else t[part.tiles] for n, t in tensors.items()}
        got = fields.forward(torch, spec, views, part.u)
        out[part.tiles] = ((got - part.values).square() * part.weight[:, None]).sum((1, 2))
    return out


@each_spec
def test_derivatives_are_those_of_autograd(spec):
    tensors = {name: torch.tensor(t).double() for name, t in random_field(spec, 1).tensors.items()}
    u = samples(spec, 9)[0].u
    views = {n: t if t.shape[0] == 1 else t[: len(u)] for n, t in tensors.items()}
    got, jacobian = newton.derivatives(spec, views, u)
    names = newton.solved(spec)

    def output(*moved):
        return fields.forward(torch, spec, views | dict(zip(names, moved, strict=True)), u)

    wanted = torch.autograd.functional.jacobian(output, tuple(views[name] for name in names))
    columns = [
        torch.stack([w[k, :, :, k].flatten(2) for k in range(len(u))]) for w in wanted
    ]  # other tiles' derivatives are zero
    torch.testing.assert_close(got, output(*(views[name] for name in names)))
    torch.testing.assert_close(jacobian, torch.cat(columns, 3), rtol=1e-9, atol=1e-9)


@each_spec
def test_no_step_raises_the_error_of_any_tile_and_steps_together_lower_that_of_all(solver, spec):
    parts = samples(spec, 40)
    ours, network = solver(spec, parts)
    kept = {n: t.clone() for n, t in network.tensors.items()}
    first = before = errors(spec, network.tensors, parts)
    total = sum(float(p.weight.sum()) * p.values[:, 0].numel() for p in parts)
    for _ in range(12):
        said = ours.step()
        after = errors(spec, network.tensors, parts)
        assert (after <= before * (1 + 1e-9)).all()
        assert said == pytest.approx(float(after.sum()) / total, rel=1e-9)
        before = after
    assert (before < 0.9 * first).all()
    untouched = set(kept) - set(newton.solved(spec))
    assert all(torch.equal(kept[name], network.tensors[name]) for name in untouched)


def test_a_step_solves_its_two_equations(solver, monkeypatch):
    monkeypatch.setattr(newton, "REACH", 1e-4)  # the second derivative to many digits
    monkeypatch.setattr(newton, "FIRST", 0.5)
    monkeypatch.setattr(newton, "FLOOR", 0.0)
    monkeypatch.setattr(newton, "BENT", float("inf"))
    spec = SPECS["one network"]
    part = samples(spec, 60)[0]
    ours, network = solver(spec, [part])
    start = {n: t.clone() for n, t in network.tensors.items()}
    names = newton.solved(spec)
    sizes = [start[name].numel() for name in names]
    root = part.weight.sqrt()[:, None]

    def residual(flat):
        steps = dict(zip(names, flat.split(sizes), strict=True))
        moved = start | {n: start[n] + d.reshape(start[n].shape) for n, d in steps.items()}
        return ((fields.forward(torch, spec, moved, part.u) - part.values) * root).flatten()

    def along(direction):
        """The second derivative of the residuals, by central differences."""
        step = 1e-4 * torch.tensor(direction)
        return ((residual(step) - 2 * residual(0 * step) + residual(-step)) / 1e-8).numpy()

    zero = torch.zeros(sum(sizes), dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(residual, zero).numpy()
    gram = jacobian.T @ jacobian
    damped = gram + 0.5 * np.diag(np.diag(gram))
    first = np.linalg.solve(damped, -jacobian.T @ residual(zero).numpy())
    second = np.linalg.solve(damped, -0.5 * jacobian.T @ along(first))
    ours.step()
    got = torch.cat([(network.tensors[n] - start[n]).flatten() for n in names]).numpy()
    np.testing.assert_allclose(got, first + second, rtol=0, atol=1e-3 * np.abs(second).max())


def test_tiles_go_their_way_alone(solver):
    spec = SPECS["sine"]
    parts = samples(spec, 40)
    both, network = solver(spec, parts)
    alone, other = solver(spec, parts[1:])
    for _ in range(3):
        both.step()
        alone.step()
    last = spec.tile_count - 1
    for name in newton.solved(spec):
        assert torch.equal(network.tensors[name][last], other.tensors[name][last])
        assert not torch.equal(network.tensors[name][0], other.tensors[name][0])


def test_workers_change_no_bit(solver):
    spec = SPECS["raf, gains"]
    one, two = (solver(spec, samples(spec, 40), workers) for workers in (1, 3))
    for _ in range(3):
        assert one[0].step() == pytest.approx(two[0].step(), rel=1e-12)
    assert all(torch.equal(t, two[1].tensors[n]) for n, t in one[1].tensors.items())


def test_a_tile_that_is_met_exactly_stays_and_values_of_any_size_do_no_harm(solver):
    spec = SPECS["sine"]
    parts = samples(spec, 40)
    ours, network = solver(spec, parts)
    met = fields.forward(torch, spec, {n: t[:-1] for n, t in network.tensors.items()}, parts[0].u)
    loud = parts[1].values * 1e12
    ours, network = solver(spec, [replace(parts[0], values=met), replace(parts[1], values=loud)])
    kept = {n: t.clone() for n, t in network.tensors.items()}
    for _ in range(4):
        assert np.isfinite(ours.step())
    for name, tensor in network.tensors.items():
        assert torch.equal(tensor[:-1], kept[name][:-1])
        assert torch.isfinite(tensor).all()


def test_a_step_is_worth_more_the_more_weights_and_samples_a_tile_has():
    def of(width, samples=340.0):
        return newton.worth(some_spec("sine", (), tiles=(50, 1), width=width), samples, 256)

    assert 1 <= of(5) < of(9) < of(14)
    assert of(9, 34.0) < of(9) < of(9, 3400.0)

"""Steps chosen by rate and distortion, on a small network that has a closed form."""

import math

import numpy as np
import pytest

from inr import codec, fields
from inr.errors import FitError
from inr.specs import ActivationSpec, FieldSpec
from tests.codec import random_fields as some

FIELD = FieldSpec(2, 3, (2, 3), (8, 8), 16, 2, activation=ActivationSpec("sine", (), 20.0, 20.0))


class Problem:
    """A network with random weights, and its squared error against a noisy copy of itself."""

    def __init__(self, field=FIELD, seed=0):
        rng = np.random.default_rng(seed)
        self.field = field
        shapes = fields.tensor_shapes(field)
        self.tensors = {
            n: rng.normal(0, 1 / math.sqrt(s[1]) / 4, s).astype(np.float32) for n, s in shapes.items()
        }
        self.u = rng.uniform(-1, 1, (field.tile_count, 64, field.dims)).astype(np.float32)
        clean = self.values(self.tensors)
        self.target = clean + rng.normal(0, 0.01, clean.shape)
        self.calls = 0

    def values(self, tensors):
        return fields.forward(np, self.field, tensors, self.u)

    def distortion(self, tensors):
        self.calls += 1
        return float(np.mean((self.values(tensors) - self.target) ** 2))

    def encode(self, exponents):
        return codec.encode(self.field, self.tensors, exponents, some.TYPICAL_SIGNAL)

    def measured(self, exponents):
        return self.distortion(codec.decode(self.encode(exponents)).field.tensors)


@pytest.fixture(scope="module")
def solved():
    problem = Problem()
    return problem, codec.allocate(problem.tensors, problem.distortion), problem.calls


def test_curves_span_from_unnoticed_to_ruined_in_few_distortions(solved):
    problem, found, calls = solved
    assert found.base == pytest.approx(1e-4, rel=0.1)
    assert calls <= 1 + 9 * len(problem.tensors)
    for curve in found.curves.values():
        assert curve.points[0].increase <= 0.001 * found.base
        assert curve.points[-1].increase >= found.base or curve.points[-1].silent


def test_a_curve_falls_in_bits_and_rises_in_distortion(solved):
    for curve in solved[1].curves.values():
        bits = [point.bits for point in curve.points]
        increase = [point.increase for point in curve.points]
        assert bits == sorted(bits, reverse=True)
        assert increase == sorted(increase)
        assert [p.k for p in curve.points] == list(range(curve.points[0].k, curve.points[-1].k - 1, -1))


def test_choose_beats_every_neighbour_in_the_lagrangian(solved):
    _, found, _ = solved
    for weight in (0.0, 1e-9, 1e-8, 1e-7, 1e-6):
        chosen = found.choose(weight)
        for name, curve in found.curves.items():
            cost = {p.k: p.increase + weight * p.bits for p in curve.points}
            assert cost[chosen[name]] == min(cost.values())


def test_the_path_moves_one_tensor_a_stop_and_loses_bits_for_distortion(solved):
    stops = solved[1].curve()
    for a, b in zip(stops, stops[1:], strict=False):
        assert sum(a.exponents[n] != b.exponents[n] for n in a.exponents) == 1
        assert b.bits < a.bits
        assert b.increase >= a.increase


def test_the_curves_predict_the_real_distortion_and_the_real_size(solved):
    problem, found, _ = solved
    for stop in found.curve():
        if stop.increase < 0.3 * found.base:
            assert problem.measured(stop.exponents) == pytest.approx(found.base + stop.increase, rel=0.1)
            assert 8 * len(problem.encode(stop.exponents)) == pytest.approx(stop.bits, rel=0.02, abs=500)


@pytest.mark.parametrize("max_bytes", [1200, 2400, 3000, 4000, 5000])
def test_a_budget_is_never_exceeded_and_nearly_used_up(solved, max_bytes):
    problem, found, _ = solved
    exponents, data = found.for_size(max_bytes, problem.encode)
    assert data == problem.encode(exponents)
    assert 0.95 * max_bytes <= len(data) <= max_bytes


def test_more_bytes_never_mean_more_distortion(solved):
    problem, found, _ = solved
    sizes = (2400, 2800, 3300, 3900, 4600, 5400)
    distortions = [problem.measured(found.for_size(size, problem.encode)[0]) for size in sizes]
    assert distortions == sorted(distortions, reverse=True)


def test_allocation_beats_one_step_for_all_at_the_same_size(solved):
    problem, found, _ = solved
    flat = dict.fromkeys(problem.tensors, 9)
    size = len(problem.encode(flat))
    exponents, _ = found.for_size(size, problem.encode)
    assert problem.measured(exponents) < problem.measured(flat)


def test_a_budget_below_the_smallest_file_says_how_small_it_gets():
    problem = Problem(seed=3)
    found = codec.allocate(problem.tensors, problem.distortion)
    exponents, data = found.for_size(100, problem.encode)
    assert len(data) <= 100
    with pytest.raises(FitError, match=r"smallest file these weights can make has \d+ bytes"):
        found.for_size(20, problem.encode)


@pytest.mark.parametrize("factor", [1.02, 1.2, 2.0, 8.0])
def test_a_distortion_is_kept_with_few_bytes(solved, factor):
    problem, found, _ = solved
    allowed = factor * found.base
    exponents = found.for_distortion(allowed, problem.measured)
    assert problem.measured(exponents) <= allowed
    coarser = {name: max(k - 1, -8) for name, k in exponents.items()}
    assert problem.measured(coarser) > allowed


def test_a_distortion_out_of_reach_says_what_is_reached(solved):
    problem, found, _ = solved
    with pytest.raises(FitError, match="finest steps reach"):
        found.for_distortion(0.5 * found.base, problem.measured)


def test_dead_and_constant_tensors_do_no_harm():
    problem = Problem(FieldSpec(2, 3, (1, 1), (0, 0), 4, 1, activation=FIELD.activation))
    problem.tensors["output.bias"][:] = 0.0
    problem.tensors["layer0.bias"][:] = 0.25
    found = codec.allocate(problem.tensors, problem.distortion)
    _, data = found.for_size(200, problem.encode)
    assert len(data) <= 200

"""Tangent kernels against their definition, and the measures taken of them against known kernels."""

import math
from dataclasses import replace

import pytest
import torch

from inr import fields
from inr.errors import SpecError
from inr.science.ntk import (
    GRIDS,
    NtkJob,
    grid,
    half_width,
    held_out_error,
    jobs,
    kernel,
    network,
    run,
    signal,
    spectrum,
)  # fmt: skip

JOB = NtkJob("sine", 15.0, "1d", 6, 0, (0, 3))


@pytest.mark.parametrize("activation", ["relu", "sine", "raf", "raf-image"])
@pytest.mark.parametrize("name", GRIDS)
def test_a_kernel_is_the_product_of_slopes_by_every_trained_number(activation, name):
    spec, tensors, trained = network(NtkJob(activation, None, name, 5, 1))
    x = grid(name)[::17]
    got = kernel(spec, tensors, trained, x)
    rows = []
    for at in x:
        own = {key: t.clone().requires_grad_() for key, t in tensors.items()}
        fields.forward(torch, spec, own, at[None, None]).sum().backward()
        rows.append(torch.cat([own[key].grad.flatten() for key in trained]))
    slopes = torch.stack(rows)
    torch.testing.assert_close(got, slopes @ slopes.T, rtol=1e-10, atol=1e-10)


def test_the_numbers_of_an_activation_are_trained_but_a_plain_relu_has_none():
    _, _, trained = network(NtkJob("raf", 30.0, "1d", 5, 0))
    assert "layer0.amplitude" in trained
    _, tensors, trained = network(NtkJob("relu", None, "2d", 5, 0))
    assert all(name.endswith(("weight", "bias")) for name in trained)
    assert all(bool((t == 1).all()) for name, t in tensors.items() if name.endswith("amplitude"))


def test_a_relu_network_is_one():
    spec, tensors, _ = network(NtkJob("relu", None, "1d", 7, 0))
    x = grid("1d")[::40]
    h = x
    for layer in range(spec.hidden + 1):
        h = torch.relu(h @ tensors[f"layer{layer}.weight"][0] + tensors[f"layer{layer}.bias"][0])
    want = h @ tensors["output.weight"][0] + tensors["output.bias"][0]
    torch.testing.assert_close(fields.forward(torch, spec, tensors, x[None])[0], want, rtol=1e-12, atol=1e-12)
    assert 0.1 < float(h.std()) < 10


def test_a_spectrum_has_the_condition_and_the_rank_of_its_eigenvalues(generator):
    turn = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64, generator=generator))[0]
    values = torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=torch.float64)
    got = spectrum(turn * values @ turn.T)
    assert got["condition_number"] == pytest.approx(8.0)
    assert got["effective_rank"] == pytest.approx(15**2 / (64 + 16 + 4 + 1))
    assert got["at_floor"] is False
    singular = spectrum(torch.ones(4, 4, dtype=torch.float64))
    assert singular["at_floor"] is True
    assert singular["condition_number"] == pytest.approx(1 / (4 * torch.finfo(torch.float64).eps))
    assert singular["effective_rank"] == pytest.approx(1.0)


@pytest.mark.parametrize("sigma", [1.5, 4.0, 9.0])
def test_the_half_width_of_a_bell_is_that_of_its_formula(sigma):
    at = torch.arange(128, dtype=torch.float64)
    bell = torch.exp(-((at[:, None] - at) ** 2) / (2 * sigma**2))
    scaled = torch.outer(1 + at, 1 + at) * bell  # the size along the diagonal does not matter
    want = sigma * math.sqrt(2 * math.log(2))
    assert half_width(scaled, (128,)) == pytest.approx(want, abs=0.06)
    plane = torch.kron(bell[:16, :16], bell[:16, :16])
    if sigma < 2:
        assert half_width(plane, (16, 16)) == pytest.approx(want, abs=0.06)


def test_a_kernel_that_sees_only_its_own_sample_is_half_a_sample_wide():
    assert half_width(torch.eye(32, dtype=torch.float64), (32,)) == pytest.approx(0.5)


def test_kernel_regression_finds_what_its_kernel_spans_and_nothing_of_what_it_does_not(generator):
    x = torch.linspace(-1, 1, 40, dtype=torch.float64)
    features = torch.stack([torch.ones_like(x), x, x**2], 1)
    held = torch.arange(40) % 2 == 1
    gram = features @ features.T
    assert held_out_error(gram, 1.0 - x + 0.5 * x**2, held) < 1e-6
    blind = torch.eye(40, dtype=torch.float64)
    assert held_out_error(blind, x, held) == pytest.approx(1.0)


def test_a_run_gives_a_row_a_checkpoint_and_its_kernel_moves():
    rows = [item for item in run(JOB) if not isinstance(item, str)]
    assert [row["step"] for row in rows] == [0, 3]
    for row in rows:
        assert set(row) == {
            "activation", "omega", "grid", "width", "seed", "step", "condition_number", "at_floor",
            "effective_rank", "half_width", "held_out_error", "seconds",
        }  # fmt: skip
        assert 1 <= row["effective_rank"] <= 256
        assert row["condition_number"] >= 1
        assert row["half_width"] > 0
    assert rows[0]["effective_rank"] != rows[1]["effective_rank"]


def test_a_higher_omega_makes_the_kernel_narrower_and_its_rank_higher():
    first = {}
    for omega in (15.0, 60.0):
        job = replace(JOB, omega=omega, width=32, checkpoints=(0,))
        first[omega] = next(item for item in run(job) if not isinstance(item, str))
    assert first[60.0]["half_width"] < first[15.0]["half_width"]
    assert first[60.0]["effective_rank"] > first[15.0]["effective_rank"]


def test_the_signal_to_learn_stays_in_range():
    for name in GRIDS:
        assert float(signal(name).abs().max()) == pytest.approx(1.0)


def test_usual_jobs_sweep_omega_where_there_is_one():
    found = [(job.activation, job.omega) for job in jobs() if job.grid == "2d"]
    assert found == [("relu", None), *(("sine", w) for w in (15.0, 30.0, 60.0, 120.0)),
                     *(("raf", w) for w in (15.0, 30.0, 60.0, 120.0))]  # fmt: skip
    assert {job.seed for job in jobs(("relu",), seeds=3)} == {0, 1, 2}


def test_impossible_requests_are_refused():
    with pytest.raises(SpecError, match="known are .*raf.*relu.*sine"):
        jobs(("swoosh",))
    with pytest.raises(SpecError, match="--width must be at least 1"):
        jobs(width=0)

"""`inr bench digits`: the classifier against loops, the parts of the data, its rows, and what it says."""

import json
import math
import sys

import numpy as np
import pytest
import torch

from inr import fields
from inr.bench import digits
from inr.bench import digits_net as nets
from inr.bench.digits_net import Classifier, Samples
from inr.bench.digits_summary import summary
from tests.cli.commands import inr


@pytest.fixture(autouse=True)
def _one_thread(one_thread):
    """Networks of these tests are too small for more threads."""


def row(activation, width, seed, accuracy, params=3466):
    return {
        "activation": activation, "width": width, "params": params, "seed": seed,
        "lr": 0.01, "test_accuracy": accuracy, "search": {"0.01": 0.9},
    }  # fmt: skip


def test_a_relu_classifier_is_its_equation_in_loops():
    network = Classifier("relu", 3, 4, 2, seed=1)
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    got = network(x)
    for n in range(len(x)):
        h = x[n].tolist()
        for layer in range(3):
            w, b = network.weights[layer].tolist(), network.biases[layer].tolist()
            z = [
                math.fsum(a * v for a, v in zip(line, h, strict=True)) + c
                for line, c in zip(w, b, strict=True)
            ]
            h = [max(v, 0.0) for v in z] if layer < 2 else z
        assert got[n].tolist() == pytest.approx(h, abs=1e-5)


def test_an_lslu_layer_is_its_sum_in_loops():
    network = Classifier("lslu", 2, 3, 2, seed=0)
    shape = dict(network.shapes[0].named_parameters())
    with torch.no_grad():
        uneven = torch.rand(shape["amplitude"].shape, generator=torch.Generator().manual_seed(0))
        shape["amplitude"].add_(uneven)
    z = torch.tensor([[[-0.4, 0.3, 0.9]]])
    got = fields.activation("lslu").apply(torch, z, shape, 1.0, fields.activation("lslu").default)
    t, s = shape["amplitude"][0].tolist(), shape["shift"][0].tolist()
    want = [sum(t[i][j] * max(z[0, 0, j].item() + s[i][j], 0.0) for i in range(len(t))) for j in range(3)]
    assert got[0, 0].tolist() == pytest.approx(want, rel=1e-6)


def test_the_activations_parameters_are_counted_and_the_wider_relu_has_as_many():
    plain = 64 * 32 + 32 + 32 * 32 + 32 + 32 * 10 + 10
    assert nets.params("relu", 64, 32, 10) == plain
    assert nets.params("lslu", 64, 32, 10) == plain + 2 * 32 * 8
    assert nets.params("slaf", 64, 32, 10) == plain + 2 * 7
    name, width = digits.networks()[-1]
    assert name == "relu"
    assert nets.params("relu", 64, width, 10) >= plain + 2 * 32 * 8 > nets.params("relu", 64, width - 1, 10)


@pytest.mark.parametrize("activation", digits.ACTIVATIONS)
def test_training_learns_two_clouds_and_moves_the_activation(activation):
    rng = torch.Generator().manual_seed(0)
    label = torch.arange(80) % 2
    x = 0.2 * torch.randn(80, 4, generator=rng) + (2.0 * label[:, None] - 1.0) * 0.5
    network = Classifier(activation, 4, 8, 2, seed=0)
    before = [p.clone() for p in network.shapes.parameters()]
    nets.train(network, Samples(x, label), 3e-3, 30, 16, seed=0)
    assert nets.accuracy(network, Samples(x, label)) == 1.0
    after = list(network.shapes.parameters())
    assert len(before) == len(after)
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_network_without_numbers_is_wrong_everywhere():
    network = Classifier("relu", 2, 3, 2, seed=0)
    with torch.no_grad():
        network.biases[2][0] = math.nan
    assert nets.accuracy(network, Samples(torch.zeros(4, 2), torch.zeros(4, dtype=torch.int64))) == 0.0


def test_the_parts_share_no_picture_and_are_all_of_them():
    pytest.importorskip("sklearn", reason="the digits are scikit-learn's")
    data = digits.load()
    assert len(data.test.x) == 449
    assert len(data.rest.x) + len(data.test.x) == 1797
    assert torch.equal(torch.cat([data.choose.x, data.learn.x]), data.rest.x)
    assert float(data.rest.x.min()) == -1.0
    assert float(data.rest.x.max()) == 1.0
    # 1797 distinct pictures: no test picture is learnt.
    whole = torch.cat([data.rest.x, data.test.x])
    assert len(torch.unique(whole, dim=0)) == len(whole)
    assert set(data.test.label.tolist()) == set(range(10))


def test_rows_have_their_keys_and_resume_takes_them_up(tmp_path, monkeypatch):
    pytest.importorskip("sklearn", reason="the digits are scikit-learn's")
    monkeypatch.setitem(digits.PLANS, "quick", digits.Plan(1, 2))
    monkeypatch.setattr(digits, "RATES", (3e-3, 1e-2))
    words = ("bench", "digits", "--quick", "-o", tmp_path, "--json")
    got = inr(*words)
    assert got.code == 0, got.err
    rows = got.json["rows"]
    assert [(r["activation"], r["seed"]) for r in rows[:4]] == [
        ("relu", 0), ("relu", 1), ("lslu", 0), ("lslu", 1),
    ]  # fmt: skip
    keys = {"activation", "width", "params", "seed", "lr", "test_accuracy", "search"}
    assert all(set(r) >= keys for r in rows)
    assert all(r["lr"] == float(max(r["search"], key=r["search"].get)) for r in rows)
    assert got.err.count("of the search's pictures") == 2 * 5
    again = inr(*words, "--resume")
    assert again.json["rows"] == rows
    assert "search" not in again.err


def test_without_scikit_learn_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    got = inr("bench", "digits", "-o", tmp_path)
    assert got.code == 2
    assert 'pip install "inr[dev]"' in got.complaint
    assert list(tmp_path.iterdir()) == []


def test_a_verdict_needs_more_than_the_spread_of_seeds():
    relu = [row("relu", 32, s, a) for s, a in enumerate((0.95, 0.96, 0.97))]
    better = [row("lslu", 32, s, a + 0.01) for s, a in enumerate((0.951, 0.96, 0.969))]
    worse = [row("slaf", 32, s, a - 0.01) for s, a in enumerate((0.951, 0.96, 0.969))]
    noisy = [row("slaf-fourier", 32, s, a) for s, a in enumerate((0.99, 0.93, 0.98))]
    shown = {r["activation"]: r for r in summary([*relu, *better, *worse, *noisy])}
    assert shown["relu"]["verdict"] == ""
    assert shown["relu"]["mean"] == pytest.approx(0.96)
    assert shown["relu"]["std"] == pytest.approx(np.std((0.95, 0.96, 0.97), ddof=1))
    assert shown["lslu"]["verdict"].endswith("+1.00 points, as its paper says")
    assert shown["slaf"]["verdict"].endswith("-1.00 points, against its paper")
    assert shown["slaf-fourier"]["verdict"].endswith("but within the spread of seeds")


def test_both_relus_are_compared_with():
    rows = [row("relu", 32, 0, 0.9), row("lslu", 32, 0, 0.9, 3978), row("relu", 36, 0, 0.9, 4042)]
    (verdict,) = [r["verdict"] for r in summary(rows) if r["activation"] == "lslu"]
    assert [line.split(":")[0] for line in verdict.splitlines()] == [
        "ReLU of 3,466 params",
        "ReLU of 4,042 params",
    ]


def test_the_kept_rows_are_of_the_default_plan_and_of_the_networks_that_ship(repository):
    rows = json.loads((repository / "data" / "baselines" / "digits.json").read_text())["rows"]
    plan = digits.PLANS["default"]
    planned = [(name, width, seed) for name, width in digits.networks() for seed in range(plan.seeds)]
    assert [(r["activation"], r["width"], r["seed"]) for r in rows] == planned
    assert all(r["params"] == nets.params(r["activation"], 64, r["width"], digits.CLASSES) for r in rows)
    assert {tuple(r["search"]) for r in rows} == {tuple(f"{lr:g}" for lr in digits.RATES)}


def test_a_row_has_the_course_of_the_activations_own_parameters(monkeypatch):
    pytest.importorskip("sklearn", reason="the digits are scikit-learn's")
    data = digits.load()
    row = digits._row(data, "lslu", 4, 1e-2, 3, 0)
    assert [look["epoch"] for look in row["own_parameters"]] == [0, 1, 2, 3]
    start, *_, end = (look["layers"] for look in row["own_parameters"])
    assert [len(layer["shift"]) for layer in start] == [4, 4]  # a row a term
    assert start[0]["amplitude"] == [[0.25, 0.0]] * 4
    assert end[0]["amplitude"] != start[0]["amplitude"]
    assert digits._row(data, "relu", 4, 1e-2, 1, 0)["own_parameters"] == []

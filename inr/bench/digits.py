"""LSLU and SLAF beside ReLU where their papers use them: in a classifier, here of small digits.

1797 pictures of 8 x 8 pixels in ten classes, that scikit-learn ships.  A quarter is the test, the
same for every run.  Each network takes the rate that classifies best a fifth of the rest, out of
RATES, the same list and the same seeds for all, and is then trained anew on all of the rest.

The papers put their activation into a given network, which costs parameters; so ReLU is there
twice, at the same width and at the least width that gives it as many parameters as any other has.

Source: Feng et al., arXiv:2409.08283 (LSLU); Goyal, Goyal & Lall, arXiv:1906.09529 (SLAF).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from inr.bench import digits_net as nets
from inr.bench.digits_net import Classifier, Samples
from inr.bench.journal import Journal, Row
from inr.bench.request import BenchRequest
from inr.errors import SpecError

RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
ACTIVATIONS = ("relu", "lslu", "slaf", "slaf-fourier")
WIDTH = 32
CLASSES = 10
BATCH = 64
LOOKS = 10  # at the activation's own parameters, evenly over the epochs
SEARCH_SEEDS = (100, 101)  # not among those that are reported


@dataclass(frozen=True)
class Plan:
    """How long, and how often.

    Attributes:
        epochs: of one training.
        seeds: how many runs are reported; from 0 on.
    """

    epochs: int
    seeds: int


PLANS = {"quick": Plan(10, 2), "default": Plan(60, 5), "full": Plan(200, 20)}


@dataclass(frozen=True)
class Digits:
    """The parts of the data: `learn` and `choose` together are `rest`."""

    learn: Samples
    choose: Samples
    rest: Samples
    test: Samples


def run(request: BenchRequest) -> Iterator[str | Row]:
    """Search the rate of each network, then train it from several seeds.

    Yields: lines that say how it goes, and a row a run.

    Raises:
        SpecError: scikit-learn is not installed.
    """
    data = load()
    plan = PLANS[request.mode]
    journal = Journal(request.folder, "digits", request.mode, request.resume)
    for activation, width in networks():
        keys = [[activation, width, seed] for seed in range(plan.seeds)]
        found = [journal.find(key) for key in keys]
        if None not in found:
            yield from (row for row in found if row is not None)
            continue
        search = {}
        for lr in RATES:
            search[lr] = choose(data, activation, width, lr, plan.epochs)
            yield f"{activation} width {width}: rate {lr:g} {100 * search[lr]:.2f} % of the search's pictures"
        best = max(RATES, key=lambda lr: search[lr])  # of equals the lowest
        for key, kept in zip(keys, found, strict=True):
            if kept is None:
                kept = _row(data, activation, width, best, plan.epochs, key[2])
                kept["search"] = {f"{lr:g}": value for lr, value in search.items()}
                journal.add(key, kept)
            yield kept


def load() -> Digits:
    """The digits, in parts that are the same for every run; pixels in [-1, 1].

    Raises:
        SpecError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise SpecError('bench digits: scikit-learn is missing; pip install "inr[dev]"') from error
    pictures, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(pictures))
    x = torch.from_numpy((pictures[order] / 8.0 - 1.0).astype(np.float32))
    label = torch.from_numpy(labels[order].astype(np.int64))
    test = len(x) // 4
    choose = test + (len(x) - test) // 5

    def part(first: int, last: int) -> Samples:
        return Samples(x[first:last], label[first:last])

    return Digits(part(choose, len(x)), part(test, choose), part(test, len(x)), part(0, test))


def networks() -> list[tuple[str, int]]:
    """Activation and width of every network; the last is the wider ReLU."""
    most = max(nets.params(name, 64, WIDTH, CLASSES) for name in ACTIVATIONS)
    wider = next(
        width for width in range(WIDTH, 4 * WIDTH) if nets.params("relu", 64, width, CLASSES) >= most
    )
    return [*((name, WIDTH) for name in ACTIVATIONS), ("relu", wider)]


def choose(data: Digits, activation: str, width: int, lr: float, epochs: int) -> float:
    """What a rate is worth: mean accuracy on pictures that are neither learnt nor the test."""
    found = []
    for seed in SEARCH_SEEDS:
        network = Classifier(activation, data.learn.x.shape[1], width, CLASSES, seed)
        nets.train(network, data.learn, lr, epochs, BATCH, seed)
        found.append(nets.accuracy(network, data.choose))
    return float(np.mean(found))


def _row(data: Digits, activation: str, width: int, lr: float, epochs: int, seed: int) -> Row:
    inputs = data.rest.x.shape[1]
    network = Classifier(activation, inputs, width, CLASSES, seed)
    course: list[Row] = []

    def watch(epoch: int) -> None:
        if epoch % max(1, epochs // LOOKS) == 0:
            course.append({"epoch": epoch, "layers": nets.own_parameters(network)})

    nets.train(network, data.rest, lr, epochs, BATCH, seed, watch)
    return {
        "activation": activation,
        "width": width,
        "params": nets.params(activation, inputs, width, CLASSES),
        "epochs": epochs,
        "seed": seed,
        "lr": lr,
        "test_accuracy": nets.accuracy(network, data.test),
        "own_parameters": [] if activation == "relu" else course,
    }

"""What a training step costs beside a sine's; slow, and for a machine that does nothing else.

`python -m tests.fields.test_zoo_cost` from the root of the checkout writes data/baselines/activations.csv.
"""

import csv
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from inr import fields
from inr.fitting import TrainingNetwork
from inr.specs import FieldSpec
from tests.fields.scalar_zoo import ZOO

WIDTH, BATCH, ROUNDS = 256, 8192, 5
NAMES = ["sine", "raf", "raf-image", "raf-audio", *ZOO]


def step_of(name):
    """One pass forward and back of three layers of 256 neurons over 8192 samples, in torch."""
    spec = FieldSpec(2, 3, (1, 1), (0, 0), WIDTH, 2, activation=fields.activation(name).default)
    network = TrainingNetwork(spec, fields.initialise(spec), "cpu", compiled=False)
    rng = np.random.default_rng(0)
    u = torch.tensor(rng.uniform(-1, 1, (1, BATCH, 2)), dtype=torch.float32)
    target = torch.zeros(1, BATCH, 3)
    return lambda: network.gradients(slice(0, 1), BATCH, lambda first, last: (u, target))


def ratios(names, rounds=ROUNDS):
    """Processor time of a step over that of a sine's, by name; the least of several rounds, in turn."""
    steps = {name: step_of(name) for name in {"sine": 0, **dict.fromkeys(names)}}
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(rounds):
        for name, step in steps.items():
            begin = time.process_time()
            step()
            best[name] = min(best[name], time.process_time() - begin)
    return {name: best[name] / best["sine"] for name in names}


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", ZOO)
def test_a_training_step_costs_at_most_four_of_a_sines(name):
    assert ratios([name], 3)[name] <= 4.0 * 1.25  # the clock's share


if __name__ == "__main__":
    torch.set_num_threads(1)
    out = Path(__file__).resolve().parents[2] / "data" / "baselines" / "activations.csv"
    with out.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "step_ratio"])
        for name, ratio in sorted(ratios(NAMES).items(), key=lambda item: item[1]):
            table.writerow([name, f"{ratio:.2f}"])
            sys.stdout.write(f"{name:14} {ratio:.2f}\n")

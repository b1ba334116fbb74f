"""What a training step of each activation costs beside a sine's, into data/baselines/activations.csv.

Usage: python scripts/activation_costs.py     (on a machine that does nothing else; a minute)

A step is one pass forward and back of three layers of 256 neurons over 8192 samples, in torch on one
thread.  A ratio is of processor time, the least of several rounds that all names take in turn.
"""

import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from inr import fields
from inr.fitting import TrainingNetwork
from inr.specs import FieldSpec

OUT = Path(__file__).resolve().parents[1] / "data" / "baselines" / "activations.csv"
WIDTH, BATCH, ROUNDS = 256, 8192, 12


def step_of(name: str) -> Callable[[], object]:
    """A function that takes one step with the activation of that name."""
    spec = FieldSpec(2, 3, (1, 1), (0, 0), WIDTH, 2, activation=fields.activation(name).default)
    network = TrainingNetwork(spec, fields.initialise(spec), "cpu", compiled=False)
    rng = np.random.default_rng(0)
    u = torch.tensor(rng.uniform(-1, 1, (1, BATCH, 2)), dtype=torch.float32)
    target = torch.zeros(1, BATCH, 3)
    return lambda: network.gradients(slice(0, 1), BATCH, lambda first, last: (u, target))


def ratios(names: list[str]) -> dict[str, float]:
    """Processor time of a step over that of a sine's, by name."""
    steps = {name: step_of(name) for name in dict.fromkeys(["sine", *names])}
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(ROUNDS):
        for name, step in steps.items():
            begin = time.process_time()
            step()
            best[name] = min(best[name], time.process_time() - begin)
    return {name: seconds / best["sine"] for name, seconds in best.items()}


def main() -> None:
    """Measure all activations and write the table, quickest first."""
    torch.set_num_threads(1)
    with OUT.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "step_ratio"])
        for name, ratio in sorted(ratios(list(fields.ACTIVATIONS)).items(), key=lambda item: item[1]):
            table.writerow([name, f"{ratio:.2f}"])
            sys.stdout.write(f"{name:14} {ratio:.2f}\n")


if __name__ == "__main__":
    main()

"""The kept costs of a training step: of every activation that ships, and within what is claimed of them."""

import csv

from inr import fields

DEARER = {"staf": "five sines forward and five cosines back"}


def test_a_training_step_of_every_activation_costs_at_most_four_of_a_sines(repository):
    with (repository / "data" / "baselines" / "activations.csv").open() as file:
        kept = {row["name"]: float(row["step_ratio"]) for row in csv.DictReader(file)}
    assert set(kept) == set(fields.ACTIVATIONS)
    assert kept["sine"] == 1.0
    assert {name for name, ratio in kept.items() if ratio > 4.0} <= set(DEARER)

"""What the runs on the digits say: mean and spread, and a verdict by paired seeds.

    t = mean(d) / (std(d) / sqrt(S)),    d_s = accuracy_s - accuracy of ReLU_s              (1)

over S seeds.  A difference counts where |t| passes Student's 95 % value for S - 1 degrees of
freedom.  The test pictures are the same for all seeds, so it says what other start values would
give, not what other pictures would.
"""

import numpy as np

from inr.bench.journal import Row
from inr.bench.table import Columns

# Student's t, two-sided 95 %, by degrees of freedom; beyond the list 2.
T95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 9: 2.26, 19: 2.09}


def summary(rows: list[Row]) -> list[Row]:
    """One row a network, with verdicts against each ReLU."""
    networks: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        networks.setdefault((row["activation"], row["width"]), []).append(row)
    relus = {key: found for key, found in networks.items() if key[0] == "relu"}
    shown = []
    for key, found in networks.items():
        accuracies = _accuracies(found)
        row = {k: found[0][k] for k in ("activation", "width", "params", "lr", "search")}
        row |= {"seeds": len(found), "mean": float(accuracies.mean()), "std": spread(accuracies)}
        others = relus if key[0] != "relu" else {}
        row["verdict"] = "\n".join(_verdict(found, relu) for relu in others.values())
        shown.append(row)
    return shown


def spread(values: np.ndarray) -> float:
    """Standard deviation with S - 1; 0 for one value."""
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _verdict(found: list[Row], relu: list[Row]) -> str:
    difference = _accuracies(found) - _accuracies(relu)
    mean, error = float(difference.mean()), spread(difference) / len(difference) ** 0.5
    against = f"ReLU of {relu[0]['params']:,} params: {100 * mean:+.2f} points"
    direction = "as its paper says" if mean > 0.0 else "against its paper"
    if len(difference) < 2 or abs(mean) <= T95.get(len(difference) - 1, 2.0) * error or mean == 0.0:
        return f"{against}, {direction}, but within the spread of seeds"
    return f"{against}, {direction}"


def _accuracies(rows: list[Row]) -> np.ndarray:
    """By seed."""
    return np.array([row["test_accuracy"] for row in sorted(rows, key=lambda row: row["seed"])])


DIGITS: Columns = (
    ("activation", lambda row: row["activation"]),
    ("width", lambda row: str(row["width"])),
    ("params", lambda row: f"{row['params']:,}"),
    ("rate: % in its search", lambda row: "\n".join(f"{k}: {100 * v:.2f}" for k, v in row["search"].items())),
    ("rate", lambda row: f"{row['lr']:g}"),
    ("test %", lambda row: f"{100 * row['mean']:.2f} ± {100 * row['std']:.2f}"),
    ("verdict", lambda row: row["verdict"]),
)
NOTES = (
    "Mean ± standard deviation over seeds; the same test pictures, rates and search for all. "
    "A difference counts beyond Student's 95 % over paired seeds.",
)

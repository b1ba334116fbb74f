"""What each lever of the fit is worth: quality after the same time and after the same steps.

Usage: INR_DATA=../shared/data python scripts/ablate.py [OUT.csv]     about 15 minutes on two cores

Every row is one fit of one signal with one seed and one thing changed from the defaults.
"""

import csv
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from inr import bench, fields, fitting, signals
from inr.specs import FitSpec

# (file below INR_DATA, parameters, seconds)
SIGNALS = {
    "div2k-08": ("div2k/08.png", 199_000, 3.0),
    "gt_bach": ("audio/gt_bach.wav", 199_000, 2.0),
    "kodim15": ("kodak/kodim15.png", 53_000, 4.0),
}
SEEDS = (0, 1, 2)
ACTIVATIONS = 4  # the first levers, also run with equal steps
ELSEWHERE = {  # levers that mean nothing on some signals
    "even tiles": ("div2k-08", "kodim15"),
    "amplitudes at the rate of weights": ("gt_bach",),  # where they rest
    "amplitudes of its own in every tile": ("gt_bach",),
}
Change = Callable[[fitting.Plan], fitting.Plan]


def rates(muon: float = 1.0, adam: float = 1.0, own: float = 1.0) -> Change:
    """Factors on the learning rates."""
    return lambda plan: replace(
        plan,
        rates=replace(
            plan.rates, muon=muon * plan.rates.muon, adam=adam * plan.rates.adam, own=own * plan.rates.own
        ),
    )


def field(**changes: object) -> Change:
    """Another architecture, as wide as the parameters allow."""

    def change(plan: fitting.Plan) -> fitting.Plan:
        params = fields.param_count(plan.field)
        return replace(plan, field=fitting.widest(replace(plan.field, width=1, **changes), params))  # type: ignore[arg-type]

    return change


def omega(first: float) -> Change:
    """Another ω of the first layer."""
    return lambda plan: replace(
        plan,
        field=replace(
            plan.field,
            activation=replace(
                plan.field.activation, omega_first=round(16 * first * plan.field.activation.omega_first) / 16
            ),
        ),
    )


def margins(plan: fitting.Plan) -> fitting.Plan:
    """Margins of 4/64 of a tile."""
    return replace(plan, field=replace(plan.field, margin=tuple(4 if k > 1 else 0 for k in plan.field.tiles)))


def even(plan: fitting.Plan) -> fitting.Plan:
    """Tiles of one length."""
    return replace(plan, field=replace(plan.field, levels=()))


LEVERS: dict[str, tuple[str, Change]] = {
    "default": ("raf", lambda plan: plan),
    "sine": ("sine", lambda plan: plan),
    "sine, rates x1.5": ("sine", rates(1.0, 1.5)),
    "sine, omega x0.8": ("sine", omega(0.8)),
    "adam alone": ("raf", rates(0.0, 0.5)),
    "muon x0.5": ("raf", rates(0.5)),
    "muon x1.5": ("raf", rates(1.5)),
    "adam x0.5": ("raf", rates(1.0, 0.5)),
    "adam x2": ("raf", rates(1.0, 2.0)),
    "amplitudes at the rate of weights": ("raf", rates(own=1 / 0.3)),
    "amplitudes of its own in every tile": (
        "raf",
        lambda plan: field(activation=replace(plan.field.activation, shared=False))(plan),
    ),
    "omega x0.7": ("raf", omega(0.7)),
    "omega x1.4": ("raf", omega(1.4)),
    "batch x0.5": ("raf", lambda plan: replace(plan, batch=plan.batch // 2)),
    "batch x2": ("raf", lambda plan: replace(plan, batch=plan.batch * 2)),
    "2 activated layers": ("raf", field(hidden=1)),
    "4 activated layers": ("raf", field(hidden=3)),
    "margins of 4/64": ("raf", margins),
    "even tiles": ("raf", even),
    "a quarter of the batch between samples": ("raf", lambda plan: replace(plan, between=0.25)),
}


def one(name: str, lever: str, seed: int, steps: int | None) -> dict[str, object]:
    """One fit: in its seconds, or in so many steps."""
    path, params, seconds = SIGNALS[name]
    activation, change = LEVERS[lever]
    request = FitSpec(
        preset="fast",
        params=params,
        seed=seed,
        activation=activation,
        steps=steps,
        time_s=None if steps else seconds,
    )
    started = time.monotonic()
    with signals.open_reader(Path(os.environ["INR_DATA"]) / path) as reader:
        plan = change(fitting.make_plan(request, reader))
        fit = fitting.Fit(request, plan, reader, started=started)
        for _ in fit.run():
            pass
        took = fit.seconds
        fit.network.close()
        db = bench.float_db(fit.best(), reader)
    return {
        "signal": name,
        "lever": lever,
        "seed": seed,
        "by": "steps" if steps else "time",
        "params": fields.param_count(plan.field),
        "steps": fit.step,
        "seconds": round(took, 2),
        "db": round(db, 2),
    }


def rows() -> Iterator[dict[str, object]]:
    """Every lever after the same time; those of the activation also after the default's steps."""
    for name in SIGNALS:
        for seed in SEEDS:
            reference = one(name, "default", seed, None)
            yield reference
            for lever in list(LEVERS)[1:]:
                if name not in ELSEWHERE.get(lever, ()):
                    yield one(name, lever, seed, None)
            steps = int(str(reference["steps"]))
            yield from (one(name, lever, seed, steps) for lever in list(LEVERS)[:ACTIVATIONS])


def main() -> None:
    """Write the table row by row."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data/baselines/levers.csv")
    with target.open("w", newline="") as file:
        writer = None
        for row in rows():
            writer = writer or csv.DictWriter(file, row, lineterminator="\n")
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)
            file.flush()
            print(*row.values(), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

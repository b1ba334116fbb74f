"""How many parameters a single network needs for 35 dB: RAF, sine and ReLU on one picture.

Networks of rising width are fitted until one reaches the target; between it and the one before, the
logarithm of the number of parameters is a line in dB:

    ln P = ln P_a + (ln P_b - ln P_a) (35 - dB_a) / (dB_b - dB_a)           (1)

Each activation trains with the best rate and frequency of its own search, made at one width.
"""

import math
from collections.abc import Iterator

import numpy as np

from inr.bench.compare_search import Found
from inr.bench.journal import Journal, Row
from inr.bench.raf_fit import Contestant, fit
from inr.bench.raf_plan import FORMS, Plan, with_setting
from inr.bench.raf_rows import SEED, judged, measured, printed_search, settings
from inr.bench.raf_signals import RafSignal
from inr.errors import SignalError

EXPERIMENT = "parameters"
TARGET_DB = 35.0
SEARCH_SHARE = 1 / 3  # of the steps of a fit, for each fit of the search


def needed(signal: RafSignal, plan: Plan, journal: Journal) -> Iterator[str | Row]:
    """Widths until the target, then the number of parameters it takes, for each activation.

    Args:
        signal: the picture.
        plan: widths and steps.
        journal: where rows are kept.

    Yields: lines, a row a network, and a row an activation with `params_needed` and, where the target
        lies outside the widths that were tried, `at_least` or `at_most`.
    """
    for activation in (FORMS["image"], "sine", "relu"):
        yield from _one(Contestant(activation, activation), signal, plan, journal)


def _one(contestant: Contestant, signal: RafSignal, plan: Plan, journal: Journal) -> Iterator[str | Row]:
    place = [EXPERIMENT, signal.name, list(signal.shape), contestant.name, plan.needed_steps]
    kept = journal.find([*place, "search"])
    if kept is None:
        steps = max(1, round(SEARCH_SHARE * plan.needed_steps))
        found = yield from printed_search(signal, contestant, plan.needed_search_width, steps)
        kept = found.to_json()
        journal.add([*place, "search"], kept)
    tuned = with_setting(contestant, Found.from_json(kept).setting)
    seen: list[tuple[int, float]] = []
    for width in plan.needed_widths:
        row = journal.find([*place, width, settings(tuned)])
        if row is None:
            try:
                row = _fitted(tuned, contestant.name, signal, width, plan.needed_steps)
            except SignalError as error:
                yield f"{signal.name}: {contestant.name}: width {width} left out: {error}"
                continue
            journal.add([*place, width, settings(tuned)], row)
            db = row["psnr_db"]
            yield f"{signal.name}: {contestant.name}: width {width}, {row['params']:,} parameters: " + (
                "exact" if db is None else f"{db:.2f} dB"
            )
        yield row
        seen.append((row["params"], math.inf if row["psnr_db"] is None else row["psnr_db"]))
        if seen[-1][1] >= TARGET_DB:
            break
    if seen:
        yield {
            "experiment": EXPERIMENT,
            "signal": signal.name,
            "activation": contestant.name,
            "target_db": TARGET_DB,
            "steps": plan.needed_steps,
            "seed": SEED,
            **interpolated(seen),
        }


def _fitted(tuned: Contestant, name: str, signal: RafSignal, width: int, steps: int) -> Row:
    got = fit(signal, tuned, width, steps, SEED)
    sums = got.errors(signal, judged(signal, np.arange(signal.count)))
    return {
        "experiment": EXPERIMENT,
        "signal": signal.name,
        "activation": name,
        "width": width,
        "shape": "x".join(map(str, signal.shape)),
        "params": got.params,
        "steps": steps,
        "seed": SEED,
        **measured(signal, sums),
        **settings(tuned),
    }


def interpolated(seen: list[tuple[int, float]], target_db: float = TARGET_DB) -> Row:
    """Equation (1), of (parameters, dB) with rising parameters, only the last of which may reach the target.

    Returns: `params_needed`, with `at_most` where the first one reaches it and `at_least` where none does.
    """
    last, db = seen[-1]
    if db < target_db:
        return {"params_needed": last, "at_least": True}
    if len(seen) == 1:
        return {"params_needed": last, "at_most": True}
    before, db_before = seen[-2]
    share = (target_db - db_before) / (db - db_before) if math.isfinite(db) else 1.0
    return {"params_needed": round(before * (last / before) ** share)}

"""What the rows of a comparison allow one to say, in sentences.

Two activations are told apart where every seed of one is above every seed of the other.  Were the two
alike, chance alone would do that once in C(2 n, n) times: once in 20 with three seeds each.
"""

import math
from collections.abc import Iterator

from inr.bench.compare_card import compare_summary
from inr.bench.journal import Row


def verdict(rows: list[Row]) -> list[str]:
    """The best activation against each of the others, and how the fields do between the samples.

    Args:
        rows: as `compare` gives them, of one signal.
    """
    means = compare_summary(rows)
    return [*_on_the_samples(rows, means), *_between(means)] if means else []


def _on_the_samples(rows: list[Row], means: list[Row]) -> Iterator[str]:
    key = "snr_db" if "snr_db" in means[0] else "psnr_db"
    unit = key[:-3].upper()
    values = {m["activation"]: [r[key] for r in rows if r["activation"] == m["activation"]] for m in means}
    known = {name: dbs for name, dbs in values.items() if None not in dbs}
    left_out = [name for name in values if name not in known]
    if left_out:
        names = ", ".join(left_out)
        yield f"{names}: not ranked, since the {unit} of some fit is no number (exact, or silence)"
    if not known:
        return
    (best, top), *others = known.items()
    yield f"{best} has the highest {unit}: {_mean(top):.2f} dB in the mean of {_seeds(len(top))}"
    for name, dbs in others:
        lead = f"{best} is {_mean(top) - _mean(dbs):.2f} dB above {name}"
        if min(len(top), len(dbs)) < 2:
            yield f"{lead}; one seed cannot tell whether that is more than chance"
        elif min(top) > max(dbs):
            once = math.comb(len(top) + len(dbs), len(top))
            yield f"{lead}, every seed above every seed (by chance alone: once in {once:,})"
        else:
            yield f"{lead} in the mean, but their seeds overlap: no order can be told"


def _between(means: list[Row]) -> Iterator[str]:
    """Which field is nearest to the samples left out, and whether it is nearer than a spline."""
    known = [mean for mean in means if mean.get("held_out_db") is not None]
    if not known:
        return
    best = max(known, key=lambda mean: mean["held_out_db"])
    words = f"between the samples (held out) {best['activation']} is best: {best['held_out_db']:.2f} dB"
    spline = best.get("spline_db")
    if spline is not None:
        order = "above" if best["held_out_db"] > spline else "not above"
        words += f", {order} the cubic spline's {spline:.2f} dB"
    yield words


def _mean(dbs: list[float]) -> float:
    return math.fsum(dbs) / len(dbs)


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"

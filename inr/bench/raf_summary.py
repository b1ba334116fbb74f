"""The RAF paper's claims beside what was measured, and the three verdicts of each signal.

    images        "+58 %": does it mean PSNR, 100 (dB / dB_sine - 1), or error, 100 (1 - mse / mse_sine)?
    sound, video  "-14 %": mse <= 0.86 mse_sine

Sine is the one with ω 30 trained by the same recipe, as in the paper.  The abstract does not say what the
58 % are of, so both readings are printed.

Source: Liang et al. 2021, arXiv:2101.04844, abstract.
"""

import math
from collections.abc import Callable, Iterator

from inr.bench.journal import Row
from inr.bench.raf_plan import FORMS
from inr.bench.table import Columns

CLAIMS = {"image": "+58 %", "audio": "-14 %", "video": "-14 %"}
BAR = 0.86  # mse over that of sine, where the claim is -14 %
SINE = "sine"
Show = Callable[[Row], float | None]


def summary(rows: list[Row]) -> list[Row]:
    """The rows of the printed table: one a signal, then one an activation for the parameters needed."""
    table: list[Row] = []
    for experiment, name in dict.fromkeys((r["experiment"], r["signal"]) for r in rows):
        mine = [r for r in rows if (r["experiment"], r["signal"]) == (experiment, name)]
        if experiment in CLAIMS:
            table.append(_beside(experiment, name, mine))
        else:
            table += [r for r in mine if "params_needed" in r]
    return table


def _beside(experiment: str, name: str, rows: list[Row]) -> Row:
    by_name = {row["activation"]: row for row in rows}
    form = FORMS[experiment]
    others = {n: by_name[n] for n in ("sine-x2", "sine-60") if n in by_name}
    pairs = {
        "recipe": (by_name.get(form), by_name.get(SINE)),
        "tuned": (by_name.get(f"{form}-tuned"), by_name.get(f"{SINE}-tuned")),
    }
    steps = rows[0]["steps"]
    return {"experiment": experiment, "signal": name, "steps": steps, "others": others, **pairs}


def claims(rows: list[Row]) -> Iterator[str]:
    """A line a signal: what the paper claims, and what was measured here."""
    for row in summary(rows):
        if "params_needed" in row:
            target = f"{row['signal']}: {row['target_db']:g} dB"
            yield f"{target} needs {_needed(row)} parameters of {row['activation']}"
        elif (said := _claim(row)) is not None:
            tuned, between = (_lead(row, "tuned", show) for show in (quality, held_out))
            yield f"{row['signal']}: {said}; tuned {tuned}; tuned and held out {between}"


def _claim(row: Row) -> str | None:
    raf, sine = row["recipe"]
    if raf is None or sine is None:
        return None
    return f"claim {CLAIMS[row['experiment']]}, measured {_measured(row['experiment'], raf, sine)}"


def _measured(experiment: str, raf: Row, sine: Row) -> str:
    if not raf["mse"] or not sine["mse"]:
        return "an exact fit"
    ratio = raf["mse"] / sine["mse"]
    if experiment != "image":
        return f"mse x{ratio:.3f}, {'met' if ratio <= BAR else 'not met'}"
    return f"PSNR {100 * (raf['psnr_db'] / sine['psnr_db'] - 1):+.0f} %, error {100 * (ratio - 1):+.0f} %"


def quality(row: Row) -> float | None:
    """DB on the samples: SNR of sound, PSNR of the others; None where exact."""
    return row.get("snr_db", row["psnr_db"])


def held_out(row: Row) -> float | None:
    """The same on samples that were left out."""
    return row["held_out_db"]


def _lead(row: Row, which: str, show: Show) -> str:
    """By how much RAF is ahead of sine."""
    raf, sine = row[which]
    if raf is None or sine is None:
        return "not measured"
    mine, theirs = (math.inf if (db := show(r)) is None else db for r in (raf, sine))
    return "level" if mine == theirs else f"RAF {mine - theirs:+.2f} dB"


def _db(value: float | None) -> str:
    return "exact" if value is None else f"{value:.2f}"


def _verdict(which: str, show: Show, spline: bool = False) -> Callable[[Row], str]:
    """The two of them, who is ahead, and the spline where it is asked for."""

    def cell(row: Row) -> str:
        if "params_needed" in row:
            return ""
        shown = " / ".join("-" if r is None else _db(show(r)) for r in row[which])
        splines = [_db(r["spline_db"]) for r in row[which] if r is not None and spline]
        return "\n".join([shown, _lead(row, which, show), *(f"spline {db}" for db in splines[:1])])

    return cell


def _claim_cell(row: Row) -> str:
    return "" if "params_needed" in row else (_claim(row) or "").replace(", ", "\n")


def _others(row: Row) -> str:
    return "\n".join(f"{name} {_db(quality(r))}" for name, r in row.get("others", {}).items())


def _needed(row: Row) -> str:
    bound = "at least " if row.get("at_least") else "at most " if row.get("at_most") else ""
    return f"{bound}{row['params_needed']:,}"


def _needed_cell(row: Row) -> str:
    return f"{row['activation']}: {_needed(row)}" if "params_needed" in row else ""


RAF: Columns = (
    ("signal", lambda row: f"{row['experiment']}\n{row['signal']}"),
    ("steps", lambda row: f"{row['steps']:,}"),
    ("the paper's", _claim_cell),
    ("recipe dB\nRAF / sine 30", _verdict("recipe", quality)),
    ("recipe dB\nothers", _others),
    ("tuned dB\nRAF / sine", _verdict("tuned", quality)),
    ("held out, recipe\nRAF / sine", _verdict("recipe", held_out)),
    ("held out, tuned\nRAF / sine", _verdict("tuned", held_out, spline=True)),
    ("parameters\nfor 35 dB", _needed_cell),
)

"""The result of a comparison in three forms: means over seeds, a CSV table, and a JSON card.

The ± of a mean is the standard deviation of the seeds, with n - 1 below the sum of squares.
"""

import csv
import datetime
import io
import json
import statistics
from pathlib import Path
from typing import Any

from inr.bench.journal import Row
from inr.bench.machine import machine
from inr.bench.table import Columns
from inr.files import write_bytes

MEASURED = ("mse", "psnr_db", "snr_db", "held_out_db", "spline_db", "steps", "seconds")
SPREAD = ("psnr_db", "snr_db", "held_out_db")
ALIKE = ("signal", "activation", "params", "path", "lr", "muon", "omega", "start_scale")
COMPARE_NOTES = (
    "PSNR over all channels, SNR of the waveform, of the fitted field rounded to the source's depth; weights "
    "are not quantised; +- is the standard deviation of the seeds",
    "held out: another fit, of every second sample of each axis, with the same number of parameters, budget "
    "and factors, judged on the samples left out; spline: the cubic spline through the same samples",
    "every activation: the tiles, width and batches that sine would get with 95 % of the bound, narrower "
    "where its own parameters leave no room, and rates as inr fit would choose them; then a search over "
    "factors on rates and first omega (first start weights where there is no omega): 9 pairs at a tenth of "
    "the budget, 3 at three tenths, 2 at all of it, with a seed of its own",
    "seconds are those of this package: path torch means that no compiled kernel has that activation; "
    "--steps compares what they learn, --time what they learn here in that time",
)


def compare_summary(rows: list[Row]) -> list[Row]:
    """One row an activation, the best first: means, standard deviations as KEY_std, number of seeds.

    Args:
        rows: as `compare` gives them.
    """
    names = dict.fromkeys(row["activation"] for row in rows)
    means = [_mean([row for row in rows if row["activation"] == name]) for name in names]
    return sorted(means, key=_quality, reverse=True)


def write_csv(path: Path, rows: list[Row]) -> Path:
    """All rows, one line each, with the keys of all of them as the first line."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, keys, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())
    return path


def write_card(path: Path, about: dict[str, Any], rows: list[Row]) -> Path:
    """Everything that one needs to judge the numbers, beside the numbers."""
    card = {
        **about,
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "definitions": list(COMPARE_NOTES),
        "summary": compare_summary(rows),
        "rows": rows,
    }
    write_bytes(path, (json.dumps(card, indent=1) + "\n").encode())
    return path


def _mean(rows: list[Row]) -> Row:
    """Of the seeds of one activation; a value that is exact in one of them has no mean."""
    out: Row = {key: rows[0][key] for key in ALIKE if key in rows[0]} | {"seeds": len(rows)}
    for key in MEASURED:
        values = [row[key] for row in rows if key in row]
        if not values:
            continue
        known = [value for value in values if value is not None]
        whole = len(known) == len(values)
        out[key] = statistics.fmean(known) if whole else None
        if key in SPREAD and whole and len(known) > 1:
            out[f"{key}_std"] = statistics.stdev(known)
    return out


def _quality(row: Row) -> float:
    db = row.get("snr_db", row["psnr_db"])
    return float("inf") if db is None else db


def _decibels(key: str) -> Any:
    def show(row: Row) -> str:
        if key not in row:
            return ""
        if row[key] is None:  # silence has no SNR, and what is left out of it neither
            return "exact" if row["psnr_db"] is None else "undefined"
        std = row.get(f"{key}_std")
        return f"{row[key]:.2f}" + ("" if std is None else f" +- {std:.2f}")

    return show


def _number(key: str, form: str) -> Any:
    return lambda row: "" if row.get(key) is None else format(row[key], form)


COMPARE: Columns = (
    ("activation", lambda row: row["activation"]),
    ("params", _number("params", ",")),
    ("SNR dB", _decibels("snr_db")),
    ("PSNR dB", _decibels("psnr_db")),
    ("held-out dB", _decibels("held_out_db")),
    ("spline dB", _decibels("spline_db")),
    ("steps", _number("steps", ",.0f")),
    ("seconds", _number("seconds", ",.1f")),
    ("path", lambda row: row.get("path", "")),
    ("seeds", _number("seeds", "d")),
    ("lr", _number("lr", ".2g")),
    ("omega", _number("omega", "g")),
    ("start x", _number("start_scale", "g")),
)

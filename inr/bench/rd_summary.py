"""The points of `bench rd` read side by side: what the others reach at our bytes, and BD-rates."""

import re
from collections.abc import Iterable
from pathlib import PurePath
from statistics import fmean

from inr.bench.bd_rate import BdRate, bd_rate, quality_at
from inr.bench.codecs import OURS
from inr.bench.journal import Row

Points = list[tuple[float, float]]  # bytes and dB
KODAK = re.compile(r"kodim\d\d")
MEAN = "kodim, mean of "


def summary(rows: list[Row]) -> list[Row]:
    """The rows of the printed table: one for each of our files, then one with the BD-rates.

    Args:
        rows: the points, of any number of signals; what Kodak pictures there are get a mean.
    """
    table: list[Row] = []
    everything = [*rows, *kodak_mean(rows)]
    for signal in dict.fromkeys(row["signal"] for row in everything):
        table += _beside(signal, [row for row in everything if row["signal"] == signal])
    return table


def quality(row: Row) -> float | None:
    """dB of a point: SNR of sound, PSNR of the rest; None where it is exact."""
    return row["snr_db"] if row["kind"] == "audio" else row["psnr_db"]


def curves(rows: Iterable[Row], rate: str = "size_bytes") -> dict[str, Points]:
    """The points of each codec, in the order of the rows; exact ones have no dB and are left out.

    Where a codec was swept in several ways (the colours of JPEG), a point stays if no other way is
    better at its size: points that only just hold out between two ways would make steps.

    Args:
        rows: of one signal.
        rate: the key to use as the size.
    """
    ways: dict[str, dict[str, Points]] = {}
    for row in rows:
        db = quality(row)
        if db is not None:
            way = row["setting"].partition(", ")[2]
            ways.setdefault(row["codec"], {}).setdefault(way, []).append((row[rate], db))
    return {codec: _best_way(list(points.values())) for codec, points in ways.items()}


def _best_way(ways: list[Points]) -> Points:
    kept: Points = []
    for points in ways:
        others = [other for other in ways if other is not points]
        for size, db in points:
            rivals = (quality_at(other, size) for other in others)
            if all(rival is None or rival <= db for rival in rivals):
                kept.append((size, db))
    return kept


def is_kodak(signal: str) -> bool:
    """Whether a signal is one of Kodak's pictures, or their mean."""
    return signal.startswith(MEAN) or KODAK.fullmatch(PurePath(signal).stem) is not None


def kodak_mean(rows: list[Row]) -> list[Row]:
    """The mean point of every setting that all the Kodak pictures have; nothing for less than two."""
    pictures = [row for row in rows if is_kodak(row["signal"]) and row["kind"] == "image"]
    count = len({row["signal"] for row in pictures})
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in pictures:
        groups.setdefault((row["codec"], row["setting"]), []).append(row)
    whole = [g for g in groups.values() if len(g) == count and all(r["psnr_db"] is not None for r in g)]
    return [_mean(group) for group in whole] if count > 1 else []


def _mean(group: list[Row]) -> Row:
    means = ("bits_per_sample", "psnr_db", "encode_s", "decode_s")
    return {
        **{key: group[0][key] for key in ("kind", "codec", "setting")},
        "signal": f"{MEAN}{len(group)}",
        "size_bytes": round(fmean(row["size_bytes"] for row in group)),
        **{key: fmean(row[key] for row in group) for key in means},
    }


def _beside(signal: str, rows: list[Row]) -> list[Row]:
    """The table of one signal."""
    found = curves(rows)
    own = found.pop(OURS, [])
    table: list[Row] = []
    for row in sorted((r for r in rows if r["codec"] == OURS), key=lambda r: r["size_bytes"]):
        at = {codec: quality_at(points, row["size_bytes"]) for codec, points in found.items()}
        at = {codec: db for codec, db in at.items() if db is not None}
        table.append(row | {"db": quality(row), "at": at})
    table += [row | {"at": {"source": None}} for row in rows if row["codec"] == "source"]
    rates: dict[str, BdRate] = {}
    for codec, points in found.items():
        rate = bd_rate(own, points)
        if rate is not None:
            rates[codec] = rate
    return [*table, {"signal": signal, "bd": rates}] if rates else table

"""The table at the end of a fit of several inputs."""

import os
from typing import Any

TITLES = ("file", "bytes", "bits/sample", "PSNR dB", "SNR dB", "parameters", "steps", "fit s", "")
NUMBERS = {
    **{"size_bytes": ",", "bits_per_sample": ".3f", "psnr_db": ".2f", "snr_db": ".2f"},
    **{"params": ",", "steps": ",", "fit_seconds": ".1f"},
}


def print_rows(rows: list[dict[str, Any]], seconds: float) -> None:
    """Print the rows of `fit --json`; those that failed have the reason beside their name.

    Args:
        rows: with an "error" or with all that a fit reports; "kept" where it was done already.
        seconds: all of it took.
    """
    from inr.cli.tables import print_table

    counts = {"files": len(rows), "fitted": 0, "kept": 0, "failed": 0}
    for row in rows:
        counts["failed" if "error" in row else "kept" if "kept" in row else "fitted"] += 1
    words = {name: count for name, count in counts.items() if count}
    print_table(TITLES, [_cells(row) for row in rows], words, seconds)


def _cells(row: dict[str, Any]) -> list[str]:
    missed = "" if row.get("reached", True) else "target missed"
    remark = row.get("error") or missed or ("kept" if "kept" in row else "")
    # The waveform's PSNR is not what sound is judged by.
    left_out = {"psnr_db"} if "snr_db" in row else set()
    numbers = ["" if key in left_out else _number(row, key, form) for key, form in NUMBERS.items()]
    return [_plain(row["file"]), *numbers, _plain(remark)]


def _number(row: dict[str, Any], key: str, form: str) -> str:
    if key not in row:
        return ""
    if row[key] is None:
        return "exact" if row.get("exact") else "-"
    return format(row[key], form)


def _plain(text: str) -> str:
    """Names of files may hold rich's brackets, and bytes that are no text."""
    from rich.markup import escape

    return escape(os.fsencode(text).decode("utf-8", "replace"))

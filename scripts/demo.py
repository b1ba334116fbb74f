"""The table at the end of demo.sh: one line for every NAME.fit.json and NAME.eval.json in a folder."""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

COLUMNS = ("file", "bytes", "bits per sample", "quality", "fit", "in all")


def quality(measured: dict[str, Any]) -> str:
    """SNR where the signal has one (sound), else PSNR; of the decoded file, in decibels."""
    name = "SNR" if "snr_db" in measured else "PSNR"
    value = measured.get(f"{name.lower()}_db")
    return f"{name} {value:.2f} dB" if value is not None else f"{name} exact"


def row(fit_json: Path) -> tuple[str, ...]:
    """One line of the table, as text."""
    fitted = json.loads(fit_json.read_text())
    measured = json.loads(fit_json.with_name(fit_json.name.replace(".fit.", ".eval.")).read_text())
    size = fitted["size_bytes"]
    return (
        Path(fitted["file"]).name,
        f"{size:,}",
        f"{8 * size / fitted['samples']:.3f}",
        quality(measured),
        f"{fitted['fit_seconds']:.1f} s",
        f"{fitted['total_seconds']:.1f} s",
    )


def main(folder: Path) -> None:
    """Print the table of `folder`."""
    table = Table(*COLUMNS)
    for column in table.columns[1:]:
        column.justify = "right"
    for path in sorted(folder.glob("*.fit.json")):
        table.add_row(*row(path))
    Console(width=None if sys.stdout.isatty() else 100).print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

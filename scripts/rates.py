"""Pictures, sounds and clips under a size beside other codecs at equal bytes: the README's small files.

Usage: INR_DATA=../shared/data python scripts/rates.py [pictures] [sounds] [clips]   (about 45 minutes)

Fits the Kodak pictures, the sounds and the clips at three rates each with `inr fit --max-size B --steps
1500` and reads each rival's dB at our bytes off its own curve, linear in the logarithm of the bytes.  Means
go to stdout, the rows to data/baselines/rates.json; what was not asked for stays there as it is.
"""

import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from inr import metrics, signals
from inr.bench import codecs
from inr.specs import SignalSpec

OUT = Path(__file__).parent.parent / "data" / "baselines" / "rates.json"
STEPS = 1500
# Bits a pixel, kilobits a second.
RATES = {"pictures": (0.15, 0.30, 0.60), "sounds": (16.0, 33.0, 66.0), "clips": (0.025, 0.05, 0.10)}
FOLDERS = {"pictures": "kodak/*.png", "sounds": "audio/*.wav", "clips": "video/*.mp4"}
QUALITY = {"pictures": "psnr_db", "sounds": "snr_db", "clips": "psnr_db"}


def size_at(spec: SignalSpec, rate: float) -> int:
    """Bytes of a file at a rate."""
    if spec.kind != "audio":
        return int(rate * spec.samples / 8)
    return int(1000 * rate / 8 * spec.samples / Fraction(spec.rate or 1))


def fitted(source: Path, size: int, quality: str, folder: Path) -> tuple[int, float]:
    """Bytes and quality of our file."""
    file = folder / f"{source.stem}.inr"
    options = ["--max-size", str(size), "--steps", str(STEPS), "--quiet", "--no-eval", "--force"]
    subprocess.run([sys.executable, "-m", "inr", "fit", str(source), "-o", str(file), *options], check=True)
    words = [sys.executable, "-m", "inr", "eval", str(file), str(source), "--json"]
    judged = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)
    return judged["size_bytes"], judged[quality]


def curves(source: Path, folder: Path) -> dict[str, list[tuple[int, float]]]:
    """(bytes, dB) of every rival's settings, of equal bytes the best, rising."""
    out: dict[str, list[tuple[int, float]]] = {}
    with signals.open_reader(source) as reader:
        decibels = (
            metrics.snr_db if reader.spec.kind == "audio" else lambda sums: metrics.psnr_db(sums.errors)
        )
        for rival in codecs.opponents(reader)[0]:
            points = [codecs.measure(rival, setting, reader, folder) for setting in rival.settings]
            found = sorted((p.size_bytes, decibels(p.sums) or 99.0) for p in points)
            out[rival.name] = [p for i, p in enumerate(found) if all(p[1] > q[1] for q in found[:i])]
    return out


def at(curve: list[tuple[int, float]], size: int) -> float | None:
    """Decibels at a size; None outside the curve."""
    sizes, decibels = zip(*curve, strict=True)
    if not sizes[0] <= size <= sizes[-1]:
        return None
    return float(np.interp(np.log(size), np.log(sizes), decibels))


def measured(what: str, folder: Path) -> list[dict[str, Any]]:
    """One row for each signal and rate."""
    rows = []
    for source in sorted(Path(os.environ["INR_DATA"]).glob(FOLDERS[what])):
        rivals = curves(source, folder)
        with signals.open_reader(source) as reader:
            sizes = {rate: size_at(reader.spec, rate) for rate in RATES[what]}
        for rate, most in sizes.items():
            size, decibels = fitted(source, most, QUALITY[what], folder)
            others = {name: at(curve, size) for name, curve in rivals.items()}
            rows.append({"signal": source.name, "rate": rate, "size_bytes": size, "inr": decibels, **others})
            print(json.dumps(rows[-1]), flush=True)
    return rows


def show_means(what: str, rows: list[dict[str, Any]]) -> None:
    """One line for each rate: the means over its signals."""
    for rate in RATES[what]:
        here = [row for row in rows if row["rate"] == rate]
        names = [name for name in here[0] if name not in ("signal", "rate", "size_bytes")]
        means = {n: [row[n] for row in here] for n in names}
        words = [f"{n} {np.mean(v):.2f}" if None not in v else f"{n} -" for n, v in means.items()]
        print(f"{what} at {rate:g}, mean dB: {', '.join(words)}")


def main() -> None:
    """Measure, print and keep."""
    kept = json.loads(OUT.read_text())
    with tempfile.TemporaryDirectory() as folder:
        for what in sys.argv[1:] or list(RATES):
            kept[what] = measured(what, Path(folder))
            show_means(what, kept[what])
    kept["command"] = f"scripts/rates.py, --steps {STEPS}"
    OUT.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()

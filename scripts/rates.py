"""Pictures under a size beside other codecs at equal bytes: the README's second table.

Usage: INR_DATA=../shared/data python scripts/rates.py [--files DIR]   (about 20 minutes on two cores)

Fits the Kodak pictures at three rates with `inr fit --max-size B --steps 1500` and reads each rival's dB at
our bytes off its own curve, linear in the logarithm of the bytes.  With --files, files that are there already
(kodim15-0.30.inr) are not fitted again.  The table goes to stdout, the rows to data/baselines/rates.json.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from inr import metrics, signals
from inr.bench import codecs

OUT = Path(__file__).parent.parent / "data" / "baselines" / "rates.json"
RATES, STEPS = (0.15, 0.30, 0.60), 1500
PIXELS = 768 * 512


def fitted(picture: Path, rate: float, folder: Path) -> tuple[int, float]:
    """Bytes and PSNR of our file."""
    file = folder / f"{picture.stem}-{rate:.2f}.inr"
    if not file.exists():
        options = ["--max-size", str(int(rate * PIXELS / 8)), "--steps", str(STEPS), "--quiet", "--no-eval"]
        subprocess.run(
            [sys.executable, "-m", "inr", "fit", str(picture), "-o", str(file), *options], check=True
        )
    words = [sys.executable, "-m", "inr", "eval", str(file), str(picture), "--json"]
    judged = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)
    return judged["size_bytes"], judged["psnr_db"]


def curves(picture: Path, folder: Path) -> dict[str, list[tuple[int, float]]]:
    """(bytes, PSNR) of every rival's settings, of equal bytes the best, rising."""
    out: dict[str, list[tuple[int, float]]] = {}
    with signals.open_reader(picture) as reader:
        for rival in codecs.opponents(reader)[0]:
            points = [codecs.measure(rival, setting, reader, folder) for setting in rival.settings]
            found = sorted((p.size_bytes, metrics.psnr_db(p.sums.errors) or 99.0) for p in points)
            best = [p for i, p in enumerate(found) if all(p[1] > q[1] for q in found[:i])]
            out[rival.name] = best
    return out


def at(curve: list[tuple[int, float]], size: int) -> float | None:
    """Decibels at a size; None outside the curve."""
    sizes, decibels = zip(*curve, strict=True)
    if not sizes[0] <= size <= sizes[-1]:
        return None
    return float(np.interp(np.log(size), np.log(sizes), decibels))


def main() -> None:
    """Measure and print."""
    given = sys.argv[2] if sys.argv[1:2] == ["--files"] else None
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given or temporary)
        for picture in sorted((Path(os.environ["INR_DATA"]) / "kodak").glob("*.png")):
            rivals = curves(picture, Path(temporary))
            for rate in RATES:
                size, psnr_db = fitted(picture, rate, folder)
                others = {name: at(curve, size) for name, curve in rivals.items()}
                rows.append(
                    {"signal": picture.name, "rate": rate, "size_bytes": size, "inr": psnr_db, **others}
                )
                print(json.dumps(rows[-1]), flush=True)
    for rate in RATES:
        here = [row for row in rows if row["rate"] == rate]
        names = [name for name in here[0] if name not in ("signal", "rate", "size_bytes")]
        means = {n: [row[n] for row in here] for n in names}
        words = [f"{n} {np.mean(v):.2f}" if None not in v else f"{n} -" for n, v in means.items()]
        print(f"{rate:.2f} bits a pixel, mean dB: {', '.join(words)}")
    OUT.write_text(
        json.dumps({"command": f"scripts/rates.py, --steps {STEPS}", "rows": rows}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()

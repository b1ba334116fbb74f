"""The numbers of the README, measured again: real command lines on the reference data.

Usage: INR_DATA=../shared/data python scripts/measure.py [--only NAME]   (about 12 minutes on two cores)

Each row fits one file, decodes it, and measures the decoded file with `inr eval`.  The table goes to
stdout, the rows with the machine to data/baselines/spine.json.
"""

import io
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import soundfile
from rich.console import Console
from rich.table import Table

OUT = Path(__file__).parent.parent / "data" / "baselines" / "spine.json"


def command(*words: str) -> Any:
    """Run `inr`; its JSON where it prints some.  A target that is missed (exit 4) still has its row."""
    done = subprocess.run(
        [sys.executable, "-m", "inr", *words], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in (0, 4):
        sys.exit(f"inr {' '.join(words)}: exit code {done.returncode}")
    return json.loads(done.stdout) if done.stdout.strip() else None


def lossless_bytes(path: Path) -> int:
    """What the source costs without loss: a PNG's own size, a sound's as 16-bit FLAC; 0 for video."""
    if path.suffix == ".wav":
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        flac = io.BytesIO()
        soundfile.write(flac, samples, rate, format="FLAC", subtype="PCM_16")
        return len(flac.getvalue())
    return path.stat().st_size if path.suffix == ".png" else 0


def measured(path: Path, folder: Path, *options: str) -> dict[str, Any]:
    """One row: fit, decode, evaluate."""
    file = folder / f"{path.stem}.inr"
    fitted = command("fit", str(path), "-o", str(file), "--force", "--quiet", "--json", *options)
    suffix = {".png": ".png", ".wav": ".wav", ".mp4": ".mkv"}[path.suffix]
    command("decode", str(file), str(folder / f"{path.stem}{suffix}"), "--force")
    judged = command("eval", str(file), str(path), "--json")
    keep = ("size_bytes", "bits_per_sample", "params", "steps", "fit_seconds", "total_seconds", "reached")
    row = {"signal": path.name, "options": " ".join(options)} | {k: fitted[k] for k in keep}
    row |= {k: judged[k] for k in ("psnr_db", "snr_db", "ssim") if k in judged}
    floats = {k: fitted[k] for k in ("float_psnr_db", "float_snr_db") if k in fitted}
    return row | floats | {"lossless_bytes": lossless_bytes(path)}


def main() -> None:
    """Measure every row and print the table."""
    data = Path(os.environ["INR_DATA"])
    files = (
        sorted(data.glob("kodak/*.png")) + sorted(data.glob("div2k/*.png")) + sorted(data.glob("audio/*.wav"))
    )
    jobs: list[tuple[Path, tuple[str, ...]]] = [
        (data / "kodak/kodim15.png", ("--time", "30")),
        (data / "kodak/kodim15.png", ("--time", "30", "--max-size", "40kB")),
        (data / "audio/gt_bach.wav", ("--time", "30")),
        (data / "video/bikes.mp4", ("--time", "120")),
        *((path, ()) for path in files),
    ]
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for path, options in jobs:
            if only in path.name:
                rows.append(measured(path, Path(folder), *options))
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    table = Table("signal", "options", "bytes", "lossless", "bits/sample", "dB", "seconds")
    for row in rows:
        sizes = (f"{row['size_bytes']:,}", f"{row['lossless_bytes']:,}", f"{row['bits_per_sample']:.2f}")
        quality = f"{row.get('snr_db', row['psnr_db']):.2f}"
        table.add_row(row["signal"], row["options"], *sizes, quality, f"{row['fit_seconds']:.1f}")
    Console(width=110).print(table)
    if not only:
        machine = {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        }
        result = {"command": "python scripts/measure.py", "machine": machine, "rows": rows}
        OUT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

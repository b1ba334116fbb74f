"""Three promises of the fit that are no row of `inr bench speed`.

Usage: INR_DATA=../shared/data python scripts/checks.py [mosaic] [rate] [frames]     about 4 minutes

mosaic: cost is linear in the signal.  A 2 x 2 mosaic of four pictures with four times the parameters:
        seconds until the PSNRs of its quarters have the mean that the four had by themselves, over
        the mean of their seconds; and seconds until the PSNR of the whole has it, which asks for
        more: the mean of squared errors is that of the worst picture, the mean of PSNRs is not.
rate:   sound decoded at four times its rate: energy above the source's Nyquist frequency, dB of all; fitted
        by tiles with half a parameter a sample, and by default.
frames: video fitted on its even frames: PSNR of the odd ones, beside the blend of their neighbours.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import inr
from inr import bench, reconstruct, signals
from inr.bench.engine import Run
from inr.bench.ours import fit_ours
from inr.fields import Field
from inr.specs import SignalSpec
from inr.views import View

SECONDS, PARAMS = 8.0, 300_000


def data(path: str) -> Path:
    """A reference signal."""
    return Path(os.environ["INR_DATA"]) / path


def pixels(path: Path) -> np.ndarray:
    """All samples as the reader gives them."""
    with signals.open_reader(path) as reader:
        return reader.read(0, reader.spec.shape[0])


def mosaic() -> dict[str, float]:
    """Linear cost."""
    parts = [pixels(data(f"kodak/kodim{n}.png")) for n in ("03", "05", "15", "23")]
    runs = [fit_ours(part, PARAMS, SECONDS) for part in parts]
    wanted = float(np.mean([run.db for run in runs]))
    whole = np.concatenate([np.concatenate(parts[:2], 1), np.concatenate(parts[2:], 1)], 0)
    out = {"mean_db": round(wanted, 2)}
    for factor in (4.0, 4.4, 4.8, 5.2, 6.0, 8.0):
        run = fit_ours(whole, 4 * PARAMS, factor * SECONDS)
        found = {"quarters": _quarters_db(run, whole), "whole": run.db}
        for name, db in found.items():
            if f"{name}_times" not in out:
                out[f"{name}_db"] = round(db, 2)
                if db >= wanted:
                    out[f"{name}_times"] = round(run.seconds / SECONDS, 2)
        if "whole_times" in out:
            break
    return out


def _quarters_db(run: Run, whole: np.ndarray) -> float:
    """The mean of the PSNRs of the four quarters of a mosaic."""
    with signals.open_reader(whole, kind="image") as reader:
        made = np.concatenate([block.values for block in reconstruct.blocks(run.field, reader.spec)])
    errors = np.square(np.clip(made, 0.0, 1.0) - whole / 255.0)
    rows, columns = whole.shape[0] // 2, whole.shape[1] // 2
    quarters = errors.reshape(2, rows, 2, columns, -1).mean((1, 3, 4))
    return float(np.mean(-10 * np.log10(quarters)))


def rate() -> dict[str, float]:
    """Sound between its samples."""
    out = {}
    for name in ("gt_bach", "gt_counting", "librispeech_3s"):
        path = data(f"audio/{name}.wav")
        with signals.open_reader(path) as reader:
            spec = reader.spec
        params = round(0.5 * spec.samples * spec.channels)
        out[f"{name}_tiles_db"] = _above_db(fit_ours(path, params, 10.0, between=True).field, spec)
        out[f"{name}_default_db"] = _above_db(inr.fit(str(path), time=10.0, evaluated=False).field, spec)
    return out


def _above_db(field: Field, spec: SignalSpec) -> float:
    """Energy above a sound's Nyquist frequency when its field is asked at four times its rate."""
    view = View.of(spec, rate_hz=4.0 * float(spec.rate or 1))
    wave = np.concatenate([block.values for block in view.blocks(field)])[:, 0]
    power = np.square(np.abs(np.fft.rfft(wave * np.hanning(len(wave)))))
    return round(10 * np.log10(power[len(power) // 4 :].sum() / power.sum()), 1)


def frames() -> dict[str, float]:
    """Video between its frames."""
    clip = pixels(data("video/bikes.mp4"))
    even = clip[::2]
    fitted = inr.fit(even, kind="video", fps=12.5, time=60.0, params=484_000, evaluated=False)
    at = np.arange(1, len(clip) - 1, 2)
    ours, blend = [], []
    for t in at[:: max(1, len(at) // 25)].tolist():
        want = clip[t].astype(np.float64)
        got = fitted.sample(at=t / 25.0).astype(np.float64)
        ours.append(np.square(got - want).mean())
        blend.append(np.square((clip[t - 1].astype(np.float64) + clip[t + 1]) / 2 - want).mean())
    return {
        "odd_frames_db": round(10 * np.log10(255**2 / np.mean(ours)), 2),
        "blend_db": round(10 * np.log10(255**2 / np.mean(blend)), 2),
    }


def main() -> None:
    """Run the checks that are named, or all."""
    every: dict[str, Callable[[], dict[str, float]]] = {"mosaic": mosaic, "rate": rate, "frames": frames}
    for name in sys.argv[1:] or every:
        print(json.dumps({"check": name, **every[name](), "machine": bench.machine()["cpu"]}), flush=True)


if __name__ == "__main__":
    main()

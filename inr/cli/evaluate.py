"""Measure a .inr file against the signal it was made from."""

import json as json_module
import os
from pathlib import Path

from inr.cli.options import Flag


def evaluate(file: Path, reference: str, /, *, json: Flag = False) -> None:
    """Measure FILE against REFERENCE: PSNR and SSIM of pictures and video, SNR of sound.

    All are of what the file decodes to; more is better, and each is printed with its definition.

    Args:
        file: the .inr file.
        reference: the signal it was made from: a file or sample:NAME.
        json: print one JSON object on stdout.
    """
    from inr import api, metrics

    fitted = api.load(file)
    size = os.path.getsize(file)
    measured = fitted.evaluate(reference)
    row = {
        "file": str(file),
        "reference": reference,
        "size_bytes": size,
        "samples": fitted.signal.samples,
        "bits_per_sample": metrics.bits_per_sample(size, fitted.signal.samples),
        **measured,
    }
    if json:
        print(json_module.dumps(row))
        return
    definitions = {
        "snr_db": "10 log10(signal power / error power), waveform in [-1, 1]",
        "psnr_db": "10 log10(1 / MSE), pooled over all samples"
        + ("" if fitted.signal.kind == "audio" else ", values on [0, 1] rounded to the source's depth"),
        "ssim": "Gaussian window 11x11, sigma 1.5, mean over channels",
        "frame_psnr_db": "mean of the frames' PSNR",
        "segmental_snr_db": "mean over 32 ms segments, clamped to -10 .. 35 dB",
        "log_spectral_db": "distance of log power spectra, frames of 2048",
    }
    print(f"size  {size:,} bytes, {row['bits_per_sample']:.3f} bits/sample")
    for key, meaning in definitions.items():
        if key in measured:
            value = measured[key]
            shown = f"{value:.4f}" if value is not None else "exact" if measured.get("exact") else "undefined"
            unit = "dB" if key.endswith("_db") else "  "
            print(f"{key.removesuffix('_db'):14}  {shown:>9} {unit}  {meaning}")

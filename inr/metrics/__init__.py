"""Two signals to decibels: pure sums that add block by block, then one value.

Sums (`ErrorSums`, `FrameSums`, `SnrSums`) are frozen and go through `update_*`; metrics
that must see across the borders of blocks are small classes with `update` and `compute`.
A value that is not a finite number is None, and `exact` says whether the signals are equal.
"""

from inr.metrics.bitrate import bitrate_kbps, bits_per_sample
from inr.metrics.psnr import (
    ErrorSums,
    FrameSums,
    mean_psnr_db,
    mse,
    psnr_db,
    update_error,
    update_frames,
)
from inr.metrics.segmental import SegmentalSnr
from inr.metrics.snr import SnrSums, snr_db, update_snr
from inr.metrics.spectral import LogSpectralDistance
from inr.metrics.ssim import PictureSsim, VideoSsim, ssim

__all__ = [
    "ErrorSums",
    "FrameSums",
    "LogSpectralDistance",
    "PictureSsim",
    "SegmentalSnr",
    "SnrSums",
    "VideoSsim",
    "bitrate_kbps",
    "bits_per_sample",
    "mean_psnr_db",
    "mse",
    "psnr_db",
    "snr_db",
    "ssim",
    "update_error",
    "update_frames",
    "update_snr",
]

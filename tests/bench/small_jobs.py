"""Tiny signals and rows that the tests of bench share."""

from dataclasses import dataclass

import numpy as np

from inr.bench.jobs import Job


def waves(height=24, width=24, channels=1):
    """uint8 [H, W, C]: slow waves."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    planes = [np.sin((7 + c) * x + 3 * y) for c in range(channels)]
    return np.rint(127.5 + 110 * np.stack(planes, -1)).astype(np.uint8)


def tone(length=600, channels=1):
    """float32 [N, C]: a tone at half scale."""
    t = np.arange(length)[:, None] / length
    return (0.5 * np.sin(40 * t + np.arange(channels))).astype(np.float32)


@dataclass(frozen=True)
class MadeJob(Job):
    """A row whose signal is made here."""

    def source(self, data):
        return waves()


def picture_job(**changes):
    """A row with everything in it, seconds long."""
    return MadeJob(
        **{
            "signal": "waves", "path": None, "params": 600, "target_db": 15.0, "start_s": 0.3,
            "limit_s": 0.5, "width": 12, "held_out": True, "candidates": 2,
        } | changes
    )  # fmt: skip

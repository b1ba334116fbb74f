"""What a time was measured on, and how near to the machine's limit it came.

A training step costs about 6 operations a parameter and sample: a multiplication and an
addition forwards, and twice that backwards.  The limit is a matrix product measured in the
same run, not a number from a data sheet.
"""

import os
import platform
import time
from pathlib import Path
from typing import Any

import torch

SIDE = 1024


def machine(seconds: float = 0.4) -> dict[str, Any]:
    """Processor, threads, versions, and what a matrix product reaches; JSON values."""
    found: dict[str, Any] = {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found | {"matmul_gflops": round(matmul_gflops(seconds), 1)}


def matmul_gflops(seconds: float = 0.4, side: int = SIDE) -> float:
    """Billions of operations a second of a float32 matrix product; the best of those that fit the time."""
    device = device_name()
    a, b = (torch.ones(side, side, device=device) for _ in range(2))
    best, end = 0.0, time.perf_counter() + seconds
    torch.mm(a, b)[0, 0].item()
    while True:
        begun = time.perf_counter()
        torch.mm(a, b)[0, 0].item()  # a GPU is only known to be done when a value is asked for
        best = max(best, 2.0 * side**3 / (time.perf_counter() - begun) / 1e9)
        if time.perf_counter() >= end:
            return best


def step_flops(params: int, samples: int) -> float:
    """Operations of one training step; `params` are those that each sample passes through."""
    return 6.0 * params * samples


def device_name() -> str:
    """Where fits run if nobody says: the rule of `inr fit --device auto`."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def free_bytes() -> float:
    """Memory that can be had without swapping; infinite where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
    except OSError:
        pass
    return float("inf")


def _cpu_name() -> str:
    """As the system calls it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()

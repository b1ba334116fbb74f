"""What a fit ran on, as far as the standard library tells."""

import os
import platform
from importlib import metadata
from pathlib import Path

PACKAGES = ("torch", "numpy")


def machine(device: str, threads: int) -> dict[str, str]:
    """Names and values, ready to be shown.

    Args:
        device: the torch device of the fit.
        threads: that it used.
    """
    found = {
        "device": device,
        "threads": str(threads),
        "processor": _processor(),
        "cores": str(os.cpu_count() or "unknown"),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }
    return found | {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()

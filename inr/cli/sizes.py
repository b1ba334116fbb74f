"""Sizes as people write them: 20kB, 1.5MB, 4KiB, or a bare number of bytes."""

import re

from inr.errors import SpecError

UNITS = {
    "": 1,
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
}


def parse_size(text: str | int, option: str) -> int:
    """Bytes of a size; kB is 1000 and KiB 1024 bytes.

    Raises:
        SpecError: not a size.
    """
    match = re.fullmatch(r"\s*([0-9]{0,18}\.?[0-9]{1,18})\s*([a-zA-Z]*)\s*", str(text))
    if match is None or match[2].lower() not in UNITS:
        raise SpecError(f"{option}: {text!r} is not a size; write 20kB, 1.5MB, 4KiB or a number of bytes")
    return int(float(match[1]) * UNITS[match[2].lower()])

"""FFmpeg through PyAV, silent, and what its build has."""

import sys
from typing import Any


def av_module() -> Any:
    """The `av` module, silenced unless the program that calls us had set it up before."""
    first = "av" not in sys.modules
    import av
    import av.logging

    if first:
        av.logging.set_level(None)
    return av


def has_encoder(name: str) -> bool:
    """Whether this build of FFmpeg can write that codec."""
    try:
        av_module().Codec(name, "w")
    except ValueError:
        return False
    return True

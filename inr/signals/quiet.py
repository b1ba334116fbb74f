"""The one place that imports PyAV, so that FFmpeg never writes to the terminal."""

import sys
from typing import Any


def av_quiet() -> Any:  # noqa: ANN401 - a module has no type of its own
    """The `av` module, silenced unless the program that calls us had set it up before."""
    first = "av" not in sys.modules
    import av
    import av.logging

    if first:
        av.logging.set_level(None)
    return av

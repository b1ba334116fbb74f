"""Where a clip is cut into groups of frames: at changes of scene, and evenly between them.

A wavelet in time spends nothing on what stays, and much on what is suddenly another picture; so no group
goes over a change.  One is where a frame differs from the last one by far more than that one did:

    d_t > MORE · d_(t-1)  and  d_t > LEAST,     d_t the mean difference of frames t and t-1            (1)
"""

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Source = Callable[[int, int], Array]  # frames start .. stop-1 in the field's units, [n, H, W, C] float32
MORE, LEAST = 2.0, 0.09  # LEAST is 4.5 % of the range from black to white
STRIDE = 8  # pixels that are left out between two that are compared
AT_ONCE = 8  # frames read together


def changes(source: Source, frames: int) -> list[int]:
    """Every t whose frame begins a scene by (1); 0 is not among them."""
    found: list[int] = []
    last: Array | None = None
    before = 0.0
    for t in range(0, frames, AT_ONCE):
        for i, frame in enumerate(source(t, min(t + AT_ONCE, frames))):
            thin = frame[::STRIDE, ::STRIDE]
            if last is not None:
                difference = float(np.abs(thin - last).mean())
                if difference > max(MORE * before, LEAST):
                    found.append(t + i)
                    difference = 0.0  # what comes next is held against the new scene
                before = difference
            last = thin.copy()
    return found


def lengths(cuts: list[int], frames: int, longest: int) -> tuple[int, ...]:
    """Frames of each group: scenes in parts of one length, at most `longest`."""
    out: list[int] = []
    for start, stop in zip([0, *cuts], [*cuts, frames], strict=True):
        parts = -(-(stop - start) // longest)
        edges = [start + (stop - start) * i // parts for i in range(parts + 1)]
        out += [b - a for a, b in zip(edges, edges[1:], strict=False)]
    return tuple(out)

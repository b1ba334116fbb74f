"""The training step in C: gradients and updates of small networks, tile by tile in the cache.

The formulas stand in `inr.fields` and `inr.fitting.optimisers`; this room computes the same
numbers, to rounding, several times faster.  It is compiled when the package is built, for three
generations of processors, and chosen when it is loaded.  Without it (no compiler at hand)
everything works, more slowly, through torch.
"""

from inr.kernel.library import Box, Kernel, Net, load, why_not

__all__ = ["Box", "Kernel", "Net", "load", "why_not"]

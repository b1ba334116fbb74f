"""Everything a person can cause has one class here, and each class its exit code.

A message says where the trouble is and what came, what was needed, and what to do.
The exit codes are those of the command line; a library user catches `InrError`.
"""


class InrError(Exception):
    """Base of all errors that `inr` raises on purpose."""

    exit_code = 1


class SpecError(InrError, ValueError):
    """The request itself cannot be met: a bad option, a bad spec, an output that exists."""

    exit_code = 2


class SignalError(InrError, ValueError):
    """An input or output file cannot be read or written as the signal it should be."""

    exit_code = 3


class FormatError(InrError, ValueError):
    """The bytes of a `.inr` file or of a checkpoint are damaged or not understood."""

    exit_code = 3


class FitError(InrError, RuntimeError):
    """The fit failed, or it ended without reaching its target; the best so far is kept."""

    exit_code = 4


class OutOfMemory(InrError, MemoryError):
    """There is not enough memory, even with the smallest chunks."""

    exit_code = 5

"""What went wrong, as one line for the person and one exit code."""

from inr.errors import InrError, OutOfMemory, SignalError

EXPECTED = (InrError, MemoryError, OSError, RuntimeError)


def complaint(error: BaseException) -> tuple[str, int]:
    """The line and the exit code of one of the EXPECTED errors; one that tells of a bug is raised again."""
    if isinstance(error, InrError):
        return " ".join(str(error).split()), error.exit_code
    # Torch has no class of its own for it: "DefaultCPUAllocator: can't allocate memory".
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return "out of memory; lower --memory or --params", OutOfMemory.exit_code
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}", SignalError.exit_code
    raise error

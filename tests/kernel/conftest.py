"""The library under test, in every variant that this processor can run."""

import ctypes

import pytest

from inr.kernel.build import LIBRARY, VARIANTS
from inr.kernel.library import Kernel, open_library


@pytest.fixture(scope="session")
def runnable():
    """Variants of the library by name; the test skips where none was built."""
    if not LIBRARY.exists():
        pytest.skip("the kernel is not built: run python inr/kernel/build.py")
    best, why = open_library(LIBRARY)
    assert best is not None, why
    names = list(VARIANTS)[: list(VARIANTS).index(best.variant) + 1]
    library = ctypes.CDLL(str(LIBRARY))
    return {name: Kernel(library, name) for name in names}


@pytest.fixture(params=VARIANTS)
def code(request, runnable):
    """One variant."""
    if request.param not in runnable:
        pytest.skip(f"this processor, or this library, has no {request.param}")
    return runnable[request.param]

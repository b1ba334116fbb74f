"""What tests of signals share."""

import pytest

from inr import kernel
from inr.kernel import library


@pytest.fixture
def without_kernel(monkeypatch):
    """Run something as if INR_KERNEL=off had been set from the start; skips where nothing would change."""
    if kernel.load() is None:
        pytest.skip(f"no kernel: {kernel.why_not()}")

    def run(work):
        with monkeypatch.context() as patch:
            patch.setenv("INR_KERNEL", "off")
            library._load.cache_clear()
            assert kernel.load() is None
            result = work()
        library._load.cache_clear()
        assert kernel.load() is not None
        return result

    yield run
    library._load.cache_clear()

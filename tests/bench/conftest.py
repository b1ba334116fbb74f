"""What the tests of bench share."""

import pytest


@pytest.fixture(autouse=True)
def _one_thread(one_thread):
    """Fits of these tests are too small for more threads."""

"""What the tests of science share."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread(one_thread):
    """Networks of these tests are too small for more threads."""


@pytest.fixture
def generator():
    """A source of torch's numbers that is the same on every run."""
    return torch.Generator().manual_seed(0)

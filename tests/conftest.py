"""What tests of several rooms share."""

import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch


@pytest.fixture
def rng():
    """A source of numbers that is the same on every run."""
    return np.random.default_rng(0)


@pytest.fixture
def one_thread():
    """Torch on one thread: its threads wait for each other wherever another program is busy."""
    with threads(1):
        yield


@pytest.fixture
def two_threads():
    """Torch on two threads, however many the machine has."""
    with threads(2):
        yield


@contextmanager
def threads(count):
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@pytest.fixture(scope="session")
def reference_data():
    """The folder of reference signals (INR_DATA); the test skips where there is none."""
    folder = os.environ.get("INR_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs the reference data: set INR_DATA to its folder")
    return Path(folder)


@pytest.fixture(scope="session")
def repository():
    """The root of the checkout."""
    return Path(__file__).resolve().parents[1]

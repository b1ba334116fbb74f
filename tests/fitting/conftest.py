"""What tests of fitting share."""

import pytest

from inr.fitting.foresight import Foresight


@pytest.fixture
def short_trainings(monkeypatch):
    """Context networks trained for an eighth of their steps, where a test asks nothing of their quality."""
    whole = Foresight.train
    monkeypatch.setattr(
        Foresight,
        "train",
        lambda self, x, q, steps, seed: whole(self, x, q, max(8, steps // 8), seed),
    )


@pytest.fixture
def whole_trainings(short_trainings, monkeypatch):
    """All of their steps, for a test that does ask, in a file whose other tests do not."""
    monkeypatch.undo()

"""Batches drawn where the samples are held: they are those of the plain way, of every type and shape."""

import numpy as np
import pytest
import torch

from inr import signals
from tests.signals.drawn import every_case, make


@pytest.mark.parametrize("between", [0.0, 0.25])
@every_case
def test_batches_drawn_ahead_are_those_that_the_sampler_gives_one_by_one(name, between):
    _, _, plain = make(name, between=between)
    _, _, sampler = make(name, between=between)
    resident = signals.Resident(sampler, "cpu", 4)
    for count in (4, 1, 3):
        resident.prepare(count)
        for number in range(count):
            want = plain.next()
            u, values = resident.draw(torch.tensor([number]))
            np.testing.assert_array_equal(u.numpy(), want.u.numpy())
            np.testing.assert_array_equal(values.numpy(), want.values.numpy())
    assert sampler.state_dict() == plain.state_dict()

"""What fitting is told about an activation: within reason, and in step with its constants."""

import pytest

from inr import fields
from inr.fields.activations import Tuning

every_activation = pytest.mark.parametrize("name", sorted(fields.ACTIVATIONS))
PUBLISHED = {"raf-image", "raf-audio"}


@every_activation
def test_shares_and_rates_are_within_reason(name):
    tuning = fields.activation(name).tuning
    assert 0.0 <= tuning.reach <= 2.0
    assert 0.0 < tuning.own <= 1.0
    assert tuning.rates is None or all(1e-6 < rate < 0.1 for rate in tuning.rates)


@every_activation
def test_only_the_published_forms_keep_their_frequencies_and_their_rates(name):
    tuning = fields.activation(name).tuning
    assert (tuning.reach == 0.0) == (name in PUBLISHED)
    assert (tuning.rates is not None) == (name in PUBLISHED)


@every_activation
def test_a_share_for_parameters_of_its_own_is_given_only_where_there_are_some(name):
    act = fields.activation(name)
    assert act.tuning.own == 1.0 or act.shapes(act.default, 4)


def test_sine_is_what_the_shares_are_shares_of():
    assert fields.activation("sine").tuning == Tuning()

"""The search of a comparison: its size, its choice, and what a setting does to a plan."""

import itertools
import math
from dataclasses import replace

import pytest

from inr import fields, fitting, signals
from inr.bench.compare_search import SETTINGS, Budget, Found, Setting, has_frequency, search, tuned
from inr.specs import ActivationSpec, FitSpec
from tests.bench.small_jobs import waves


def outcome(walk):
    """The lines of a search, and what it returned."""
    lines = []
    while True:
        try:
            lines.append(next(walk))
        except StopIteration as end:
            return lines, end.value


def plan_of(activation, params=700):
    request = FitSpec(activation=activation, params=params, steps=5)
    with signals.open_reader(waves(), kind="image") as reader:
        return fitting.make_plan(request, reader)


def test_all_nine_pairs_are_tried_then_three_then_two():
    asked = []

    def attempt(setting, budget):
        asked.append((setting, budget.steps))
        return -abs(math.log(setting.rate)) - abs(math.log(setting.frequency / 2))

    lines, found = outcome(search("x", attempt, Budget(steps=200)))
    assert set(itertools.product((0.4, 1.0, 2.5), (0.5, 1.0, 2.0))) == {
        (s.rate, s.frequency) for s in SETTINGS
    }
    assert [steps for _, steps in asked] == [20] * 9 + [60] * 3 + [200] * 2
    assert len(lines) == len(found.tried) == 14
    assert found.setting == Setting(1.0, 2.0)


def test_the_last_round_takes_lower_rates_where_a_short_fit_was_wrong_about_them():
    def attempt(setting, budget):
        return setting.rate if budget.steps < 100 else -setting.rate

    _, found = outcome(search("x", attempt, Budget(steps=100)))
    assert found.setting.rate == pytest.approx(1.0)
    assert [one["rate"] for one in found.tried[-2:]] == pytest.approx([2.5, 1.0])


def test_fits_that_fail_are_said_and_never_chosen():
    def attempt(setting, budget):
        return -math.inf if setting.rate > 1 else 10.0

    lines, found = outcome(search("x", attempt, Budget(seconds=2.0)))
    assert sum("failed" in line for line in lines) == 3
    assert found.setting.rate <= 1
    assert {one["db"] for one in found.tried} == {None, 10.0}
    assert [one["seconds"] for one in found.tried] == pytest.approx([0.2] * 9 + [0.6] * 3 + [2.0] * 2)


def test_what_was_found_goes_to_json_and_back():
    _, found = outcome(search("x", lambda setting, budget: setting.frequency, Budget(steps=7)))
    assert Found.from_json(found.to_json()) == found


@pytest.mark.parametrize("name", ["sine", "raf", "raf-image"])
def test_a_setting_scales_all_rates_and_the_first_omega_only(name):
    plan = plan_of(name)
    got, scale = tuned(plan, Setting(2.5, 0.5))
    assert scale == 1.0
    for rate in ("muon", "adam", "own"):
        assert getattr(got.rates, rate) == pytest.approx(2.5 * getattr(plan.rates, rate))
    before, after = plan.field.activation, got.field.activation
    assert after.omega_first == pytest.approx(0.5 * before.omega_first, abs=1 / 32)
    assert after.omega_hidden == before.omega_hidden
    assert fields.param_count(got.field) == fields.param_count(plan.field)


def test_without_an_omega_the_factor_goes_to_the_start_weights():
    plan = plan_of("relu")
    got, scale = tuned(plan, Setting(1.0, 2.0))
    assert scale == 2.0
    assert got.field == plan.field


def test_the_largest_omega_stays_one_that_a_spec_can_hold():
    plan = plan_of("sine")
    spec = replace(plan.field, activation=ActivationSpec("sine", (), 4096.0, 30.0))
    wide = replace(plan, field=spec)
    assert tuned(wide, Setting(1.0, 2.0))[0].field.activation.omega_first == 4096.0


@pytest.mark.parametrize(
    ("name", "has"),
    [("sine", True), ("raf", True), ("gauss", True), ("wire", True), ("relu", False), ("apalu", False)],
)
def test_whether_omega_matters_is_found_by_trying(name, has):
    assert has_frequency(fields.activation(name).default, 8) is has


def test_every_activation_can_be_asked_whether_it_has_an_omega():
    for name in fields.ACTIVATIONS:
        assert isinstance(has_frequency(fields.activation(name).default, 16), bool)

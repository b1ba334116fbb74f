"""The same tiles for every activation, and on them the same decisions as a plain fit."""

import pytest

from inr import bench, fields, fitting, signals
from inr.bench.compare_plan import plan_like, reference_plan
from tests.bench.small_jobs import tone, waves

SOURCES = {"image": waves(96, 80, 3), "audio": tone(3000)}


def reader_of(kind):
    return signals.open_reader(SOURCES[kind], kind=kind, rate_hz=8000 if kind == "audio" else None)


def request_of(kind, profile="auto"):
    return bench.CompareRequest(SOURCES[kind], ("raf",), profile=profile, kind=kind)


@pytest.mark.parametrize("kind", ["image", "audio"])
@pytest.mark.parametrize("name", list(fields.ACTIVATIONS))
def test_one_network_gets_what_a_plain_fit_would_give_it(kind, name):
    request = request_of(kind, "single")
    with reader_of(kind) as reader:
        reference, bound = reference_plan(request, reader, 2000)
        got = plan_like(reference, name, bound)
        want = fitting.make_plan(request.fit_spec(name, 2000), reader)
    assert bound == 2000
    assert got.field.width == min(want.field.width, reference.field.width)
    assert got.batch == want.batch
    for rate in ("muon", "adam", "decay"):
        assert getattr(got.rates, rate) == pytest.approx(getattr(want.rates, rate))
    # A fit lets RAF's harmonics rest in sounds; who compares activations wants to see them.
    assert (want.rates.own == 0) == ((kind, name) == ("audio", "raf"))
    assert got.rates.own == pytest.approx(
        want.rates.own or want.rates.adam * fields.activation(name).tuning.own
    )
    ours, theirs = got.field.activation, want.field.activation
    assert (ours.bases, ours.omega_hidden) == (theirs.bases, theirs.omega_hidden)
    # Its bound on the first omega goes with the fourth root of the width.
    assert ours.omega_first == pytest.approx(theirs.omega_first, rel=0.05)


@pytest.mark.parametrize("kind", ["image", "audio"])
@pytest.mark.parametrize("params", [None, 2500, 6000])
def test_all_have_the_same_tiles_and_nearly_the_same_number_of_parameters(kind, params):
    with reader_of(kind) as reader:
        reference, bound = reference_plan(request_of(kind), reader, params)
    plans = [plan_like(reference, name, bound) for name in ("sine", "raf", "finer", "wire", "staf", "incode")]
    assert len({(p.field.tiles, p.field.levels, p.batch, p.between) for p in plans}) == 1
    counts = [fields.param_count(plan.field) for plan in plans]
    assert max(counts) <= bound
    assert params is None or bound == params
    assert min(counts) >= 0.85 * bound
    assert max(counts) <= 1.1 * min(counts)


def test_an_activation_with_few_parameters_is_exactly_as_wide_as_the_sine():
    with reader_of("image") as reader:
        reference, bound = reference_plan(request_of("image"), reader, 6000)
    widths = [plan_like(reference, name, bound).field.width for name in ("sine", "finer", "hosc", "relu")]
    assert set(widths) == {reference.field.width}
    assert plan_like(reference, "lslu", reference.field.width * 40).field.width < reference.field.width

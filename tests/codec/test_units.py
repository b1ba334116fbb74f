"""Section `u`, read by the words of FORMAT.md, section 4.5, and not by the codec."""

import struct
from pathlib import Path

import numpy as np
import pytest

from inr.domain import Domain
from inr.errors import SpecError
from tests.codec import random_fields as some
from tests.codec import reference_decoder

GOLDEN = Path(__file__).parents[1] / "golden" / "v1-without-grid.inr"
STATIONS = Domain(
    ((-47.25, 71.5), (1e5, 6.5e6)), ((273.15, 301.0), (0.5, 0.5)), ("breite", "länge", "T / K", "p")
)


def by_the_page(payload, axes, channels):
    """Bounds and names out of a payload, by hand."""
    count = axes + channels
    bounds = struct.unpack(f"<{2 * count}d", payload[: 16 * count])
    rest, names = payload[16 * count :], []
    while rest:
        names.append(rest[1 : 1 + rest[0]].decode())
        rest = rest[1 + rest[0] :]
    pairs = list(zip(bounds[::2], bounds[1::2], strict=True))
    return pairs[:axes], pairs[axes:], names


def test_the_golden_file_has_the_units_that_the_page_describes():
    payload = reference_decoder.sections(GOLDEN.read_bytes())["u"]
    axes, ranges, names = by_the_page(payload, 2, 2)
    assert (tuple(axes), tuple(ranges), tuple(names)) == (STATIONS.axes, STATIONS.ranges, STATIONS.names)


def test_units_go_to_json_and_back(rng):
    for _ in range(20):
        domain = some.domain(rng, some.gridded_signal(rng))
        data = {"axes": [list(p) for p in domain.axes], "ranges": [list(p) for p in domain.ranges]}
        assert Domain.from_json(data | {"names": list(domain.names)}) == domain


def test_the_maps_are_those_of_the_page_and_inverse_to_each_other(rng):
    t = np.stack([rng.uniform(-47.25, 71.5, 9), rng.uniform(1e5, 6.5e6, 9)], -1)
    x = STATIONS.to_unit(np, t)
    for row in range(9):
        for d, (low, high) in enumerate(STATIONS.axes):
            assert x[row, d] == pytest.approx(2 * (t[row, d] - low) / (high - low) - 1, abs=1e-12)
    f = rng.uniform(-1.2, 1.2, (9, 2))
    v = STATIONS.values(np, f)
    np.testing.assert_allclose(v[:, 0], 273.15 + 27.85 * (f[:, 0] + 1) / 2, rtol=1e-12)
    assert (v[:, 1] == 0.5).all()
    np.testing.assert_allclose(STATIONS.output(np, v)[:, 0], f[:, 0], atol=1e-9)
    assert (STATIONS.output(np, v)[:, 1] == 0).all()


@pytest.mark.parametrize(
    "names", [("a",), *(("a", "b", "c", last) for last in ("a", "", "d\n", "\x9b", "\ud800", 65 * "d"))]
)
def test_names_that_a_file_could_not_hold_are_refused(names):
    with pytest.raises(SpecError, match="name"):
        Domain(STATIONS.axes, STATIONS.ranges, names)


@pytest.mark.parametrize(
    "data", [{}, {"axes": [[0, 1]]}, {"axes": 3, "ranges": []}, {"axes": [], "ranges": [], "unit": 1}]
)
def test_json_that_is_no_domain_is_a_spec_error(data):
    with pytest.raises(SpecError, match="domain"):
        Domain.from_json(data)

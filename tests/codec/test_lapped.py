"""Section `G` of sounds: round trips, and the second decoder of section 11."""

import numpy as np
import pytest

from inr import codec, coords, fields, reconstruct
from inr.codec.lapped import STAGES, LappedPlane
from inr.errors import SpecError
from tests.codec import random_grids, reference_decoder, reference_lapped
from tests.codec import random_lapped as some

CASES = {
    "one channel": (200, 1, 5),
    "two channels": (150, 2, 6),
    "three channels": (97, 3, 5),
    "one window and its neighbour": (32, 1, 5),
    "one frame": (1, 2, 5),
    "more windows than a stage is apart": (32 * 35, 1, 5),
}
every_case = pytest.mark.parametrize("name", CASES)


def made(name, seed=0, **settings):
    """(signal, field, tensors, exponents, grids, bytes) of a case."""
    rng = np.random.default_rng(seed)
    signal, field = some.sound(*CASES[name])
    grids = some.grids(rng, field, **settings)
    tensors, exponents = random_grids.network(rng, field)
    return signal, field, tensors, exponents, grids, codec.encode(field, tensors, exponents, signal, grids)


@every_case
@pytest.mark.parametrize("settings", [{}, {"outliers": 0.1}, {"empty": 1.0}, {"scale": 40.0}], ids=str)
def test_what_is_encoded_is_decoded(name, settings):
    signal, field, tensors, exponents, grids, data = made(name, 1, **settings)
    decoded = codec.decode(data)
    assert (decoded.signal, decoded.field.spec, decoded.version) == (signal, field, 3)
    assert decoded.grids is not None
    assert (decoded.grids.step, decoded.grids.shrink) == (grids.step, grids.shrink)
    assert np.array_equal(decoded.grids.integers["grid.lap"], grids.integers["grid.lap"])
    assert list(decoded.field.tensors) == list(fields.tensor_shapes(field)) == list(decoded.tensor_bits)
    assert np.array_equal(decoded.field.tensors["grid.lap"], grids.values()["grid.lap"])
    assert codec.encode(field, decoded.field.tensors, decoded.exponents, signal, decoded.grids) == data


@every_case
@pytest.mark.parametrize("outliers", [0.0, 0.05])
def test_the_reference_decoder_finds_the_same_integers_and_values(name, outliers):
    _, field, _, _, grids, data = made(name, 2, outliers=outliers)
    head, _, _ = reference_decoder.decode(data)
    found = reference_lapped.read(reference_decoder.sections(data)["G"], head)
    assert (head["encoding"], head["order"]) == (3, field.encoding.count)
    assert (found.step, found.shrink) == (grids.step, grids.shrink)
    assert {n: q.tolist() for n, q in grids.integers.items()} == found.integers
    assert {n: w.reshape(-1).tolist() for n, w in grids.context.weights.items()} == found.context
    # Equal as 64-bit floats: the values are the same 32-bit floats to the last bit.
    assert {n: v.astype(float).tolist() for n, v in grids.values().items()} == reference_lapped.values(found)


@pytest.mark.parametrize("name", ["one channel", "two channels", "three channels", "one frame"])
def test_the_sound_of_the_page_is_that_of_the_package(name):
    signal, field, tensors, exponents, grids, _ = made(name, 3, empty=0.0)
    quiet = codec.Grids(2000, grids.shrink, grids.integers, grids.context)
    data = codec.encode(field, tensors, exponents, signal, quiet)
    head, found, _ = reference_decoder.decode(data)
    page = reference_lapped.Sound(
        head, found, reference_lapped.read(reference_decoder.sections(data)["G"], head)
    )
    decoded = codec.decode(data).field
    frames = signal.shape[0]
    some_frames = sorted({0, frames // 3, frames - 1})
    got = reconstruct.points(decoded, [coords.axis(frames)])
    np.testing.assert_allclose(got[some_frames], [page.on_grid(i) for i in some_frames], rtol=0, atol=1e-4)
    between = np.array([-1.0, -0.71, 0.003, 0.64, 1.0])
    want = [page.anywhere(x) for x in between]
    np.testing.assert_allclose(reconstruct.points(decoded, [between]), want, rtol=0, atol=1e-4)


def test_the_phases_take_every_point_once_and_see_only_what_was_read(rng):
    known = {"grid.lap": rng.integers(0, 9, (1, 32, 37)).astype(np.int32)}
    plane, seen = LappedPlane("grid.lap", 0, known), np.zeros((32, 37), dtype=int)
    for where, x in plane.phases():
        assert len(x) == seen[where].size
        seen[where] += 1
        plane.put(where, known["grid.lap"][0][where].reshape(-1))
    assert (seen == 1).all()
    assert np.array_equal(plane.magnitudes, known["grid.lap"][0])
    assert sorted(first % every for first, every, _ in STAGES) == [0, 1, 2, 4, 8]


def test_integers_that_no_file_holds_are_refused():
    _, _, _, _, grids, _ = made("one channel")
    for changed in (
        codec.Grids(0, grids.shrink, grids.integers, grids.context),
        codec.Grids(5, (16, 0), grids.integers, grids.context),
        codec.Grids(5, (0, 0), {"grid.lap": np.full((1, 32, 8), 1 << 23, np.int32)}, grids.context),
    ):
        signal, field, tensors, exponents, _, _ = made("one channel")
        with pytest.raises(SpecError, match="grids"):
            codec.encode(field, tensors, exponents, signal, changed)

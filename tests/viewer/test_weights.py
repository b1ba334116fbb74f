"""The page's decoder, written from FORMAT.md, finds the same bits as Python's."""

from pathlib import Path

import numpy as np
import pytest

from inr import codec
from inr.codec import models
from tests.codec import random_fields
from tests.viewer.javascript import array, ask, text, value

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = sorted(FOLDER.glob("*.inr"))


def assert_same_tensors(found, want):
    """The tensors of an answer are those of a decoded file, bit for bit."""
    assert [t["name"] for t in found] == list(want.field.tensors)
    for tensor in found:
        name = tensor["name"]
        ours = want.field.tensors[name]
        assert tuple(tensor["shape"]) == ours.shape
        assert tensor.get("k") == want.exponents.get(name)
        # +0 everywhere: a file has integers, and those have no -0.
        assert array(tensor["values"], "<u4").tolist() == ours.reshape(-1).view(np.uint32).tolist()
        assert tensor["bits"] == pytest.approx(want.tensor_bits[name], abs=1e-6)


def assert_same(answer, data):
    found, want = value(answer), codec.decode(data)
    assert_same_tensors(found["tensors"], want)
    head, spec = found["header"], want.field.spec
    assert (head["kind"], tuple(head["shape"])) == (want.signal.kind, want.signal.shape)
    assert (head["mode"], head["channels"]) == (want.signal.mode, want.signal.channels)
    assert (tuple(head["tiles"]), tuple(head["margin"])) == (spec.tiles, spec.margin)
    assert tuple(head["bases"]) == spec.activation.bases
    assert head["omega"] == [spec.activation.omega_first, spec.activation.omega_hidden]
    assert tuple(found["levels"]) == spec.levels
    assert (found["profile"] and array(found["profile"], np.uint8).tobytes()) == want.signal.icc
    if want.signal.pts is None:
        assert found["times"] is None
    else:
        base = want.signal.time_base
        np.testing.assert_allclose(found["times"], [float(t * base) for t in want.signal.pts], rtol=1e-12)


def test_golden_files_have_the_same_weights(tmp_path):
    files = [path.read_bytes() for path in GOLDEN]
    assert len(files) >= 7
    for answer, data in zip(
        ask([{"ask": "file", "file": text(d)} for d in files], tmp_path), files, strict=True
    ):
        assert_same(answer, data)


def test_random_files_have_the_same_weights(tmp_path):
    files = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        signal = random_fields.signal(rng)
        field = random_fields.field(rng, signal)
        _, exponents, tensors = random_fields.tensors(rng, field)
        files.append(codec.encode(field, tensors, exponents, signal))
    answers = ask([{"ask": "file", "file": text(data)} for data in files], tmp_path)
    for answer, data in zip(answers, files, strict=True):
        assert_same(answer, data)


def test_every_probability_table_is_the_same(tmp_path):
    places = [(family, i) for family in (models.LAPLACE, models.GAUSS) for i in models.indices(family)]
    answers = ask([{"ask": "counts", "family": f, "index": i} for f, i in places], tmp_path)
    for (family, index), answer in zip(places, answers, strict=True):
        assert np.diff(value(answer)).tolist() == models.model(family, index).table.counts.tolist()

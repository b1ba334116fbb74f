"""Files of every released version decode to the integers they were made of, for ever."""

import json
from pathlib import Path

import numpy as np
import pytest

from inr import codec
from inr.specs import FieldSpec, SignalSpec
from tests.codec import reference_decoder, reference_grids, reference_lapped

FILES = sorted(Path(__file__).parent.glob("*.inr"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
with_grids = pytest.mark.parametrize(
    "path", [path for path in FILES if path.name.startswith("v2")], ids=lambda path: path.stem
)


def test_there_are_golden_files():
    assert len(FILES) >= 10
    assert {path.read_bytes()[4] for path in FILES} == {1, 2}


@every_file
def test_the_name_of_a_golden_file_starts_with_its_version(path):
    assert path.stem.startswith(f"v{codec.load(path).version}-")


@every_file
def test_a_golden_file_decodes_to_its_integers(path):
    want = json.loads(path.with_suffix(".json").read_text())
    decoded = codec.load(path)
    assert decoded.signal == SignalSpec.from_json(want["signal"])
    assert decoded.field.spec == FieldSpec.from_json(want["field"])
    assert list(decoded.exponents) == list(want["tensors"])
    for name, tensor in want["tensors"].items():
        assert decoded.exponents[name] == tensor["k"]
        weights = decoded.field.tensors[name].reshape(-1).astype(float)
        assert weights.tolist() == [q * 2.0 ** -tensor["k"] for q in tensor["integers"]]


@every_file
def test_the_reference_decoder_reads_golden_files_too(path):
    want = json.loads(path.with_suffix(".json").read_text())
    _, found, _ = reference_decoder.decode(path.read_bytes())
    assert {n: {"k": k, "integers": q} for n, (_, k, q) in found.items()} == want["tensors"]


@with_grids
def test_golden_grids_decode_to_their_integers_and_values(path):
    want = json.loads(path.with_suffix(".json").read_text())["grids"]
    decoded = codec.load(path)
    grids = decoded.grids
    assert (grids.step, list(grids.shrink)) == (want["step"], want["shrink"])
    assert {n: q.tolist() for n, q in grids.integers.items()} == want["integers"]
    assert {n: w.reshape(-1).tolist() for n, w in grids.context.weights.items()} == want["context"]
    low, high = want["shrink"]
    for name, q in grids.integers.items():
        size = np.abs(q.astype(float))
        exact = np.sign(q) * (size - np.where(size > 1, high, low) / 32) * want["step"] * 2.0**-20
        np.testing.assert_array_equal(decoded.field.tensors[name], exact.astype(np.float32))


@with_grids
def test_the_reference_decoder_reads_golden_grids_too(path):
    want = json.loads(path.with_suffix(".json").read_text())["grids"]
    sections = reference_decoder.sections(path.read_bytes())
    head = reference_decoder.header(sections["H"])
    judge = reference_lapped if head["encoding"] == 3 else reference_grids
    found = judge.read(sections["G"], head)
    assert (found.step, list(found.shrink)) == (want["step"], want["shrink"])
    assert (found.context, found.integers) == (want["context"], want["integers"])

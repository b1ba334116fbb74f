"""Files of every released version decode to the integers they were made of, for ever."""

import json
from pathlib import Path

import pytest

from inr import codec
from inr.specs import FieldSpec, SignalSpec
from tests.codec import reference_decoder

FILES = sorted(Path(__file__).parent.glob("*.inr"))


def test_there_are_golden_files():
    assert len(FILES) >= 7


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_file_decodes_to_its_integers(path):
    want = json.loads(path.with_suffix(".json").read_text())
    decoded = codec.load(path)
    assert decoded.signal == SignalSpec.from_json(want["signal"])
    assert decoded.field.spec == FieldSpec.from_json(want["field"])
    assert list(decoded.field.tensors) == list(want["tensors"])
    for name, tensor in want["tensors"].items():
        assert decoded.exponents[name] == tensor["k"]
        weights = decoded.field.tensors[name].reshape(-1).astype(float)
        assert weights.tolist() == [q * 2.0 ** -tensor["k"] for q in tensor["integers"]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_reference_decoder_reads_golden_files_too(path):
    want = json.loads(path.with_suffix(".json").read_text())
    _, found, _ = reference_decoder.decode(path.read_bytes())
    assert {n: {"k": k, "integers": q} for n, (_, k, q) in found.items()} == want["tensors"]

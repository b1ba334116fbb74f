"""Files of every released version decode to the integers they were made of, for ever."""

import json
from pathlib import Path

import numpy as np
import pytest

from inr import codec, fields
from inr.specs import FieldSpec, SignalSpec
from tests.codec import random_clips, reference_clips, reference_decoder, reference_grids, reference_lapped

FILES = sorted(Path(__file__).parent.glob("*.inr"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
CLIPS = [path for path in FILES if path.name[2:].startswith("-clips")]
GRIDS = [path for path in FILES if path.name[2:].startswith(("-grids", "-lapped"))]
with_grids = pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.stem)
with_groups = pytest.mark.parametrize("path", CLIPS, ids=lambda path: path.stem)


def test_there_are_golden_files():
    assert len(FILES) >= 10
    assert {path.read_bytes()[4] for path in FILES} == {1, 2, 3}


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
    assert isinstance(grids, codec.Grids)
    assert (grids.step, list(grids.shrink)) == (want["step"], want["shrink"])
    assert {n: q.tolist() for n, q in grids.integers.items()} == want["integers"]
    assert {n: w.reshape(-1).tolist() for n, w in grids.context.weights.items()} == want["context"]
    for name, q in grids.integers.items():
        np.testing.assert_array_equal(decoded.field.tensors[name], exact(q, want))


def exact(q, want):
    """What integers stand for."""
    low, high = want["shrink"]
    size = np.abs(q.astype(float))
    return (np.sign(q) * (size - np.where(size > 1, high, low) / 32) * want["step"] * 2.0**-20).astype("f4")


@with_grids
def test_the_reference_decoder_reads_golden_grids_too(path):
    want = json.loads(path.with_suffix(".json").read_text())["grids"]
    sections = reference_decoder.sections(path.read_bytes())
    head = reference_decoder.decode(path.read_bytes())[0]
    judge = reference_lapped if head["encoding"] == 3 else reference_grids
    found = judge.read(sections["G"], head)
    assert (found.step, list(found.shrink)) == (want["step"], want["shrink"])
    assert (found.context, found.integers) == (want["context"], want["integers"])


def group_of(path, want, index):
    """What a file's .json says of a group, and the shapes of its tensors."""
    spec, own = codec.load(path).field.spec, want["groups"][index]
    shapes = fields.band_shapes(spec.encoding, spec.channels, want["lengths"][index])
    stages = tuple(
        codec.Sparse(np.array(s["places"], dtype=np.int64), np.array(s["values"], dtype=np.int32))
        for s in own["stages"]
    )
    low = np.array(own["low"]).reshape(shapes["grid.low"])
    return codec.GroupIntegers(low, own["k"], stages), shapes


@with_groups
def test_golden_clips_decode_to_their_integers_and_values(path):
    want = json.loads(path.with_suffix(".json").read_text())["clips"]
    clip = codec.load(path).grids
    assert isinstance(clip, codec.Clip)
    assert (clip.step, list(clip.shrink), list(clip.lengths)) == tuple(
        want[n] for n in ("step", "shrink", "lengths")
    )
    for net, weights in ((clip.nets.points, want["points"]), (clip.nets.blocks, want["blocks"])):
        assert {n: w.reshape(-1).tolist() for n, w in net.weights.items()} == weights
    for index in range(len(clip.lengths)):
        own, shapes = group_of(path, want, index)
        found, values = random_clips.read(clip, index), clip.group(index)
        assert found.k == own.k
        np.testing.assert_array_equal(found.low, own.low)
        for stage, held in zip(found.stages, own.stages, strict=True):
            np.testing.assert_array_equal(stage.places, held.places)
            np.testing.assert_array_equal(stage.values, held.values)
        np.testing.assert_array_equal(values["grid.low"], own.low * 2.0**-own.k)
        for name, q in random_clips.dense(own, shapes).items():
            np.testing.assert_array_equal(values[name], exact(q, want))


@with_groups
def test_the_reference_decoder_reads_golden_clips_too(path):
    want = json.loads(path.with_suffix(".json").read_text())["clips"]
    sections = reference_decoder.sections(path.read_bytes())
    found = reference_clips.read(sections["G"], reference_decoder.decode(path.read_bytes())[0])
    assert (found.step, list(found.shrink), list(found.lengths)) == tuple(
        want[n] for n in ("step", "shrink", "lengths")
    )
    assert (found.points, found.blocks) == (want["points"], want["blocks"])
    for index, group in enumerate(found.groups):
        own, shapes = group_of(path, want, index)
        assert (group.k, [q for part in group.low for q in part]) == (own.k, own.low.reshape(-1).tolist())
        assert group.integers == {n: q.tolist() for n, q in random_clips.dense(own, shapes).items()}

"""Whole files: round trips, sizes, and errors that name the place."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from inr import codec, fields
from inr.codec import container, weights
from inr.errors import FormatError, SpecError
from inr.specs import ActivationSpec, FieldSpec, SignalSpec
from tests.codec import random_fields as some


def encode(seed=0, signal=some.TYPICAL_SIGNAL, field=some.TYPICAL_FIELD, deviation=0.05):
    rng = np.random.default_rng(seed)
    shapes = fields.tensor_shapes(field)
    tensors = {n: rng.normal(0, deviation, s).astype(np.float32) for n, s in shapes.items()}
    exponents = {n: int(rng.integers(6, 13)) for n in shapes}
    return codec.encode(field, tensors, exponents, signal), tensors, exponents


@pytest.mark.parametrize("seed", range(100, 160))
def test_what_is_encoded_is_decoded(seed):
    rng = np.random.default_rng(seed)
    signal = some.signal(rng)
    field = some.field(rng, signal)
    integers, exponents, tensors = some.tensors(rng, field)
    data = codec.encode(field, tensors, exponents, signal)
    decoded = codec.decode(data)
    assert decoded.signal == signal
    assert decoded.field.spec == field
    assert decoded.exponents == exponents
    for name, tensor in decoded.field.tensors.items():
        assert tensor.dtype == np.float32
        assert np.array_equal(codec.quantise(tensor, exponents[name]), integers[name])
    assert codec.encode(field, decoded.field.tensors, decoded.exponents, signal) == data


def test_a_decoder_sees_the_tensors_that_quantised_promises():
    data, tensors, exponents = encode()
    promised = codec.quantised(tensors, exponents)
    found = codec.decode(data).field.tensors
    assert all(np.array_equal(found[name], promised[name]) for name in tensors)


@pytest.mark.parametrize("bases", [some.MODULATED, some.HARMONIC], ids="-".join)
def test_a_picture_carries_at_most_64_bytes_besides_its_coded_weights(bases):
    field = replace(some.TYPICAL_FIELD, activation=replace(some.TYPICAL_FIELD.activation, bases=bases))
    data, tensors, exponents = encode(field=field)
    integers = {n: codec.quantise(w, exponents[n]) for n, w in tensors.items()}
    zeros = {n: np.zeros_like(q) for n, q in integers.items()}
    # A row costs about as much whatever its tensor holds, so count the real one: with its
    # row less the integers alone.
    shapes = {n: q.shape for n, q in integers.items()}
    alone = some.integers_alone(container.unpack(data)[-1].payload, shapes)
    assert len(data) - alone / 8 <= 64
    assert len(codec.encode(field, zeros, exponents, some.TYPICAL_SIGNAL)) <= 64


def test_the_typical_field_has_the_bases_that_raf_has_unless_told_otherwise():
    assert some.TYPICAL_FIELD.activation.bases == fields.activation("raf").default.bases


def test_sections_and_tensor_bits_account_for_the_whole_file():
    data, _, _ = encode()
    decoded = codec.decode(data)
    assert [kind for kind, _ in decoded.sections] == ["H", "W"]
    assert 5 + sum(size for _, size in decoded.sections) + 4 == len(data)
    assert decoded.sections[1][1] * 8 == pytest.approx(sum(decoded.tensor_bits.values()), abs=8 * 16)
    assert decoded.version == 3


@pytest.mark.parametrize("seed", range(40))
def test_the_estimate_of_coded_bits_is_within_one_percent(seed):
    rng = np.random.default_rng(seed)
    scale = 2.0 ** rng.uniform(-2, 10)
    draw = (rng.normal, rng.laplace)[seed % 2]
    q = np.rint(draw(0, scale, (24, 16, 12))).astype(np.int32)
    real = 8 * len(weights.write({"layer0.weight": q}, {"layer0.weight": 8}))
    assert codec.coded_bits(q) == pytest.approx(real, rel=0.01, abs=64)


def test_the_models_come_close_to_the_entropy_of_what_they_are_made_for():
    rng = np.random.default_rng(0)
    for scale in (0.3, 1.0, 6.0, 300.0):
        for draw, density in ((rng.normal, lambda s: 0.5 * np.log2(2 * np.pi * np.e * s * s)),
                              (rng.laplace, lambda s: np.log2(2 * np.e * s))):  # fmt: skip
            q = np.rint(draw(0, scale, 40_000)).astype(np.int32)
            _, counts = np.unique(q, return_counts=True)
            p = counts / q.size
            entropy = -float(p @ np.log2(p)) if scale < 50 else float(density(scale))
            assert codec.coded_bits(q) / q.size < entropy + 0.04


def test_tensors_far_from_zero_are_cheaper_with_a_centre():
    rng = np.random.default_rng(0)
    near = np.rint(rng.normal(0, 5, 400)).astype(np.int32)
    assert codec.coded_bits(near + 1000) < codec.coded_bits(near) + 40


def test_a_zero_tensor_too_large_for_the_limit_is_coded_with_a_table(monkeypatch):
    monkeypatch.setattr("inr.codec.limits.ZEROS", 100)
    shapes = {"a.weight": (90,), "b.weight": (90,), "c.weight": (10,)}
    integers = {n: np.zeros(s, dtype=np.int32) for n, s in shapes.items()}
    content = weights.read(weights.write(integers, dict.fromkeys(shapes, 3)), shapes)
    assert [row.choice.family for row in content.rows.values()] == [0, 1, 0]
    assert not any(q.any() for q in content.integers.values())


@pytest.mark.parametrize("bases", [("sine2", "carrier"), ("carrier", "carrier"), ()])
def test_bases_that_no_decoder_takes_are_not_written(bases):
    field = replace(some.SMALL_FIELD, activation=ActivationSpec("raf", bases))
    with pytest.raises(SpecError, match="raf: "):
        codec.encode(field, {}, {}, some.SMALL_SIGNAL)


def test_an_activation_without_a_number_is_refused_with_the_reason(monkeypatch):
    wild = ActivationSpec("wild", ())
    monkeypatch.setitem(fields.ACTIVATIONS, "wild", fields.activation("sine"))
    field = replace(some.SMALL_FIELD, activation=wild)
    tensors = {n: np.zeros(s, dtype=np.float32) for n, s in fields.tensor_shapes(field).items()}
    with pytest.raises(SpecError, match="fitted and compared, but it has no number"):
        codec.encode(field, tensors, dict.fromkeys(tensors, 4), some.SMALL_SIGNAL)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"channels": 2}, "channels"),
        ({"mode": "RGB"}, "mode"),
        ({"rate": Fraction(1 << 70)}, "2\\^63"),
        ({"time_base": Fraction(-1)}, "time_base"),
        ({"pts": (0,) * 400, "time_base": Fraction(1, 90)}, "rise"),
        ({"shape": (1 << 34,)}, "samples"),
    ],
)
def test_a_signal_that_no_file_can_hold_is_refused(change, says):
    with pytest.raises(SpecError, match=says):
        encode(signal=replace(some.SMALL_SIGNAL, **change), field=some.SMALL_FIELD)


def test_missing_exponents_and_wrong_tensors_are_refused():
    _, tensors, exponents = encode()
    with pytest.raises(SpecError, match="gain"):
        codec.encode(replace(some.TYPICAL_FIELD, gain=True), tensors, exponents, some.TYPICAL_SIGNAL)
    with pytest.raises(SpecError, match="exponents"):
        codec.encode(some.TYPICAL_FIELD, tensors, {}, some.TYPICAL_SIGNAL)


def test_saving_does_not_overwrite_unless_told_and_loading_gives_it_back(tmp_path):
    data, _, _ = encode(signal=some.SMALL_SIGNAL, field=some.SMALL_FIELD)
    path = tmp_path / "a.inr"
    codec.save(path, data)
    with pytest.raises(SpecError, match="exists already"):
        codec.save(path, data)
    codec.save(path, data, overwrite=True)
    assert codec.load(path).signal == some.SMALL_SIGNAL
    with pytest.raises(SpecError, match="cannot be written"):
        codec.save(tmp_path / "no" / "a.inr", data)


def test_errors_of_loading_are_one_line_with_the_path(tmp_path):
    empty, text = tmp_path / "empty.inr", tmp_path / "text.inr"
    empty.write_bytes(b"")
    text.write_text("hello, this is text")
    for path in (tmp_path / "none.inr", tmp_path, empty, text):
        with pytest.raises(FormatError) as caught:
            codec.load(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_decoding_a_file_imports_no_torch(tmp_path):
    path = tmp_path / "a.inr"
    codec.save(path, encode(signal=some.SMALL_SIGNAL, field=some.SMALL_FIELD)[0])
    code = f"import sys; from inr import codec; codec.load({str(path)!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_video_of_a_million_uneven_frames_keeps_its_times():
    frames = 1 << 20
    pts = tuple(range(0, 3 * frames, 3))
    signal = SignalSpec(
        "video", (frames, 2, 2), 3, 8, "RGB", Fraction(30), pts=pts, time_base=Fraction(1, 90)
    )
    field = FieldSpec(3, 3, (1, 1, 1), (0, 0, 0), 2, 0, activation=ActivationSpec("sine"))
    data, _, _ = encode(signal=signal, field=field)
    assert len(data) < 3000
    assert codec.decode(data).signal.pts == pts

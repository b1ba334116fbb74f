"""What the page reads beside a field: zlib streams, PNG and WAV, sample for sample."""

import io
import zlib
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PIL import Image

from inr import evaluate, signals
from tests.cli import made as sources
from tests.viewer import made
from tests.viewer.javascript import array, ask, text, value


def test_zlib_streams_of_every_level_inflate(rng, tmp_path):
    contents = [
        b"", b"a", b"abc" * 5000, bytes(70000), rng.integers(0, 256, 70000, dtype=np.uint8).tobytes(),
        rng.integers(0, 4, 30000, dtype=np.uint8).tobytes(), bytes(range(256)) * 9,
    ]  # fmt: skip
    cases = [(c, zlib.compress(c, level)) for c in contents for level in (0, 1, 6, 9)]
    requests = [{"ask": "inflate", "data": text(z), "size": len(c)} for c, z in cases]
    for answer, (content, _) in zip(ask(requests, tmp_path), cases, strict=True):
        assert array(value(answer), np.uint8).tobytes() == content


def test_a_zlib_stream_of_another_length_is_refused(tmp_path):
    stream = zlib.compress(b"twelve bytes")
    requests = [{"ask": "inflate", "data": text(s), "size": n} for s, n in (
        (stream, 11), (stream, 13), (stream + b"\0", 12), (stream[:-1], 12), (stream[:-1] + b"\0", 12),
    )]  # fmt: skip
    assert [answer.get("error") for answer in ask(requests, tmp_path)] == ["FormatError"] * 5


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_png_of_our_writer_has_its_samples(mode, bits, rng, tmp_path):
    channels = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4}[mode]
    depth = 1 if mode == "1" else bits
    spec = replace(made.PICTURE, shape=(19, 23), channels=channels, bits=depth, mode=mode)
    values = np.cumsum(rng.normal(0, 0.1, (19, 23, channels)), axis=1) + 0.5
    with signals.open_writer(tmp_path / "a.png", spec) as writer:
        writer.write(values)
    (answer,) = ask([{"ask": "png", "data": text((tmp_path / "a.png").read_bytes())}], tmp_path)
    with signals.open_reader(tmp_path / "a.png") as reader:
        want = reader.read(0, 19)
    if depth == 1:
        want = want // 255
    assert array(value(answer), "<u2").tolist() == want.reshape(-1).tolist()


def test_a_png_with_every_filter_has_its_samples(tmp_path):
    files, wanted = [], []
    for seed in range(4):
        pixels = sources.pixels(40, 60, seed=seed)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG", optimize=seed % 2 == 1)
        files.append(file.getvalue())
        wanted.append(pixels)
    for answer, want in zip(
        ask([{"ask": "png", "data": text(f)} for f in files], tmp_path), wanted, strict=True
    ):
        assert array(value(answer), "<u2").tolist() == want.reshape(-1).tolist()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_a_wav_has_its_samples(subtype, tmp_path):
    path = sources.sound(tmp_path / "a.wav", 501, channels=2, subtype=subtype)
    (answer,) = ask([{"ask": "wav", "data": text(path.read_bytes())}], tmp_path)
    want, _ = soundfile.read(path, dtype="float64")
    got = np.stack([array(c, np.float64) for c in value(answer)], -1)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("bits", [8, 16])
def test_the_psnr_of_a_picture_is_that_of_eval(bits, tmp_path):
    signal = replace(made.PICTURE, shape=(33, 47), bits=bits)
    data, field = made.made(signal, made.PICTURES["tiles"])
    with signals.open_writer(tmp_path / "a.png", signal) as writer:
        noise = np.random.default_rng(0).normal(0, 0.02, (33, 47, 3))
        writer.write(signals.to_float(made.decoded(field, signal)) + noise)
    with signals.open_reader(tmp_path / "a.png") as reader:
        want = evaluate.evaluate(field, signal, reader).to_json()["psnr_db"]
    request = {"ask": "quality", "file": text(data), "reference": text((tmp_path / "a.png").read_bytes())}
    (answer,) = ask([request], tmp_path)
    assert value(answer) == f"PSNR: {want:.2f} dB"


def test_a_reference_of_another_size_is_refused(tmp_path):
    data, _ = made.made(made.PICTURE, made.PICTURES["tiles"])
    sources.picture(tmp_path / "a.png")
    request = {"ask": "quality", "file": text(data), "reference": text((tmp_path / "a.png").read_bytes())}
    (answer,) = ask([request], tmp_path)
    assert "30 x 40" in answer["message"]

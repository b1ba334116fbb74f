"""Inputs that cannot be fitted or decoded: one line, the right code, nothing written, soon."""

import os
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from tests.cli import made
from tests.cli.commands import inr

SOON_S = 5.0


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(path):
    """A header that promises 60000 x 60000 pixels, and a little data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def cut(path, share=0.6):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def nan_sound(path):
    values = made.wave(500)
    values[321] = np.nan
    soundfile.write(path, values, 8000, subtype="FLOAT")


def half_clip(path):
    made.clip(path)
    cut(path)


def noise(path):
    path.write_bytes(np.random.default_rng(0).bytes(5000))


def floats(path):
    Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)).save(path)


def animation(path):
    frames = [Image.fromarray(values) for values in made.moving(3, 16, 16)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def empty_sound(path):
    soundfile.write(path, np.zeros((0, 1)), 8000)


def riff_without_sound(path):
    path.write_bytes(b"RIFF\x04\0\0\0WAVE")


def only_header_of_mp4(path):
    path.write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2")


BROKEN = {
    "empty.png": lambda p: p.write_bytes(b""),
    "empty.wav": lambda p: p.write_bytes(b""),
    "empty.mp4": lambda p: p.write_bytes(b""),
    "cut.png": lambda p: cut(made.picture(p, 64, 64)),
    "cut.jpg": lambda p: cut(made.picture(p, 64, 64), 0.05),
    "cut.tif": lambda p: cut(made.picture(p, 64, 64)),
    "cut.wav": lambda p: cut(made.sound(p)),
    "cut.flac": lambda p: cut(made.sound(p)),
    "cut.mp4": half_clip,
    "header.mp4": only_header_of_mp4,
    "text.png": lambda p: p.write_text("this is no picture\n" * 10),
    "text.wav": lambda p: p.write_text("this is no sound\n" * 10),
    "text.txt": lambda p: p.write_text("just words\n" * 10),
    "noise.png": noise,
    "noise.wav": noise,
    "noise.mp4": noise,
    "noise.flac": noise,
    "bomb.png": png_bomb,
    "nan.wav": nan_sound,
    "silent.wav": empty_sound,
    "riff.wav": riff_without_sound,
    "folder.png": lambda p: p.mkdir(),
    "link.png": lambda p: p.symlink_to("link.png"),
    "pipe.wav": os.mkfifo,
    "moving.gif": animation,
    "deep.exr": lambda p: p.write_bytes(b"v/1\x01" + bytes(100)),
    "float.tif": floats,
    "words.pdf": lambda p: p.write_bytes(b"%PDF-1.4 nothing"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_input_is_one_line_and_exit_code_3(name):
    BROKEN[name](Path(name))
    began = time.monotonic()
    got = inr("fit", name, "-o", "out.inr", "--steps", 2)
    assert time.monotonic() - began < SOON_S
    assert got.code == 3, got
    assert got.complaint.startswith(f"inr: {name}: ")
    assert ";" in got.complaint, "it should say what to do"
    assert len(got.complaint) < 500
    assert os.listdir() == [name]


@pytest.mark.parametrize("name", ["cut.png", "cut.wav", "cut.mp4", "text.txt", "empty.png", "folder.png"])
def test_a_broken_reference_is_one_line_and_exit_code_3(name, fitted):
    BROKEN[name](Path(name))
    got = inr("eval", fitted["image"], name, "--json")
    assert got.code == 3
    assert got.complaint.startswith(f"inr: {name}: ")
    assert got.out == ""


@pytest.mark.parametrize("name", ["picture.wav", "sound.png", "clip.jpg", "picture"])
def test_a_wrong_suffix_does_not_matter_since_content_decides(name, sources):
    source = sources[{"picture": "image", "sound": "audio", "clip": "video"}[name.partition(".")[0]]]
    Path(name).write_bytes(source.read_bytes())
    got = inr("fit", name, "--steps", 2, "--no-eval")
    assert got.code == 0, got.err
    stem = Path(name).stem
    assert inr("info", f"{stem}.inr", "--json").json["samples"] in (30 * 40, 2000, 6 * 24 * 32)


def test_an_inr_file_as_input_says_to_decode_it(fitted):
    got = inr("fit", fitted["image"], "-o", "out.inr")
    assert got.code == 3
    assert "inr decode" in got.complaint


def damaged(data):
    """Ways to damage a file, by name."""
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    later = bytearray(data)
    later[8] += 1
    return {
        "cut in the middle": data[: len(data) // 2],
        "cut by one byte": data[:-1],
        "one byte more": data + b"\0",
        "one bit flipped": bytes(flipped),
        "another version": bytes(later),
        "another magic": b"\x89PNG" + data[4:],
        "empty": b"",
        "words": b"just words\n" * 20,
    }


VERBS = {
    "decode": ["decode", "FILE", "out.png"],
    "eval": ["eval", "FILE", "IMAGE"],
    "info": ["info", "FILE"],
    "export": ["export", "FILE", "out.inr", "--max-size", "2kB"],
    "export of tensors": ["export", "FILE", "out.safetensors"],
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("damage", damaged(bytes(100)))
def test_a_damaged_inr_file_is_one_line_and_exit_code_3(verb, damage, fitted, sources):
    Path("bad.inr").write_bytes(damaged(fitted["image"].read_bytes())[damage])
    places = {"FILE": "bad.inr", "IMAGE": sources["image"]}
    began = time.monotonic()
    got = inr(*[places.get(word, word) for word in VERBS[verb]])
    assert time.monotonic() - began < SOON_S
    assert got.code == 3, got
    assert got.complaint.startswith("inr: bad.inr: ")
    assert got.out == ""
    assert os.listdir() == ["bad.inr"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_folder_for_an_inr_file_is_refused(verb, sources):
    os.mkdir("bad.inr")
    places = {"FILE": "bad.inr", "IMAGE": sources["image"]}
    got = inr(*[places.get(word, word) for word in VERBS[verb]])
    assert got.code in (2, 3)  # export takes a folder for a run's
    assert got.complaint.startswith("inr: bad.inr: ")
    assert os.listdir() == ["bad.inr"]


def test_a_picture_for_an_inr_file_is_refused(sources):
    got = inr("decode", sources["image"], "out.png")
    assert got.code == 3
    assert len(got.complaint) < 400

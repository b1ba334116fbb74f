"""Activations that the format has no number for: fitted, judged, and kept as plain tensors."""

import json
import os

from safetensors import safe_open

from inr.specs import FieldSpec, SignalSpec
from tests.cli.commands import inr


def test_a_fit_with_one_writes_its_tensors_and_says_why(sources):
    got = inr("fit", sources["image"], "--activation", "wire", "--steps", 5)
    assert got.code == 0
    assert "no number" in got.err
    assert "picture.safetensors has its float32 numbers" in got.err
    assert os.listdir() == ["picture.safetensors"]
    with safe_open("picture.safetensors", framework="numpy") as file:
        spec = FieldSpec.from_json(json.loads(file.metadata()["field"]))
        signal = SignalSpec.from_json(json.loads(file.metadata()["signal"]))
        assert spec.activation.name == "wire"
        assert signal.shape == (30, 40)
        assert sum(file.get_tensor(name).size for name in file.keys()) > 0  # noqa: SIM118


def test_what_was_written_is_not_replaced_without_force(sources):
    arguments = ("fit", sources["image"], "--activation", "gauss", "--steps", 2, "--quiet")
    assert inr(*arguments).code == 0
    before = os.stat("picture.safetensors").st_mtime_ns
    got = inr(*arguments)
    assert got.code == 2
    assert "picture.safetensors: exists already" in got.complaint
    assert os.stat("picture.safetensors").st_mtime_ns == before
    assert inr(*arguments, "--force").code == 0


def test_it_is_judged_like_a_file(sources):
    got = inr("fit", sources["audio"], "--activation", "spder", "--steps", 5, "--json")
    row = json.loads(got.out)
    assert row["file"] == "sound.safetensors"
    assert row["size_bytes"] == os.path.getsize("sound.safetensors")
    assert row["snr_db"] is not None
    assert row["activation"] == "spder"


def test_a_bound_on_a_file_that_cannot_be_written_is_refused_before_the_fit(sources):
    got = inr("fit", sources["image"], "--activation", "wire", "--steps", 5, "--max-size", "2kB")
    assert got.code == 2
    assert "--max-size" in got.complaint
    assert "no number" in got.complaint
    assert os.listdir() == []

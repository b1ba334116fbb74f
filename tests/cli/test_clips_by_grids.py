"""A clip by grids from the command line: fitted, described, decoded, shown, and refused where need be."""

import json
from pathlib import Path

import numpy as np
import pytest

from inr import signals
from tests.cli import made
from tests.cli.commands import inr


@pytest.fixture(autouse=True)
def _clip(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made.clip(Path("x.mp4"))


def test_a_clip_is_fitted_by_grids_described_group_by_group_and_decoded():
    fitted = inr("fit", "x.mp4", "--profile", "grids", "--steps", 60, "--json")
    assert fitted.code == 0
    row = json.loads(fitted.out)
    assert row["profile"] == "grids"
    described = json.loads(inr("info", "x.inr", "--json").out)
    groups = [part for part in described["tensors"] if part["name"].startswith("group")]
    assert [part["name"] for part in groups] == [f"group {i + 1}" for i in range(len(groups))]
    assert sum(part["shape"][0] for part in groups) == described["signal"]["shape"][0]
    assert inr("decode", "x.inr", "y.mkv").code == 0
    with signals.open_reader("x.mp4") as source, signals.open_reader("y.mkv") as copy:
        assert copy.spec.shape == source.spec.shape
        frames = source.spec.shape[0]
        errors = np.square(source.read(0, frames).astype(float) - copy.read(0, frames)).mean()
    assert 10 * np.log10(255**2 / errors) == pytest.approx(row["psnr_db"], abs=0.01)


def test_what_cannot_hold_a_clip_by_grids_says_what_to_do():
    assert inr("fit", "x.mp4", "--profile", "grids", "--steps", 2, "--no-eval", "--quiet").code == 0
    assert inr("export", "x.inr", "x.html").code == 0
    tensors = inr("export", "x.inr", "x.safetensors")
    assert tensors.code == 2
    assert "write a .inr file" in tensors.err
    assert Path("x.html").exists()
    assert not Path("x.safetensors").exists()

"""What a person may bound - bytes, quality, numbers, seconds - holds for the file on the disk."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageCms

from inr import codec
from tests.cli import made
from tests.cli.commands import inr

# A picture whose information does not fit 8 kB, so that more bytes always help.
SIZES = (
    20,
    40,
    60,
    80,
    120,
    200,
    400,
    1000,
    *(pytest.param(n, marks=pytest.mark.slow) for n in (2500, 8000)),
)


@pytest.fixture(scope="module")
def grainy(tmp_path_factory):
    path = tmp_path_factory.mktemp("grainy") / "grainy.png"
    return made.picture(path, 96, 128, seed=4)


@pytest.mark.parametrize("size", SIZES)
def test_max_size_is_never_exceeded_and_four_fifths_of_it_are_used(size, grainy):
    got = inr("fit", grainy, "-o", "out.inr", "--max-size", size, "--steps", 60, "--json")
    if got.code == 4:
        assert size <= 60, "an empty network fits into 60 bytes"
        assert str(size) in got.err.splitlines()[-1]
        assert not Path("out.inr").exists()
        assert not Path("out.inr.run").exists()
        return
    assert got.code == 0, got
    assert got.json["size_bytes"] == os.path.getsize("out.inr")
    assert got.json["size_bytes"] <= size
    if size >= 200:
        assert got.json["size_bytes"] >= 0.8 * size


@pytest.mark.parametrize(("kind", "size"), [("audio", "700B"), ("audio", "2KiB"), ("video", "0.5kB")])
def test_max_size_holds_for_sound_and_video(kind, size, sources):
    bound = {"700B": 700, "2KiB": 2048, "0.5kB": 500}[size]
    got = inr("fit", sources[kind], "-o", "out.inr", "--max-size", size, "--steps", 60, "--json")
    assert got.code == 0, got
    assert 0.8 * bound <= os.path.getsize("out.inr") <= bound


def test_the_colour_profile_is_the_first_to_go_under_max_size():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made.picture("colour.png", icc_profile=profile)
    for size, kept in ((300, False), (5000, True)):
        assert inr("fit", "colour.png", "--max-size", size, "--steps", 20, "--force").code == 0
        assert os.path.getsize("colour.inr") <= size
        assert (codec.load("colour.inr").signal.icc == profile) == kept


def test_max_size_and_params_together_keep_both(grainy):
    got = inr("fit", grainy, "-o", "out.inr", "--max-size", 500, "--params", 2000, "--steps", 30, "--json")
    assert got.code == 0
    assert got.json["params"] <= 2000
    assert os.path.getsize("out.inr") <= 500


@pytest.mark.parametrize("params", [60, 300, 1000, 5000, 20_000])
@pytest.mark.parametrize("kind", ["image", "audio", "video"])
def test_params_are_never_exceeded_and_used(params, kind, sources):
    got = inr("fit", sources[kind], "-o", "out.inr", "--params", params, "--steps", 3, "--json", "--no-eval")
    if got.code == 2:
        assert params == 60
        assert "the least is" in got.complaint
        return
    stored = sum(tensor.size for tensor in codec.load("out.inr").field.tensors.values())
    assert got.json["params"] == stored
    assert stored <= params
    if params >= 300:
        assert stored >= 0.6 * params


def test_a_target_that_cannot_be_reached_is_exit_code_4_and_the_best_is_kept(sources):
    got = inr("fit", sources["image"], "--target-psnr", 90, "--steps", 10, "--json")
    assert got.code == 4
    assert got.json["reached"] is False
    assert got.json["size_bytes"] == os.path.getsize("picture.inr")
    assert "90 dB were asked for and not reached" in got.err.splitlines()[-1]
    assert inr("decode", "picture.inr", "out.png").code == 0
    assert got.json["psnr_db"] > 8
    assert not Path("picture.inr.run").exists()


@pytest.mark.parametrize(("kind", "target", "key"), [("image", 22, "psnr_db"), ("audio", 14, "snr_db")])
def test_a_target_that_is_reached_holds_for_the_decoded_file_and_ends_the_fit(kind, target, key, sources):
    asked = ["--target-psnr", target, "--steps", 3000, "--params", 3000]
    got = inr("fit", sources[kind], "-o", "out.inr", *asked, "--json")
    assert got.code == 0, got
    assert got.json["reached"] is True
    assert got.json["steps"] < 3000
    measured = inr("eval", "out.inr", sources[kind], "--json").json[key]
    assert measured == pytest.approx(got.json[key], abs=1e-9)
    assert target <= measured < target + 3, "the file should not pay for more than was asked"


def test_time_ends_the_fit_long_before_the_default_would(sources):
    """How near to what was asked is measured on a quiet machine; here others may be at work."""
    row = inr("fit", sources["image"], "--time", 3, "--json").json
    assert row["fit_seconds"] <= 15
    assert row["steps"] > 0


@pytest.fixture(scope="module")
def kept(sources, tmp_path_factory):
    """A fit whose run folder was kept."""
    out = tmp_path_factory.mktemp("kept") / "out.inr"
    got = inr("fit", sources["image"], "-o", out, "--steps", 300, "--params", 2000, "--keep-run", "--json")
    assert got.code == 0
    return out, got.json


def test_a_run_that_was_kept_exports_at_other_sizes_and_qualities(kept, sources):
    out, row = kept
    assert sorted(path.name for path in out.parent.iterdir()) == ["out.inr", "out.inr.run"]
    for number, size in enumerate((300, 700, 1500)):
        assert inr("export", f"{out}.run", f"{number}.inr", "--max-size", size).code == 0
        assert 0.8 * size <= os.path.getsize(f"{number}.inr") <= size
    target = row["float_psnr_db"] - 2
    words = ["export", f"{out}.run", "good.inr", "--target-psnr", target, "--reference", sources["image"]]
    assert inr(*words).code == 0
    assert inr("eval", "good.inr", sources["image"], "--json").json["psnr_db"] >= target


def test_an_inr_file_exports_smaller_and_says_when_a_target_is_missed(kept, sources):
    out, row = kept
    assert inr("export", out, "small.inr", "--max-size", 400).code == 0
    assert os.path.getsize("small.inr") <= 400
    got = inr("export", out, "good.inr", "--target-psnr", 80, "--reference", sources["image"])
    assert got.code == 4
    assert "not reached" in got.err
    assert Path("good.inr").exists()
    assert inr("export", out, "tiny.inr", "--max-size", 10).code == 4
    assert not Path("tiny.inr").exists()


def test_tensors_export_as_safetensors_with_their_own_values(kept):
    from safetensors.numpy import load_file

    out, row = kept
    assert inr("export", out, "out.safetensors").code == 0
    tensors = load_file("out.safetensors")
    for name, tensor in codec.load(out).field.tensors.items():
        np.testing.assert_array_equal(tensors[name], tensor)
    assert sum(t.size for t in tensors.values()) == row["params"]


def test_an_export_that_ruins_the_field_says_so_and_one_that_does_not_is_silent():
    made.picture(Path("in.png"))
    whole = inr("fit", "in.png", "--steps", 200, "--params", 2000, "--keep-run", "--json").json["size_bytes"]
    ruined = inr("export", "in.inr.run", "small.inr", "--max-size", whole // 6)
    assert ruined.code == 0
    assert "inr fit --max-size" in ruined.err
    roomy = inr("export", "in.inr.run", "large.inr", "--max-size", whole)
    assert roomy.code == 0
    assert "inr fit --max-size" not in roomy.err
    assert "dB below" in roomy.err

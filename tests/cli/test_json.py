"""What programs parse: one JSON object on stdout, with numbers that an independent judge confirms."""

import json
import os
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tests.cli import made
from tests.cli.commands import inr, inr_process

KINDS = ("image", "audio", "video")
ALWAYS = {
    "file", "size_bytes", "samples", "channels", "bits_per_sample", "psnr_db", "mse", "float_psnr_db",
    "params", "steps", "fit_seconds", "total_seconds", "reached", "device", "threads", "seed",
    "profile", "activation", "spec",
}  # fmt: skip
ALSO = {"image": set(), "audio": {"bitrate_kbps", "snr_db", "float_snr_db"}, "video": {"bitrate_kbps"}}
EVAL = {"psnr_db", "mse", "size_bytes", "samples"}
EVAL_ALSO = {"image": {"ssim"}, "audio": {"snr_db"}, "video": {"ssim"}}
SAMPLES = {"image": 30 * 40, "audio": 2000, "video": 6 * 24 * 32}


@pytest.fixture(scope="module")
def reports(sources, tmp_path_factory):
    """`fit --json` of each kind, after 40 steps."""
    folder = tmp_path_factory.mktemp("reports")
    return {
        kind: inr("fit", path, "-o", folder / f"{kind}.inr", "--steps", 40, "--seed", 3, "--json")
        for kind, path in sources.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_fit_prints_one_object_with_the_keys_of_the_contract(reports, kind):
    row = reports[kind].json
    assert ALWAYS | ALSO[kind] <= set(row)
    assert reports[kind].code == 0
    assert row["samples"] == SAMPLES[kind]
    assert (row["steps"], row["seed"], row["device"], row["reached"]) == (40, 3, "cpu", True)
    assert row["channels"] == (1 if kind == "audio" else 3)
    assert 0 < row["fit_seconds"] <= row["total_seconds"]
    assert row["profile"] in ("single", "tiles", "grids")


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_are_those_of_the_disk(reports, kind):
    row = reports[kind].json
    assert row["size_bytes"] == os.path.getsize(row["file"])
    assert row["bits_per_sample"] == pytest.approx(8 * row["size_bytes"] / row["samples"], rel=1e-12)
    if kind != "image":
        seconds = {"audio": 2000 / 8000, "video": 6 / 25}[kind]
        assert row["bitrate_kbps"] == pytest.approx(8 * row["size_bytes"] / seconds / 1000, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_eval_of_the_file_finds_what_fit_reported(reports, sources, kind):
    row = reports[kind].json
    got = inr("eval", row["file"], sources[kind], "--json")
    assert got.code == 0
    assert EVAL | EVAL_ALSO[kind] <= set(got.json)
    shared = {"psnr_db", "mse", "snr_db", "ssim", "size_bytes", "samples", "bits_per_sample"} & set(row)
    for key in shared:
        assert got.json[key] == pytest.approx(row[key], abs=1e-9), key


def test_the_psnr_and_ssim_of_a_picture_are_those_of_the_png_that_decode_writes(reports, sources):
    row = reports["image"].json
    assert inr("decode", row["file"], "out.png").code == 0
    want, got = np.asarray(Image.open(sources["image"])), np.asarray(Image.open("out.png"))
    assert row["psnr_db"] == pytest.approx(peak_signal_noise_ratio(want, got), abs=1e-3)
    judged = structural_similarity(
        want, got, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert row["ssim"] == pytest.approx(judged, abs=1e-3)


def test_the_snr_of_a_sound_is_that_of_the_wav_that_decode_writes(reports, sources):
    row = reports["audio"].json
    assert inr("decode", row["file"], "out.wav").code == 0
    want, got = (soundfile.read(name, dtype="float64")[0] for name in (sources["audio"], "out.wav"))
    snr = 10 * np.log10(np.sum(want**2) / np.sum((want - got) ** 2))
    assert row["snr_db"] == pytest.approx(snr, abs=1e-3)
    assert row["mse"] == pytest.approx(np.mean((want - got) ** 2), rel=1e-4)


def test_the_psnr_of_a_clip_is_that_of_the_mkv_that_decode_writes(reports, sources):
    row = reports["video"].json
    assert inr("decode", row["file"], "out.mkv").code == 0
    want, got = (frames(name) for name in (sources["video"], "out.mkv"))
    assert row["psnr_db"] == pytest.approx(peak_signal_noise_ratio(want, got), abs=1e-3)


def frames(path):
    """All frames as FFmpeg itself shows them."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize("kind", KINDS)
def test_info_counts_every_byte_and_every_parameter(reports, kind):
    row = reports[kind].json
    got = inr("info", row["file"], "--json")
    assert got.code == 0
    assert got.json["size_bytes"] == os.path.getsize(row["file"])
    assert got.json["params"] == row["params"]
    assert got.json["params"] == sum(np.prod(t["shape"]) for t in got.json["tensors"])
    assert got.json["spec"] == row["spec"]
    assert got.json["signal"]["kind"] == kind
    magic_and_version = 9
    assert sum(s["bytes"] for s in got.json["sections"]) <= row["size_bytes"]
    places = sum(t["bytes"] for t in got.json["tensors"]) + got.json["other_bytes"]
    assert places == pytest.approx(row["size_bytes"], abs=0.1)
    assert got.json["other_bytes"] > 0
    assert sum(s["bytes"] for s in got.json["sections"]) >= row["size_bytes"] - magic_and_version


@pytest.mark.parametrize("verb", ["eval", "info"])
def test_without_json_the_size_is_said_in_words(reports, sources, verb):
    file = reports["image"].json["file"]
    got = inr(verb, file, *([sources["image"]] if verb == "eval" else []))
    assert got.code == 0
    assert f"{os.path.getsize(file):,} bytes" in got.out
    assert got.err == ""


def test_the_words_of_a_fit_start_with_the_bytes_and_stdout_stays_free(sources):
    got = inr("fit", sources["image"], "--steps", 5)
    assert got.out == ""
    assert f"picture.inr  {os.path.getsize('picture.inr'):,} bytes" in got.err.splitlines()[-1]


def test_several_inputs_give_rows(sources):
    got = inr("fit", sources["image"], sources["audio"], "--steps", 5, "--json")
    assert got.code == 0
    assert [row["file"] for row in got.json["rows"]] == ["picture.inr", "sound.inr"]
    assert all(row["size_bytes"] == os.path.getsize(row["file"]) for row in got.json["rows"])


def test_one_bad_input_among_several_does_not_lose_the_others(sources):
    Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    os.mkdir("out")
    got = inr("fit", "broken.png", sources["image"], "nowhere.wav", "-o", "out", "--steps", 5, "--json")
    assert got.code == 3
    rows = got.json["rows"]
    assert ["error" in row for row in rows] == [True, False, True]
    assert sorted(os.listdir("out")) == ["manifest.json", "picture.inr"]
    assert "broken.png" in rows[0]["error"]
    assert sum(line.startswith("inr: ") for line in got.err.splitlines()) == 2


def test_an_exact_reconstruction_has_null_decibels_and_says_exact():
    Image.new("L", (8, 8), 128).save("flat.png")
    got = inr("fit", "flat.png", "--steps", 200, "--json")
    assert got.json["exact"] is True
    assert got.json["psnr_db"] is None
    assert got.json["mse"] == 0
    assert inr("eval", "flat.inr", "flat.png", "--json").json["psnr_db"] is None


def test_no_eval_leaves_the_measured_keys_out(sources):
    row = inr("fit", sources["image"], "--steps", 5, "--no-eval", "--json").json
    assert ALWAYS - set(row) == {"psnr_db", "mse", "float_psnr_db"}


def test_eval_refuses_a_reference_of_another_shape(fitted, sources):
    made.picture("other.png", 31, 40)
    for file, reference in (("image", "other.png"), ("image", sources["audio"]), ("audio", "other.png")):
        got = inr("eval", fitted[file], reference)
        assert got.code == 2
        assert "compare with the signal it was made from" in got.complaint


def test_a_process_of_its_own_prints_the_same_object(sources, tmp_path):
    got = inr_process("fit", sources["image"], "--steps", 5, "--json", "--quiet", cwd=tmp_path)
    assert got.code == 0
    assert got.err == ""
    assert json.loads(got.out)["size_bytes"] == (tmp_path / "picture.inr").stat().st_size

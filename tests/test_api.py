"""The Python API: arrays and files in, arrays and files out, the same numbers as the command line."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

import inr
from inr.errors import FitError, FormatError, SignalError, SpecError
from tests.cli import made
from tests.cli.commands import SURROUNDINGS
from tests.cli.commands import inr as command_line

pytestmark = pytest.mark.usefixtures("one_thread")


PICTURE = made.pixels(24, 32)
SOUND = made.wave(1500, 2)
CLIP = made.moving(5, 16, 20)
ARRAYS = {
    "uint8 picture": (PICTURE, {"kind": "image"}, "uint8"),
    "grey picture without a channel axis": (PICTURE[..., 0], {"kind": "image"}, "uint8"),
    "picture with alpha": (made.pixels(24, 32, 4), {"kind": "image"}, "uint8"),
    "one-bit picture": (PICTURE[..., 0] > 128, {"kind": "image"}, "uint8"),
    "uint16 picture": (made.pixels(24, 32, 3, 16), {"kind": "image"}, "uint16"),
    "float picture": (PICTURE / 255.0, {"kind": "image"}, "uint16"),
    "int16 sound": (np.rint(SOUND * 32767).astype(np.int16), {"kind": "audio", "rate_hz": 8000}, "int16"),
    "float32 sound": (SOUND.astype(np.float32), {"kind": "audio", "rate_hz": 8000}, "float32"),
    "float64 sound of one channel": (SOUND[:, 0], {"kind": "audio", "rate_hz": 8000}, "float32"),
    "uint8 clip": (CLIP, {"kind": "video", "fps": 25}, "uint8"),
    "float clip": (CLIP / 255.0, {"kind": "video", "fps": 29.97}, "uint16"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_comes_back_in_its_shape_and_type_and_from_its_file_too(name, tmp_path):
    array, options, dtype = ARRAYS[name]
    before = array.copy()
    fitted = inr.fit(array, steps=20, **options)
    np.testing.assert_array_equal(array, before)
    channel_axis = {"image": 3, "audio": 2, "video": 4}[options["kind"]]
    want = array if array.ndim == channel_axis else array[..., None]
    values = fitted.sample()
    assert values.shape == want.shape
    assert values.dtype == dtype
    inr.save(fitted, tmp_path / "a.inr")
    assert (tmp_path / "a.inr").read_bytes() == fitted.data
    loaded = inr.load(tmp_path / "a.inr")
    assert loaded.signal == fitted.signal
    np.testing.assert_array_equal(loaded.sample(), values)
    assert loaded.evaluate(array) == fitted.evaluate(array)
    assert loaded.report == {}


def test_more_steps_come_closer_and_evaluate_agrees_with_scikit_image():
    fitted = inr.fit(PICTURE, kind="image", steps=300, params=1500)
    got = fitted.evaluate(PICTURE)
    assert got["psnr_db"] > 24
    assert got["psnr_db"] == pytest.approx(peak_signal_noise_ratio(PICTURE, fitted.sample()), abs=1e-3)
    assert got["psnr_db"] == pytest.approx(fitted.report["psnr_db"], abs=1e-9)
    assert fitted.report["size_bytes"] == len(fitted.data)
    assert json.loads(json.dumps(fitted.report)) == fitted.report


def test_the_snr_of_a_sound_is_that_of_its_samples():
    array = np.rint(SOUND * 32767).astype(np.int16)
    fitted = inr.fit(array, kind="audio", rate_hz=8000, steps=100)
    error = (fitted.sample().astype(np.float64) - array) / 32768
    snr = 10 * np.log10(np.sum((array / 32768.0) ** 2) / np.sum(error**2))
    assert fitted.evaluate(array)["snr_db"] == pytest.approx(snr, abs=1e-6)


def test_a_file_gives_the_bytes_that_the_command_line_writes(tmp_path):
    made.picture(tmp_path / "a.png")
    got = command_line("fit", tmp_path / "a.png", "-o", tmp_path / "a.inr", "--steps", 30, "--seed", 4)
    assert got.code == 0
    fitted = inr.fit(tmp_path / "a.png", steps=30, seed=4)
    assert fitted.data == (tmp_path / "a.inr").read_bytes()
    assert inr.fit(str(tmp_path / "a.png"), steps=30, seed=4).data == fitted.data
    assert inr.fit(tmp_path / "a.png", steps=30, seed=5).data != fitted.data


@pytest.fixture(scope="module")
def fits():
    torch.set_num_threads(1)
    return {
        kind: inr.fit(array, kind=kind, steps=20, evaluated=False, **rate)
        for kind, array, rate in (
            ("image", PICTURE, {}),
            ("audio", SOUND, {"rate_hz": 8000}),
            ("video", CLIP, {"fps": 10}),
        )
    }


def test_sampling_on_other_grids(fits):
    picture, sound, clip = fits["image"], fits["audio"], fits["video"]
    assert picture.sample(2).shape == (48, 64, 3)
    assert picture.sample(scale=0.5).shape == (12, 16, 3)
    assert picture.sample(size=(10, 7)).shape == (7, 10, 3)
    assert picture.sample(span=(3, 5)).shape == (2, 32, 3)
    assert sound.sample(rate_hz=16_000).shape == (3000, 2)
    assert sound.sample(scale=2).shape == (3000, 2)
    assert clip.sample(fps=20).shape == (10, 16, 20, 3)
    assert clip.sample(2).shape == (5, 32, 40, 3)
    assert clip.sample(at=0.2).shape == (16, 20, 3)
    np.testing.assert_array_equal(clip.sample(at=0.2), clip.sample()[2])
    np.testing.assert_array_equal(clip.sample(span=(1, 3)), clip.sample()[1:3])


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("image", {"rate_hz": 8000}), ("image", {"fps": 3}), ("image", {"at": 0}),
        ("audio", {"size": (3, 3)}), ("audio", {"at": 0}), ("video", {"rate_hz": 3}),
        ("video", {"at": 99}), ("image", {"scale": 0}),
        ("image", {"scale": float("inf")}), ("image", {"scale": 1e7}), ("image", {"span": (5, 5)}),
        ("image", {"span": (0, 999)}), ("image", {"size": (0, 3)}), ("image", {"scale": 2, "size": (3, 3)}),
        ("video", {"at": 0, "span": (0, 1)}),
    ],
)  # fmt: skip
def test_a_grid_that_makes_no_sense_is_a_spec_error(kind, arguments, fits):
    with pytest.raises(SpecError):
        fits[kind].sample(**arguments)


@pytest.mark.parametrize(
    ("array", "options", "error"),
    [
        (PICTURE, {}, SpecError),
        (PICTURE, {"kind": "hologram"}, SpecError),
        (SOUND, {"kind": "audio"}, SpecError),
        (CLIP, {"kind": "video"}, SpecError),
        (PICTURE, {"kind": "image", "stepz": 3}, SpecError),
        (PICTURE, {"kind": "image", "time_s": 3}, SpecError),
        (PICTURE, {"kind": "image", "steps": 0}, SpecError),
        (PICTURE, {"kind": "image", "steps": 1, "time": 1.0}, SpecError),
        (PICTURE[:0], {"kind": "image"}, SignalError),
        (PICTURE / 100.0, {"kind": "image"}, SpecError),
        (np.full((5, 5), np.nan), {"kind": "image"}, SignalError),
        (PICTURE.astype(np.complex64), {"kind": "image"}, SpecError),
        (PICTURE, {"kind": "audio", "rate_hz": 3}, SpecError),
        (PICTURE, {"kind": "image", "steps": 1, "max_size": 10}, FitError),
        ("nowhere.png", {}, SignalError),
        ("sample:nobody", {}, SpecError),
    ],
)
def test_what_cannot_be_fitted_is_an_error_of_its_kind(array, options, error):
    with pytest.raises(error):
        inr.fit(array, **options)


def test_progress_is_told_step_by_step():
    records = []
    inr.fit(PICTURE, kind="image", steps=12, profile="tiles", progress=records.append)
    assert [r.step for r in records if r.phase == "fit"] == list(range(1, 13))
    assert [r.phase for r in records[-2:]] == ["quantise", "evaluate"]
    assert all(r.steps == 12 for r in records)


def test_what_the_callback_raises_ends_the_fit():
    def fed_up(record):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inr.fit(PICTURE, kind="image", steps=1000, progress=fed_up)


def test_a_target_that_is_missed_is_reported_and_the_best_returned():
    fitted = inr.fit(PICTURE, kind="image", steps=5, target_psnr=80)
    assert fitted.report["reached"] is False
    assert fitted.sample().shape == PICTURE.shape


def test_saving_keeps_what_is_there_and_wants_the_suffix(fits, tmp_path):
    path = tmp_path / "a.inr"
    inr.save(fits["image"], path)
    with pytest.raises(SpecError, match="exists"):
        inr.save(fits["audio"], path)
    assert path.read_bytes() == fits["image"].data
    inr.save(fits["audio"], path, overwrite=True)
    assert path.read_bytes() == fits["audio"].data
    with pytest.raises(SpecError, match=r"\.inr"):
        inr.save(fits["image"], tmp_path / "a.png")
    with pytest.raises(SpecError):
        inr.save(fits["image"], tmp_path / "nowhere" / "a.inr")


def test_loading_what_is_no_inr_file_is_a_format_error(tmp_path, fits):
    with pytest.raises(FormatError):
        inr.load(tmp_path / "nothing.inr")
    path = tmp_path / "bad.inr"
    path.write_bytes(fits["image"].data[:-3])
    with pytest.raises(FormatError, match=r"bad\.inr"):
        inr.load(path)


def test_evaluating_against_another_signal_is_a_spec_error(fits):
    with pytest.raises(SpecError):
        fits["image"].evaluate(PICTURE[:-1])
    with pytest.raises(SpecError):
        fits["image"].evaluate(PICTURE[..., 0])


def test_loading_and_sampling_need_no_torch(fits, tmp_path):
    path: Path = tmp_path / "a.inr"
    inr.save(fits["image"], path)
    code = (
        f"import sys; sys.modules['torch'] = None; import inr; print(inr.load({str(path)!r}).sample(2).shape)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=SURROUNDINGS)
    assert ended.stdout.strip() == "(48, 64, 3)", ended.stderr


def test_the_package_itself_imports_nothing_heavy():
    code = "import inr, sys; print({'torch', 'av', 'numpy', 'soundfile'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=SURROUNDINGS)
    assert ended.stdout.strip() == "set()"
    with pytest.raises(AttributeError):
        _ = inr.nothing_of_the_kind


def test_an_activation_without_a_number_is_fitted_and_sampled_but_not_saved(tmp_path):
    fitted = inr.fit(PICTURE, kind="image", activation="finer", steps=5)
    assert fitted.data == b""
    assert fitted.sample().shape == PICTURE.shape
    assert "size_bytes" not in fitted.report
    assert fitted.report["psnr_db"] > 0
    with pytest.raises(SpecError, match="finer.*no number"):
        inr.save(fitted, tmp_path / "picture.inr")

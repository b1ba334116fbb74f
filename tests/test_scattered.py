"""Scattered data, masked grids, modules and imports through the front door, and through their files."""

import json
from fractions import Fraction

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from skimage.metrics import peak_signal_noise_ratio

import inr
from inr.errors import FormatError, InrError, SignalError, SpecError
from inr.specs import SignalSpec
from tests.cli import made
from tests.cli.commands import inr as command_line
from tests.fields.test_siren import LAYOUTS, siren, state

pytestmark = pytest.mark.usefixtures("one_thread")


def measured(count, dims, seed=0):
    """Places in odd units, and two smooth values at each: around 1e5 and around 0.01."""
    rng = np.random.default_rng(seed)
    low, high = np.array([-300.0, 5e6, 0.2])[:dims], np.array([700.0, 5.003e6, 0.9])[:dims]
    at = low + (high - low) * rng.uniform(size=(count, dims))
    u = (at - low) / (high - low)
    first = 1e5 + 500 * np.sin(3 * u[:, 0]) * np.cos(2 * u[:, -1])
    return at, np.stack([first, 0.01 * np.exp(-np.square(u - 0.5).sum(1))], -1)


@pytest.fixture(scope="module")
def fits():
    torch.set_num_threads(1)
    found = {}
    for dims in (1, 2, 3):
        at, values = measured(500, dims)
        names = (*"xyz"[:dims], "p / Pa", "conc")
        found[dims] = inr.fit(coords=at, values=values, names=names, steps=300, params=700)
    return found


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_scattered_data_comes_back_in_its_own_units_also_from_its_file(dims, fits, tmp_path):
    fitted = fits[dims]
    at, values = measured(500, dims)
    inr.save(fitted, tmp_path / "a.inr")
    loaded = inr.load(tmp_path / "a.inr")
    assert loaded.signal == fitted.signal
    got = loaded.sample(at)
    assert got.shape == (500, 2)
    np.testing.assert_array_equal(got, fitted.sample(coords=at))
    span = np.ptp(values, axis=0)
    rms = np.sqrt(np.square(got - values).mean(0))
    assert (rms / span < 0.02).all(), rms / span
    report = loaded.evaluate(coords=at, values=values)
    np.testing.assert_allclose(report["rmse"], rms)
    psnr = -10 * np.log10(np.mean(np.square((got - values) / span)))
    assert report["psnr_db"] == pytest.approx(psnr, abs=1e-3)
    assert report["psnr_db"] == pytest.approx(fitted.report["psnr_db"], abs=1e-6)


def test_a_report_counts_points(fits):
    report = fits[2].report
    assert report["samples"] == 500
    assert report["bits_per_sample"] == pytest.approx(8 * len(fits[2].data) / 500)
    assert "bitrate_kbps" not in fits[1].report
    assert report["params"] <= 700
    assert json.loads(json.dumps(report)) == report


def test_a_grid_of_a_scattered_fit_has_its_units(fits):
    for dims, fitted in fits.items():
        shape = fitted.signal.shape
        grid = fitted.sample()
        assert grid.shape == (*shape, 2)
        middle = tuple(n // 2 for n in shape)
        x = [(2 * i + 1) / n - 1 for i, n in zip(middle, shape, strict=True)]
        t = [a + (b - a) * (v + 1) / 2 for v, (a, b) in zip(x, fitted.signal.domain.axes, strict=True)]
        np.testing.assert_allclose(fitted.sample([t])[0], grid[middle], rtol=1e-6)
        assert fitted.sample(scale=0.5).ndim == dims + 1
    assert fits[2].sample(size=(7, 5)).shape == (5, 7, 2)


def test_coordinates_of_any_shape_and_kind_are_taken(fits):
    at, _ = measured(500, 2)
    want = fits[2].sample(at)
    shaped = torch.from_numpy(at).reshape(5, 100, 2)
    np.testing.assert_array_equal(fits[2].sample(shaped), want.reshape(5, 100, 2))
    np.testing.assert_array_equal(fits[2].sample(coords=at.tolist()), want)
    np.testing.assert_allclose(fits[2].sample(at[7]), want[7], rtol=1e-6)
    assert fits[2].sample(at[:0]).shape == (0, 2)


def test_the_same_seed_gives_the_same_file():
    at, values = measured(80, 2)
    one, two, other = (inr.fit(coords=at, values=values, steps=20, seed=s).data for s in (1, 1, 2))
    assert one == two
    assert one != other


def test_many_tiles_and_a_bound_on_the_size_work_as_for_signals():
    at, values = measured(3000, 2)
    fitted = inr.fit(coords=at, values=values, steps=80, max_size=2500)
    assert 2000 < len(fitted.data) <= 2500
    assert fitted.field.spec.tile_count > 1
    assert fitted.report["psnr_db"] > 30


def test_a_target_is_measured_at_the_points():
    at, values = measured(200, 1)
    fitted = inr.fit(coords=at, values=values, steps=2000, target_psnr=32)
    assert fitted.report["reached"] is True
    assert fitted.report["steps"] < 2000
    assert fitted.evaluate(coords=at, values=values)["psnr_db"] >= 32


@pytest.mark.parametrize(
    "arguments",
    [
        {"coords": np.ones((3, 2))},
        {"values": np.ones(3)},
        {},
        {"coords": np.eye(3), "values": np.ones(3), "kind": "image"},
        {"coords": np.eye(3), "values": np.ones(3), "mask": np.ones(3, bool)},
        {"source": "a.png", "coords": np.eye(3), "values": np.ones(3)},
        {"source": np.ones((5, 5)), "kind": "image", "names": ("x",)},
        {"coords": np.eye(3), "values": np.ones(3), "names": ("x", "y")},
        {"coords": np.eye(3)[:1], "values": np.ones(1)},
        {"coords": np.ones((3, 2)), "values": np.ones(3)},
        {"coords": np.eye(3), "values": [1, 2, np.nan]},
        {"coords": np.eye(3), "values": np.ones(3), "profile": "grids"},
        {"source": np.ones((5, 5)), "kind": "image", "mask": np.zeros((5, 5), bool)},
        {"source": np.ones((5, 5)), "kind": "image", "mask": np.ones((5, 4), bool)},
    ],
)
def test_what_cannot_be_fitted_is_one_clear_line(arguments):
    with pytest.raises(InrError) as caught:
        inr.fit(steps=2, **arguments)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_sampled_or_measured_is_one_clear_line(fits):
    at, values = measured(9, 2)
    picture = made.pixels(9, 9)
    for wrong in (
        lambda f: f.sample(at[:, :1]),
        lambda f: f.sample(at, size=(3, 3)),
        lambda f: f.sample(at=0.5),
        lambda f: f.sample(rate_hz=3.0),
        lambda f: f.evaluate(picture),
        lambda f: f.evaluate(coords=at),
        lambda f: f.evaluate(coords=at, values=values[:, :1]),
        lambda f: f.evaluate(coords=at[:, :1], values=values),
    ):
        with pytest.raises(SpecError) as caught:
            wrong(fits[2])
        assert "\n" not in str(caught.value)
    with pytest.raises(SignalError, match="NaN"):
        fits[2].sample([[np.nan, 0.0]])


def test_the_command_line_says_what_such_a_file_is_and_what_it_cannot_do(fits, tmp_path):
    inr.save(fits[2], tmp_path / "a.inr")
    made.picture(tmp_path / "a.png")
    said = command_line("info", tmp_path / "a.inr")
    assert said.code == 0
    assert "scattered data: x -296.179 .. 699.501, y 5e+06" in " ".join(said.out.split())
    assert "p / Pa" in said.out
    told = json.loads(command_line("info", tmp_path / "a.inr", "--json").out)
    assert told["signal"]["domain"]["names"] == ["x", "y", "p / Pa", "conc"]
    refused = command_line("eval", tmp_path / "a.inr", tmp_path / "a.png")
    assert refused.code == 2
    assert "scattered data" in refused.err
    assert "evaluate(coords=, values=)" in refused.err
    assert command_line("export", tmp_path / "a.inr", tmp_path / "b.inr", "--max-size", 700).code == 0
    assert inr.load(tmp_path / "b.inr").signal == fits[2].signal


HOLE = np.ones((24, 32), bool)
HOLE[8:15, 10:22] = False


def test_a_masked_picture_is_fitted_and_measured_outside_its_hole_alone():
    picture = made.pixels(24, 32)
    broken = picture.copy()
    broken[~HOLE] = 255 - broken[~HOLE]
    fitted = inr.fit(broken, kind="image", mask=HOLE, steps=200, params=1500)
    assert fitted.sample().shape == picture.shape
    want = peak_signal_noise_ratio(picture[HOLE], fitted.sample()[HOLE])
    assert fitted.report["psnr_db"] == pytest.approx(want, abs=1e-3)
    assert fitted.evaluate(picture, mask=HOLE)["psnr_db"] == pytest.approx(want, abs=1e-3)
    assert want > 24
    assert fitted.evaluate(picture)["psnr_db"] != pytest.approx(want, abs=0.1)
    assert "ssim" not in fitted.report
    again = inr.fit(picture, kind="image", mask=HOLE, steps=200, params=1500)
    assert again.data == fitted.data


def test_a_mask_without_holes_counts_everything():
    picture = made.pixels(24, 32)
    fitted = inr.fit(picture, kind="image", mask=np.ones((24, 32), bool), steps=40)
    assert fitted.report["psnr_db"] == pytest.approx(fitted.evaluate(picture)["psnr_db"], abs=1e-9)


def test_files_sound_and_clips_take_masks_too(tmp_path):
    made.picture(tmp_path / "a.png")
    height, width = inr.fit(tmp_path / "a.png", steps=1, evaluated=False).signal.shape
    mask = np.ones((height, width), bool)
    mask[: height // 2] = False
    assert inr.fit(tmp_path / "a.png", mask=mask, steps=5).report["psnr_db"] > 0
    sound = made.wave(1500, 1)
    gaps = np.arange(1500) % 300 > 40
    got = inr.fit(np.where(gaps[:, None], sound, np.nan), kind="audio", rate_hz=8000, mask=gaps, steps=40)
    error = (got.sample() - sound)[gaps]
    snr = 10 * np.log10(np.sum(np.square(sound[gaps])) / np.sum(np.square(error)))
    assert got.report["snr_db"] == pytest.approx(snr, abs=1e-3)
    clip = made.moving(4, 16, 20)
    shown = np.random.default_rng(0).random(clip.shape[:3]) < 0.5
    assert inr.fit(clip, kind="video", fps=10, mask=shown, steps=5).report["psnr_db"] > 0


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_module_speaks_the_users_units_and_comes_back(dims, fits, tmp_path):
    fitted = fits[dims]
    at, values = measured(40, dims, seed=2)
    module = fitted.module()
    got = module(torch.from_numpy(at)).detach().numpy()
    span = np.ptp(values, axis=0)
    assert (np.abs(got - fitted.sample(at)) / np.maximum(span, np.abs(values).max(0)) < 1e-5).all()
    back = inr.from_module(module)
    inr.save(back, tmp_path / "a.inr")
    np.testing.assert_allclose(
        inr.load(tmp_path / "a.inr").sample(at) / span, fitted.sample(at) / span, atol=1e-5
    )


def test_a_module_of_a_picture_agrees_with_sampling():
    fitted = inr.fit(made.pixels(24, 32), kind="image", steps=30, params=2500)
    assert fitted.field.spec.tile_count > 1
    x = torch.rand(5, 7, 2, dtype=torch.float64) * 2 - 1
    np.testing.assert_allclose(fitted.module()(x).detach(), fitted.sample(x), atol=1e-5)
    centres = np.stack(np.meshgrid(*((2 * np.arange(n) + 1) / n - 1 for n in (24, 32)), indexing="ij"), -1)
    values = np.clip(fitted.sample(centres), 0, 1)
    assert np.abs(np.rint(values * 255) - fitted.sample()).max() <= 1


def test_a_module_without_a_number_in_the_format_is_a_field_but_no_file(tmp_path):
    fitted = inr.fit(made.pixels(12, 12), kind="image", activation="finer", steps=3)
    back = inr.from_module(fitted.module())
    np.testing.assert_array_equal(back.sample(), fitted.sample())
    with pytest.raises(SpecError, match="finer"):
        inr.save(back, tmp_path / "a.inr")


@pytest.mark.parametrize("layout", ["SIREN's notebook", "siren-pytorch", "COIN"])
def test_a_siren_of_a_safetensors_file_is_saved_as_inr_and_sampled(layout, tmp_path):
    names, hidden, _ = LAYOUTS[layout]
    tensors = state(names, hidden=hidden)
    save_file({name: t.contiguous() for name, t in tensors.items()}, tmp_path / "s.safetensors")
    inr.save(inr.import_siren(tmp_path / "s.safetensors", signal=(16, 24)), tmp_path / "s.inr")
    loaded = inr.load(tmp_path / "s.inr")
    x = np.random.default_rng(3).uniform(-1, 1, (30, 2))
    want = [[(v + 1) / 2 for v in siren(tensors, names, row, 30.0, hidden)] for row in x.tolist()]
    np.testing.assert_allclose(loaded.sample(x), want, atol=5e-5)
    assert loaded.sample().shape == (16, 24, 3)
    assert loaded.sample().dtype == np.uint8


def test_end_points_put_a_sirens_own_samples_on_the_grid():
    names, hidden, _ = LAYOUTS["SIREN's notebook"]
    tensors = state(names, hidden=hidden)
    fitted = inr.import_siren(
        tensors, signal=SignalSpec("image", (5, 9), 3, 16, "RGB"), values=(0.0, 1.0), end_points=True
    )
    for i, row in enumerate(fitted.sample() / 65535):
        for j, got in enumerate(row):
            want = siren(tensors, names, (-1 + 2 * i / 4, -1 + 2 * j / 8), 30.0, hidden)
            np.testing.assert_allclose(got, np.clip(want, 0, 1), atol=1e-4)


def test_what_is_no_siren_is_one_clear_line(tmp_path):
    torch.save({"0.weight": torch.zeros(3, 2)}, tmp_path / "pickled.pt")
    (tmp_path / "empty.safetensors").write_bytes(b"")
    for name in ("pickled.pt", "empty.safetensors", "nothing.safetensors"):
        with pytest.raises(FormatError, match=name) as caught:
            inr.import_siren(tmp_path / name, signal=(8, 8))
        assert "\n" not in str(caught.value)
    names, _, _ = LAYOUTS["SIREN's notebook"]
    with pytest.raises(SpecError, match="2 coordinates and gives 3"):
        inr.import_siren(state(names), signal=SignalSpec("image", (8, 8), 1, 8, "L"))
    with pytest.raises(SpecError, match="2 coordinates and gives 3"):
        inr.import_siren(state(names), signal=SignalSpec("audio", (8,), 3, 32, "FLOAT", Fraction(8000)))

"""The figures of a comparison: what is drawn, from where, and what it is made of."""

import numpy as np
import pytest

from inr import bench, fields
from inr.bench.compare_figures import mean_curve
from inr.bench.compare_shapes import pre_activations, shapes
from inr.specs import ActivationSpec, FieldSpec
from tests.cli import made

SIGNATURE = b"\x89PNG\r\n\x1a\n"
FIGURES = ("curves", "signals", "shapes")


def field_of(name, hidden=2, width=8, tiles=(2, 1)):
    spec = FieldSpec(2, 3, tiles, (4, 0), width, hidden, activation=fields.activation(name).default)
    return fields.Field(spec, fields.initialise(spec, 3))


@pytest.mark.parametrize(
    "kind",
    ["image", pytest.param("audio", marks=pytest.mark.slow), pytest.param("video", marks=pytest.mark.slow)],
)
def test_three_figures_are_drawn_and_drawn_again_from_what_was_kept(tmp_path, kind):
    pytest.importorskip("matplotlib")
    make = {"image": made.picture, "audio": made.sound, "video": made.clip}[kind]
    source = make(tmp_path / {"image": "p.png", "audio": "s.wav", "video": "c.mp4"}[kind])
    request = bench.CompareRequest(source, ("raf", "relu"), seeds=1, steps=60, folder=tmp_path)
    lines = [item for item in bench.compare(request) if isinstance(item, str)]
    stem = f"compare-{source.name.replace('.', '-')}"
    files = [tmp_path / f"{stem}-{what}.png" for what in FIGURES]
    assert [line for line in lines if line.startswith("drawn")] == [f"drawn: {path}" for path in files]
    assert all(path.read_bytes().startswith(SIGNATURE) for path in files)
    before = [path.read_bytes() for path in files]
    for path in files:
        path.unlink()
    again = bench.CompareRequest(source, ("raf", "relu"), seeds=1, steps=60, folder=tmp_path, resume=True)
    list(bench.compare(again))
    assert [path.read_bytes() for path in files] == before


def test_weights_that_are_gone_are_said_and_cost_no_other_figure(tmp_path):
    pytest.importorskip("matplotlib")
    source = made.picture(tmp_path / "p.png")
    ask = {"seeds": 1, "steps": 10, "folder": tmp_path}
    list(bench.compare(bench.CompareRequest(source, ("sine", "relu"), **ask)))
    (tmp_path / "compare-p-png-relu.f32").unlink()
    lines = list(bench.compare(bench.CompareRequest(source, ("sine", "relu"), **ask, resume=True)))
    assert "relu: no picture: its weights are not there" in lines
    assert sum(isinstance(line, str) and line.startswith("drawn") for line in lines) == 3


def test_without_matplotlib_the_extra_is_named_and_the_rest_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    source = made.picture(tmp_path / "p.png")
    lines = list(bench.compare(bench.CompareRequest(source, ("sine",), seeds=1, steps=3, folder=tmp_path)))
    assert "inr[plot]" in lines[-1]
    assert (tmp_path / "compare-p-png.csv").is_file()
    assert not list(tmp_path.glob("compare-*.png"))


def test_a_mean_curve_is_over_what_all_seeds_have():
    x = [np.array([5.0, 50.0, 100.0]), np.array([8.0, 80.0])]
    y = [2 * x[0], 2 * x[1] + 1]
    grid, mean, spread = mean_curve(x, y)
    assert (grid[0], grid[-1]) == (pytest.approx(8.0), pytest.approx(80.0))
    np.testing.assert_allclose(mean, 2 * grid + 0.5)
    np.testing.assert_allclose(spread, np.sqrt(0.5))


@pytest.mark.parametrize("name", list(fields.ACTIVATIONS))
def test_shapes_of_every_activation_are_finite_curves_one_a_neuron(name):
    field = field_of(name)
    for layer in range(3):
        z, y = shapes(field, layer)
        assert y.shape == (len(z), 8)
        assert np.isfinite(y).all()


def test_the_shape_of_a_sine_is_the_sine_of_its_layer():
    spec = FieldSpec(2, 1, (1, 1), (0, 0), 4, 1, activation=ActivationSpec("sine", (), 7.0, 11.0))
    field = fields.Field(spec, fields.initialise(spec, 0))
    for layer, omega in enumerate((7.0, 11.0)):
        z, y = shapes(field, layer)
        np.testing.assert_allclose(y, np.sin(omega * np.float64(z))[:, None].repeat(4, 1), atol=1e-5)


def test_pre_activations_are_those_of_the_layers_written_out():
    field = field_of("sine")
    u = np.random.Generator(np.random.Philox(0)).uniform(-1, 1, (400, 2))
    h = u
    for layer in range(3):
        w, b = (field.tensors[f"layer{layer}.{k}"][1].astype(np.float64) for k in ("weight", "bias"))
        z = h @ w + b
        np.testing.assert_allclose(pre_activations(field, layer, 1), z, atol=2e-4)
        spec = field.spec.activation
        h = np.sin((spec.omega_hidden if layer else spec.omega_first) * z)

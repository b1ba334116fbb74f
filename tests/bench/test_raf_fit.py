"""Fits of `bench raf` against a plain loop of torch, and the starts that the paper's code has."""

import math

import numpy as np
import pytest
import torch

from inr import fields
from inr.bench.raf_fit import Contestant, fit, rows_of_a_step, start
from inr.bench.raf_plan import FULL, recipe
from inr.bench.raf_signals import RafSignal, make_signal
from inr.errors import SignalError
from tests.bench.small_jobs import tone, waves

CLIP = np.stack([waves(6, 8, 3), waves(6, 8, 3)[::-1], waves(6, 8, 3)[:, ::-1]])
PICTURE = make_signal("image", "waves", waves(9, 8), None)
SOUND = make_signal("audio", "tone", tone(70), None)
VIDEO = make_signal("video", "clip", np.concatenate([CLIP] * 4), None)


def activate(name, own, z, omega):
    """One layer's values, from the formulas of the authors' code."""
    if name == "sine":
        return torch.sin(omega * z)
    a, (f, g) = own["amplitude"][0], own["frequency"][0]
    bump = torch.exp(-((g * z) ** 2) / 2)
    if name == "raf-audio":
        return a[0] * torch.sin(f * z) + a[1] * bump
    return a[0] * z + a[1] * z**2 + a[2] * torch.sin(f * z) + a[3] * bump


def plain_fit(signal, contestant, width, steps):
    """Whole batches, autograd, torch's Adam and a half cosine."""
    spec = contestant.spec(len(signal.shape), signal.native.shape[-1], width)
    tensors = {n: torch.tensor(t, requires_grad=True) for n, t in start(spec, contestant, 0).items()}
    every = np.arange(signal.count)
    x, y = torch.from_numpy(signal.points(every)), torch.from_numpy(signal.targets(every))
    adam = torch.optim.Adam(tensors.values(), lr=contestant.rate)
    for step in range(steps):
        h = x
        for layer in range(4):
            z = h @ tensors[f"layer{layer}.weight"][0] + tensors[f"layer{layer}.bias"][0]
            own = {n: tensors.get(f"layer{layer}.{n}") for n in ("amplitude", "frequency")}
            h = activate(contestant.activation, own, z, contestant.omega)
        loss = ((h @ tensors["output.weight"][0] + tensors["output.bias"][0] - y) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        adam.param_groups[0]["lr"] = contestant.rate * (1 + math.cos(math.pi * step / steps)) / 2
        adam.step()
    return {name: t.detach() for name, t in tensors.items()}


@pytest.mark.parametrize(
    ("signal", "contestant"),
    [
        (PICTURE, recipe("image")[0]),
        (SOUND, recipe("audio")[0]),
        (PICTURE, Contestant("sine", "sine", omega=45.0, rate=1e-3)),
        (PICTURE, Contestant("sine", "sine", weights=2.0, first=0.5)),
    ],
    ids=["raf-image", "raf-audio", "sine", "scaled sine"],
)
def test_a_fit_is_adam_on_the_mean_squared_error_with_a_half_cosine(signal, contestant):
    got, want = fit(signal, contestant, 6, 7).tensors, plain_fit(signal, contestant, 6, 7)
    assert got.keys() == want.keys()
    for name, tensor in want.items():
        # Adam's first steps go by the sign of gradients: a tenth of one step is far more than rounding.
        torch.testing.assert_close(got[name], tensor, rtol=1e-4, atol=0.1 * contestant.rate)


def test_the_networks_have_the_published_numbers_of_parameters():
    for kind, dims, channels, want in (
        ("image", 2, 1, (198_401 + 6_144, 198_401)),
        ("audio", 1, 1, (198_145 + 4_096, 198_145)),
        ("video", 3, 3, (484_003 + 9_600, 484_003)),
    ):
        pair = recipe(kind)[:2]
        specs = [c.spec(dims, channels, FULL.width[kind]) for c in pair]
        assert tuple(fields.param_count(spec) for spec in specs) == want
        assert all(c.rate == 1e-4 for c in recipe(kind))


def started(contestant, width=256):
    return start(contestant.spec(2, 1, width), contestant, 0)


def test_raf_starts_as_the_authors_image_run():
    tensors = started(recipe("image")[0])
    for layer in range(4):
        a, (f, g) = tensors[f"layer{layer}.amplitude"][0], tensors[f"layer{layer}.frequency"][0]
        assert a.mean(1) == pytest.approx([0, 1, 2, 1], abs=0.03)
        assert a.std(1) == pytest.approx([0.1] * 4, rel=0.2)
        assert np.abs(f - 30).max() < 0.01
        assert 20 <= g.min() < g.max() <= 100  # widths of 0.01 to 0.05
    assert np.abs(tensors["layer0.weight"]).max() <= 0.5
    for name in ("layer1.weight", "layer3.weight", "output.weight"):
        assert 0.95 < np.abs(tensors[name]).max() * 30 / math.sqrt(6 / 256) <= 1
    assert 0 < abs(tensors["output.bias"].item()) <= 1 / 16


def test_the_other_sines_differ_from_the_first_as_they_are_called():
    sine, doubled, sixty = (started(c) for c in recipe("image")[1:])
    for name, tensor in sine.items():
        hidden = name.endswith("weight") and name.startswith("layer")
        np.testing.assert_array_equal(doubled[name], 2 * tensor if hidden else tensor)
    assert [c.spec(2, 1, 8).activation.omega_first for c in recipe("image")[1:]] == [30, 30, 60]
    # SIREN's range keeps ω times the weights the same.
    assert sixty["layer2.weight"].std() * 60 == pytest.approx(sine["layer2.weight"].std() * 30, rel=0.01)


def test_errors_are_those_of_the_clipped_values_in_the_units_of_the_signal():
    got = fit(PICTURE, Contestant("sine", "sine", weights=4.0, rate=0.1), 8, 2)
    index = np.array([3, 50, 7])
    y = fields.forward(torch, got.spec, got.tensors, torch.from_numpy(PICTURE.points(index))[None])[0]
    error = (np.clip(y.numpy(), -1, 1) + 1) / 2 - PICTURE.native.reshape(-1, 1)[index] / 255
    sums = got.errors(PICTURE, index)
    assert sums.error == pytest.approx(float(np.square(error).sum()), rel=1e-5)
    assert sums.count == 3


def test_video_steps_draw_voxels_that_depend_on_the_seed():
    first, again, other = (fit(VIDEO, recipe("video")[0], 5, 4, seed).tensors for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["output.weight"], other["output.weight"])


@pytest.mark.parametrize(("shape", "rows"), [((250, 272, 640), 165_376), ((16, 34, 40), 1024)])
def test_a_step_of_video_sees_the_published_share_of_the_clip_and_of_a_crop_enough(shape, rows):
    clip = np.broadcast_to(np.uint8(0), (*shape, 3))
    assert rows_of_a_step(RafSignal("video", "clip", clip, ())) == rows


def test_a_fit_learns():
    every = np.arange(PICTURE.count)
    errors = [
        fit(PICTURE, Contestant("sine", "sine", rate=3e-3), 16, n).errors(PICTURE, every).error
        for n in (0, 80)
    ]
    assert errors[1] < 0.1 * errors[0]


def test_a_fit_that_became_nan_is_refused_when_it_is_judged():
    got = fit(PICTURE, Contestant("raf-image", "raf-image", rate=1e20), 5, 4)
    with pytest.raises(SignalError, match="NaN"):
        got.errors(PICTURE, np.arange(PICTURE.count))

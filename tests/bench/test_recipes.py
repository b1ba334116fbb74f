"""The recipes are what their descriptions say, and chunks change only their speed."""

import math

import numpy as np
import pytest
import torch

from inr import metrics
from inr.bench.recipes import RATE, Recipe, cached_rows
from inr.errors import SpecError
from tests.bench.small_jobs import tone, waves

CLIP = np.stack([waves(6, 8, 3), waves(6, 8, 3)[::-1], waves(6, 8, 3)[:, ::-1]])


def flat(recipe):
    return torch.cat([w.detach().ravel() for w in recipe.weights])


@pytest.mark.parametrize(
    ("native", "kind", "width", "params"),
    [
        (waves(), "image", 256, 198_401),
        (waves(channels=3), "image", 256, 198_915),
        (tone(), "audio", 256, 198_145),
        (CLIP, "video", 400, 484_003),
    ],
)
def test_the_networks_have_the_published_numbers_of_parameters(native, kind, width, params):
    assert Recipe(native, kind, width=width).params == params


def test_weights_start_in_the_ranges_of_siren():
    first, bias, *rest = Recipe(waves(), "image", width=64).weights
    assert 0.48 < first.abs().max() <= 0.5
    assert 0.6 < bias.abs().max() <= 1 / math.sqrt(2)
    for weight, own in zip(rest[::2], rest[1::2], strict=True):
        assert weight.abs().max() <= math.sqrt(6 / 64) / 30
        assert own.abs().max() <= 1 / 8
    assert rest[0].abs().max() > 0.95 * math.sqrt(6 / 64) / 30


def scalar_forward(recipe, x):
    """Equation (1) in float64, layer by layer."""
    tensors = [w.detach().double().numpy() for w in recipe.weights]
    for w, b in zip(tensors[:-2:2], tensors[1:-2:2], strict=True):
        x = np.sin(30.0 * (x @ w.T + b))
    return x @ tensors[-2].T + tensors[-1]


@pytest.mark.parametrize(("native", "kind"), [(waves(5, 7, 3), "image"), (tone(40), "audio")])
def test_quality_and_loss_are_those_of_the_equation_on_a_grid_with_end_points(native, kind):
    recipe = Recipe(native, kind, width=8)
    if kind == "image":
        grid = np.stack(np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 7), indexing="ij"), -1)
        want = native.reshape(-1, 3) / 255.0 * 2 - 1
    else:
        grid, want = np.linspace(-100, 100, 40)[:, None], native / np.abs(native).max()
    got = scalar_forward(recipe, grid.reshape(-1, grid.shape[-1]))
    clipped = np.clip(got, -1, 1)
    if kind == "image":
        sums = metrics.update_error(metrics.ErrorSums(), (want + 1) / 2, (clipped + 1) / 2)
        db = metrics.psnr_db(sums)
    else:
        db = metrics.snr_db(metrics.update_snr(metrics.SnrSums(), want, clipped))
    assert recipe.quality_db() == pytest.approx(db, abs=1e-3)
    assert recipe.step() == pytest.approx(np.square(got - want).mean(), rel=1e-4)


def test_the_first_step_is_adam_with_the_published_rate():
    """Adam's first step is its rate times the sign of the gradient."""
    recipe = Recipe(waves(), "image", width=8)
    before = flat(recipe)
    recipe.step()
    moved = (flat(recipe) - before).abs()
    assert moved.max() <= 1.01e-4
    assert moved.median() == pytest.approx(1e-4, rel=0.01)


def test_the_rate_of_siren_stays_and_that_of_the_fork_falls_by_a_half_cosine():
    for name in ("siren", "fork"):
        recipe = Recipe(waves(), "image", name, width=4)
        for done in (0, 500, 1000, 2000, 3000):
            recipe.steps = done
            recipe.step()
            rate = recipe._optimiser.param_groups[0]["lr"]
            falling = RATE * (1 + math.cos(math.pi * min(1, done / 2000))) / 2
            assert rate == pytest.approx(RATE if name == "siren" else falling, abs=1e-12)


@pytest.mark.parametrize("chunk", [1, 100, 575, 576, 5000])
def test_chunks_give_the_same_numbers_up_to_rounding(chunk):
    whole, parts = (Recipe(waves(), "image", width=16, chunk=c) for c in (None, chunk))
    for _ in range(3):
        assert parts.step() == pytest.approx(whole.step(), rel=1e-4)
    # Adam's first steps go by the sign of gradients, so those near 0 may turn: compare most weights.
    assert (flat(whole) - flat(parts)).abs().quantile(0.99) < 2e-6
    assert cached_rows(256) == 512


@pytest.mark.parametrize(("native", "kind"), [(waves(), "image"), (tone(), "audio"), (CLIP, "video")])
def test_it_learns_and_a_restored_recipe_goes_on_with_the_same_bits(native, kind):
    whole, second = (Recipe(native, kind, "fork", width=16) for _ in range(2))
    start = whole.quality_db()
    for _ in range(4):
        whole.step()
    second.restore(whole.state())
    for _ in range(4):
        whole.step()
        second.step()
    assert second.steps == whole.steps == 8
    assert torch.equal(flat(whole), flat(second))
    assert whole.quality_db() > start


def test_video_steps_draw_their_share_of_the_voxels_anew():
    clip = np.zeros((10, 50, 40, 3), np.uint8)
    recipe = Recipe(clip, "video", width=4)
    assert recipe.rows == 76  # 0.38 % of 20 000
    (first, _), (again, _), (second, _) = (recipe._drawn(k, 500) for k in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, second)
    assert set(first[:, 0].unique().tolist()) == {np.float32(v) for v in np.linspace(-1, 1, 10)}


def test_sound_of_two_channels_is_mixed_as_the_fork_does():
    recipe = Recipe(tone(channels=2), "audio", width=4)
    _, y = recipe._whole
    mixed = tone(channels=2).mean(1)
    np.testing.assert_allclose(y[:, 0].numpy(), mixed / np.abs(mixed).max(), rtol=1e-6)


def test_a_step_is_timed_and_its_work_counted():
    recipe = Recipe(waves(), "image", width=8)
    assert recipe.seconds_per_step(2) > 0
    assert recipe.steps == 3
    assert recipe.flops == 6 * recipe.params * 24 * 24


def test_wrong_names_and_states_are_refused():
    with pytest.raises(SpecError, match="known are siren, fork"):
        Recipe(waves(), "image", "adam")
    with pytest.raises(SpecError, match="numbers"):
        Recipe(waves(), "image", width=4).restore(Recipe(waves(), "image", width=5).state())

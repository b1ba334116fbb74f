"""Steps without a look at the host, on the CPU: they are the steps of the plain loop, whatever is at hand."""

import numpy as np
import pytest
import torch

from inr import kernel, signals
from inr.fitting.ahead import AHEAD
from inr.fitting.checkpoint import load_state
from inr.specs import FitSpec
from tests.fitting.small_fits import fading_tone, finished, ready, smooth_picture

KINDS = ("image", "audio", "video")


@pytest.fixture(autouse=True)
def torch_alone(monkeypatch):
    """As on a GPU, which the kernel does not serve."""
    monkeypatch.setattr(kernel.Kernel, "serves", staticmethod(lambda spec: False))


def begin(kind, steps, ahead=True, folder=None, stop_at=None, **request):
    """A fit by tiles, ready to run; it stops by itself at step `stop_at`."""
    array = {
        "image": lambda: smooth_picture(40, 48),
        "audio": fading_tone,
        "video": lambda: np.stack([smooth_picture(20, 24) // (k + 1) for k in range(4)]),
    }[kind]()
    more = {"image": {}, "audio": {"rate_hz": 8000}, "video": {"fps": 25}}[kind]
    reader = signals.open_reader(array, kind=kind, **more)
    asked = FitSpec(**{"profile": "tiles", "steps": steps, "params": 3000} | request)
    return ready(asked, reader, folder=folder, ahead=ahead, stop_at=stop_at)


@pytest.mark.parametrize("preset", ["fast", "best"])  # `best` holds half-way values too
@pytest.mark.parametrize("kind", KINDS)
def test_they_end_where_the_plain_loop_ends(kind, preset):
    steps = AHEAD + 5
    plain, _ = finished(begin(kind, steps, False, preset=preset))
    ours, records = finished(begin(kind, steps, preset=preset))
    assert plain._ahead is None
    assert [r.step for r in records] == [AHEAD, steps]
    assert (ours.plan.between > 0) == (preset == "best" and kind != "video")
    for name, tensor in plain.network.tensors.items():
        scale = float(tensor.abs().max()) or 1.0
        torch.testing.assert_close(ours.network.tensors[name], tensor, rtol=0, atol=5e-3 * scale)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_was_stopped_ends_in_the_same_bits(tmp_path, kind):
    whole, _ = finished(begin(kind, 70))
    stopped, _ = finished(begin(kind, 70, folder=tmp_path, stop_at=30))
    assert stopped.step == 2 * AHEAD
    again = begin(kind, 70, folder=tmp_path)
    again.restore(load_state(tmp_path))
    resumed, _ = finished(again)
    for name, tensor in whole.network.tensors.items():
        assert torch.equal(resumed.network.tensors[name], tensor)


def test_a_loss_that_is_no_number_is_rolled_back_at_half_the_rate():
    fit = begin("image", 3 * AHEAD)
    steps = fit.run()
    next(steps)
    with torch.no_grad():
        fit.network.tensors["layer0.weight"].fill_(float("nan"))
    for _ in steps:
        pass
    fit.network.close()
    assert fit._factor == 0.5
    assert all(torch.isfinite(t).all() for t in fit.network.tensors.values())


def test_seconds_are_kept_and_a_size_goes_the_plain_way():
    fit, records = finished(begin("image", None, time_s=1.0))
    assert fit.seconds < 2.0
    assert len(records) > 2
    sized = begin("image", 300, max_size=4000, params=None)
    sized.network.close()
    assert sized._ahead is None

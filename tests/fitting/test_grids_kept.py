"""A fit by grids that was interrupted: it goes on to the same bytes, and what it had can be exported."""

import importlib
import math
import time

import numpy as np
import pytest

from inr import codec, fitting, signals
from inr.errors import SpecError
from inr.evaluate import evaluate
from inr.fitting.checkpoint import has_state
from inr.fitting.run import kept_run
from inr.specs import FitSpec

STEPS = 900  # three turns
RATE = 8000

pytestmark = pytest.mark.usefixtures("short_trainings")


def signal(kind, seed=0):
    """A picture or a sound that is not flat."""
    rng = np.random.default_rng(seed)
    if kind == "image":
        y, x = np.mgrid[:40, :52] / 40.0
        smooth = np.sin(5 * x + y) + np.cos(9 * y * x)
        values = 128 + 50 * smooth[..., None] + rng.normal(0, 8, (40, 52, 3))
        return np.clip(values, 0, 255).astype(np.uint8), {"kind": "image"}
    t = np.arange(3000) / RATE
    sound = 0.4 * np.sin(2 * np.pi * 440 * t) * np.exp(-3 * t) + rng.normal(0, 0.01, len(t))
    return sound.astype(np.float32)[:, None], {"kind": "audio", "rate_hz": RATE}


def go(kind, folder=None, *, resume=False, turns=None, seed=0, **options):
    """A fit, ended after so many turns where `turns` is given."""
    values, given = signal(kind, seed)
    records = []
    with signals.open_reader(values, **given) as reader:
        steps = fitting.run(
            FitSpec(steps=STEPS, **options), reader, started=time.monotonic(), folder=folder, resume=resume,
            stop=lambda: turns is not None and len(records) >= 2 * turns + 2, measure=False,
        )  # fmt: skip
        return fitting.drive(steps, records.append)


@pytest.mark.parametrize(
    ("kind", "turns", "options"),
    [
        ("image", 2, {"max_size": 2000}),
        ("audio", 1, {}),
        pytest.param("image", 1, {}, marks=pytest.mark.slow),
        pytest.param("audio", 2, {"max_size": 1500}, marks=pytest.mark.slow),
    ],
)
def test_a_fit_that_was_stopped_and_resumed_ends_in_the_same_bytes(kind, turns, options, tmp_path):
    whole = go(kind, **options)
    begun = go(kind, tmp_path, turns=turns, **options)
    assert (begun.stopped, begun.steps) == (True, 300 * turns)
    again = go(kind, tmp_path, resume=True, **options)
    assert again.steps == STEPS
    assert again.coded.data == whole.coded.data


def test_a_checkpoint_of_another_request_or_input_is_refused(tmp_path):
    go("image", tmp_path, turns=1)
    with pytest.raises(SpecError, match="max_size"):
        go("image", tmp_path, resume=True, max_size=2000)
    with pytest.raises(SpecError, match="not the input"):
        go("image", tmp_path, resume=True, seed=1)


def test_a_run_that_began_by_tiles_goes_on_by_tiles(tmp_path, monkeypatch):
    with monkeypatch.context() as before:
        room = importlib.import_module("inr.fitting.run")  # the room's door has a function of this name
        before.setattr(room, "takes", lambda request, spec: False)  # as where a GPU is
        whole = go("image")
        asked = iter(range(10**9))
        values, given = signal("image")
        with signals.open_reader(values, **given) as reader:
            begun = fitting.run(
                FitSpec(steps=STEPS), reader, started=time.monotonic(), folder=tmp_path, measure=False,
                stop=lambda: next(asked) >= 300,
            )  # fmt: skip
            assert fitting.drive(begun, lambda record: None).stopped
    again = go("image", tmp_path, resume=True)
    assert not again.coded.field.spec.encoding.stored
    assert again.coded.data == whole.coded.data


def test_what_an_interrupted_fit_had_can_be_exported(tmp_path):
    begun = go("image", tmp_path, turns=2)
    assert has_state(tmp_path)
    field, spec, error = kept_run(tmp_path)
    assert spec.shape == (40, 52)
    assert error == pytest.approx(10 ** (-_decibels(begun.coded) / 10) * 4, rel=0.2)
    coded = fitting.export(field, spec, mse=error, max_size=600)
    assert len(coded.data) <= 600
    before = 10 * math.log10(4 / error)
    assert coded.loss_db > 1.0
    assert coded.loss_db == pytest.approx(before - _decibels(coded), abs=0.5)


def _decibels(coded):
    values, given = signal("image")
    decoded = codec.decode(coded.data)
    with signals.open_reader(values, **given) as reader:
        return evaluate(decoded.field, decoded.signal, reader).quality_db

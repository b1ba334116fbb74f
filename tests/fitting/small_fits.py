"""Tiny signals and plans that the tests of fitting share."""

import time
from dataclasses import replace

import numpy as np

from inr import fields, fitting, signals
from inr.fitting.fit import Fit
from inr.fitting.optimisers import Rates
from inr.specs import FieldSpec, FitSpec


def smooth_picture(height=32, width=32):
    """uint8 [H, W, 3]: three slow waves that cross."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    waves = [np.sin(7 * x + 3 * y), np.cos(5 * y - 4 * x), np.sin(9 * x * y)]
    return np.rint(127.5 + 110 * np.stack(waves, -1)).astype(np.uint8)


def fading_tone(length=4000):
    """int16 [N, 1]: a tone that falls from full scale to almost nothing."""
    t = np.arange(length) / length
    return np.rint(30_000 * np.exp(-6 * t) * np.sin(300 * t))[:, None].astype(np.int16)


def large_picture():
    """uint8 [H, W, 1], too large for one slab of the least memory."""
    y, x = np.mgrid[0:3600, 0:3000]
    return (127 + 100 * np.sin(y / 200) * np.cos(x / 300)).astype(np.uint8)[..., None]


def setting(kind, steps, **request):
    """(request, plan, reader) of a small fit of that kind, 'slabs' included."""
    array = {"image": smooth_picture, "audio": fading_tone, "slabs": large_picture}[kind]()
    medium = "audio" if kind == "audio" else "image"
    reader = signals.open_reader(array, kind=medium, rate_hz=8000 if medium == "audio" else None)
    asked = FitSpec(steps=steps, params=3000, memory_bytes=32_000_000, **request)
    active = replace(fields.activation("raf").default, omega_first=8.0, omega_hidden=15.0)
    spec = {
        "image": FieldSpec(2, 3, (2, 2), (4, 4), 16, 1, activation=active),
        "audio": FieldSpec(1, 1, (4,), (4,), 16, 1, activation=replace(active, omega_first=60.0), gain=True),
        "slabs": FieldSpec(2, 1, (6, 2), (4, 4), 6, 1, activation=replace(active, shared=False)),
    }[kind]
    plan = replace(
        fitting.make_plan(asked, reader),
        field=spec, rates=Rates(0.2 / 15, 6e-3, 2e-3), batch=128, steps=steps, seconds=None,
    )  # fmt: skip
    return asked, plan, reader


def start(kind, steps, folder=None, stop_at=None, **request):
    """A fit, ready to run; it stops by itself at step `stop_at`."""
    asked, plan, reader = setting(kind, steps, **request)
    return ready(asked, reader, plan, folder=folder, stop_at=stop_at)


def ready(asked, reader, plan=None, *, stop_at=None, **options):
    """A fit of a request, by its own plan or another; it stops by itself at step `stop_at`."""
    fit = Fit(
        asked,
        plan or fitting.make_plan(asked, reader),
        reader,
        started=time.monotonic(),
        stop=lambda: stop_at is not None and fit.step >= stop_at,
        **options,
    )
    return fit


def run(fit):
    """Run to the end; returns the progress records."""
    return list(fit.run())


def finished(fit):
    """The fit after its run, its workers ended, and the progress records."""
    records = run(fit)
    fit.network.close()
    return fit, records
